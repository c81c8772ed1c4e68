"""Roll-ups: the ledgers note what changed in them, and a fold keeps `analytics` in step.

The SQL beside this file is that part of `database_schema.sql` as it was then.
"""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"

NOTES = (
    "messages", "message_left", "attempts", "runs", "logs", "contacts", "contact_moved", "bodies", "body_again",
    "audit", "time_zone",
)
INDEXES = (
    "messages_happened", "send_attempts_claimed", "automation_runs_started", "automation_logs_executed",
    "contacts_created", "webhook_events_processed",
)


def upgrade() -> None:
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # By the driver: SQLAlchemy would look for parameters in it.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(statements)


def downgrade() -> None:
    for note in NOTES:
        op.execute(f"DROP FUNCTION note_{note} CASCADE")
    for index in INDEXES:
        op.execute(f"DROP INDEX {index}")
    op.execute("DROP FUNCTION turns_around, takes_turn, logged_at, minute_bit, hour_of")
    op.execute("DELETE FROM lanes WHERE name = 'analytics'")
    op.execute("DROP TABLE analytics_kept, analytics_deltas")
    op.execute("ALTER TABLE analytics DROP COLUMN granularity CASCADE")
    op.execute("ALTER TABLE analytics ADD UNIQUE (metric_name, dimensions, period_start, period_end)")
