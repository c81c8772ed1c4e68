"""Contacts can be searched by any part of what is known of them, and asked for by when they changed."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute("""
        CREATE FUNCTION folded(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN lower(unaccent('unaccent'::regdictionary, value))
    """)
    op.execute("""
        CREATE INDEX contacts_words ON contacts USING gin (folded(
            ' ' || COALESCE(name, '') || ' ' || COALESCE(given_name, '') || ' ' || COALESCE(profile_name, '')
            || ' ' || COALESCE(username, '') || ' ' || COALESCE(email, '') || ' ' || COALESCE(phone, '')
            || ' ' || translate(tags::text, '[]",', '    ')
        ) gin_trgm_ops)
    """)
    op.execute("CREATE INDEX contacts_changed ON contacts USING brin (updated_at) WITH (autosummarize = on)")


def downgrade() -> None:
    op.execute("DROP INDEX contacts_changed")
    op.execute("DROP INDEX contacts_words")
    op.execute("DROP FUNCTION folded(text)")
    op.execute("DROP EXTENSION unaccent")
    op.execute("DROP EXTENSION pg_trgm")
