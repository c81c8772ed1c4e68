"""The first tables.

The SQL beside this file is `database_schema.sql` as it was then. Never change it: databases stand on it.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # By the driver: SQLAlchemy would look for parameters in it.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(statements)


def downgrade() -> None:
    raise RuntimeError("Nothing comes before the first tables: drop the database instead.")
