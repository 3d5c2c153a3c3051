"""What all tables share: names of constraints, and column types that hold on SQLite and PostgreSQL alike."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Index, MetaData, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored and given back in UTC. Refuses a naive one: SQLite would forget its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """The same instant in UTC. Raises ValueError without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """The instant in UTC, aware also where the database keeps no zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Free text from outside. PostgreSQL takes neither NUL nor half a surrogate pair: both become U+FFFD.

    The bytes as they came stay in the stored original, so nothing is lost and no message is refused for them.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """The text as both databases can hold it."""
        return None if value is None else storable(value)


class Key(TypeDecorator[str]):
    """Text that is indexed: at most `size` bytes, or the index of PostgreSQL (2,704 bytes a row) would refuse it.

    A longer value keeps its beginning and the SHA-256 of the whole, so that different values stay different and a
    search for the same value finds it.
    """

    impl = Text
    cache_ok = True

    def __init__(self, size: int = 320) -> None:
        super().__init__()
        self.size = size

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """The text, shortened when it is too long to be indexed."""
        if value is None:
            return None
        encoded = storable(value).encode()
        if len(encoded) <= self.size:
            return encoded.decode()
        digest = sha256(encoded).hexdigest()
        return encoded[: self.size - len(digest) - 1].decode(errors="ignore") + "#" + digest


def storable(text: str) -> str:
    """The text without NUL and without half surrogate pairs."""
    return text.replace("\0", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Base(DeclarativeBase):
    """The tables of the register."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own protocol: read once per class
        str: Words(),
        datetime: Instant(),
        list[str]: JSON(none_as_null=True),
        list[int]: JSON(none_as_null=True),
        dict[str, Any]: JSON(none_as_null=True),
        Any: JSON(none_as_null=False),
    }


def only_on(dialect: str, index: Index) -> Index:
    """An index that only one of the databases has."""
    index.info["dialect"] = dialect
    return index.ddl_if(dialect=dialect)


def one_of(column: str, words: type) -> str:
    """The SQL condition that a column holds one of an enumeration's words, for a CHECK."""
    listed = ", ".join(f"'{word}'" for word in words)  # type: ignore[attr-defined]
    return f"{column} IN ({listed})"
