"""How Alembic reaches the database: over the app's own connection, or by the app's settings when started by hand.

Indexes, triggers and partitions stand in `database_schema.sql` and not in the models, so that autogeneration leaves
them alone.
"""

from typing import Any

from alembic import context
from sqlalchemy import Connection

from app.core.config import get_settings
from app.database import make_engine
from app.models import Base


def is_compared(_: Any, name: str | None, kind: str, is_reflected: bool, counterpart: Any) -> bool:
    if is_reflected and counterpart is None and kind == "index":
        return False
    return not (kind == "table" and (name or "").startswith("webhook_events_"))


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, include_object=is_compared)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations need a database to look at: leave out --sql.")

given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    engine = make_engine(get_settings(), admin=True)
    with engine.connect() as connection:
        migrate(connection)
    engine.dispose()
