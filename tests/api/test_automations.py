"""Automations over HTTP, and the versions that saving makes."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.models import Automation, AutomationLog, AutomationVersion, Workspace
from app.services.versions import publish_missing
from tests.builders import make_automation

AUTOMATIONS = "/api/v1/automations"

GREETING: dict[str, Any] = {
    "name": "Greeting",
    "trigger_type": "keyword",
    "trigger_conditions": {"keyword": "hola"},
    "action_type": "send_message",
    "action_payload": {"message_template": "¡Hola {name}!", "delay_seconds": 5},
}
GRAPH = {
    "action_payload": {
        "v": 1,
        "start": "say",
        "nodes": {"say": {"type": "send", "message": {"kind": "text", "body": "Hello"}, "next": None}},
    }
}


def versions(session: Session, automation_id: int) -> list[AutomationVersion]:
    session.expire_all()
    statement = select(AutomationVersion).where(AutomationVersion.automation_id == automation_id)
    return list(session.scalars(statement.order_by(AutomationVersion.number)))


def epoch(session: Session) -> int:
    session.expire_all()
    return session.scalars(select(Workspace.automations_epoch)).one()


def test_saving_an_original_row_publishes_it(admin: TestClient, session: Session) -> None:
    answer = admin.post(AUTOMATIONS, json=GREETING)

    assert answer.status_code == 201
    shown = answer.json()
    expected = GREETING | {"is_active": True, "priority": 5, "description": None, "schedule_config": None}
    assert {key: shown[key] for key in expected} == expected
    (version,) = versions(session, shown["id"])
    assert (version.number, version.action_payload) == (1, GREETING["action_payload"])
    assert (shown["published_version_id"], version.created_by) == (version.id, shown["created_by"])
    assert admin.get(f"{AUTOMATIONS}/{shown['id']}").json() == shown


def test_only_what_changes_its_doing_makes_a_version(admin: TestClient, session: Session) -> None:
    created = admin.post(AUTOMATIONS, json=GREETING).json()
    path = f"{AUTOMATIONS}/{created['id']}"

    renamed = admin.patch(path, json={"name": "Hello", "priority": 9})
    same = admin.patch(path, json={"action_payload": {"delay_seconds": 5, "message_template": "¡Hola {name}!"}})
    changed = admin.patch(path, json={"trigger_conditions": {"keyword": "adios"}})

    assert [answer.status_code for answer in (renamed, same, changed)] == [200] * 3
    assert (renamed.json()["name"], renamed.json()["priority"]) == ("Hello", 9)
    found = versions(session, created["id"])
    assert [version.trigger_conditions["keyword"] for version in found] == ["hola", "adios"]
    assert same.json()["published_version_id"] == found[0].id
    assert changed.json()["published_version_id"] == found[1].id


def test_a_row_saved_inactive_is_published_when_it_is_switched_on(admin: TestClient, session: Session) -> None:
    created = admin.post(AUTOMATIONS, json=GREETING | {"is_active": False}).json()
    assert (created["published_version_id"], versions(session, created["id"])) == (None, [])

    answer = admin.patch(f"{AUTOMATIONS}/{created['id']}", json={"is_active": True})

    assert answer.json()["published_version_id"] == versions(session, created["id"])[0].id


def test_a_version_1_row_is_a_draft_until_it_is_published(admin: TestClient, session: Session) -> None:
    created = admin.post(AUTOMATIONS, json=GREETING | GRAPH)
    assert created.status_code == 201, created.text
    assert created.json()["published_version_id"] is None
    path = f"{AUTOMATIONS}/{created.json()['id']}"

    published = admin.post(f"{path}/publish").json()["published_version_id"]
    edited = admin.patch(path, json={"trigger_conditions": {"keyword": "adios"}}).json()

    assert [version.id for version in versions(session, created.json()["id"])] == [published]
    assert edited["published_version_id"] == published
    assert admin.post(f"{path}/publish").json()["published_version_id"] != published


def test_rows_saved_by_plain_sql_get_their_version(session: Session) -> None:
    first = make_automation(session, name="first")
    second = make_automation(session, name="second", trigger_conditions={"keyword": "x", "weight": 1e2})
    make_automation(session, name="inactive", is_active=False)

    publish_missing(session)

    published = {row.id: row.published_version_id for row in session.scalars(select(Automation))}
    made = {row.automation_id: row.id for row in session.scalars(select(AutomationVersion))}
    assert made.keys() == {first.id, second.id}
    assert {id: published[id] for id in made} == made


def test_publishing_again_does_nothing_and_raises_no_epoch(session: Session) -> None:
    make_automation(session, trigger_conditions={"keyword": "x", "weight": 1e2})
    publish_missing(session)
    before = epoch(session)

    publish_missing(session)

    assert epoch(session) == before
    assert len(session.scalars(select(AutomationVersion)).all()) == 1


def test_a_row_changed_by_plain_sql_gets_its_next_version(session: Session) -> None:
    automation = make_automation(session)
    publish_missing(session)
    session.execute(text('UPDATE automations SET trigger_conditions = \'{"keyword": "new"}\''))

    publish_missing(session)

    assert [version.number for version in versions(session, automation.id)] == [1, 2]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"trigger_type": "telepathy"}, "trigger_type"),
        ({"trigger_conditions": {"keywrod": "hola"}}, "trigger_conditions.keywrod"),
        ({"trigger_conditions": {}}, "trigger_conditions"),
        ({"action_type": "dance"}, "action_type"),
        ({"action_payload": {}}, "action_payload"),
        ({"action_payload": {"message_template": "x", "delay_seconds": -1}}, "action_payload.delay_seconds"),
        ({"schedule_config": {"cron": "* * * * *"}}, "schedule_config"),
    ],
)
def test_what_the_engine_could_not_honour_is_refused_by_field(
    admin: TestClient, session: Session, change: dict[str, Any], field: str
) -> None:
    answer = admin.post(AUTOMATIONS, json=GREETING | change)

    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_automation")
    assert any(each["field"].startswith(field) for each in answer.json()["fields"]), answer.text
    assert session.scalars(select(Automation)).all() == []


ONCE = GREETING | {"trigger_type": "scheduled", "trigger_conditions": {}, "schedule_config": {"at": "2020-01-01T09:00"}}


def test_a_moment_that_is_over_is_refused_as_nothing_would_ever_start(admin: TestClient) -> None:
    refused = admin.post(AUTOMATIONS, json=ONCE)
    draft = admin.post(AUTOMATIONS, json=ONCE | {"is_active": False}).json()
    switched_on = admin.patch(f"{AUTOMATIONS}/{draft['id']}", json={"is_active": True})

    assert draft["is_active"] is False
    for answer in (refused, switched_on):
        [field] = answer.json()["fields"]
        assert (answer.status_code, field["field"], field["code"]) == (422, "schedule_config.at", "over")


def test_one_whose_moment_came_can_still_be_renamed_and_switched_off(admin: TestClient, session: Session) -> None:
    made = admin.post(AUTOMATIONS, json=ONCE | {"schedule_config": {"at": "2199-01-01T09:00"}}).json()
    session.execute(text("UPDATE automations SET schedule_config = jsonb_build_object('at', '2020-01-01T09:00')"))
    session.commit()

    for change in ({"name": "Last year"}, {"priority": 1}, {"is_active": False}):
        assert admin.patch(f"{AUTOMATIONS}/{made['id']}", json=change).status_code == 200


def test_all_that_is_wrong_is_told_at_once(admin: TestClient) -> None:
    made = admin.post(AUTOMATIONS, json=GREETING).json()
    wrong = {"name": "", "trigger_conditions": {}, "action_payload": {}}

    answers = [admin.post(AUTOMATIONS, json=GREETING | wrong), admin.patch(f"{AUTOMATIONS}/{made['id']}", json=wrong)]

    for answer in answers:
        assert {each["field"].partition(".")[0] for each in answer.json()["fields"]} == wrong.keys(), answer.text
    nameless = admin.patch(f"{AUTOMATIONS}/{made['id']}", json={"name": ""})
    assert [(each["field"], each["code"]) for each in nameless.json()["fields"]] == [("name", "string_too_short")]


@pytest.mark.parametrize(
    "change",
    [
        {"priority": 0},
        {"priority": 11},
        {"priority": "5"},
        {"priority": True},
        {"name": None},
        {"is_active": 1},
        {"trigger_conditions": []},
        {"trigger_conditions": {"keyword": "\x00"}},
        {"published_version_id": 1},
    ],
)
def test_a_malformed_body_is_refused(admin: TestClient, change: dict[str, Any]) -> None:
    created = admin.post(AUTOMATIONS, json=GREETING).json()

    answers = [
        admin.post(AUTOMATIONS, json=GREETING | change),
        admin.patch(f"{AUTOMATIONS}/{created['id']}", json=change),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json()["error"]) == (422, "validation_failed")


def test_a_bad_change_leaves_everything_as_it_was(admin: TestClient) -> None:
    created = admin.post(AUTOMATIONS, json=GREETING).json()
    path = f"{AUTOMATIONS}/{created['id']}"

    answer = admin.patch(path, json={"name": "New", "action_payload": {}})

    assert answer.status_code == 422
    assert admin.get(path).json() == created


def test_what_was_never_valid_can_still_be_switched_off(admin: TestClient, session: Session) -> None:
    broken = make_automation(session, trigger_type="telepathy")
    session.commit()

    off = admin.patch(f"{AUTOMATIONS}/{broken.id}", json={"is_active": False})
    on = admin.patch(f"{AUTOMATIONS}/{broken.id}", json={"is_active": True})

    assert (off.status_code, off.json()["is_active"]) == (200, False)
    assert on.status_code == 422


def test_saving_tells_who_else_answers(admin: TestClient) -> None:
    first = admin.post(AUTOMATIONS, json=GREETING).json()
    admin.post(AUTOMATIONS, json=GREETING | {"trigger_conditions": {"keyword": "precio"}})

    second = admin.post(AUTOMATIONS, json=GREETING | {"trigger_conditions": {"keywords": ["HOLA", "hi"]}}).json()

    assert first["conflicts"] == []
    assert [conflict["automation_id"] for conflict in second["conflicts"]] == [first["id"]]
    assert "hola" in second["conflicts"][0]["reason"].lower()


def test_one_group_makes_no_conflict(admin: TestClient) -> None:
    conditions = {"keyword": "hola", "exclusive_group": "greeting"}
    answers = [admin.post(AUTOMATIONS, json=GREETING | {"trigger_conditions": conditions}).json() for _ in range(2)]

    assert [answer["conflicts"] for answer in answers] == [[], []]


def test_automations_are_found_by_trigger_and_activity(user: TestClient, session: Session) -> None:
    make_automation(session, name="1")
    make_automation(session, name="2", trigger_type="new_contact")
    make_automation(session, name="3", is_active=False)
    session.commit()

    def found(**query: object) -> list[str]:
        return [item["name"] for item in user.get(AUTOMATIONS, params=query).json()["items"]]

    assert found() == ["3", "2", "1"]
    assert found(trigger_type="keyword") == ["3", "1"]
    assert found(is_active="true", trigger_type="keyword") == ["1"]
    assert found(trigger_type="none") == []


def test_one_that_never_ran_can_be_deleted(admin: TestClient, session: Session) -> None:
    created = admin.post(AUTOMATIONS, json=GREETING).json()

    answer = admin.delete(f"{AUTOMATIONS}/{created['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert admin.get(f"{AUTOMATIONS}/{created['id']}").status_code == 404
    assert versions(session, created["id"]) == []
    told = admin.get("/api/v1/audit-log", params={"subject_kind": "automation"}).json()["items"]
    assert [each["action"] for each in told].count("automation.deleted") == 1


def test_one_that_has_run_keeps_its_records(admin: TestClient, session: Session) -> None:
    automation = make_automation(session)
    session.add(AutomationLog(automation_id=automation.id, execution_status="skipped"))
    session.commit()

    answer = admin.delete(f"{AUTOMATIONS}/{automation.id}")

    assert (answer.status_code, answer.json()["error"]) == (409, "automation_has_history")


@pytest.mark.parametrize(("method", "ending"), [("get", ""), ("patch", ""), ("delete", ""), ("post", "/publish")])
def test_one_that_does_not_exist_is_not_found(admin: TestClient, method: str, ending: str) -> None:
    body = {"json": {}} if method == "patch" else {}

    answer = admin.request(method, f"{AUTOMATIONS}/424242{ending}", **body)

    assert (answer.status_code, answer.json()["error"]) == (404, "automation_not_found")


def test_every_change_raises_the_epoch(admin: TestClient, session: Session) -> None:
    epochs = [epoch(session)]
    created = admin.post(AUTOMATIONS, json=GREETING).json()
    epochs.append(epoch(session))
    admin.patch(f"{AUTOMATIONS}/{created['id']}", json={"is_active": False})
    epochs.append(epoch(session))
    admin.delete(f"{AUTOMATIONS}/{created['id']}")
    epochs.append(epoch(session))

    assert epochs == sorted(set(epochs))


def test_the_schema_for_forms_names_the_kinds(user: TestClient) -> None:
    schema = user.get(f"{AUTOMATIONS}/schema").json()

    assert {"trigger.keyword", "action.send_message"} <= set(schema["$defs"])
    assert schema["$defs"]["trigger.keyword"]["examples"]
