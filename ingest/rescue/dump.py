"""The whole database as one file, taken while others write, and put back into an empty place.

SQLite by its online backup, PostgreSQL by pg_dump inside one exported snapshot: in both cases every table is of the
same moment, and the rows counted are those in the file.
"""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, make_url, text

from ingest.database import Database
from ingest.rescue.lost_register import chosen
from ingest.store import sync
from models import Base

SUFFIX = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
_ASIDE = "before_restore_"
_MAGIC = b"SQLite format 3\0"  # sqlite.org/fileformat2.html, 1.3


@dataclass(frozen=True, slots=True)
class Taken:
    """What a copy holds: its schema's revision, rows per table, the originals its entries speak of."""

    schema: str
    rows: dict[str, int]
    originals: tuple[str, ...]


class DumpError(OSError):
    """The database's own tool failed, is missing, or its copy is not whole."""


def take(db: Database, file: Path) -> Taken:
    """Copies the database into `file`, mode 0600. Raises DumpError, SQLAlchemyError or sqlite3.Error."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if db.engine.dialect.name == "postgresql":
        return _take_postgresql(db, file)
    with db.reading() as session, closing(sqlite3.connect(file)) as copy:
        source: Any = session.connection().connection.driver_connection
        source.backup(copy)  # one step: a reader's snapshot of the WAL, nobody waits
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise DumpError("the copy of the database is not whole: the database itself is damaged")
        return _counted(lambda query: copy.execute(query).fetchall())


def put_back(db: Database, file: Path) -> None:
    """Fills an empty place from a copy. Raises DumpError, SQLAlchemyError or OSError; then the place is not usable."""
    if db.engine.dialect.name == "postgresql":
        _run("pg_restore", db, "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", str(file))
        return
    db.close()
    target = _sqlite_file(db)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    arriving = target.with_name(target.name + ".arriving")
    arriving.unlink(missing_ok=True)
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as source:
        os.close(os.open(arriving, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(arriving)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=WAL")  # as a register has it; to change it later needs it alone
    for suffix in ("-wal", "-shm"):  # of a register that is gone: SQLite would read them into this one
        left = target.with_name(target.name + suffix)
        if left.exists():
            left.rename(left.with_name(f"{left.name}.{_ASIDE}{left.stat().st_mtime_ns}"))
    arriving.replace(target)
    sync(target.parent)
    if db.file is not None:
        chosen(db.file)


def rows_of(db: Database) -> dict[str, int]:
    """Rows per table, as they are now."""
    with db.reading() as session:
        return _counted(lambda query: session.execute(text(query)).all()).rows


def is_empty(db: Database) -> bool:
    """True when nothing of ours, nor anything else, is there. On SQLite the file is not made by asking."""
    if db.engine.dialect.name == "sqlite":
        file = _sqlite_file(db)
        if not file.exists() or file.stat().st_size == 0:
            return True
    with db.engine.connect() as connection:
        return not inspect(connection).get_table_names()


def set_aside(db: Database, stamp: str) -> str:
    """Moves what is there out of the way, keeping it; where it is now.

    Raises DumpError while another process has SQLite's file open: it would go on writing to it under another name.
    """
    db.close()
    if db.engine.dialect.name == "postgresql":
        name = _ASIDE + stamp.lower()
        with db.engine.begin() as connection:
            connection.execute(text(f'ALTER SCHEMA public RENAME TO "{name}"'))
            connection.execute(text("CREATE SCHEMA public"))
        return f"schema {name}"
    file = _sqlite_file(db)
    _as_one_file(file)
    away = file.with_name(f"{file.name}.{_ASIDE}{stamp}")
    for suffix in ("-wal", "-shm", ""):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.rename(away.with_name(away.name + suffix))
    return str(away)


def _as_one_file(file: Path) -> None:
    """Writes the log back, for which SQLite wants the file alone. A damaged file stays as it is, with its log."""
    with file.open("rb") as damaged:  # nothing of it is open here any more
        if damaged.read(len(_MAGIC)) != _MAGIC:
            return  # SQLite would delete a log that fits no database
    try:
        with closing(sqlite3.connect(file, timeout=2)) as register:
            register.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise DumpError(f"another process has {file} open (console, a command): end it first") from error
    except sqlite3.DatabaseError:
        return


def _take_postgresql(db: Database, file: Path) -> Taken:
    with _snapshot(db) as (connection, name):
        taken = _counted(lambda query: connection.execute(text(query)).all())
        _run(
            "pg_dump", db, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}",
            f"--exclude-schema={_ASIDE}*", f"--file={file}",
        )  # fmt: skip
    return taken


@contextmanager
def _snapshot(db: Database) -> Iterator[tuple[Connection, str]]:
    """A transaction whose view of the database pg_dump can share; it may idle as long as the dump lasts."""
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))
        yield connection, str(connection.scalar(text("SELECT pg_export_snapshot()")))


def _counted(ask: Any) -> Taken:
    tables = sorted(Base.metadata.tables)
    return Taken(
        schema=str(ask("SELECT version_num FROM alembic_version")[0][0]),
        rows={name: int(ask(f'SELECT count(*) FROM "{name}"')[0][0]) for name in tables},  # noqa: S608 - our own names
        originals=tuple(str(row[0]) for row in ask("SELECT sha256 FROM entry ORDER BY sha256")),
    )


def _run(program: str, db: Database, *arguments: str) -> None:
    """A PostgreSQL client program; the password goes by the environment, never by the command line."""
    _, given = db.engine.dialect.create_connect_args(make_url(db.url))
    password = given.pop("password", None)
    told = " ".join(f"{key}='{_quoted(str(value))}'" for key, value in given.items() if key != "context")
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, our own arguments
            [program, f"--dbname={told}", *arguments], check=False, capture_output=True, text=True, env=environment
        )
    except FileNotFoundError as error:
        raise DumpError(f"{program} is not installed: apt-get install postgresql-client") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()
        raise DumpError(f"{program} failed: {said[0] if said else 'no further detail'}")


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _sqlite_file(db: Database) -> Path:
    return Path(str(make_url(db.url).database))
