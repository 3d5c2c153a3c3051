"""Who is in the console now, who tried in vain to get in, and the searches each of them keeps."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class Vouched(StrEnum):
    """Who said that a session is this user's."""

    PASSWORD = "password"  # noqa: S105 - the word, not a secret
    PROXY = "proxy"
    OIDC = "oidc"


class Seat(Base):
    """One browser's session: known by the hash of its token, so that a copy of the database opens no door."""

    __tablename__ = "console_seat"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_sha256: Mapped[str] = mapped_column(Key(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"), index=True)
    csrf: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    vouched: Mapped[str] = mapped_column(default=Vouched.PASSWORD)


class LoginFailure(Base):
    """One wrong password, by the network address it came from."""

    __tablename__ = "login_failure"
    __table_args__ = (Index("ix_login_failure_address_at", "address", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(Key(80))
    at: Mapped[datetime]


class SavedFilter(Base):
    """A search of the log that a user keeps under a name: the query of its address."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"))
    name: Mapped[str] = mapped_column(Key(200))
    query: Mapped[str]
    created_at: Mapped[datetime]
