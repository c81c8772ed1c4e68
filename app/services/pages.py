"""Keyset pages: the next page begins after the last row seen, so that its cost does not grow with how far one has read.

A cursor is opaque to callers, and whatever comes back as one is checked: it is input like any other.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.errors import AppError

T = TypeVar("T")
LARGEST_ID = 2**63 - 1


class InvalidCursor(AppError):
    code, status = "invalid_cursor", 400


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is `None` on the last page."""

    items: list[T]
    next: str | None


def by_id(
    session: Session,
    statement: Select[T],
    column: InstrumentedAttribute[int],
    *,
    limit: int,
    cursor: str | None,
) -> Page[T]:
    """Newest first, by an id that rises."""
    if cursor is not None:
        statement = statement.where(column < _id(_only(_values(cursor, 1))))
    rows = session.scalars(statement.order_by(column.desc()).limit(limit + 1)).all()
    return cut(rows, limit=limit, key=lambda row: [getattr(row, column.key)])


def by_stretches(
    session: Session,
    statement: Select[T],
    column: InstrumentedAttribute[int],
    *,
    length: int,
    limit: int,
    cursor: str | None,
) -> Page[T]:
    """As `by_id`, for what no index finds: a page looks at so many ids at most, and may be empty with more to come."""
    top = session.scalar(select(func.max(column))) if cursor is None else _id(_only(_values(cursor, 1))) - 1
    if top is None:
        return Page([], None)
    floor = top - length
    rows = session.scalars(statement.where(column <= top, column > floor).order_by(column.desc()).limit(limit + 1))
    page = cut(rows.all(), limit=limit, key=lambda row: [getattr(row, column.key)])
    if page.next is None and session.scalar(select(exists().where(column <= floor))):
        return Page(page.items, _write([floor + 1]))
    return page


def by_moment(
    session: Session,
    statement: Select[T],
    moment: InstrumentedAttribute[datetime],
    column: InstrumentedAttribute[int],
    *,
    limit: int,
    cursor: str | None,
) -> Page[T]:
    """Newest first, by when it happened."""
    if cursor is not None:
        at, last_id = _values(cursor, 2)
        statement = statement.where(tuple_(moment, column) < tuple_(_moment(at), _id(last_id)))
    rows = session.scalars(statement.order_by(moment.desc(), column.desc()).limit(limit + 1)).all()
    return cut(rows, limit=limit, key=lambda row: [getattr(row, moment.key).isoformat(), getattr(row, column.key)])


def by_change(
    session: Session,
    statement: Select[T],
    moment: InstrumentedAttribute[datetime],
    column: InstrumentedAttribute[int] | InstrumentedAttribute[UUID],
    *,
    limit: int,
    cursor: str | None,
) -> Page[T]:
    """The change that lies furthest back first: what changes while one reads on comes again at the end."""
    if cursor is not None:
        at, last = _values(cursor, 2)
        last_id = _uuid(last) if isinstance(last, str) else _id(last)
        statement = statement.where(tuple_(moment, column) > tuple_(_moment(at), last_id))
    rows = session.scalars(statement.order_by(moment, column).limit(limit + 1)).all()
    return cut(
        rows, limit=limit, key=lambda row: [getattr(row, moment.key).isoformat(), _plain(getattr(row, column.key))]
    )


def after_moment_or_never(
    cursor: str, moment: InstrumentedAttribute[datetime | None], column: InstrumentedAttribute[UUID]
) -> ColumnElement[bool]:
    """The rest of `ORDER BY moment DESC NULLS LAST, column`."""
    at, last_id = _values(cursor, 2)
    later_id = column > _uuid(last_id)
    if at is None:
        return and_(moment.is_(None), later_id)
    seen = _moment(at)
    return or_(moment < seen, and_(moment == seen, later_id), moment.is_(None))


def read_moment_kind_id(cursor: str) -> tuple[datetime, str, int]:
    at, kind, last_id = _values(cursor, 3)
    if not isinstance(kind, str) or "\x00" in kind:
        raise _invalid()
    return _moment(at), kind, _id(last_id)


def cut(rows: Sequence[T], *, limit: int, key: Callable[[T], list[Any]]) -> Page[T]:
    """A page of `limit` rows, from a query that asked for one more."""
    items = list(rows[:limit])
    return Page(items, _write(key(items[-1])) if len(rows) > limit else None)


def _plain(id: int | UUID) -> int | str:
    return id if isinstance(id, int) else str(id)


def _write(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _values(cursor: str, count: int) -> list[object]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(text)
    except (binascii.Error, ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or len(values) != count:
        raise _invalid()
    return values


def _only(values: list[object]) -> object:
    return values[0]


def _id(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_ID:
        raise _invalid()
    return value


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None or moment.tzinfo is None:
            raise _invalid()
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _invalid() from None


def _uuid(value: object) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise _invalid() from None


def _invalid() -> InvalidCursor:
    return InvalidCursor("This cursor is not one that a page gave as `next`.")
