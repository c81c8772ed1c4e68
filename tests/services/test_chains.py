"""Automations that start one another: once each, never in a circle, and visibly when they may not."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.database import in_transaction
from app.domain.chains import DEEPEST, circle
from app.services import automations
from app.services.automations import InvalidAutomation
from tests.builders import make_automation, make_contact
from tests.services.engine import Engine
from tests.services.sending import Desk

NOTE = {"trigger_type": "manual", "action_type": "log_activity", "action_payload": {"message": "was here"}}


@pytest.fixture
def engine(desk: Desk) -> Engine:
    return Engine(desk)


@pytest.fixture
def contact_id(session: Session) -> int:
    contact = make_contact(session, tags=["lead"])
    session.commit()
    return contact.id


def starter(engine: Engine, other: int) -> int:
    made = engine.save(trigger_type="manual", action_type="trigger_automation", action_payload={"automation_id": other})
    return made.id


def by_sql(engine: Engine, *, starts: int, **columns: Any) -> int:
    """Past every check, as plain SQL may be."""
    with Session(engine.desk.engine, expire_on_commit=False) as session:
        made = make_automation(
            session,
            trigger_type="manual",
            action_type="trigger_automation",
            action_payload={"automation_id": starts},
            **columns,
        )
        session.commit()
        return made.id


def settle(engine: Engine) -> None:
    for _ in range(2 * DEEPEST + 4):
        engine.tick()


def logs(engine: Engine) -> list[tuple[int, str, str | None]]:
    columns = "automation_id, execution_status, error_message"
    rows = engine.rows(f"SELECT {columns} FROM automation_logs WHERE run_id IS NOT NULL ORDER BY id")
    return [tuple(row) for row in rows]


def test_the_other_runs_for_the_same_contact_and_both_tell_of_it(engine: Engine, contact_id: int) -> None:
    other = engine.save(**NOTE)
    first = starter(engine, other.id)

    engine.run_by_hand(first, contact_id)
    settle(engine)

    assert logs(engine) == [(other.id, "success", None), (first, "success", None)]
    [child] = engine.rows("SELECT * FROM automation_logs WHERE automation_id = :id", id=other.id)
    assert child.execution_details["lineage"] == [first]
    assert child.execution_details["entry"]["event"] == "automation"


def test_an_automation_that_starts_itself_is_stopped(engine: Engine, contact_id: int) -> None:
    own = by_sql(engine, starts=1)
    engine.desk.run("UPDATE automations SET action_payload = jsonb_build_object('automation_id', id)")

    engine.run_by_hand(own, contact_id)
    settle(engine)

    assert logs(engine) == [(own, "failed", "recursion")]


def test_a_circle_is_stopped_where_it_closes(engine: Engine, contact_id: int) -> None:
    first = engine.save(**NOTE)
    second = starter(engine, first.id)
    third = starter(engine, second)
    engine.desk.run(
        "UPDATE automations SET action_type = 'trigger_automation',"
        " action_payload = jsonb_build_object('automation_id', CAST(:third AS bigint)) WHERE id = :first",
        third=third,
        first=first.id,
    )

    engine.run_by_hand(third, contact_id)
    settle(engine)

    assert (first.id, "failed", "recursion") in logs(engine)
    assert len(logs(engine)) == 3


def test_a_chain_that_is_too_long_is_stopped(engine: Engine, contact_id: int) -> None:
    last = engine.save(**NOTE).id
    for _ in range(DEEPEST + 1):
        last = starter(engine, last)

    engine.run_by_hand(last, contact_id)
    settle(engine)

    assert [(status, error) for _, status, error in logs(engine)].count(("failed", "too_deep")) == 1
    assert len(logs(engine)) == DEEPEST + 1


def test_one_that_allows_it_may_come_round_until_the_chain_is_too_long(engine: Engine, contact_id: int) -> None:
    own = by_sql(engine, starts=1)
    graph = {
        "v": 1,
        "start": "again",
        "settings": {"allow_recursion": True},
        "nodes": {"again": {"type": "start_automation", "automation_id": own, "next": None}},
    }
    user_id = engine.rows("SELECT id FROM users")[0].id

    def publish(session: Session) -> None:
        automations.update_automation(session, own, {"action_payload": graph}, user_id=user_id, now=engine.now)
        automations.publish_automation(session, own, user_id=user_id)

    in_transaction(publish, engine.desk.engine)

    engine.run_by_hand(own, contact_id)
    settle(engine)

    assert [error for _, _, error in logs(engine)].count("too_deep") == 1
    assert len(logs(engine)) == DEEPEST + 1


@pytest.mark.parametrize(
    ("columns", "status", "error"),
    [
        ({"is_active": False}, "failed", "automation_not_running"),
        ({"trigger_conditions": {"tags": "vip"}}, "skipped", "conditions"),
    ],
)
def test_one_that_does_not_let_the_contact_in_is_told_of(
    engine: Engine, contact_id: int, columns: dict[str, Any], status: str, error: str
) -> None:
    other = engine.save(**NOTE | columns)
    first = starter(engine, other.id)

    engine.run_by_hand(first, contact_id)
    settle(engine)

    assert logs(engine) == [(first, status, error)]


def test_a_circle_is_refused_when_it_is_saved(engine: Engine) -> None:
    first = engine.save(**NOTE)
    second = starter(engine, first.id)

    with pytest.raises(InvalidAutomation) as refused:
        starter(engine, 999_999)
    assert refused.value.fields is not None
    assert refused.value.fields[0]["code"] == "unknown_automation"

    def close(session: Session) -> None:
        fields: Any = {"action_type": "trigger_automation", "action_payload": {"automation_id": second}}
        user_id = engine.rows("SELECT id FROM users")[0].id
        automations.update_automation(session, first.id, fields, user_id=user_id, now=engine.now)

    with pytest.raises(InvalidAutomation) as refused:
        in_transaction(close, engine.desk.engine)
    assert refused.value.fields is not None
    assert refused.value.fields[0]["code"] == "circle"
    assert f"{first.id} → {second} → {first.id}" in refused.value.fields[0]["detail"]


@pytest.mark.parametrize(
    ("starts", "others", "way"),
    [
        ({1}, {}, [1, 1]),
        ({2}, {2: {3}, 3: {1}}, [1, 2, 3, 1]),
        ({2}, {2: {3}, 3: {2}}, None),
        ({2, 4}, {2: {3}, 4: {1}}, [1, 4, 1]),
        ({2}, {}, None),
    ],
)
def test_a_circle_is_found(starts: set[int], others: dict[int, set[int]], way: list[int] | None) -> None:
    assert circle(1, starts, others) == way


def test_one_that_another_starts_is_not_deleted(engine: Engine) -> None:
    first = engine.save(**NOTE)
    starter(engine, first.id)

    with pytest.raises(automations.AutomationInUse):
        in_transaction(lambda session: automations.delete_automation(session, first.id), engine.desk.engine)

    engine.desk.run("UPDATE automations SET is_active = false WHERE id <> :id", id=first.id)
    in_transaction(lambda session: automations.delete_automation(session, first.id), engine.desk.engine)
    assert engine.rows("SELECT FROM automations WHERE id = :id", id=first.id) == []
