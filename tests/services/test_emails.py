"""E-mails leave once: what is proved not to have left is tried again, what nobody knows is told and left alone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import mailbox
from app.database import in_transaction
from app.services import emails
from tests.builders import make_contact
from tests.mail import MailServer, mail_server
from tests.services.engine import Engine, at, mailbox_of
from tests.services.sending import Desk

LETTER = {"to": "{email}", "subject": "Hello {name}", "body": "Dear {first_name},\nwelcome."}


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def engine(desk: Desk, mail: MailServer) -> Engine:
    made = Engine(desk, mail=mailbox_of(mail))
    made.now = at("2026-03-14T09:00")
    return made


def order(engine: Engine, **columns: Any) -> None:
    """A run that wants an e-mail sent."""
    with Session(engine.desk.engine) as session:
        contact_id = make_contact(session, **({"name": "Ana Pérez", "email": "ana@example.com"} | columns)).id
        session.commit()
    made = engine.save(trigger_type="manual", action_type="send_email", action_payload=LETTER)
    engine.run_by_hand(made.id, contact_id)


def effect(engine: Engine) -> Any:
    [row] = engine.rows("SELECT * FROM effects")
    return row


def log(engine: Engine) -> tuple[str, str | None, int]:
    [row] = engine.rows("SELECT execution_status, error_message, contacts_affected FROM automation_logs")
    return row.execution_status, row.error_message, row.contacts_affected


def alerts(engine: Engine) -> list[tuple[str, str | None]]:
    return [(row.kind, row.detail) for row in engine.rows("SELECT kind, detail FROM alerts")]


def test_it_is_handed_in_as_it_was_written(engine: Engine, mail: MailServer) -> None:
    order(engine)

    engine.tick()

    [letter] = mail.received()
    assert letter["To"] == "ana@example.com"
    assert letter["Subject"] == "Hello Ana Pérez"
    assert "hola@cafe.example" in letter["From"]
    assert letter.get_content().strip().splitlines() == ["Dear Ana,", "welcome."]
    assert letter["Message-ID"].startswith(f"<hilo.{effect(engine).id}.")
    assert log(engine) == ("success", None, 1)
    engine.tick()
    assert len(mail.letters) == 1


def test_a_name_cannot_add_a_header(engine: Engine, mail: MailServer) -> None:
    order(engine, name="Ana\r\nBcc: everyone@example.com")

    engine.tick()

    [letter] = mail.received()
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Hello Ana Bcc: everyone@example.com"


@pytest.mark.parametrize(
    ("address", "reason"),
    [(None, "no_address"), ("ana@example.com\r\nBcc: x@y.zz", "bad_address"), ("nobody", "bad_address")],
)
def test_without_an_address_nothing_is_tried(
    engine: Engine, mail: MailServer, address: str | None, reason: str
) -> None:
    order(engine, email=address)

    engine.tick()

    assert (mail.letters, engine.rows("SELECT FROM effects")) == ([], [])
    assert log(engine) == ("skipped", reason, 0)


def test_without_a_mail_server_the_step_fails_and_says_why(engine: Engine) -> None:
    engine.mail = None
    order(engine)

    engine.tick()

    assert log(engine) == ("failed", "email_not_configured", 0)
    assert alerts(engine) == [("email_failed", "email_not_configured")]


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "END"])
def test_a_refusal_ends_it(engine: Engine, mail: MailServer, verb: str) -> None:
    mail.answers[verb] = "550 no"
    order(engine)

    engine.tick()

    assert log(engine) == ("failed", "smtp_refused_550", 0)
    assert alerts(engine) == [("email_failed", "smtp_refused_550")]


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "END"])
def test_what_may_pass_is_tried_again_later(engine: Engine, mail: MailServer, verb: str) -> None:
    mail.answers[verb] = "451 later"
    order(engine)
    engine.tick()
    engine.tick()
    assert (effect(engine).state, effect(engine).attempt) == ("pending", 1)
    mail.letters.clear()

    mail.answers.clear()
    engine.now += timedelta(minutes=1)
    engine.tick()

    assert len(mail.letters) == 1
    assert log(engine) == ("success", None, 1)


def test_a_server_that_never_answers_is_given_up(engine: Engine, mail: MailServer) -> None:
    mail.hangs_up_at = "connect"
    order(engine)

    for _ in range(emails.MOST_ATTEMPTS):
        engine.tick()
        engine.now += timedelta(hours=5)

    assert mail.sessions == emails.MOST_ATTEMPTS
    assert log(engine)[0] == "failed"


def test_what_may_have_left_is_never_sent_again_by_itself(engine: Engine, mail: MailServer) -> None:
    mail.hangs_up_at = "data"
    order(engine)

    for _ in range(3):
        engine.tick()
        engine.now += timedelta(hours=5)

    assert mail.sessions == 1
    assert effect(engine).outcome == "unknown"
    assert log(engine) == ("failed", "outcome_unknown", 0)
    assert alerts(engine) == [("email_outcome_unknown", "outcome_unknown")]


class TestAProcessThatDies:
    def claimed(self, engine: Engine) -> emails.Claimed:
        claimed = in_transaction(lambda session: emails.claim(session, now=engine.now), engine.desk.engine)
        assert claimed is not None
        return claimed

    def long_after(self, engine: Engine) -> None:
        engine.desk.run("UPDATE effects SET claimed_at = claimed_at - interval '1 hour'")

    def test_before_the_data_leaves_it_to_another(self, engine: Engine, mail: MailServer) -> None:
        order(engine)
        late = self.claimed(engine)
        engine.tick()
        assert mail.letters == []

        self.long_after(engine)
        engine.now += timedelta(minutes=2)
        engine.tick()
        engine.now += timedelta(minutes=2)
        engine.tick()

        assert len(mail.letters) == 1
        assert log(engine) == ("success", None, 1)
        assert not in_transaction(lambda session: emails.leave(session, claimed=late), engine.desk.engine)

    def test_with_the_data_under_way_leaves_a_question(self, engine: Engine, mail: MailServer) -> None:
        order(engine)
        claimed = self.claimed(engine)
        assert in_transaction(lambda session: emails.leave(session, claimed=claimed), engine.desk.engine)

        self.long_after(engine)
        engine.tick()
        engine.tick()

        assert mail.letters == []
        assert log(engine) == ("failed", "outcome_unknown", 0)


def test_an_address_that_smtp_has_no_letters_for_ends_at_once(engine: Engine, mail: MailServer) -> None:
    order(engine, email="ñandú@example.com")

    engine.tick()

    assert mail.letters == []
    assert log(engine) == ("failed", "unsendable: UnicodeEncodeError", 0)


def test_an_automation_that_was_switched_off_sends_no_more(engine: Engine, mail: MailServer) -> None:
    order(engine)
    engine.desk.run("UPDATE automations SET is_active = false")

    engine.tick()

    assert mail.letters == []
    assert log(engine) == ("skipped", "automation_inactive", 0)


def test_nothing_leaves_while_everything_is_paused(engine: Engine, mail: MailServer) -> None:
    order(engine)
    engine.desk.run("UPDATE settings SET is_paused = true")
    engine.tick()
    assert mail.letters == []

    engine.desk.run("UPDATE settings SET is_paused = false")
    engine.tick()
    assert len(mail.letters) == 1


@pytest.mark.parametrize(
    ("url", "sender", "expected"),
    [
        ("smtps://ana%40x.example:p%40ss@mail.example", None, ("smtps", "mail.example", 465, "p@ss", "ana@x.example")),
        (
            "smtp+starttls://u:p@mail.example",
            "A <a@x.example>",
            ("smtp+starttls", "mail.example", 587, "p", "A <a@x.example>"),
        ),
        ("smtp://mail.example:2525", "a@x.example", ("smtp", "mail.example", 2525, None, "a@x.example")),
    ],
)
def test_an_address_of_a_mail_server(url: str, sender: str | None, expected: tuple[object, ...]) -> None:
    made = mailbox.parse(url, sender=sender)

    assert (made.scheme, made.host, made.port, made.password, made.sender) == expected


@pytest.mark.parametrize(
    "url", ["http://mail.example", "smtp://", "mail.example", "smtp://user@mail.example", "smtp://a%40b@h:99999"]
)
def test_what_is_no_address_of_a_mail_server(url: str) -> None:
    with pytest.raises(mailbox.BadMailbox):
        mailbox.parse(url, sender=None)
