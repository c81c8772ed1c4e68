"""Ending a conversation finds its runs without reading all of them."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("CREATE INDEX automation_runs_conversation ON automation_runs (conversation_id)")


def downgrade() -> None:
    op.execute("DROP INDEX automation_runs_conversation")
