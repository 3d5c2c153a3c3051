"""Integration requests: what was asked of a sender, until when, and what became of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one_of


class IntegrationState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    ANSWERED = "answered"  # something came: a person sees whether it is enough
    COMPLETED = "completed"  # a form came that lacks nothing
    CLOSED = "closed"  # a person decided that nothing is awaited any more


class Integration(Base):
    """The request that the one automatic letter of an entry made. `asked` holds schema keys and reasons."""

    __tablename__ = "integration"
    __table_args__ = (
        CheckConstraint(one_of("state", IntegrationState), name="state"),
        Index("ix_integration_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), unique=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"))
    asked: Mapped[list[str]] = mapped_column(default=list)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]  # end of the term the letter names; after the reminder, of the reminder's
    state: Mapped[str] = mapped_column(default=IntegrationState.OPEN)
    reminder_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    unreminded: Mapped[str] = mapped_column(default="")  # why no reminder can go out, a Reason
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), index=True)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(default="")  # the person who closed it
