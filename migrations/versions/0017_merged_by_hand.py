"""What somebody merged by hand stays one person, whatever comes later."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE merged_by_hand (
            old_contact_id bigint NOT NULL,
            contact_id     bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
            kind           text NOT NULL CHECK (kind IN ('phone', 'bsuid', 'parent_bsuid')),
            value          text NOT NULL,
            at             timestamptz NOT NULL,
            PRIMARY KEY (old_contact_id, kind, value)
        )
    """)
    op.execute("CREATE INDEX merged_by_hand_identity ON merged_by_hand (kind, value)")
    op.execute("CREATE INDEX merged_by_hand_contact ON merged_by_hand (contact_id)")
    op.execute("DROP TRIGGER messages_note_gone ON messages")  # what leaves notes all of it


def downgrade() -> None:
    op.execute("""
        CREATE TRIGGER messages_note_gone AFTER DELETE ON messages REFERENCING OLD TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION note_messages()
    """)
    op.execute("DROP TABLE merged_by_hand")
