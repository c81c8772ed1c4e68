"""Decisions are made once per item, on real rows, in the transaction that stored it."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.orm import Session

from app.domain.evidence import Dispatch, Standing, Status
from app.models import (
    Automation,
    AutomationLog,
    AutomationRun,
    AutomationStep,
    AutomationVersion,
    Consent,
    Contact,
    Message,
)
from app.services import messages, runs
from app.services.drain import drain
from tests.builders import make_automation, make_contact
from tests.clean_slate import CleanSlate
from tests.webhooks import (
    ALICE,
    BOB,
    NOON,
    PHONE_NUMBER_ID,
    block,
    body,
    body_of,
    change,
    message,
    preference,
    put,
    status,
)

NOW = datetime(2026, 3, 14, 16, 0, tzinfo=UTC)
CASES = 60 if os.environ.get("CI") else 20


def arrive(session: Session, *bodies: bytes, batch_items: int = 1_000) -> None:
    put(session, *bodies)
    while drain(lane="intake", batch_items=batch_items, now=NOW):
        pass
    session.expire_all()


def shop(session: Session) -> tuple[Automation, Automation]:
    """Greets whoever says hola, and welcomes whoever says something else first: never both."""
    keyword = make_automation(
        session,
        name="Saludo",
        trigger_conditions={"keywords": ["hola"], "exclusive_group": "greeting"},
        message_template="¡Hola!",
        priority=8,
    )
    welcome = make_automation(
        session,
        name="Bienvenida",
        trigger_type="new_contact",
        trigger_conditions={"exclusive_group": "greeting"},
        message_template="Te damos la bienvenida.",
    )
    session.commit()
    return keyword, welcome


def answers(session: Session) -> list[str | None]:
    return list(session.scalars(select(Message.text).where(Message.direction == "outbound").order_by(Message.id)))


def run_rows(session: Session) -> list[tuple[int, str, str]]:
    rows = session.execute(
        select(AutomationRun.automation_id, AutomationRun.event, AutomationRun.event_key).order_by(AutomationRun.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def number_of(session: Session, model: Any) -> int:
    return session.scalars(select(func.count()).select_from(model)).one()


def deliver(session: Session) -> None:
    """What the send lane tells the runs in the end."""
    due = session.scalars(select(Message.id).where(Message.direction == "outbound", Message.dispatch == "queued")).all()
    accepted = Standing(status=Status.SENT, sent_at=NOW)
    moves = [messages.Move(message_id=id, dispatch=Dispatch.DONE, standing=accepted) for id in due]
    runs.settle(session, messages.move(session, moves), now=NOW)
    session.commit()


def test_a_first_hola_gets_one_run_one_message_and_one_log_row(session: Session) -> None:
    keyword, welcome = shop(session)

    arrive(session, body_of(message("hola", wamid="wamid.1")))
    deliver(session)

    assert answers(session) == ["¡Hola!"]
    assert run_rows(session) == [(keyword.id, "message_received", "wamid.1")]
    log = session.scalars(select(AutomationLog).where(AutomationLog.run_id.is_not(None))).one()
    assert (log.automation_id, log.execution_status, log.contacts_affected) == (keyword.id, "success", 1)
    refused = session.scalars(select(AutomationLog).where(AutomationLog.run_id.is_(None))).one()
    assert (refused.automation_id, refused.refused_reason) == (welcome.id, "lower_priority")


def test_a_message_of_an_answer_carries_its_run_and_a_key_that_no_repeat_can_double(session: Session) -> None:
    shop(session)

    arrive(session, body_of(message("hola")))

    answer = session.scalars(select(Message).where(Message.direction == "outbound")).one()
    run = session.scalars(select(AutomationRun)).one()
    assert (answer.run_id, answer.origin, answer.status, answer.dispatch) == (run.id, "automation", "pending", "queued")
    assert answer.idempotency_key is not None
    assert answer.idempotency_key.startswith("run:")
    assert (run.contact_id, run.conversation_id) == (answer.contact_id, answer.conversation_id)
    assert number_of(session, AutomationStep) > 0


def test_hola_again_gets_one_again(session: Session) -> None:
    shop(session)

    arrive(session, body_of(message("hola", at=NOON)))
    arrive(session, body_of(message("hola", at=NOON + 60), message("hola", at=NOON + 61)))

    assert answers(session) == ["¡Hola!"] * 3


def test_whoever_says_something_else_first_is_welcomed_once(session: Session) -> None:
    _, welcome = shop(session)

    arrive(session, body_of(message("what do you sell?", wamid="wamid.1")))
    arrive(session, body_of(message("hello?", at=NOON + 60)))

    assert run_rows(session) == [(welcome.id, "new_contact", "wamid.1")]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("batch_items", [1, 1_000])
def test_a_contact_is_new_once_whichever_message_comes_first(
    session: Session, order: tuple[int, ...], batch_items: int
) -> None:
    _, welcome = shop(session)
    bodies = [body_of(message("a question", wamid=f"wamid.{n}", at=NOON + n)) for n in range(3)]

    arrive(session, *(bodies[n] for n in order), *bodies, batch_items=batch_items)

    (run,) = run_rows(session)
    first = 0 if batch_items > 1 else order[0]
    assert run == (welcome.id, "new_contact", f"wamid.{first}")


def test_whoever_an_operator_wrote_down_is_not_new(session: Session) -> None:
    shop(session)
    make_contact(session, phone="+16505551234")
    session.commit()

    arrive(session, body_of(message("a question")))

    assert run_rows(session) == []


def test_two_who_are_found_to_be_one_are_new_once_in_a_batch(session: Session) -> None:
    _, welcome = shop(session)
    apart = [message("a", wa_id=BOB, at=NOON), message("b", wa_id=None, bsuid="MX.1", at=NOON + 1)]

    arrive(session, body_of(*apart, message("c", wa_id=BOB, bsuid="MX.1", at=NOON + 2)))

    assert number_of(session, Contact) == 1
    assert [automation for automation, _, _ in run_rows(session)] == [welcome.id]


def test_whoever_is_told_apart_from_a_known_one_is_new_only_if_they_never_wrote(session: Session) -> None:
    _, welcome = shop(session)
    arrive(session, body_of(message("Ana", bsuid="US.1", at=NOON), message("bare", wa_id=ALICE, at=NOON + 60)))

    arrive(session, body_of(message("Beto", wamid="wamid.beto", bsuid="US.2", at=NOON + 120)))

    # The bare message is Beto's, now that he is known; he was welcomed as Ana was, and is not again.
    assert number_of(session, Contact) == 2
    assert [automation for automation, _, _ in run_rows(session)] == [welcome.id]


def test_one_wamid_decides_once_even_if_an_earlier_body_takes_its_place(session: Session) -> None:
    keyword, _ = shop(session)

    arrive(session, body_of(message("hola", wamid="wamid.1", at=NOON + 60)))
    arrive(session, body_of(message("hola", wamid="wamid.1", at=NOON)))
    arrive(session, body_of(message("hola", wamid="wamid.1", at=NOON + 90, wa_id=BOB)))

    assert run_rows(session) == [(keyword.id, "message_received", "wamid.1")]


def test_of_several_with_one_wamid_in_a_batch_the_earliest_decides(session: Session) -> None:
    shop(session)

    arrive(session, body_of(message("hola", wamid="wamid.1", at=NOON + 60), message("no", wamid="wamid.1", at=NOON)))

    assert answers(session) == ["Te damos la bienvenida."]


@pytest.mark.parametrize("kind", ["reaction", "edit", "revoke", "system"])
def test_what_only_touches_an_earlier_message_triggers_nothing_but_is_still_of_a_new_contact(
    session: Session, kind: str
) -> None:
    make_automation(session, trigger_type="message_received")
    session.commit()

    arrive(session, body_of(message(type=kind, **{kind: {"body": "hola", "original_message_id": "w"}})))

    assert run_rows(session) == []


def test_a_number_that_nobody_claimed_never_triggers(session: Session) -> None:
    shop(session)

    arrive(session, body(change(messages=[message("hola")], phone_number_id="777")))

    assert number_of(session, Message) == 1
    assert (run_rows(session), number_of(session, AutomationLog)) == ([], 0)


def test_an_original_row_of_plain_sql_runs(session: Session) -> None:
    session.execute(
        text("""
            INSERT INTO automations (name, trigger_type, trigger_conditions, action_type, action_payload)
            VALUES ('SQL', 'keyword', '{"keywords": ["precio"]}', 'send_message', '{"message_template": "$45"}')
        """)
    )
    session.commit()

    arrive(session, body_of(message("¿precio?")))

    assert answers(session) == ["$45"]
    assert number_of(session, AutomationVersion) == 1


def test_an_automation_that_plain_sql_wrote_badly_starts_nothing_and_harms_nobody(session: Session) -> None:
    shop(session)
    make_automation(session, trigger_conditions={"keywords": "no list", "v": 7})
    session.commit()

    arrive(session, body_of(message("hola")))

    assert answers(session) == ["¡Hola!"]


@pytest.mark.parametrize("how", ["pause", "delete", "kill"])
def test_what_is_switched_off_decides_nothing_from_the_next_batch_on(session: Session, how: str) -> None:
    shop(session)
    arrive(session, body_of(message("hola", at=NOON)))
    if how == "pause":
        session.execute(update(Automation).values(is_active=False))
    elif how == "delete":
        session.execute(delete(Automation))
    else:
        session.execute(update(AutomationVersion).values(is_killed=True))
        session.execute(text("UPDATE settings SET automations_epoch = automations_epoch + 1"))
    session.commit()

    arrive(session, body_of(message("hola", at=NOON + 60)))

    assert len(run_rows(session)) == (0 if how == "delete" else 1)
    assert len(answers(session)) == 1


def test_what_is_switched_on_decides_from_the_next_batch_on(session: Session) -> None:
    keyword, _ = shop(session)
    keyword.is_active = False
    session.commit()
    arrive(session, body_of(message("hola", at=NOON)))
    assert answers(session) == ["Te damos la bienvenida."]

    keyword.is_active = True
    session.commit()
    arrive(session, body_of(message("hola", at=NOON + 60)))

    assert answers(session) == ["Te damos la bienvenida.", "¡Hola!"]


def test_an_opt_out_word_is_in_the_ledger_when_the_decision_is_made(session: Session) -> None:
    make_automation(session, trigger_conditions={"keywords": ["baja"]}, message_template="Hecho.")
    session.commit()

    arrive(session, body_of(message("BAJA")))

    consent = session.scalars(select(Consent)).one()
    assert (consent.category, consent.state) == ("all", "out")


def test_the_workspaces_own_words_count_too(session: Session) -> None:
    session.execute(text("UPDATE settings SET opt_out_words = '[\"basta ya\"]'"))
    make_automation(session)
    session.commit()

    arrive(session, body_of(message("¡Basta ya!")))

    assert session.scalars(select(Consent.state)).all() == ["out"]


def test_a_poisoned_neighbour_changes_no_decision(session: Session) -> None:
    shop(session)
    poison = message(wamid="wamid." + "".join(chr(0x4E00 + (index * 7919) % 20_000) for index in range(9_000)))

    arrive(session, body_of(message("hola", wa_id=BOB), poison, message("what?", wa_id="5511987654321")))

    assert sorted(filter(None, answers(session))) == ["Te damos la bienvenida.", "¡Hola!"]


def test_a_run_that_waits_outlives_the_merge_of_its_contact(session: Session) -> None:
    make_automation(session, action_payload={"message_template": "¡Hola!", "delay_seconds": 60})
    session.commit()
    arrive(session, body_of(message("hola", wa_id=None, bsuid="MX.1")))
    make_contact(session, phone="+525512345678")
    session.commit()

    arrive(session, body_of(message("me", wa_id=BOB, bsuid="MX.1", at=NOON + 1)))
    runs.wake(session, now=NOW + timedelta(seconds=61))
    session.commit()

    run = session.scalars(select(AutomationRun)).one()
    answer = session.scalars(select(Message).where(Message.direction == "outbound")).one()
    contact = session.scalars(select(Contact)).one()
    assert (answer.contact_id, answer.conversation_id) == (run.contact_id, run.conversation_id)
    assert run.contact_id == contact.id


def test_a_run_that_waits_outlives_a_number_that_turns_out_to_be_anothers(session: Session) -> None:
    make_automation(session, action_payload={"message_template": "¡Hola!", "delay_seconds": 60})
    session.commit()
    arrive(session, body_of(message("early", bsuid="US.1", at=NOON)))
    arrive(session, body_of(message("hola", at=NOON + 60)))

    arrive(session, body_of(message("I am another", bsuid="US.2", at=NOON + 120)))
    runs.wake(session, now=NOW + timedelta(seconds=61))
    session.commit()

    assert answers(session) == ["¡Hola!"]


def test_runs_of_one_automation_that_meet_in_a_merge_both_stay(session: Session) -> None:
    # A welcome is for once: both runs have the same entry key.
    payload = {"message_template": "¡Hola!", "delay_seconds": 60}
    make_automation(session, trigger_type="new_contact", action_payload=payload)
    session.commit()
    arrive(session, body_of(message("hola", wa_id=BOB, at=NOON), message("hola", wa_id=None, bsuid="MX.1", at=NOON)))
    assert len(run_rows(session)) == 2

    arrive(session, body_of(message("me", wa_id=BOB, bsuid="MX.1", at=NOON + 1)))
    runs.wake(session, now=NOW + timedelta(seconds=61))
    session.commit()

    assert number_of(session, Contact) == 1
    assert answers(session) == ["¡Hola!"] * 2
    arrive(session, body_of(message("hola", wa_id=BOB, at=NOON + 2)))
    assert len(run_rows(session)) == 2


@st.composite
def talks(draw: st.DrawFn) -> list[bytes]:
    """Bodies of some talk, each item in one body only."""
    made = []
    for number in range(draw(st.integers(1, 6))):
        wa_id, bsuid = draw(
            st.sampled_from([(ALICE, None), (ALICE, "US.1"), (None, "US.1"), (BOB, None), (BOB, "MX.1")])
        )
        said = draw(st.sampled_from(["hola", "hola hola", "gracias", "STOP"]))
        item = message(said, wa_id=wa_id, bsuid=bsuid, wamid=f"wamid.{number}", at=NOON + draw(st.integers(0, 3)))
        made.append(body_of(item, contacts=[block(wa_id, bsuid=bsuid)], statuses=[status(wamid=f"wamid.o{number}")]))
    stop = preference(at=NOON)
    return [*made, body(change(user_preferences=[stop], phone_number_id=PHONE_NUMBER_ID))][: draw(st.integers(1, 7))]


@settings(max_examples=CASES)
@given(talk=talks(), data=st.data())
def test_no_repetition_makes_or_changes_a_decision(slate: CleanSlate, talk: list[bytes], data: st.DataObject) -> None:
    # Each body may be delivered again at any time after its first delivery.
    delivered: list[bytes] = []
    for one in talk:
        delivered.append(one)
        delivered += data.draw(st.lists(st.sampled_from(delivered), max_size=2))

    once = _decisions(slate, talk, 1)
    again = _decisions(slate, delivered, 1)

    assert again == once


def _decisions(slate: CleanSlate, bodies: list[bytes], batch_items: int) -> list[Any]:
    slate.wipe()
    engine: Engine = slate.engine
    with Session(engine) as session:
        shop(session)
        arrive(session, *bodies, batch_items=batch_items)
        found = session.execute(
            text("""
                SELECT a.name, r.event, r.event_key, split_part(r.entry_key, 'merged', 1), r.state,
                    m.text, m.dispatch
                FROM automation_runs r JOIN automations a ON a.id = r.automation_id
                LEFT JOIN messages m ON m.run_id = r.id ORDER BY 1, 2, 3, 4, 6
            """)
        )
        refused = session.execute(
            text("""
                SELECT a.name, l.refused_reason, l.contacts_affected FROM automation_logs l
                JOIN automations a ON a.id = l.automation_id WHERE l.run_id IS NULL ORDER BY 1, 2
            """)
        )
        return [tuple(row) for row in found] + [tuple(row) for row in refused]
