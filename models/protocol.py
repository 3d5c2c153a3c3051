"""Numbers of the municipality's protocol register: taken from outside, never invented here (art. 53 DPR 445/2000)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class ProtocolNumber(Base):
    """The registration of one message that came in, or of one letter that went out."""

    __tablename__ = "protocol_number"
    __table_args__ = (
        UniqueConstraint("register", "year", "number"),  # art. 57: the number begins anew every year
        CheckConstraint("(entry_id IS NULL) <> (letter_id IS NULL)", name="one_of"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), unique=True)
    register: Mapped[str] = mapped_column(Key(16), default="")
    year: Mapped[int]
    number: Mapped[str] = mapped_column(Key(20))  # at least seven digits
    registered_on: Mapped[date]
    set_at: Mapped[datetime]
    set_by: Mapped[str]
