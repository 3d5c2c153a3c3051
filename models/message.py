"""The ledger: one entry per message content, every place it was seen at, and how far each folder was read."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Key, one_of, only_on


class EntryState(StrEnum):
    """Whether a message still waits for its judgement."""

    PENDING = "pending"
    DONE = "done"


class Entry(Base):
    """One message, by content. `outcome` and `reasons` carry the words of the ingestion log."""

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint(one_of("state", EntryState), name="state"),
        Index("ix_entry_outcome_id", "outcome", "id"),
        Index("ix_entry_notice_id_id", "notice_id", "id"),
        Index("ix_entry_identifier_sender", "identifier", "sender"),
        Index("ix_entry_sender", "sender"),
        Index("ix_entry_reviewed_at_needs_review_outcome", "reviewed_at", "needs_review", "outcome"),
        Index(
            "ix_entry_waiting", "id", sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")
        ),
        Index(
            "ix_entry_unfiled",
            "id",
            sqlite_where=text("state = 'done' AND filed_at IS NULL"),
            postgresql_where=text("state = 'done' AND filed_at IS NULL"),
        ),
        only_on("sqlite", Index("ix_entry_search", "search")),  # PostgreSQL reads its narrow table: migration 0013
        Index(
            "ix_entry_answers",
            "reply_to_letter_id",
            sqlite_where=text("reply_to_letter_id IS NOT NULL"),
            postgresql_where=text("reply_to_letter_id IS NOT NULL"),
        ),
        Index(
            "ix_entry_review", "id", sqlite_where=text("needs_review = 1"), postgresql_where=text("needs_review = true")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(Key(64), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)  # bytes
    notice_id: Mapped[str] = mapped_column(Key(200), default="")  # "": not judged yet, or no notice's so far
    mailbox: Mapped[str] = mapped_column(Key(400), default="")  # the account it came to; "": anybody's
    source: Mapped[str] = mapped_column(default="")  # imap | maildir | import
    state: Mapped[str] = mapped_column(default=EntryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)  # counted before judging
    outcome: Mapped[str | None] = mapped_column(Key(40))  # None while pending
    reasons: Mapped[list[str]] = mapped_column(default=list)
    kind: Mapped[str | None]  # envelope kind
    signature: Mapped[str | None]
    verdict_kind: Mapped[str | None]
    verdict: Mapped[str | None] = mapped_column(deferred=True)  # the verdict as JSON text, whole
    sender: Mapped[str] = mapped_column(Key(320), default="")
    subject: Mapped[str] = mapped_column(default="")
    identifier: Mapped[str] = mapped_column(Key(320), default="")
    message_id: Mapped[str] = mapped_column(Key(320), default="", index=True)
    provider: Mapped[str] = mapped_column(default="")
    search: Mapped[str] = mapped_column(default="", deferred=True)  # folded: what a clerk may look for
    internal_date: Mapped[datetime | None]  # the server's, or the file's time
    accepted_at: Mapped[datetime | None] = mapped_column(index=True)
    signed_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(index=True)  # when we entered it
    judged_at: Mapped[datetime | None]
    filed_at: Mapped[datetime | None]
    needs_review: Mapped[bool] = mapped_column(default=False)
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    reply_to_letter_id: Mapped[int | None] = mapped_column(
        ForeignKey(
            "letter.id", name="fk_entry_reply_to_letter_id_letter", use_alter=True
        )  # letter points back at entry
    )
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))

    locations: Mapped[list["Location"]] = relationship(order_by="Location.id")
    documents: Mapped[list["Document"]] = relationship(order_by="Document.position")


class Location(Base):
    """Where a message lies, or lay, on a server (`folder` and `uid` as IMAP gives them)."""

    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("account", "folder", "uidvalidity", "uid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(Key(400))
    folder: Mapped[str] = mapped_column(Key(400))
    uidvalidity: Mapped[int] = mapped_column(BigInteger)  # 32 bits unsigned
    uid: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), index=True)
    seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]  # moved or no longer found there


class Cursor(Base):
    """How far a folder was read: every UID up to `uid` has its ledger row."""

    __tablename__ = "cursor"
    __table_args__ = (UniqueConstraint("account", "folder", "uidvalidity"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(Key(400))
    folder: Mapped[str] = mapped_column(Key(400))
    uidvalidity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    moved_at: Mapped[datetime]


class Document(Base):
    """One attachment of a message; its bytes stay in the stored original, at `path`."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("entry_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    position: Mapped[int]  # index in the verdict's documents
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(Key(64), index=True)
    media_type: Mapped[str]
    pages: Mapped[int]
    role: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(default=list)
    path: Mapped[list[int]] = mapped_column(default=list)  # MIME part and archive member positions
