"""Whether order and crashes left a trace: the same webhooks once more, in another order and undisturbed."""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from app.core.config import SIMULATED_BUSINESS_ID, SIMULATED_PHONE_NUMBER_ID, get_settings
from app.database import conninfo_of, url_of
from app.services.drain import drain
from app.services.setup import prepare
from tests.services.test_order import facts as all_facts

DATABASE = "undisturbed"
BATCH = 1_000
SHOWN = 5

# What sends leave in a conversation; nobody sends in the undisturbed run.
OF_SENDS = {"last_message_at", "last_message_key", "last_message_text", "last_message_direction", "read_told_until"}
# Reports find their messages only where these were sent.
OF_MESSAGES = {"message_id", "attempt", "source"}


def differences(url: str) -> list[str]:
    """Between the database at this address and one that got the same bodies and nothing else."""
    with closing(psycopg.connect(conninfo_of(url), autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    engine, other = (
        create_engine(address)
        for address in (url_of(url), make_url(url_of(url)).set(database=DATABASE).render_as_string(hide_password=False))
    )
    try:
        _fill(engine, other)
        return _compare(_facts(engine), _facts(other))
    finally:
        engine.dispose()
        other.dispose()
        with closing(psycopg.connect(conninfo_of(url), autocommit=True)) as connection:
            connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _fill(engine: Engine, other: Engine) -> None:
    settings = get_settings().model_copy(
        update={
            "database_url": other.url.render_as_string(hide_password=False),
            "phone_number_id": SIMULATED_PHONE_NUMBER_ID,
            "business_id": SIMULATED_BUSINESS_ID,
        }
    )
    prepare(settings, sample=True)
    with Session(engine) as source, Session(other) as target:
        ids = list(source.scalars(text("SELECT id FROM webhook_events ORDER BY md5(id::text)")))
        for start in range(0, len(ids), BATCH):
            bodies = list(
                source.scalars(
                    text("SELECT body FROM webhook_events WHERE id = ANY(:ids) ORDER BY md5(id::text)"),
                    {"ids": ids[start : start + BATCH]},
                )
            )
            target.execute(
                text("INSERT INTO webhook_events (body) SELECT unnest(CAST(:bodies AS bytea[]))"), {"bodies": bodies}
            )
        target.commit()
    while drain(lane="intake", batch_items=BATCH, now=datetime.now(UTC), bind=other):
        pass


def _facts(engine: Engine) -> dict[str, list[Any]]:
    """What webhooks say; what was sent, and what only those who sent can know, is left out."""
    with Session(engine) as session:
        found = {kind: rows or [] for kind, rows in all_facts(session).items()}
    found["conversations"] = [[*row[:-1], _without(row[-1], OF_SENDS)] for row in found["conversations"]]
    found["messages"] = [
        [*row[:-1], _without(row[-1], {"trace"})]  # one of the bodies that told of it, and there may be several
        for row in found["messages"]
        if row[-1]["direction"] == "inbound"
    ]
    found["events"] = [[*row[:-1], _without(row[-1], OF_MESSAGES)] for row in found["events"]]
    return found


def _without(row: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in keys}


def _compare(disturbed: Mapping[str, list[Any]], undisturbed: Mapping[str, list[Any]]) -> list[str]:
    troubles = []
    for kind in undisturbed:
        ours, theirs = (
            Counter(json.dumps(row, sort_keys=True) for row in one[kind]) for one in (disturbed, undisturbed)
        )
        if ours != theirs:
            only_ours, only_theirs = sorted(ours - theirs), sorted(theirs - ours)
            shown = [_first_difference(*pair) for pair in zip(only_ours[:SHOWN], only_theirs[:SHOWN], strict=False)]
            troubles.append(
                f"{kind}: {len(only_ours)} only here, {len(only_theirs)} only in an undisturbed run; {'; '.join(shown)}"
            )
    return troubles


def _first_difference(ours: str, theirs: str) -> str:
    at = next((number for number, pair in enumerate(zip(ours, theirs, strict=False)) if len(set(pair)) > 1), 0)
    return f"{ours[max(0, at - 60) : at + 60]!r} and {theirs[max(0, at - 60) : at + 60]!r}"
