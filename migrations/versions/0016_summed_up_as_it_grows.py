"""Indexes by time know what is new at once; before, each look read all that had come since the last vacuum."""

from alembic import op

revision = "0016"
down_revision = "0015"

INDEXES = (
    "messages_happened",
    "send_attempts_claimed",
    "automation_runs_started",
    "automation_logs_executed",
    "contacts_created",
)
# PostgreSQL sets nothing on an index of a partitioned table: this one is made anew.
BODIES = "CREATE INDEX webhook_events_processed ON webhook_events USING brin (processed_at) WITH (pages_per_range = 32{more})"


def upgrade() -> None:
    for name in INDEXES:
        op.execute(f"ALTER INDEX {name} SET (autosummarize = on)")
    op.execute("DROP INDEX webhook_events_processed")
    op.execute(BODIES.format(more=", autosummarize = on"))


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"ALTER INDEX {name} RESET (autosummarize)")
    op.execute("DROP INDEX webhook_events_processed")
    op.execute(BODIES.format(more=""))
