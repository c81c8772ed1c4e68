"""Whose turn it is: the first due message of each person, in order of being due.

However long a queue is, a look at it costs about the same. What is due first may all belong to a few people with many
messages, of whom each may get only one at a time; then the look goes on from person to person instead.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import fetch

# An unknown outcome holds later messages of the same person up for so long, and no longer.
PASS_UNKNOWN_SECONDS = 60
# So does a message that backs off, while its next try is as near as this: the steps after a transient error or a pair
# limit are nearer, but nobody's answer waits behind one that Meta wants tried again tomorrow.
PASS_WAITING_SECONDS = 900

DUE = "m.dispatch = 'queued' AND m.due_at <= :now"
TURN = """
    NOT EXISTS (
        SELECT FROM messages e
        WHERE e.conversation_id = m.conversation_id AND e.id < m.id AND e.dispatch <> 'done'
          AND (e.dispatch = 'sending'
               OR (e.dispatch = 'queued' AND e.due_at <= CAST(:now AS timestamptz) + make_interval(secs => :waiting))
               OR e.unknown_at > clock_timestamp() - make_interval(secs => :unknown)))
"""
READY = f"{DUE} AND {TURN}"
READY_PARAMETERS = {"waiting": PASS_WAITING_SECONDS, "unknown": PASS_UNKNOWN_SECONDS}

LOOK_AT = 4  # due messages for each that is wanted, before it goes from person to person
PEOPLE = 16  # and so many people then

FIRST = f"""
    WITH due AS MATERIALIZED (
        SELECT m.id, m.contact_id, m.conversation_id, m.due_at FROM messages m
        WHERE m.channel_id = :channel_id AND {DUE} ORDER BY m.due_at, m.id LIMIT :look
    )
    SELECT n.looked, f.id, f.contact_id FROM (SELECT count(*) AS looked FROM due) AS n LEFT JOIN LATERAL (
        SELECT m.id, m.contact_id FROM due m WHERE {TURN} ORDER BY m.due_at, m.id LIMIT :limit) AS f ON true
"""  # noqa: S608 - ours

# From one conversation with open messages to the next, by the index alone.
WALK = f"""
    WITH RECURSIVE people AS (
        (SELECT conversation_id, 1 AS step FROM messages
         WHERE dispatch <> 'done' AND conversation_id >= :start ORDER BY conversation_id, id LIMIT 1)
        UNION ALL
        SELECT n.conversation_id, p.step + 1 FROM people p CROSS JOIN LATERAL (
            SELECT conversation_id FROM messages
            WHERE dispatch <> 'done' AND conversation_id > p.conversation_id ORDER BY conversation_id, id LIMIT 1) AS n
        WHERE p.step < :people
    )
    SELECT f.id, f.contact_id FROM people p CROSS JOIN LATERAL (
        SELECT m.id, m.contact_id, m.conversation_id FROM messages m
        WHERE m.conversation_id = p.conversation_id AND m.channel_id = :channel_id AND {DUE}
        ORDER BY m.conversation_id, m.id LIMIT 1) AS m
    CROSS JOIN LATERAL (SELECT m.id, m.contact_id WHERE {TURN}) AS f
    LIMIT :limit
"""  # noqa: S608 - ours


def first_due(session: Session, channel_id: int, *, limit: int, now: datetime) -> dict[int, int]:
    """Messages and their contacts, whose turn it is at this moment; locks nothing."""
    if limit < 1:
        return {}
    parameters = {"channel_id": channel_id, "now": now, "limit": limit} | READY_PARAMETERS
    rows = fetch(session, FIRST, parameters | {"look": limit * LOOK_AT})
    found = {id: contact_id for _, id, contact_id in rows if id is not None}
    if len(found) == limit or rows[0][0] < limit * LOOK_AT:
        return found
    # From anywhere, so that nobody is always the last, then from the beginning.
    walk = parameters | {"people": limit * PEOPLE, "limit": 2 * limit}  # some of whom are found already
    for start in (uuid4(), UUID(int=0)):
        if len(found) < limit:
            news = [
                (id, contact_id) for id, contact_id in fetch(session, WALK, walk | {"start": start}) if id not in found
            ]
            found |= dict(news[: limit - len(found)])
    return found


def has_due(session: Session, channel_id: int, *, now: datetime) -> bool:
    """Whether a lane has anything to claim. What only waits for its turn does not count: nothing could be done."""
    found = session.scalar(
        text(f"SELECT true FROM messages m WHERE m.channel_id = :channel_id AND {READY} LIMIT 1"),  # noqa: S608 - ours
        {"channel_id": channel_id, "now": now} | READY_PARAMETERS,
    )
    return bool(found)
