"""Ledgers that cost less to write: no check of channel ids, which are never deleted, and fewer indexes to keep."""

from alembic import op

revision = "0003"
down_revision = "0002"

LEDGERS = ("messages", "send_attempts", "message_events", "automation_runs")


def upgrade() -> None:
    for table in LEDGERS:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_channel_id_fkey")
    op.execute("ALTER TABLE conversations DROP CONSTRAINT conversations_channel_id_contact_id_key")
    op.execute("ALTER TABLE conversations ADD UNIQUE (contact_id, channel_id)")
    op.execute("DROP INDEX conversations_contact")
    op.execute("DROP INDEX messages_outbound")
    op.execute("ALTER TABLE messages DROP CONSTRAINT messages_idempotency_key_key")
    op.execute("""
        CREATE UNIQUE INDEX messages_idempotency_key ON messages (idempotency_key) WHERE idempotency_key IS NOT NULL
    """)


def downgrade() -> None:
    op.execute("DROP INDEX messages_idempotency_key")
    op.execute("ALTER TABLE messages ADD UNIQUE (idempotency_key)")
    op.execute("CREATE INDEX messages_outbound ON messages (id DESC) WHERE direction = 'outbound'")
    op.execute("CREATE INDEX conversations_contact ON conversations (contact_id)")
    op.execute("ALTER TABLE conversations DROP CONSTRAINT conversations_contact_id_channel_id_key")
    op.execute("ALTER TABLE conversations ADD UNIQUE (channel_id, contact_id)")
    for table in LEDGERS:
        op.execute(f"ALTER TABLE {table} ADD FOREIGN KEY (channel_id) REFERENCES channels")
