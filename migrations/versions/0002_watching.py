"""What watching needs: one trace from body to reply, and what processes have counted."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE automation_runs ADD COLUMN trace text")
    op.execute("ALTER TABLE messages ADD COLUMN trace text")
    op.execute("""
        CREATE TABLE counters (
            process text NOT NULL,
            name    text NOT NULL,
            labels  text NOT NULL DEFAULT '{}',
            value   double precision NOT NULL DEFAULT 0,
            PRIMARY KEY (process, name, labels)
        ) WITH (fillfactor = 50)
    """)
    op.execute("""
        CREATE TABLE processes (
            id      uuid PRIMARY KEY,
            name    text NOT NULL,
            host    text NOT NULL,
            gauges  jsonb NOT NULL DEFAULT '{}',
            beat_at timestamptz NOT NULL DEFAULT clock_timestamp()
        ) WITH (fillfactor = 50)
    """)


def downgrade() -> None:
    op.execute("DROP TABLE processes")
    op.execute("DROP TABLE counters")
    op.execute("ALTER TABLE messages DROP COLUMN trace")
    op.execute("ALTER TABLE automation_runs DROP COLUMN trace")
