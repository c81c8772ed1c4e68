"""One scrape tells of all processes, to whoever may know, and costs little however much there is."""

import multiprocessing
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.core import measures
from app.core.config import CHECKOUT, get_settings
from app.database import conninfo_of
from app.services import counters, gauges
from app.services.counters import Keeper
from tests.builders import make_conversation, make_message, the_channel
from tests.conftest import MakeDatabase

TOKEN = "a-token-of-twenty-letters"


@contextmanager
def settings_of(client: TestClient, **changes: object) -> Iterator[None]:
    client.app.dependency_overrides[get_settings] = lambda: get_settings().model_copy(update=changes)
    yield
    client.app.dependency_overrides.clear()


@pytest.fixture
def local(nobody: TestClient) -> TestClient:
    """A caller on this machine."""
    return TestClient(nobody.app, client=("127.0.0.1", 50_000))


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    measures.take()


def scraped(client: TestClient, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def keeper(process: str) -> Keeper:
    return Keeper(get_settings(), process=process)


def test_processes_are_added_up_by_kind_and_outlive_those_who_counted(local: TestClient) -> None:
    first, second, other = keeper("worker-intake"), keeper("worker-intake"), keeper("web")

    measures.ITEMS.add(3, kind="message")
    assert first.keep()
    measures.ITEMS.add(4, kind="message")
    measures.BATCH_SECONDS.observe(0.02, lane="intake")
    measures.BATCH_SECONDS.observe(99.0, lane="intake")
    assert second.keep()
    measures.BODIES.add(7)
    assert other.keep()

    found = scraped(local)
    assert found[key("hilo_drain_items_total", process="worker-intake", kind="message")] == 7
    assert found[key("hilo_intake_bodies_total", process="web")] == 7
    labels = {"process": "worker-intake", "lane": "intake"}
    assert found[key("hilo_drain_batch_seconds_bucket", le="0.01", **labels)] == 0
    assert found[key("hilo_drain_batch_seconds_bucket", le="0.025", **labels)] == 1
    assert found[key("hilo_drain_batch_seconds_bucket", le="+Inf", **labels)] == 2
    assert found[key("hilo_drain_batch_seconds_count", **labels)] == 2


def test_what_could_not_be_kept_is_kept_the_next_time(local: TestClient) -> None:
    away = Keeper(get_settings().model_copy(update={"database_url": "postgresql://127.0.0.1:1/none"}), process="web")

    measures.BODIES.add(5)
    assert not away.keep()
    assert keeper("web").keep()

    assert scraped(local)[key("hilo_intake_bodies_total", process="web")] == 5


def test_memory_is_told_of_each_process_that_still_speaks(local: TestClient, session: Session) -> None:
    measures.MEMORY.show(lambda: 1_000.0)
    speaking, silent = keeper("web"), keeper("beat")
    speaking.keep()
    silent.keep()
    session.execute(text("UPDATE processes SET beat_at = clock_timestamp() - interval '1 minute' WHERE name = 'beat'"))
    session.commit()

    found = scraped(local)

    told = {dict(labels)["process"]: value for (name, labels), value in found.items() if name == measures.MEMORY.name}
    assert told == {"web": 1_000.0}


def test_what_waits_is_shown_from_the_rows(local: TestClient, session: Session) -> None:
    session.execute(
        text("""
            INSERT INTO webhook_events (body, lane, received_at, parked, processed_at) VALUES
                ('x', 'intake', clock_timestamp() - interval '90 seconds', '{}', NULL),
                ('x', 'history', clock_timestamp(), '{}', NULL),
                ('x', 'intake', clock_timestamp(), '{"0": "odd"}', clock_timestamp())
        """)
    )
    session.execute(text("INSERT INTO alerts (kind, title, severity) VALUES ('channel_halted', 'x', 'critical')"))
    channel = the_channel(session)
    conversation = make_conversation(session, channel=channel)
    for dispatch in ("unknown", "unknown", "held", "done", "queued"):
        make_message(session, conversation, direction="outbound", dispatch=dispatch, due_at=datetime.now(UTC))
    session.commit()

    found = scraped(local)

    assert found[key("hilo_database_up")] == 1
    assert found[key("hilo_bodies_pending", lane="intake")] == 1
    assert 90 <= found[key("hilo_bodies_lag_seconds", lane="intake")] < 200
    assert found[key("hilo_bodies_pending", lane="history")] == 1
    assert found[key("hilo_bodies_parked")] == 1
    assert found[key("hilo_alerts_open", kind="channel_halted", severity="critical")] == 1
    assert found[key("hilo_messages_open", channel=str(channel.id), dispatch="unknown")] == 2
    assert found[key("hilo_messages_open", channel=str(channel.id), dispatch="held")] == 1
    assert found[key("hilo_messages_due", channel=str(channel.id))] == 1
    assert found[key("hilo_channels", state="active")] == 1
    assert found[key("hilo_channels", state="halted")] == 0
    assert found[key("hilo_paused")] == 0


def test_no_question_reads_a_large_table_from_end_to_end(make_database: MakeDatabase) -> None:
    """In a database of its own: what a planner takes depends on what other tests left behind in a table, too."""
    given = {"now": datetime.now(UTC), "bound": 10, "lease": 5, "silent": 30}
    with psycopg.connect(conninfo_of(make_database(prepared=True))) as connection:
        connection.execute("SET LOCAL enable_seqscan = off")
        for name, (_, statement) in gauges.QUESTIONS.items():
            plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {statement}", given))

            read = r"Seq Scan on (messages|webhook_events|automation_runs|message_events|send_attempts)"
            assert not re.search(read, plan), name
            # By an index of just what is counted, never by one of all rows.
            whole = r"using (messages_pkey|messages_status|webhook_events\w*_pkey|automation_runs_pkey)"
            assert not re.search(whole, plan), name


def test_a_database_that_is_away_is_all_there_is_to_tell(local: TestClient) -> None:
    with settings_of(local, database_url="postgresql://127.0.0.1:1/none"):
        assert scraped(local) == {key("hilo_database_up"): 0.0}


def test_with_a_token_only_who_carries_it_may_scrape(local: TestClient) -> None:
    with settings_of(local, metrics_token=SecretStr(TOKEN)):
        without = local.get("/metrics")
        wrong = local.get("/metrics", headers={"Authorization": "Bearer a-token-of-twenty-lettérs".encode()})
        found = scraped(local, Authorization=f"Bearer {TOKEN}")

    assert (without.status_code, wrong.status_code) == (401, 401)
    assert found[key("hilo_database_up")] == 1


@pytest.mark.parametrize(
    ("caller", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403),
        ("testclient", {}, 403),
    ],
)
def test_without_a_token_it_is_for_this_machine_alone(
    nobody: TestClient, caller: str, headers: dict[str, str], status: int
) -> None:
    client = TestClient(nobody.app, client=(caller, 50_000))

    assert client.get("/metrics", headers=headers).status_code == status


def test_in_production_without_a_token_nobody_may_scrape(local: TestClient) -> None:
    with settings_of(local, whatsapp_token=SecretStr("x")):
        answer = local.get("/metrics")

    assert (answer.status_code, answer.json()["error"]) == (403, "metrics_closed")


def test_every_measure_has_a_name_of_its_own_and_is_documented() -> None:
    names = [measure.name for measure in measures.ALL] + list(gauges.QUESTIONS) + ["hilo_database_up"]
    page = (CHECKOUT / "docs/operations.md").read_text()

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"hilo_[a-z_]+", name) for name in names)
    assert not [name for name in names if f"`{name}" not in page]


def test_a_child_that_was_forked_counts_for_itself() -> None:
    measures.BODIES.add(1)
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()

    child = context.Process(target=lambda: said.put(measures.take()))
    child.start()

    assert said.get() == {}
    child.join()


def test_addresses_in_any_spelling_are_understood() -> None:
    plain = "postgresql://me:secret@host/db?sslmode=require"

    for spelling in (plain, plain.replace("postgresql", "postgres"), plain.replace("://", "+psycopg://", 1)):
        assert counters.libpq(spelling) == plain
