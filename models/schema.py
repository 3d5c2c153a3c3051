"""The schema's version: brought up to date and asked for, with the migrations that travel in this package."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from alembic.command import upgrade as apply_revisions
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text

_LOCK = 7_265_331  # any number of ours: two processes that start together migrate one after the other


def upgrade(url: str, revision: str = "head") -> None:
    """Brings the database to a revision, in one transaction: all of it or nothing."""
    config = _config()
    with _connected(url) as connection:
        config.attributes["connection"] = connection
        apply_revisions(config, revision)


def current(url: str) -> str | None:
    """The revision the database is at; None for an empty one. Only reads: it waits for nobody who writes."""
    with _connected(url, alone=False) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The newest revision this program knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


def known(revision: str) -> bool:
    """Whether this program knows a revision: a newer program's database is not ours to touch."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


@contextmanager
def _connected(url: str, *, alone: bool = True) -> Iterator[Connection]:
    """A transaction; `alone`: that shuts out every other migration.

    Foreign keys rest on SQLite: tables are rebuilt by copy.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite" and alone:
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin_immediate)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql" and alone:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield connection
    finally:
        engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN leaves CREATE TABLE outside the transaction


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("models") / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
