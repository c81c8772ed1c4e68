"""An engine that a test winds: what arrives, the clock, and the far end that takes what is sent."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import mailbox
from app.core.mailbox import Mailbox
from app.database import in_transaction
from app.models import Automation, Contact, Start, User
from app.services import automations, chains, emails, runs, schedules, starts, zone_changes
from app.services.automations import AutomationFields
from app.services.drain import drain
from app.whatsapp.answers import Accepted
from tests.mail import MailServer
from tests.services.sending import Desk
from tests.webhooks import ALICE, body_of, message, put

SENDER = "Café Hilo <hola@cafe.example>"


@dataclass
class Engine:
    desk: Desk
    mail: Mailbox | None = None
    sent: int = field(default=0)

    @property
    def now(self) -> datetime:
        return self.desk.now

    @now.setter
    def now(self, moment: datetime) -> None:
        self.desk.now = moment

    def save(self, **fields: Any) -> Automation:
        """As the API does, so that everything is checked."""
        columns: dict[str, Any] = {
            "name": "An automation",
            "trigger_conditions": {},
            "action_type": "log_activity",
            "action_payload": {"message": "was here"},
        } | fields
        made = AutomationFields(**columns)  # type: ignore[typeddict-item]

        def work(session: Session) -> Automation:
            user_id = session.scalars(select(User.id)).first()
            assert user_id is not None
            return automations.create_automation(session, made, user_id=user_id, now=self.now).automation

        return in_transaction(work, self.desk.engine)

    def run_by_hand(self, automation_id: int, *contact_ids: int) -> Start:
        def work(session: Session) -> Start:
            user = session.scalars(select(User)).first()
            assert user is not None
            return starts.run_by_hand(
                session, automation_id, contact_ids, user_id=user.id, username=user.username, now=self.now
            )

        return in_transaction(work, self.desk.engine)

    def arrive(self, text: str = "hola", *, wa_id: str = ALICE, key: str | None = None) -> None:
        keys = {} if key is None else {"wamid": key}
        with Session(self.desk.engine) as session:
            put(session, body_of(message(text, wa_id=wa_id, at=int(self.now.timestamp()), **keys)))
        drain(lane="intake", batch_items=1_000, now=self.now, bind=self.desk.engine)

    def sync(self) -> None:
        in_transaction(lambda session: schedules.sync(session, now=self.now), self.desk.engine)

    def tick(self) -> None:
        """What the sweep does each second."""
        self.sync()
        in_transaction(lambda session: zone_changes.work(session, now=self.now), self.desk.engine)
        while in_transaction(lambda session: schedules.look(session, now=self.now), self.desk.engine):
            continue
        while in_transaction(lambda session: starts.work(session, now=self.now), self.desk.engine):
            continue
        in_transaction(lambda session: runs.wake(session, now=self.now), self.desk.engine)
        in_transaction(lambda session: chains.work(session, now=self.now), self.desk.engine)
        emails.send_due(self.mail, now=self.now, bind=self.desk.engine)
        self.take()

    def take(self) -> None:
        """The far end accepts what is sent to it."""
        answers = []
        for claimed in self.desk.claim():
            self.sent += 1
            answers.append((claimed, Accepted(wamid=f"wamid.engine{self.sent}")))
        if answers:
            self.desk.record(*answers)

    def pass_time(self, length: timedelta, *, step: timedelta) -> None:
        ends = self.now + length
        while self.now < ends:
            self.now = min(ends, self.now + step)
            self.tick()

    def at(self, *moments: str) -> None:
        """Look at these times only: a day in between costs nothing."""
        for moment in moments:
            self.now = at(moment)
            self.tick()

    def set_contact(self, **columns: Any) -> None:
        with Session(self.desk.engine) as session:
            for contact in session.query(Contact):
                for name, value in columns.items():
                    setattr(contact, name, value)
            session.commit()

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        return self.desk.rows(statement, **parameters)


def mailbox_of(server: MailServer) -> Mailbox:
    return mailbox.parse(server.url, sender=SENDER)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
