"""The audit log: what a session changes for somebody is told of, and nothing else is."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database import in_transaction, transaction
from app.models import AuditEntry, Base, Channel, Contact
from app.services import audit, sweeps
from app.services.audit import HIDDEN, SUBJECTS, Actor
from tests.builders import make_contact, make_user, the_channel

# What the machine writes, and what stands in the log under another name or is itself the log.
BOOKS = {
    "analytics",
    "analytics_deltas",
    "analytics_kept",
    "audit_log",
    "automation_logs",
    "automation_runs",
    "automation_steps",
    "automation_versions",
    "consents",
    "contact_groups",
    "contact_identities",
    "contact_merges",
    "counters",
    "effects",
    "idempotency_keys",
    "imports",
    "intake_open",
    "lanes",
    "login_throttles",
    "merged_by_hand",
    "message_events",
    "processes",
    "refresh_tokens",
    "schedules",
    "send_attempts",
    "shared_numbers",
    "starts",
    "zone_changes",
}


@pytest.fixture
def by_ana(database, now):
    """A session whose changes are Ana's."""
    actor = Actor(kind="user", id=7, name="ana", at=now, trace="abc")
    with transaction() as session:
        audit.attach(session, actor)
        yield session


def entries(session: Session) -> list[tuple]:
    session.commit()
    rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(row.action, row.subject_id, row.before, row.after) for row in rows]


def test_every_table_is_told_of_or_known_to_be_the_machines_own():
    named = {model.__tablename__ for model in SUBJECTS}

    assert named.isdisjoint(BOOKS)
    assert Base.metadata.tables.keys() <= named | BOOKS


def test_a_new_row_is_told_with_what_it_holds(by_ana, now):
    contact = make_contact(by_ana, name="Juan", tags=["vip"])

    [(action, subject_id, before, after)] = entries(by_ana)
    assert (action, subject_id, before) == ("contact.created", str(contact.id), None)
    assert after | {"name": "Juan", "phone": "+15550001", "tags": ["vip"]} == after
    assert "created_at" not in after
    row = by_ana.scalars(select(AuditEntry)).one()
    assert (row.actor_kind, row.actor_id, row.actor_name, row.trace, row.at) == ("user", 7, "ana", "abc", now)


def test_a_change_is_told_before_and_after_and_nothing_that_stayed(by_ana, session):
    contact = make_contact(session, name="Juan", notes="Likes tea", metadata_={"size": 1})
    session.commit()
    mine = by_ana.get(Contact, contact.id)

    mine.name, mine.notes, mine.metadata_ = "Juana", "Likes tea", {"size": 2}

    assert entries(by_ana) == [
        (
            "contact.updated",
            str(contact.id),
            {"name": "Juan", "metadata": {"size": 1}},
            {"name": "Juana", "metadata": {"size": 2}},
        )
    ]


def test_several_changes_of_a_row_are_one_line(by_ana, session):
    contact = make_contact(session, name="A", language="es")
    session.commit()
    mine = by_ana.get(Contact, contact.id)
    for name, language in (("B", "es"), ("C", "pt"), ("C", "es")):
        mine.name, mine.language = name, language
        by_ana.flush()

    [(action, _, before, after)] = entries(by_ana)

    assert action == "contact.updated"
    assert (before["name"], after["name"]) == ("A", "C")


def test_what_is_changed_back_is_not_told_of(by_ana, session):
    contact = make_contact(session, name="A")
    session.commit()
    mine = by_ana.get(Contact, contact.id)
    for name in ("B", "A"):
        mine.name = name
        by_ana.flush()

    assert entries(by_ana) == []


def test_what_comes_and_goes_is_not_told_of(by_ana):
    contact = make_contact(by_ana, phone=None)
    by_ana.delete(contact)

    assert entries(by_ana) == []


def test_what_is_deleted_is_told_as_it_was(by_ana, session):
    contact = make_contact(session, phone=None, name="Juan")
    session.commit()

    by_ana.delete(by_ana.get(Contact, contact.id))

    [(action, subject_id, before, after)] = entries(by_ana)
    assert (action, subject_id, after) == ("contact.deleted", str(contact.id), None)
    assert before["name"] == "Juan"


def test_a_secret_shows_that_it_changed_and_not_to_what(by_ana):
    channel = the_channel(by_ana)
    channel.encrypted_token = "first"
    by_ana.flush()
    channel.encrypted_token = "second"

    [(_, _, before, after)] = entries(by_ana)

    assert (before, after) == ({"encrypted_token": None}, {"encrypted_token": HIDDEN})


def test_no_password_and_no_message_is_ever_told(by_ana):
    make_user(by_ana, username="bob")

    [(_, _, _, after)] = entries(by_ana)

    assert "hashed_password" not in after
    hidden = {
        column.name for table in SUBJECTS for column in table.__table__.columns if column.info.get("audit") == "secret"
    }
    assert {"content", "text", "last_message_text", "encrypted_token", "key_hash", "body"} <= hidden


def test_a_statement_over_many_rows_tells_of_itself(by_ana):
    by_ana.execute(update(Channel).values(tier="TIER_1K"))
    audit.record(by_ana, "channel.updated", after={"tier": "TIER_1K"})

    assert entries(by_ana) == [("channel.updated", None, None, {"tier": "TIER_1K"})]


def test_what_fails_is_not_told_of(database, session, now):
    def fail() -> None:
        with transaction() as own:
            audit.attach(own, Actor(kind="user", id=7, name="ana", at=now))
            make_contact(own)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert entries(session) == []


def test_machine_work_is_not_told_of_and_costs_no_statement(database, session):
    statements = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(database, "before_cursor_execute", note)
    with transaction() as own:
        make_contact(own, phone=None)
        audit.record(own, "contact.updated")
    event.remove(database, "before_cursor_execute", note)

    assert statements
    assert not [statement for statement in statements if "audit_log" in statement]
    assert entries(session) == []


def test_lines_that_are_older_than_they_are_kept_go_and_no_others(session, now):
    for days in (0, 29, 30, 31, 400):
        at = now - timedelta(days=days)
        session.add(AuditEntry(at=at, actor_kind="user", actor_name="ana", action="a.a", subject_kind="a"))
    session.commit()

    in_transaction(lambda own: sweeps.forget_changes(own, before=now - timedelta(days=30)))

    left = session.scalars(select(AuditEntry.at).order_by(AuditEntry.at.desc())).all()
    assert [(now - at).days for at in left] == [0, 29, 30]
    with pytest.raises(DBAPIError, match="audit_log is only ever added to"):
        session.execute(delete(AuditEntry))


@pytest.mark.parametrize(
    "statement",
    [
        update(AuditEntry).values(actor_name="somebody else"),
        delete(AuditEntry),
        text("TRUNCATE audit_log"),
    ],
)
def test_a_line_can_neither_be_changed_nor_taken_out(by_ana, statement):
    make_contact(by_ana)
    by_ana.commit()

    with pytest.raises(DBAPIError, match="audit_log is only ever added to"):
        by_ana.execute(statement)
    by_ana.rollback()
