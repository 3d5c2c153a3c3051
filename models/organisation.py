"""The register proper: organisations, the adhesions they sent, every version of their data, and who corrected what."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Key, one_of, only_on

_LISTED = (  # see migration 0013
    "notice_id", "match_name", "status", "timeliness", "role", "legal_nature", "municipality", "themes", "name",
    "fiscal_code", "first_accepted_at", "created_at", "pec", "emails",
)  # fmt: skip


class OrganisationStatus(StrEnum):
    """Where an organisation stands in the procedure."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    TO_CONFIRM = "to-confirm"
    MERGED = "merged"


class AdhesionState(StrEnum):
    """What became of one form."""

    RECORDED = "recorded"
    VERSION = "version"
    DUPLICATE = "duplicate"
    REVIEW = "review"
    REJECTED = "rejected"


class Organisation(Base):
    """One body within one notice, with its current values: data from the newest form, time and role from the first."""

    __tablename__ = "organisation"
    __table_args__ = (
        UniqueConstraint("notice_id", "fiscal_code"),  # NULLs stay distinct on both databases
        CheckConstraint(one_of("status", OrganisationStatus), name="status"),
        only_on("postgresql", Index("ix_organisation_notice_id_match_name", "notice_id", "match_name")),  # a page
        only_on(
            "postgresql", Index("ix_organisation_notice_id_status_timeliness", "notice_id", "status", "timeliness")
        ),
        only_on("sqlite", Index("ix_organisation_lists", *_LISTED)),  # all that lists, figures and searches ask for
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[str] = mapped_column(Key(200))
    name: Mapped[str]
    match_name: Mapped[str] = mapped_column(Key(400), index=True)  # folded, without legal form
    fiscal_code: Mapped[str | None] = mapped_column(Key(40))
    vat_number: Mapped[str | None] = mapped_column(Key(40))
    legal_nature: Mapped[str | None]
    municipality: Mapped[str | None]
    emails: Mapped[list[str]] = mapped_column(default=list)
    pec: Mapped[str | None] = mapped_column(Key(320), index=True)
    phones: Mapped[list[str]] = mapped_column(default=list)
    themes: Mapped[list[str]] = mapped_column(default=list)
    timeliness: Mapped[str]
    role: Mapped[str]
    status: Mapped[str] = mapped_column(default=OrganisationStatus.ACTIVE)
    first_accepted_at: Mapped[datetime | None]
    first_entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    current_version: Mapped[int] = mapped_column(default=1)  # number of the version whose data hold
    versions: Mapped[int] = mapped_column(default=1)
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)  # key -> {value, entry, adhesion, source}
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    adhesions: Mapped[list["Adhesion"]] = relationship(order_by="Adhesion.id")
    history: Mapped[list["OrganisationVersion"]] = relationship(order_by="OrganisationVersion.number")


class Adhesion(Base):
    """One form as it was read, judged by the notice. `fields` is key -> field with provenance (contract JSON)."""

    __tablename__ = "adhesion"
    __table_args__ = (
        UniqueConstraint("entry_id", "position"),
        CheckConstraint(one_of("state", AdhesionState), name="state"),
        Index("ix_adhesion_form_sha256", "form_sha256"),
        Index("ix_adhesion_state_needs_review_decided_at", "state", "needs_review", "decided_at"),  # who waits
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    position: Mapped[int]  # index in the verdict's adhesions
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    state: Mapped[str]
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    timeliness: Mapped[str]
    role: Mapped[str]
    clock: Mapped[str]
    missing: Mapped[list[str]] = mapped_column(default=list)
    sender_relation: Mapped[str]
    needs_review: Mapped[bool] = mapped_column(default=False)
    reasons: Mapped[list[str]] = mapped_column(default=list)
    document: Mapped[int]  # index in the verdict's documents
    pages: Mapped[list[int]] = mapped_column(default=list)
    form_sha256: Mapped[str] = mapped_column(Key(64), default="")  # of the document it was read from
    content_key: Mapped[str] = mapped_column(Key(64), default="")  # SHA-256 of its values
    accepted_at: Mapped[datetime | None]  # the instant that orders versions: the deciding clock
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]


class OrganisationVersion(Base):
    """What an organisation's data were after one form: values is key -> {value, entry, adhesion, source}."""

    __tablename__ = "organisation_version"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        Index(
            "ix_organisation_version_later",
            "accepted_at",
            "created_at",
            "organisation_id",
            sqlite_where=text("number > 1"),
            postgresql_where=text("number > 1"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int]
    adhesion_id: Mapped[int] = mapped_column(ForeignKey("adhesion.id"), unique=True)
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    accepted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Correction(Base):
    """A value set by a person. It wins over every reading, earlier or later; the newest one per key counts."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    adhesion_id: Mapped[int | None] = mapped_column(ForeignKey("adhesion.id"), index=True)
    key: Mapped[str]
    old: Mapped[Any] = mapped_column(JSON)
    new: Mapped[Any] = mapped_column(JSON)
    who: Mapped[str]
    at: Mapped[datetime]
