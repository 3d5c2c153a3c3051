"""Letters that leave, the receipts that speak of them, and two promises: one answer a message, one digest a week."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Key, one_of


class LetterState(StrEnum):
    """How far a letter got. Words of the public contract."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    UNCERTAIN = "uncertain"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    LATE = "late"
    FAILED = "failed"
    REJECTED = "rejected"
    WITHHELD = "withheld"


class Letter(Base):
    """One letter, rendered and stored before anything is sent, so that every attempt sends the same bytes.

    `key` makes it unique: `entry:12:reply` is the one automatic answer to entry 12, `digest:<notice>:<week>` the
    digest, `entry:12:reply:resend:1` a letter that a person decided to send again.
    """

    __tablename__ = "letter"
    __table_args__ = (
        CheckConstraint(one_of("state", LetterState), name="state"),
        Index("ix_letter_channel_state", "channel", "state"),
        # holds all that is asked to count the letters of a day, which would otherwise be read with their bytes
        Index("ix_letter_channel_created_at", "channel", "created_at", "state", "mailbox", "sender"),
        Index("ix_letter_state_next_try_at", "state", "next_try_at"),
        Index("ix_letter_to_address_created_at", "to_address", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Key(320), unique=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), index=True)
    kind: Mapped[str]  # the letter's name, e.g. received-on-time, digest, alarm
    channel: Mapped[str]  # pec | alerts
    sender: Mapped[str]
    mailbox: Mapped[str] = mapped_column(Key(400), default="")  # the account that sends it; "": any
    to_address: Mapped[str] = mapped_column(Key(320))
    message_id: Mapped[str] = mapped_column(Key(320), unique=True)  # without brackets
    identifier: Mapped[str] = mapped_column(Key(320), default="", index=True)  # PEC id, learned from the acceptance
    subject: Mapped[str]
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)  # the message as it goes to SMTP
    state: Mapped[str] = mapped_column(default=LetterState.QUEUED)
    reason: Mapped[str] = mapped_column(default="")  # why it is withheld
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]  # last time a process began to submit it
    submitted_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    in_reply_to: Mapped[str] = mapped_column(Key(320), default="")
    resend_of: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)

    recipients: Mapped[list["LetterRecipient"]] = relationship(order_by="LetterRecipient.id")
    events: Mapped[list["LetterEvent"]] = relationship(order_by="LetterEvent.id")


class LetterRecipient(Base):
    """How far a letter got with one recipient."""

    __tablename__ = "letter_recipient"
    __table_args__ = (UniqueConstraint("letter_id", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"))
    address: Mapped[str] = mapped_column(Key(320))  # lower case
    state: Mapped[str] = mapped_column(default=LetterState.QUEUED, index=True)
    notices: Mapped[int] = mapped_column(default=0)  # delay notices received: the second is final
    certified: Mapped[bool] = mapped_column(default=True)  # False: ordinary mail, no delivery receipt ever comes


class ReceiptRow(Base):
    """A receipt, once per (type, identifier, recipient, instant); `letter_id` None: of mail a person sent, or early."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("type", "identifier", "recipient", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(Key(40))
    identifier: Mapped[str] = mapped_column(Key(320), default="")
    recipient: Mapped[str] = mapped_column(Key(320), default="")
    at: Mapped[datetime]  # the receipt's own certified instant
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), index=True)
    about: Mapped[str] = mapped_column(Key(320), default="", index=True)  # Message-ID without brackets
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    error: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    final: Mapped[bool] = mapped_column(default=False)
    matched_at: Mapped[datetime | None]


class LetterEvent(Base):
    """One step in a letter's history, never changed afterwards."""

    __tablename__ = "letter_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    at: Mapped[datetime]
    state: Mapped[str]
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipt.id"))
    note: Mapped[str] = mapped_column(default="")


class Answered(Base):
    """A certified message that has its answer: at most one per PEC identifier and sender, whatever else happens."""

    __tablename__ = "answered"
    __table_args__ = (UniqueConstraint("identifier", "sender"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    identifier: Mapped[str] = mapped_column(Key(320))
    sender: Mapped[str] = mapped_column(Key(320))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), index=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"))
    at: Mapped[datetime]


class Digest(Base):
    """The weekly digest: one a week and notice, with the facts it was written from."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("notice_id", "week"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[str] = mapped_column(Key(200))
    week: Mapped[str] = mapped_column(Key(10))  # ISO week, "2021-W29"
    number: Mapped[int]
    created_at: Mapped[datetime]
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
