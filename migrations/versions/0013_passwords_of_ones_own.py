"""Whose password somebody else knows chooses another; the audit log may be kept for less than ever."""

from alembic import op

revision = "0013"
down_revision = "0012"

KEPT = """
    CREATE TRIGGER audit_log_is_kept
        BEFORE {delete}TRUNCATE OR UPDATE OF id, at, actor_kind, actor_id, actor_name, api_key_id, action, subject_kind,
            subject_id, trace ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN must_change_password boolean NOT NULL DEFAULT false")
    op.execute("DROP TRIGGER audit_log_is_kept ON audit_log")
    op.execute(KEPT.format(delete=""))
    op.execute("""
        CREATE TRIGGER audit_log_ages BEFORE DELETE ON audit_log FOR EACH ROW
            WHEN (OLD.at >= COALESCE(NULLIF(current_setting('hilo.audit_until', true), ''), '-infinity')::timestamptz)
            EXECUTE FUNCTION refuse_change()
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_log_ages ON audit_log")
    op.execute("DROP TRIGGER audit_log_is_kept ON audit_log")
    op.execute(KEPT.format(delete="DELETE OR "))
    op.execute("ALTER TABLE users DROP COLUMN must_change_password")
