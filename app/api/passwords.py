"""How a password comes in: as it was typed, of any length that can be hashed. `domain/passwords.py` judges it."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from app.api.fields import storable

Password: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000),
    AfterValidator(storable),
    Field(json_schema_extra={"format": "password"}),
]
