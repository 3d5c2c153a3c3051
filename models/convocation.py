"""Convocations: a letter that a person writes once and that goes to many, and to whom it went."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key, one_of


class ConvocationState(StrEnum):
    """How far a convocation got. What became of each letter is the letter's own state."""

    DRAFT = "draft"
    SENDING = "sending"  # a person confirmed it: its letters enter the queue as the provider's limits allow
    SENT = "sent"  # every recipient has a letter in the queue, or the reason why not
    STOPPED = "stopped"  # a person stopped it: letters already queued leave all the same


class Via(StrEnum):
    """To which addresses of an organisation it goes."""

    PEC = "pec"
    ORDINARY = "ordinary"
    BOTH = "both"


class Convocation(Base):
    """One convocation. `audience` holds the filter (theme, municipality, role, nature; "" = all)."""

    __tablename__ = "convocation"
    __table_args__ = (
        CheckConstraint(one_of("state", ConvocationState), name="state"),
        CheckConstraint(one_of("via", Via), name="via"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[str] = mapped_column(Key(200), index=True)
    subject: Mapped[str]  # a template
    body: Mapped[str]  # a template
    via: Mapped[str]
    audience: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default=ConvocationState.DRAFT)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]


class Invitation(Base):
    """One recipient of a convocation, fixed when a person confirmed it; `address` "": the organisation has none."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("convocation_id", "organisation_id", "address"),
        Index(
            "ix_invitation_waiting",
            "id",
            sqlite_where=text("letter_id IS NULL AND why = ''"),
            postgresql_where=text("letter_id IS NULL AND why = ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    convocation_id: Mapped[int] = mapped_column(ForeignKey("convocation.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    address: Mapped[str] = mapped_column(Key(320), default="")  # lower case
    certified: Mapped[bool] = mapped_column(default=True)  # False: ordinary mail, no delivery receipt ever comes
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    why: Mapped[str] = mapped_column(default="")  # a word of ingest.convocations.convening.Unwritten
