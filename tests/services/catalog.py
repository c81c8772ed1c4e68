"""What a database holds, as PostgreSQL describes it: tables, columns, constraints, indexes, triggers, functions.

Written so that two databases which behave alike compare equal, whatever the order in which they were made.
"""

import psycopg

QUERIES = {
    "relations": """
        SELECT c.relname, c.relkind::text, c.reloptions, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid)
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    """,
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
               a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid), l.collname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "indexes": """
        SELECT indrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid
        FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE c.relnamespace = 'public'::regnamespace
    """,
    "triggers": """
        SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
    """,
    "functions": """
        SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
    """,
    "extensions": "SELECT extname FROM pg_extension",
    "lanes": "SELECT name, epoch FROM lanes",
    "settings": "SELECT name, time_zone, is_paused FROM settings",
    "revision": "SELECT version_num FROM alembic_version",
}

Catalog = dict[str, list[str]]


def catalog_of(conninfo: str) -> Catalog:
    with psycopg.connect(conninfo) as connection:
        return {part: sorted(map(repr, connection.execute(query))) for part, query in QUERIES.items()}  # type: ignore[call-overload]


def differences(one: Catalog, other: Catalog) -> dict[str, tuple[list[str], list[str]]]:
    """By part, what only the one has and what only the other has."""
    return {
        part: (sorted(set(one[part]) - set(other[part])), sorted(set(other[part]) - set(one[part])))
        for part in one
        if one[part] != other[part]
    }
