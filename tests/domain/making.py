"""Builders for the engine's tests: each names only what its test is about."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domain.automation import Definition, parse
from app.domain.facts import ContactCreated, MessageReceived, Source
from app.domain.problems import DefinitionError

# A Sunday; 09:23 in Guayaquil.
NOW = datetime(2026, 11, 22, 14, 23, 14, tzinfo=UTC)
ZONE = ZoneInfo("America/Guayaquil")


def make_message(
    text: str | None = "hola", *, key: str = "wamid.1", at: datetime = NOW, **rest: object
) -> MessageReceived:
    values: dict[str, object] = {"contact_id": 1, "channel_id": 1, "conversation_id": UUID(int=1), "type": "text"}
    return MessageReceived(key=key, at=at, text=text, **(values | rest))  # type: ignore[arg-type]


def make_contact_created(
    *, key: str = "wamid.1", at: datetime = NOW, source: Source = Source.MESSAGE
) -> ContactCreated:
    return ContactCreated(key=key, at=at, contact_id=1, channel_id=1, source=source)


def make_definition(
    id: int = 1,
    *,
    type: str = "keyword",
    on: object = None,
    act: str = "send_message",
    send: object = None,
    schedule: object = None,
    priority: int = 5,
    version_id: int | None = None,
) -> Definition:
    """A keyword automation for "hola" that answers at once, unless told otherwise."""
    default: object = {"keyword": "hola"} if type == "keyword" else {}
    return parse(
        automation_id=id,
        version_id=version_id,
        name=f"automation {id}",
        priority=priority,
        trigger_type=type,
        trigger_conditions=default if on is None else on,
        action_type=act,
        action_payload={"message_template": "¡Hola!"} if send is None else send,
        schedule_config=schedule,
    )


def problems_of(**changes: object) -> list[tuple[str, str]]:
    """Where and what is wrong with a definition that differs from a good one in `changes`."""
    good: dict[str, object] = {
        "automation_id": 1,
        "version_id": None,
        "name": "Saludo",
        "priority": 5,
        "trigger_type": "keyword",
        "trigger_conditions": {"keyword": "hola"},
        "action_type": "send_message",
        "action_payload": {"message_template": "¡Hola!"},
        "schedule_config": None,
    }
    try:
        parse(**(good | changes))  # type: ignore[arg-type]
    except DefinitionError as refused:
        unfinished = [problem.detail for problem in refused.problems if not problem.detail.endswith((".", "?"))]
        if unfinished:
            raise ValueError(f"not a sentence: {unfinished}") from refused
        return [(problem.path, problem.code) for problem in refused.problems]
    return []
