"""The moving parts together, and the two things that happen: a customer writes, a business sends."""

from dataclasses import dataclass, replace

from simulator import people, threads, wamids
from simulator.errors import GraphError
from simulator.inbound import Inbound
from simulator.payloads import Form, Update, contact_of, message_item, preference_item
from simulator.people import User
from simulator.pipeline import Pipeline
from simulator.sends import Recipient, TextSend
from simulator.settings import Settings
from simulator.state import State
from simulator.webhooks import Webhooks
from simulator.wire import JsonObject


@dataclass(frozen=True)
class Accepted:
    wamid: str
    contact: JsonObject


class World:
    def __init__(self, settings: Settings) -> None:
        self.state = State(settings)
        self.webhooks = Webhooks(self.state)
        self.pipeline = Pipeline(self.state, self.webhooks)

    def write(self, wa_id: str, message: Inbound) -> str:
        """The customer sends a message; its wamid."""
        state = self.state
        now = state.clock.now()
        state.bucket.take_if_any(now=now)
        with state.store.change() as db:
            user = people.get_or_make(db, wa_id)
            if message.opens_window:
                user = replace(user, wrote_at=now)
                people.save(db, user)
            wamid = wamids.make(_shown_id(user), is_inbound=True)
            content = message.content | self._context(user, message.content.get("context"))
            threads.add(
                db,
                wamid=wamid,
                wa_id=wa_id,
                user_id=user.user_id,
                direction="inbound",
                kind=message.type,
                content=content,
                at=now,
                status="sent",
                is_listed=message.is_listed,
            )
            self._apply(user, message)
            item = message_item(user, wamid=wamid, at=now, kind=message.type, content=content)
            is_system = message.type == "system"
            update = Update(
                form=Form.SYSTEM if is_system else Form.MESSAGES,
                item=item,
                contact=None if is_system else contact_of(user),
                origin=f"message:{wamid}",
            )
            self.webhooks.queue(update)
        state.tell(wa_id)
        return wamid

    def _context(self, user: User, context: JsonObject | None) -> JsonObject:
        """A reply names its original and whose that was, as webhooks do."""
        if context is None:
            return {}
        wamid = context.get("id") or context.get("message_id")
        rest = {key: value for key, value in context.items() if key != "message_id"}
        if not isinstance(wamid, str):
            return {"context": rest}
        original = threads.find(self.state.store.db, wamid)
        # One that is not known here was ours: a business has more history than a simulator.
        is_theirs = original is not None and original.direction == "inbound"
        author = _shown_id(user) if is_theirs else self.state.settings.display_number
        return {"context": {"from": author, "id": wamid} | rest}

    def _apply(self, user: User, message: Inbound) -> None:
        db = self.state.store.db
        if message.type == "edit":
            edit = message.content["edit"]
            new = edit["message"]
            kind = new.get("type")
            changes = {kind: new[kind], "edited": True} if isinstance(kind, str) and kind in new else {}
            threads.apply_edit(db, user, original_id=edit["original_message_id"], changes=changes)
        elif message.type == "revoke":
            original_id = message.content["revoke"]["original_message_id"]
            threads.apply_edit(db, user, original_id=original_id, changes={"revoked": True})

    def change_number(self, user: User, *, number: str) -> User:
        """Call within `change()`. The business hears of it from the old number."""
        state = self.state
        now = state.clock.now()
        moved = people.move(state.store.db, user, wa_id=number)
        system: JsonObject = {
            "type": "user_changed_number",
            "body": f"User {user.name} changed from {user.wa_id} to {number}",
            "wa_id": number,
            "user_id": moved.user_id,
            "previous_user_id": user.user_id,
        }
        wamid = wamids.make(_shown_id(user), is_inbound=True)
        content = {"system": system}
        threads.add(
            state.store.db,
            wamid=wamid,
            wa_id=number,
            user_id=moved.user_id,
            direction="inbound",
            kind="system",
            content=content,
            at=now,
            status="sent",
            is_listed=False,
        )
        item = message_item(user, wamid=wamid, at=now, kind="system", content=content)
        self.webhooks.queue(Update(form=Form.SYSTEM, item=item, contact=None, origin=f"message:{wamid}"))
        state.tell(user.wa_id)
        return moved

    def tell_preference(self, user: User) -> None:
        """The customer stopped marketing messages, or takes them again. Call within `change()`."""
        item = preference_item(user, is_stop=user.opted_out, at=self.state.clock.now())
        self.webhooks.queue(
            Update(form=Form.USER_PREFERENCES, item=item, contact=contact_of(user), origin="preference:")
        )

    def find_recipient(self, recipient: Recipient) -> tuple[str, User | None]:
        """Whose rates a send counts on, and who they are if they wrote or were written to before."""
        db = self.state.store.db
        if recipient.digits is None:
            user = people.find_by_user_id(db, recipient.user_id or "")
            return (recipient.given if user is None else user.wa_id), user
        wa_id = people.resolve(db, recipient.digits)
        if wa_id == self.state.settings.display_number:
            raise GraphError(131021, "Recipient and sender are the same number.")
        return wa_id, people.find(db, wa_id)

    def accept(self, send: TextSend, *, recipient: Recipient, name: str, forced: int | None) -> Accepted:
        """Take a send: ledger, message and its first step, in one change. `name` comes from `find_recipient`."""
        state = self.state
        now = state.clock.now()
        with state.store.change() as db:
            if recipient.digits is None:
                user = people.find_by_user_id(db, recipient.user_id or "")
            else:
                user = people.get_or_make(db, name)
            user_id = recipient.given if user is None else user.user_id
            wamid = wamids.make(user_id if user is None else _shown_id(user), is_inbound=False)
            text: JsonObject = {"body": send.body}
            if send.preview_url:
                text["preview_url"] = True
            content: JsonObject = {"text": text}
            if send.replies_to is not None and threads.find(db, send.replies_to) is not None:
                content["context"] = {"id": send.replies_to}
            threads.add(
                db,
                wamid=wamid,
                wa_id=None if user is None else user.wa_id,
                user_id=user_id,
                direction="outbound",
                kind="text",
                content=content,
                at=now,
                status="accepted",
                opaque=send.opaque,
            )
            db.execute(
                "INSERT INTO ledger (id, recipient, type, opaque, at) VALUES (?, ?, 'text', ?, ?)",
                (wamid, name, send.opaque, now),
            )
            self.pipeline.begin(wamid, recipient=user, forced=forced)
        state.pairs.add(name, now=now)
        contact = {"input": recipient.given}
        contact |= {"wa_id": name} if recipient.digits is not None else {"user_id": user_id}
        return Accepted(wamid=wamid, contact=contact)

    def reset(self) -> None:
        with self.state.store.change():
            self.state.reset()
        self.pipeline.forget()
        self.webhooks.reschedule()


def _shown_id(user: User) -> str:
    return user.user_id if user.bsuid_only else user.wa_id
