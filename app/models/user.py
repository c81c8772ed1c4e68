"""People who sign in."""

from datetime import datetime

from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, NOISE, Base


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    username: Mapped[str]
    email: Mapped[str]
    full_name: Mapped[str | None]
    hashed_password: Mapped[str] = mapped_column(info=NOISE)
    must_change_password: Mapped[bool] = mapped_column(server_default=sql("false"), info=NOISE)
    role: Mapped[str] = mapped_column(server_default=sql("'user'"))
    is_active: Mapped[bool] = mapped_column(server_default=sql("true"))
    last_login: Mapped[datetime | None] = mapped_column(info=NOISE)
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    deleted_at: Mapped[datetime | None]
