"""Walks a run through its graph until it has to wait, for a moment or for what becomes of a send, or is over.

An event that does not fit the run's state changes nothing: timers fire twice and results are told twice.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from app.domain.automation import Definition
from app.domain.effects import Effect, Finish, FinishStatus, RecordStep, SendMessage
from app.domain.facts import Person
from app.domain.graph import EndNode, SendNode, WaitNode
from app.domain.runs import Run, RunEvent, RunState, SendMemo, SendResult, SendSettled, Started, Stopped, TimerDue

MOST_VISITS = 20
MOST_STEPS = 500


def new_run(definition: Definition) -> Run:
    return Run(automation_id=definition.automation_id, version_id=definition.version_id, cursor=definition.graph.start)


def advance(
    run: Run, event: RunEvent, definition: Definition, person: Person, *, now: datetime
) -> tuple[Run, tuple[Effect, ...]]:
    """The run after the event, and what is to be done in the same transaction."""
    if (run.automation_id, run.version_id) != (definition.automation_id, definition.version_id):
        raise ValueError("a run goes on with the version that it began with")
    walk = _Walk(run, definition, person, now)
    match event:
        case Started():
            if run.state == "active" and run.steps == 0:
                walk.go(run.cursor)
        case TimerDue():
            if run.state == "waiting" and run.wake_at is not None and run.wake_at <= now:
                walk.leave()
        case SendSettled():
            if run.state == "sending" and _is_of(event, run.sends[-1]):
                walk.settle(event.result, event.reason)
                if event.result == "failed":
                    walk.finish("failed", "send_failed", event.reason)
                else:
                    walk.leave()
        case Stopped(reason):
            if run.state != "done":
                arrived = any(memo.result == "accepted" for memo in run.sends)
                walk.finish("partial" if arrived else "skipped", "stopped", reason)
        case _:
            assert_never(event)
    return walk.result()


def _is_of(event: SendSettled, memo: SendMemo) -> bool:
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
        self._sends = list(run.sends)
        self._path = list(run.path)
        self._effects: list[Effect] = []

    def result(self) -> tuple[Run, tuple[Effect, ...]]:
        if not self._effects:
            return self._run, ()
        run = Run(
            automation_id=self._run.automation_id,
            version_id=self._run.version_id,
            cursor=self._cursor,
            state=self._state,
            wake_at=self._wake_at,
            visits=self._visits,
            steps=self._steps,
            sends=tuple(self._sends),
            path=tuple(self._path),
        )
        return run, tuple(self._effects)

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
        self._finish_by_sends("done")

    def settle(self, result: SendResult, reason: str | None) -> None:
        """Note what became of the send under way."""
        memo = self._sends[-1]
        self._sends[-1] = replace(memo, result=result, reason=reason)
        if result != "accepted":
            self._path[-1] += f":{result}"
        ends = result == "failed"
        self._record(
            "send_settled",
            decision={"next": None if ends else self._next(), "goes_on": not ends},
            output={"result": result, "reason": reason},
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
                return self._send(name, node)
            case EndNode(outcome=outcome):
                self._record("end", decision={"outcome": outcome})
                self._finish_by_sends(outcome)
                return False
            case _:
                assert_never(node)

    def _send(self, name: str, node: SendNode) -> bool:
        visit = self._visits[name]
        text = node.content.render(self._person)
        memo = SendMemo(node=name, visit=visit)
        if not text:
            # "{name}" for somebody without a name: WhatsApp refuses an empty message, so there is nothing to send.
            self._sends.append(replace(memo, result="skipped", reason="empty_text"))
            self._path[-1] += ":skipped"
            self._record("send", decision={"send": False, "reason": "empty_text"})
            return True
        self._state = "sending"
        self._sends.append(memo)
        self._record("send", decision={"send": True, "type": "text"})
        self._effects.append(SendMessage(node=name, visit=visit, part=0, content=node.content.message(text), text=text))
        return False

    def _record(self, kind: str, *, decision: dict[str, object], output: dict[str, object] | None = None) -> None:
        self._steps += 1
        name = self._cursor or ""
        self._effects.append(
            RecordStep(
                seq=self._steps,
                node=name,
                visit=self._visits.get(name, 0),
                kind=kind,
                decision=decision,
                output=output or {},
            )
        )

    def _finish_by_sends(self, outcome: str) -> None:
        """The end of the way was reached, so what became of the sends decides."""
        missed = [memo for memo in self._sends if memo.result != "accepted"]
        if not missed:
            self.finish("success", outcome, None)
        else:
            every = len(missed) == len(self._sends)
            self.finish("skipped" if every else "partial", outcome, missed[0].reason)
