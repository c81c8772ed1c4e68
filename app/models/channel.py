"""Business numbers."""

from datetime import datetime

from sqlalchemy import Integer
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, NOISE, SECRET, Base


class Channel(Base):
    __tablename__ = "channels"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    phone_number_id: Mapped[str] = mapped_column(unique=True)
    waba_id: Mapped[str | None]
    waac_id: Mapped[str | None]
    display_number: Mapped[str | None]
    name: Mapped[str | None]
    encrypted_token: Mapped[str | None] = mapped_column(info=SECRET)
    messages_per_second: Mapped[int] = mapped_column(Integer, server_default=sql("80"))
    quality: Mapped[str | None]
    tier: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=sql("'unclaimed'"))
    halt_reason: Mapped[str | None]
    received: Mapped[int] = mapped_column(server_default=sql("0"), info=NOISE)
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
