"""Who may work on what, one at a time, by rows alone.

An intake batch holds its lane's row lock for the length of its own transaction. A send lane outlives transactions, so
it is leased: whoever takes it raises the epoch, and every claim checks that its epoch still stands. Nothing here is
session state, so it works behind a pooler, and nobody who froze can claim after another took over.
"""

from sqlalchemy.orm import Session

from app.database import fetch, fetch_value

LEASE_SECONDS = 5  # a holder that has not beaten for so long has lost its lane


class LaneLost(Exception):
    """Somebody else holds the lane now. Claim nothing more."""


def hold_for_transaction(session: Session, name: str) -> bool:
    """Whether this transaction has the lane to itself."""
    return (
        fetch_value(session, "SELECT true FROM lanes WHERE name = :name FOR UPDATE SKIP LOCKED", {"name": name})
        or False
    )


def send_lane(channel_id: int) -> str:
    return f"send:{channel_id}"


def take(session: Session, name: str, holder: str) -> int | None:
    """Lease the lane: its new epoch, or None while its holder is alive."""
    lease = {"name": name, "holder": holder, "lease": LEASE_SECONDS}
    epoch: int | None = fetch_value(session, TAKE, lease)
    # ON CONFLICT alone would wait for whoever is just writing the row.
    if epoch is None and fetch(
        session,
        """
            INSERT INTO lanes (name) SELECT :name WHERE NOT EXISTS (SELECT FROM lanes WHERE name = :name)
            ON CONFLICT DO NOTHING RETURNING name
        """,
        {"name": name},
    ):
        epoch = fetch_value(session, TAKE, lease)
    return epoch


TAKE = """
    UPDATE lanes SET epoch = epoch + 1, holder = :holder, beat_at = clock_timestamp()
    WHERE name = (
        SELECT name FROM lanes
        WHERE name = :name AND (holder IS NULL OR beat_at < clock_timestamp() - make_interval(secs => :lease))
        FOR UPDATE SKIP LOCKED)
    RETURNING epoch
"""


def beat(session: Session, name: str, epoch: int) -> None:
    """Keep the lane, in the transaction of a claim; raises LaneLost when it is no longer ours."""
    if not keep(session, name, epoch):
        raise LaneLost(name)


KEEP = """
    UPDATE lanes SET beat_at = clock_timestamp()
    WHERE name = :name AND epoch = :epoch AND holder IS NOT NULL RETURNING true
"""


def keep(session: Session, name: str, epoch: int) -> bool:
    """Beat; whether the lane is still ours. Until this transaction ends nobody can take it, however slow it is."""
    return bool(fetch(session, KEEP, {"name": name, "epoch": epoch}))


def release(session: Session, name: str, epoch: int) -> None:
    fetch(
        session, "UPDATE lanes SET holder = NULL WHERE name = :name AND epoch = :epoch", {"name": name, "epoch": epoch}
    )


def pulse(session: Session, queue: str) -> None:
    """Show that a worker serves this queue; /health looks at it."""
    fetch(
        session,
        """
            INSERT INTO lanes (name, beat_at) VALUES (:name, clock_timestamp())
            ON CONFLICT (name) DO UPDATE SET beat_at = EXCLUDED.beat_at
        """,
        {"name": f"pulse:{queue}"},
    )
