"""Contacts whose time zone changed are noted, so that what waits for their clock is set anew."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE zone_changes (
            contact_id bigint PRIMARY KEY REFERENCES contacts ON DELETE CASCADE,
            time_zone  text,
            phone      text
        )
    """)
    op.execute("""
        CREATE FUNCTION note_zone_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO zone_changes (contact_id, time_zone, phone) VALUES (OLD.id, OLD.time_zone, OLD.phone)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
    """)
    op.execute("""
        CREATE TRIGGER contacts_zone AFTER UPDATE OF time_zone, phone ON contacts FOR EACH ROW
            WHEN (NEW.time_zone IS DISTINCT FROM OLD.time_zone
                  OR (NEW.time_zone IS NULL AND NEW.phone IS DISTINCT FROM OLD.phone))
            EXECUTE FUNCTION note_zone_change()
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER contacts_zone ON contacts")
    op.execute("DROP FUNCTION note_zone_change()")
    op.execute("DROP TABLE zone_changes")
