"""Running the service: who holds the lease, what is wrong, what each round did, who may enter, who did what."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class Lease(Base):
    """The right to run. `token` grows with every new holder, so a holder that slept too long is told apart."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(Key(64), primary_key=True)
    holder: Mapped[str]
    token: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime]


class Condition(Base):
    """Something that is wrong since `since`; open until `cleared_at`, and at most one open per code."""

    __tablename__ = "condition"
    __table_args__ = (
        Index(
            "uq_condition_open",
            "code",
            unique=True,
            sqlite_where=text("cleared_at IS NULL"),
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Key(200))
    since: Mapped[datetime]
    last_seen: Mapped[datetime]
    alarmed_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
    detail: Mapped[str] = mapped_column(default="")


class Round(Base):
    """One round of the daemon. `counts` is name -> number."""

    __tablename__ = "round"

    id: Mapped[int] = mapped_column(primary_key=True)
    mailbox: Mapped[str] = mapped_column(default="")  # its name, where there are several
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    ok: Mapped[bool | None]  # None while it runs, or when the process died in it
    error: Mapped[str] = mapped_column(default="")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class User(Base):
    """Someone of the office who may open the console (`user` is a reserved word in SQL)."""

    __tablename__ = "console_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Key(200), unique=True)  # lower case
    password_hash: Mapped[str]
    role: Mapped[str]  # reader | clerk | admin
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    password_at: Mapped[datetime]  # sessions begun before it are void
    failures: Mapped[int] = mapped_column(default=0)  # wrong passwords in a row
    locked_until: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]


class Audit(Base):
    """Who did what, and what was there before. Rows are only ever added."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str]
    what: Mapped[str]
    object: Mapped[str] = mapped_column(Key(200), default="", index=True)  # e.g. "entry:12"
    old: Mapped[Any] = mapped_column(JSON)
    new: Mapped[Any] = mapped_column(JSON)
