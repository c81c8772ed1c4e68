"""The fold: keeps `analytics` in step with the ledgers, exactly and in small pieces.

Whatever changes a ledger notes the minutes it changed in the same transaction (triggers, `analytics_deltas`). The fold
takes such deltas away and rolls those minutes up anew from the ledger, then their hours and days, in one transaction:
what it counts is at least as new as the deltas it took, so a change that it does not see has left one that it does not
take. Neither the order of commits, nor a crash, nor doing it twice can leave a trace, and a rebuild is nothing but
deltas about everything.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.metrics import Distinct, Ledger
from app.domain.rollups import HOUR, Granularity, Span, periods, spans_of, whole_hours
from app.services import catalogue, deltas, lanes, measuring
from app.services.deltas import Hours, Weight

LANE = "analytics"
FORGOTTEN_AT_ONCE = 5_000
NAMES = catalogue.names_of(list(catalogue.METRICS.values()))


def fold(session: Session, *, is_newest_first: bool = True, weight: Weight | None = None) -> bool:
    """Fold one piece, of this weight or any; returns whether there was one and the lane was free."""
    if not lanes.hold_for_transaction(session, LANE):
        return False
    zone = time_zone(session)
    piece = deltas.choose(session, zone, is_newest_first=is_newest_first, weight=weight)
    if piece is None:
        return False
    hours = deltas.take(session, piece)
    if piece.ledger == deltas.ZONE:
        deltas.mark_rolled(session)
    elif piece.ledger == deltas.TURNS:
        _look_around(session, hours)
    elif (ledger := deltas.heavy_part_of(piece.ledger)) is not None:
        _count_different(session, ledger, hours, zone)
    else:
        _roll_up(session, Ledger(piece.ledger), hours, zone)
    return True


def _roll_up(session: Session, ledger: Ledger, hours: Hours, zone: ZoneInfo) -> None:
    """Minutes from the ledger, hours from minutes, days from hours; from the ledger where those were dropped."""
    kept = kept_since(session)
    key = zone.key
    whole = [Span(hour, hour + HOUR) for hour in sorted(hours)]
    with_minutes = [span for span in whole if span.start >= kept[Granularity.MINUTE]]
    minutes = [span for hour in with_minutes for span in spans_of(hour.start, hours[hour.start])]
    measuring.write(session, ledger, Granularity.MINUTE, minutes, measured=minutes, rolled=[], zone=key)
    kept_hours = [span for span in whole if span.start >= kept[Granularity.HOUR]]
    without_minutes = [span for span in kept_hours if span not in with_minutes]
    measuring.write(
        session, ledger, Granularity.HOUR, kept_hours, measured=without_minutes, rolled=with_minutes, zone=key
    )
    for day in _days(whole, zone):
        _write_day(session, ledger, day, hours_since=kept[Granularity.HOUR], zone=key)
    if any(isinstance(metric.measure, Distinct) for metric in catalogue.of_ledger(ledger)):
        measuring.write(
            session, ledger, Granularity.MINUTE, minutes, measured=minutes, rolled=[], zone=key, distinct=True
        )
        deltas.note_heavy(session, ledger, hours)


def _count_different(session: Session, ledger: Ledger, hours: Hours, zone: ZoneInfo) -> None:
    """How many different values there are does not add up: whole hours and days are read."""
    since = kept_since(session)[Granularity.HOUR]
    whole = [Span(hour, hour + HOUR) for hour in sorted(hours)]
    kept = [span for span in whole if span.start >= since]
    for granularity, targets in ((Granularity.HOUR, kept), *((Granularity.DAY, [day]) for day in _days(whole, zone))):
        measuring.write(
            session, ledger, granularity, targets, measured=targets, rolled=[], zone=zone.key, distinct=True
        )


def _days(hours: Sequence[Span], zone: ZoneInfo) -> list[Span]:
    days = {day for hour in hours for day in periods(hour, Granularity.DAY, zone)}
    return sorted(days, key=lambda day: day.start)


def _write_day(session: Session, ledger: Ledger, day: Span, *, hours_since: datetime, zone: str) -> None:
    if day.start >= hours_since:
        inside, edges = whole_hours(day)
        measuring.write(session, ledger, Granularity.DAY, [day], measured=edges, rolled=[inside], zone=zone)
    else:
        measuring.write(session, ledger, Granularity.DAY, [day], measured=[day], rolled=[], zone=zone)


def _look_around(session: Session, hours: Hours) -> None:
    """New messages may change whose turn it was at the messages around them: those are to be counted anew."""
    spans = [span for hour in sorted(hours) for span in spans_of(hour, hours[hour])]
    session.execute(
        text("""
            INSERT INTO analytics_deltas (ledger, hour, minutes)
            SELECT 'answers', hour_of(moment), bit_or(minute_bit(moment))
            FROM unnest(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[])) AS s (starts_at, ends_at)
            JOIN messages m ON m.happened_at >= s.starts_at AND m.happened_at < s.ends_at,
                turns_around(m.conversation_id, m.happened_at, m.id) AS moment
            WHERE takes_turn(m.message_type) GROUP BY 2
        """),
        {"starts": [span.start for span in spans], "ends": [span.end for span in spans]},
    )


def time_zone(session: Session) -> ZoneInfo:
    return ZoneInfo(session.execute(text("SELECT time_zone FROM settings WHERE id = 1")).scalar_one())


def kept_since(session: Session) -> dict[Granularity, datetime]:
    rows = session.execute(text("SELECT granularity, since FROM analytics_kept"))
    return {Granularity(granularity): since for granularity, since in rows}


def forget(session: Session, *, now: datetime, minutes_kept: timedelta, hours_kept: timedelta) -> bool:
    """Drop a batch of roll-ups that are older than they are kept; returns whether there may be more."""
    if not lanes.hold_for_transaction(session, LANE):
        return False
    may_be_more = False
    for granularity, kept in ((Granularity.MINUTE, minutes_kept), (Granularity.HOUR, hours_kept)):
        since = session.execute(
            text("""
                UPDATE analytics_kept SET since = GREATEST(since, hour_of(:since)) WHERE granularity = :granularity
                RETURNING since
            """),
            {"granularity": granularity, "since": now - kept},
        ).scalar_one()
        dropped = session.scalars(
            text("""
                DELETE FROM analytics WHERE id IN (
                    SELECT id FROM analytics
                    WHERE metric_name = ANY(:names) AND granularity = :granularity AND period_start < :since
                    LIMIT :limit)
                RETURNING id
            """),
            {"names": NAMES, "granularity": granularity, "since": since, "limit": FORGOTTEN_AT_ONCE},
        ).all()
        may_be_more |= len(dropped) == FORGOTTEN_AT_ONCE
    return may_be_more
