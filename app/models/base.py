"""What all tables share. Models mirror `database_schema.sql` and carry no behaviour."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Identity, LargeBinary, Text, Uuid
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        int: BigInteger,
        str: Text,
        bool: Boolean,
        float: Double,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        date: Date,
        UUID: Uuid,
    }


IDENTITY = Identity(always=False)

# What the audit log makes of a column: `mapped_column(info=SECRET)`.
SECRET = {"audit": "secret"}  # it says that this changed, and never to what
NOISE = {"audit": "noise"}  # a change that says nothing
