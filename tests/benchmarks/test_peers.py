"""What is said about the peers. Neither of them is needed for it."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import bodies
from benchmarks.harness import Sent
from benchmarks.installation import NotUsable
from benchmarks.load import Offered
from benchmarks.machine import Role, Spent
from benchmarks.paced import Paced
from benchmarks.peers import report, sides
from benchmarks.peers.__main__ import main
from benchmarks.peers.conversation import answers
from benchmarks.peers.report import Measured
from benchmarks.results import Outcome, Run


def make_run(events: int, *, processor: float = 1.0) -> Run:
    spent = Spent(seconds=1.0, by_role={Role.RIVAL: processor}, others=0.0, stolen=0.0)
    return Run(events=events, seconds=1.0, spent=spent, p50_ms=3.0, p99_ms=9.0)


def make_measured(name: str, *rates: int, asked: int = 1_000) -> Measured:
    measured = Measured(name)
    for rate in rates:
        measured.add("16 connections", make_run(rate), asked=asked, memory_mib=float(rate))
        measured.add("5 a second", make_run(5), asked=5, memory_mib=1.0)
    return measured


def make_outcomes(*measured: Measured) -> list[Outcome]:
    return report.outcomes(measured, at_full_speed=["16 connections"], slowly="5 a second")


def make_offered(*began: float) -> Offered:
    paced = Paced(requests=len(began), seconds=1.0, p50_ms=1.0, p99_ms=1.0, errors=0, unanswered=0)
    return Offered(paced, began)


def make_reply(person: int, at: float, *, prefix: str = "") -> Sent:
    return Sent(at=at, to=prefix + bodies.wa_id(person), wamid="wamid.X", number="1", text="Hola")


def test_a_reply_is_counted_once_and_whoever_has_none_is_lost() -> None:
    sent = [make_reply(1, 10.5, prefix="+"), make_reply(1, 10.9), make_reply(2, 11.0), make_reply(9, 12.0)]

    waits, ended, doubled = answers([1, 2, 3], make_offered(10.0, 10.25, 10.5), sent)

    assert waits == [0.5, 0.75]
    assert ended == 11.0  # what came late from the run before ends nothing
    assert doubled == 1


def test_a_side_that_answered_nobody_took_no_time() -> None:
    assert answers([1], make_offered(10.0), []) == ([], 10.0, 0)


def test_the_ratio_is_that_of_runs_next_to_each_other() -> None:
    ours, pywa = make_measured("Hilo", 1_000, 3_000, 2_000), make_measured("pywa", 100, 500, 100)

    [floor] = make_outcomes(ours, pywa)[0].floors

    assert floor.figure == 10  # of 10, 6 and 20; that of the medians would be 20
    assert floor.is_met


def test_what_is_missed_is_shown_as_missed() -> None:
    measured = [make_measured("Hilo", 700), make_measured("pywa", 100), make_measured("n8n", 10)]
    made = make_outcomes(*measured)

    text = report.document({"machine": "here"}, measured, made)

    assert [floor.is_met for floor in made[0].floors] == [False, True]
    assert "| times pywa |        7 |  at least 8 |  **no** |" in text


def test_a_peer_that_answered_nobody_reaches_no_ratio() -> None:
    measured = [make_measured("Hilo", 700), make_measured("pywa", 0)]
    made = make_outcomes(*measured)

    assert made[0].floors[0].figure == 0
    assert "| pywa | 1,005 | 1,000 | 1 |" in report.document({}, measured, made)


def test_a_latency_at_full_speed_is_left_out() -> None:
    fast, slow = make_outcomes(make_measured("Hilo", 700), make_measured("pywa", 100))

    assert fast.lines[0].p99_ms == 0
    assert slow.lines[0].p99_ms == 9


def test_results_are_written_for_people_and_for_programs(tmp_path: Path) -> None:
    measured = [make_measured("Hilo", 700), make_measured("n8n", 10)]

    path = report.write(tmp_path, {"machine": "here"}, measured, make_outcomes(*measured))

    record = json.loads((tmp_path / "peers.json").read_text())
    assert path.read_text().startswith("# The same conversation")
    assert [side["name"] for side in record["sides"]] == ["Hilo", "n8n"]
    assert record["floors"][0]["figure"] == 70
    assert record["floors"][0]["is_met"] is True


def test_the_workflow_listens_where_the_others_do_and_asks_for_what_n8n_is_told() -> None:
    workflow = json.loads(sides.WORKFLOW.read_text())
    nodes = {node["name"]: node for node in workflow["nodes"]}
    settings = sides._n8n_settings("postgresql+psycopg://hilo:secret@/hilo?host=/s&port=5432", Path("folder"), port=1)

    path = f"/{settings['N8N_ENDPOINT_WEBHOOK']}/{nodes['Webhook']['parameters']['path']}"

    assert path == bodies.PATH
    assert settings["DB_POSTGRESDB_HOST"] == "/s"
    assert set(nodes) == {"Webhook", *(target[0][0]["node"] for target in _targets(workflow))}


def _targets(workflow: dict[str, dict[str, dict[str, list[list[dict[str, str]]]]]]) -> list[list[list[dict[str, str]]]]:
    return [connection["main"] for connection in workflow["connections"].values()]


def test_the_peers_are_not_installed_in_the_checkout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["peers", "--keep", str(Path(report.__file__).parent / "here")])

    assert main() == 2
    assert "outside" in capsys.readouterr().err


def test_a_refusal_of_an_installer_is_a_sentence(tmp_path: Path) -> None:
    from benchmarks.peers.installer import _run

    with pytest.raises(NotUsable, match="exit"):
        _run([sys.executable, "-c", "import sys; sys.exit('exit: no such package')"], folder=tmp_path)
