"""The database: two ways in, one for writing and one for reading, on SQLite and PostgreSQL alike.

On SQLite every writing transaction begins with BEGIN IMMEDIATE: one that reads first and writes later would fail with
"database is locked" whenever two meet, whatever the busy timeout says. The file itself is `sqlite_file`'s.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from ingest.sqlite_file import NEWEST, RegisterFile, RegisterLostError, UnsuitablePlaceError, make, unsuitable
from models import Base, schema

BUSY = 15  # seconds to wait for another writer
_REGISTER = 7_265_332  # advisory lock of the register, see one_at_a_time
_POSTGRESQL = {
    "connect_timeout": 10,
    "application_name": "pec-ingest",
    "options": "-c statement_timeout=60000 -c lock_timeout=15000 -c idle_in_transaction_session_timeout=120000"
    " -c timezone=UTC",
    # a line that went dead without a word is noticed in a minute, not after the system's two hours
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


class Database:
    """The register's database. Nothing is opened before it is used."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._prepared = False
        self._guard: Callable[[Session], None] | None = None
        self._doubtful = False
        path = _sqlite_path(url)
        self.file = RegisterFile(path) if path else None
        self.engine = _engine(url, self.file)
        self._reader = self.engine.execution_options(reading=True)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end of the block, or undone when the block raises.

        Raises RegisterLostError when the file is not the register any more, or may not be.
        """
        self._prepare()
        self._refuse_in_doubt()
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self._guard is not None:
                self._guard(session)
            yield session

    def fenced(self, guard: Callable[[Session], None]) -> "Database":
        """The same database for whoever may lose the right to write: `guard` begins every transaction and may raise."""
        fenced = copy.copy(self)
        fenced._guard = guard  # noqa: SLF001 - our own copy
        return fenced

    def doubtful(self) -> "Database":
        """The same database for who tells that it is in doubt: nobody else may write to it then."""
        doubtful = copy.copy(self)
        doubtful._doubtful = True  # noqa: SLF001 - our own copy
        return doubtful

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session to read with; whatever it changed is forgotten."""
        self._prepare()
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    def upgrade(self, revision: str = "head") -> None:
        """Brings the schema up to date. An empty database becomes a complete one. Raises RegisterLostError."""
        self._prepare()
        self._refuse_in_doubt()
        schema.upgrade(self.url, revision)
        with self.reading() as session:  # so that the first to need it finds SQLite's log made
            session.connection()

    def revision(self) -> str | None:
        """The schema's revision; None for an empty database, or a file that is not there and is not made by asking."""
        return None if self.missing_file() else schema.current(self.url)

    def missing_file(self) -> Path | None:
        """Where SQLite's file should be and is not; None when it is there, or on another database."""
        return self.file.path if self.file and not self.file.path.exists() else None

    def unsuitable(self) -> str:
        """Why the database must not lie where it does; "" when it may."""
        return unsuitable(self.file.path) if self.file else ""

    @property
    def lost(self) -> str:
        """Why the register that is open is the register no more; "" while it is."""
        return self.file.lost if self.file else ""

    def prove(self) -> None:
        """On SQLite: what is read here, a newcomer reads too. Raises RegisterLostError when that is not so.

        The names of the files cannot tell that somebody wrote over the register in place (`cp old.db register.db`).
        Asked when the file has changed since it was last proved, which our own checkpoints do as well.
        """
        if self.file is not None and self.file.changed():
            with self.reading() as session:
                newest = tuple(session.execute(text(NEWEST)).one())
            self.file.prove(newest)

    def close(self) -> None:
        """Gives back the connections; not those of a lost register, whose log must not be touched by its name."""
        if not self.lost:
            self.engine.dispose()

    def _refuse_in_doubt(self) -> None:
        if self.file is not None and self.file.in_doubt and not self._doubtful:
            raise RegisterLostError(
                f"{self.file.path}: a copy saved from a lost register waits to be compared with it, which the service "
                "or `pec-ingest once` does, or for a person's choice; until then nothing is written (docs/operate.md, "
                "A lost register)"
            )

    def _prepare(self) -> None:
        """Makes SQLite's file. Raises UnsuitablePlaceError where it must not lie."""
        if self._prepared:
            return
        if self.file is not None:
            why = unsuitable(self.file.path)
            if why:
                raise UnsuitablePlaceError(why)
            make(self.file.path)
        self._prepared = True


def unreachable(error: Exception) -> bool:
    """Whether the database failed, not the statement: gone, locked, or it ended the session of one who slept in it."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (OperationalError, InterfaceError, RegisterLostError))


def code_of(error: BaseException) -> str:
    """The database's own code of an error: "SQLITE_BUSY", "SQLITE_IOERR_SHORT_READ", "57P01"; "" where it gave none."""
    cause = getattr(error, "orig", error)
    return str(getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or "")


def insert(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of the session's database."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def one_at_a_time(session: Session) -> None:
    """Waits until no other transaction writes the register; held to the end of this one.

    SQLite has one writer anyway. The unique keys would hold without it; with it nobody has to retry on them.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _REGISTER})


def _sqlite_path(url: str) -> Path | None:
    """The file of an SQLite database; None for another database, or one in memory."""
    made = make_url(url)
    file = made.database
    return Path(file) if made.get_backend_name() == "sqlite" and file and file != ":memory:" else None


def _engine(url: str, file: RegisterFile | None) -> Engine:
    """What the URL says itself (`?timeout=5`, `?options=...`) stands."""
    said = make_url(url).query
    if make_url(url).get_backend_name() == "postgresql":
        ours = {key: value for key, value in _POSTGRESQL.items() if key not in said}
        return create_engine(url, pool_pre_ping=True, connect_args=ours)
    engine = create_engine(url, connect_args={} if "timeout" in said else {"timeout": BUSY})
    if file is not None:
        _watch(engine, file)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _watch(engine: Engine, file: RegisterFile) -> None:
    """Every connection knows its files; every transaction begins and ends with a look whether they are still named."""

    def opening(_dialect: Any, record: Any, _arguments: Any, _options: Any) -> None:
        file.opening(record.info)

    def opened(connection: Any, record: Any) -> None:
        file.opened(connection, record.info)

    def closed(connection: Any, _record: Any) -> None:
        file.closed(connection)

    def check(connection: Connection) -> None:
        file.check(connection.connection.info)

    def failed(context: ExceptionContext) -> None:
        file.failed(context.original_exception)

    event.listen(engine, "do_connect", opening)
    event.listen(engine, "connect", opened)
    event.listen(engine, "close", closed)
    event.listen(engine, "begin", check)
    event.listen(engine, "commit", check)
    event.listen(engine, "handle_error", failed)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
