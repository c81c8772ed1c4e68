"""Conversations can be closed, and open again by themselves when their contact writes."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE conversations DROP COLUMN state, ADD COLUMN closed_until timestamptz")
    op.execute("""
        ALTER TABLE conversations ADD COLUMN state text NOT NULL GENERATED ALWAYS AS (
            CASE WHEN last_inbound_at > closed_until OR closed_until IS NULL THEN 'open' ELSE 'closed' END) STORED
    """)


def downgrade() -> None:
    op.execute("""
        ALTER TABLE conversations DROP COLUMN state, DROP COLUMN closed_until,
            ADD COLUMN state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed'))
    """)
