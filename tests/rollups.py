"""Rolls up what tests wrote, and reads it back."""

from sqlalchemy import Engine, text

from app.database import in_transaction
from app.services import deltas, rollups

Rolled = dict[tuple[str, str, str, str, str], float]  # granularity, start, end, name, dimensions → value


def fold_all(engine: Engine | None = None) -> None:
    while not in_transaction(deltas.is_empty, engine):
        assert in_transaction(rollups.fold, engine, by_index=True)


def rolled_up(engine: Engine) -> Rolled:
    with engine.connect() as connection:
        rows = connection.execute(
            text("""
                SELECT granularity, period_start::text, period_end::text, metric_name, dimensions::text, metric_value
                FROM analytics
            """)
        ).all()
    return {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows}
