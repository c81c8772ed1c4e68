"""Who paused everything, when and why; and a change of settings that decisions look at counts at once."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE settings ADD COLUMN paused_at timestamptz,
            ADD COLUMN paused_by bigint REFERENCES users ON DELETE SET NULL, ADD COLUMN pause_reason text
    """)
    op.execute("""
CREATE FUNCTION raise_settings_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.automations_epoch := OLD.automations_epoch + 1;
    RETURN NEW;
END;
$$;
    """)
    op.execute("""
        CREATE TRIGGER settings_epoch BEFORE UPDATE OF time_zone, is_paused, opt_out_words, opt_in_words ON settings
            FOR EACH ROW EXECUTE FUNCTION raise_settings_epoch()
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER settings_epoch ON settings")
    op.execute("DROP FUNCTION raise_settings_epoch()")
    op.execute("ALTER TABLE settings DROP COLUMN paused_at, DROP COLUMN paused_by, DROP COLUMN pause_reason")
