"""A person's tries of the last day are found without reading older ones."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("DROP INDEX send_attempts_contact")
    op.execute("CREATE INDEX send_attempts_contact ON send_attempts (contact_id, claimed_at)")


def downgrade() -> None:
    op.execute("DROP INDEX send_attempts_contact")
    op.execute("CREATE INDEX send_attempts_contact ON send_attempts (contact_id)")
