"""Walks a run through its graph until it has to wait, for a moment or for what becomes of an effect, or is over.

An event that does not fit the run's state changes nothing: timers fire twice and results are told twice.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from app.domain.automation import Definition
from app.domain.changes import EMAIL
from app.domain.effects import (
    AddToGroup,
    Effect,
    Finish,
    FinishStatus,
    RecordStep,
    SendEmail,
    SendMessage,
    StartAutomation,
    UpdateContact,
)
from app.domain.facts import Person
from app.domain.nodes import (
    LONGEST_ADDRESS,
    LONGEST_NOTE,
    EmailNode,
    EndNode,
    GroupNode,
    LogNode,
    SendNode,
    StartNode,
    UpdateNode,
    WaitNode,
)
from app.domain.runs import (
    ARRIVED,
    EffectKind,
    EffectMemo,
    EffectSettled,
    PutOff,
    Run,
    RunEvent,
    RunState,
    Started,
    Stopped,
    TimerDue,
)

MOST_VISITS = 20
MOST_STEPS = 500


def new_run(definition: Definition, *, lineage: tuple[int, ...] = (), by: str | None = None) -> Run:
    return Run(
        automation_id=definition.automation_id,
        version_id=definition.version_id,
        cursor=definition.graph.start,
        lineage=lineage,
        by=by,
    )


def advance(
    run: Run, event: RunEvent, definition: Definition, person: Person, *, now: datetime
) -> tuple[Run, tuple[Effect, ...]]:
    """The run after the event, and what is to be done in the same transaction."""
    if (run.automation_id, run.version_id) != (definition.automation_id, definition.version_id):
        raise ValueError("a run goes on with the version that it began with")
    walk = _Walk(run, definition, person, now)
    match event:
        case Started(not_before=not_before):
            if run.state == "active" and run.steps == 0:
                if not_before is not None and not_before > now:
                    walk.put_off(not_before)
                else:
                    walk.go(run.cursor)
        case PutOff(until=until):
            if run.state == "waiting" and not run.visits and run.wake_at != until:
                walk.put_off(until)
        case TimerDue():
            if run.state == "waiting" and run.wake_at is not None and run.wake_at <= now:
                walk.wake()
        case EffectSettled():
            if run.state == "sending" and _is_of(event, run.effects[-1]):
                walk.settle(event)
                if event.result == "failed":
                    walk.finish("failed", f"{run.effects[-1].kind}_failed", event.reason)
                else:
                    walk.leave()
        case Stopped(reason):
            if run.state != "done":
                arrived = any(memo.result in ARRIVED for memo in run.effects)
                walk.finish("partial" if arrived else "skipped", "stopped", reason)
        case _:
            assert_never(event)
    return walk.result()


def _is_of(event: EffectSettled, memo: EffectMemo) -> bool:
    return memo.result is None and (memo.node, memo.visit) == (event.node, event.visit)


class _Walk:
    def __init__(self, run: Run, definition: Definition, person: Person, now: datetime) -> None:
        self._run = run
        self._definition = definition
        self._person = person
        self._now = now
        self._state: RunState = run.state
        self._cursor = run.cursor
        self._wake_at = run.wake_at
        self._visits = dict(run.visits)
        self._steps = run.steps
        self._memos = list(run.effects)
        self._path = list(run.path)
        self._effects: list[Effect] = []

    def result(self) -> tuple[Run, tuple[Effect, ...]]:
        if not self._effects:
            return self._run, ()
        run = replace(
            self._run,
            cursor=self._cursor,
            state=self._state,
            wake_at=self._wake_at,
            visits=self._visits,
            steps=self._steps,
            effects=tuple(self._memos),
            path=tuple(self._path),
        )
        return run, tuple(self._effects)

    def put_off(self, until: datetime) -> None:
        """Begin later, so that not all begin at once."""
        self._state, self._wake_at = "waiting", until
        self._record("wait", decision={"until": until.isoformat(), "reason": "jitter"})

    def wake(self) -> None:
        """Go on from the node where the run waits, or into the first, where it was put off."""
        if self._visits:
            self.leave()
        else:
            self.go(self._cursor)

    def leave(self) -> None:
        """Go on from the node where the run stands."""
        self.go(self._next())

    def go(self, name: str | None) -> None:
        while name is not None:
            if self._visits.get(name, 0) >= MOST_VISITS:
                self.finish("failed", "max_visits", f'the node "{name}" was entered {MOST_VISITS} times')
                return
            if self._steps >= MOST_STEPS:
                self.finish("failed", "max_steps", f"the run took {MOST_STEPS} steps")
                return
            if not self._enter(name):
                return
            name = self._next()
        self._finish_by_effects("done")

    def settle(self, event: EffectSettled) -> None:
        """Note what became of the effect under way."""
        memo = replace(self._memos[-1], result=event.result, reason=event.reason, wamid=event.wamid)
        self._memos[-1] = memo
        if event.result not in ARRIVED:
            self._path[-1] += f":{event.result}"
        ends = event.result == "failed"
        self._record(
            f"{memo.kind}_settled",
            decision={"next": None if ends else self._next(), "goes_on": not ends},
            output={"result": event.result, "reason": event.reason},
        )

    def finish(self, status: FinishStatus, outcome: str, error: str | None) -> None:
        self._state, self._cursor, self._wake_at = "done", None, None
        self._effects.append(Finish(status=status, outcome=outcome, error=error, path=tuple(self._path)))

    def _next(self) -> str | None:
        node = self._definition.graph.nodes[self._cursor] if self._cursor is not None else None
        return None if node is None or isinstance(node, EndNode) else node.next

    def _enter(self, name: str) -> bool:
        """Do what the node says; true when the run goes on at once."""
        self._state, self._cursor, self._wake_at = "active", name, None
        self._visits[name] = self._visits.get(name, 0) + 1
        self._path.append(name)
        node = self._definition.graph.nodes[name]
        match node:
            case WaitNode(length=length):
                self._state, self._wake_at = "waiting", self._now + length
                self._record("wait", decision={"until": self._wake_at.isoformat()})
                return False
            case SendNode():
                return self._send(node)
            case EmailNode():
                return self._email(node)
            case StartNode(automation_id=automation_id):
                return self._begin(automation_id)
            case UpdateNode(changes=changes):
                self._person = changes.apply(self._person)
                self._effects.append(UpdateContact(changes=changes))
                self._done("update_contact", "contact", changes.to_json())
                return True
            case GroupNode(group=group):
                self._effects.append(AddToGroup(group=group))
                self._done("add_to_group", "group", {"group": group})
                return True
            case LogNode(message=message):
                self._done("log", "log", {"message": message.render(self._person).strip()[:LONGEST_NOTE]})
                return True
            case EndNode(outcome=outcome):
                self._record("end", decision={"outcome": outcome})
                self._finish_by_effects(outcome)
                return False
            case _:
                assert_never(node)

    def _send(self, node: SendNode) -> bool:
        text = node.content.render(self._person)
        if not text:
            # "{name}" for somebody without a name: WhatsApp refuses an empty message, so there is nothing to send.
            return self._skip("send", "send", "empty_text")
        if not self._person.has_conversation:
            # Nothing but a template may be sent to who never wrote.
            return self._skip("send", "send", "window_closed")
        visit = self._await("send", "send", {"send": True, "type": "text"})
        self._effects.append(
            SendMessage(node=self._name, visit=visit, part=0, content=node.content.message(text), text=text)
        )
        return False

    def _email(self, node: EmailNode) -> bool:
        to = (self._person.email if node.to is None else node.to.render(self._person)) or ""
        to = to.strip()
        if not to:
            return self._skip("send_email", "email", "no_address")
        if not EMAIL.fullmatch(to) or len(to) > LONGEST_ADDRESS:
            return self._skip("send_email", "email", "bad_address")
        # A name with a line break in it must not become another header.
        subject = " ".join(node.subject.render(self._person).split())
        visit = self._await("send_email", "email", {"send": True})
        self._effects.append(
            SendEmail(node=self._name, visit=visit, to=to, subject=subject, body=node.body.render(self._person))
        )
        return False

    def _begin(self, automation_id: int) -> bool:
        visit = self._await("start_automation", "start", {"automation_id": automation_id})
        lineage = (*self._run.lineage, self._run.automation_id)
        self._effects.append(
            StartAutomation(node=self._name, visit=visit, automation_id=automation_id, lineage=lineage)
        )
        return False

    def _await(self, step: str, kind: EffectKind, decision: dict[str, object]) -> int:
        """Stand still until it is known what became of the effect; returns the visit that it belongs to."""
        self._state = "sending"
        visit = self._visits[self._name]
        self._memos.append(EffectMemo(kind=kind, node=self._name, visit=visit))
        self._record(step, decision=decision)
        return visit

    def _skip(self, step: str, kind: EffectKind, reason: str) -> bool:
        memo = EffectMemo(kind=kind, node=self._name, visit=self._visits[self._name])
        self._memos.append(replace(memo, result="skipped", reason=reason))
        self._path[-1] += ":skipped"
        self._record(step, decision={"send": False, "reason": reason})
        return True

    def _done(self, step: str, kind: EffectKind, output: dict[str, object]) -> None:
        memo = EffectMemo(kind=kind, node=self._name, visit=self._visits[self._name], result="done")
        self._memos.append(memo)
        self._record(step, decision={"next": self._next()}, output=output)

    @property
    def _name(self) -> str:
        return self._cursor or ""

    def _record(self, kind: str, *, decision: dict[str, object], output: dict[str, object] | None = None) -> None:
        self._steps += 1
        self._effects.append(
            RecordStep(
                seq=self._steps,
                node=self._name,
                visit=self._visits.get(self._name, 0),
                kind=kind,
                decision=decision,
                output=output or {},
            )
        )

    def _finish_by_effects(self, outcome: str) -> None:
        """The end of the way was reached, so what became of the effects decides."""
        missed = [memo for memo in self._memos if memo.result not in ARRIVED]
        if not missed:
            self.finish("success", outcome, None)
        else:
            every = len(missed) == len(self._memos)
            self.finish("skipped" if every else "partial", outcome, missed[0].reason)
