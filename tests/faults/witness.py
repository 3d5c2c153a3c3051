"""What a process sees of its own commits, written down, so that others can be asked whether they see it too.

After each commit the service's process appends one line with the newest row of every table to which rows are only ever
added, read through its own connections. Whoever reads that file first and opens the register afterwards must see at
least as much.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ingest.database import Database
from models import Audit, Entry, Letter, LetterEvent, OrganisationVersion, ReceiptRow

TABLES = (Entry, Letter, LetterEvent, ReceiptRow, OrganisationVersion, Audit)
_NEWEST = select(*(select(func.coalesce(func.max(table.id), 0)).scalar_subquery() for table in TABLES))
_END = 4096  # bytes of the file that are read: some hundred lines, so that two witnesses side by side are both heard
_witnessed: WeakKeyDictionary[Engine, Callable[[], None]] = WeakKeyDictionary()

Seen = tuple[int, ...]


def seen_in(db: Database) -> Seen:
    """The newest row of each table, as this process sees it now."""
    with db.reading() as session:
        return tuple(session.execute(_NEWEST).one())


def testify(db: Database, file: Path | None) -> None:
    """From now on each commit through `db`, or a fenced copy of it, adds a line to `file`; nothing without one."""
    if file is None:
        return

    def tell() -> None:
        with suppress(SQLAlchemyError, OSError):  # what fails here fails in the service's own next transaction too
            line = " ".join(map(str, seen_in(db))) + "\n"
            descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)

    _witnessed[db.engine] = tell
    if not event.contains(Session, "after_commit", _committed):
        event.listen(Session, "after_commit", _committed)


def told_by(file: Path) -> Seen:
    """The most that was witnessed of each table; of a line that is being written nothing."""
    try:
        with file.open("rb") as lines:
            size = lines.seek(0, os.SEEK_END)
            lines.seek(max(0, size - _END))
            text = lines.read().decode()
    except FileNotFoundError:
        return (0,) * len(TABLES)
    whole = text.split("\n")[1 if size > _END else 0 : -1]
    told = [tuple(map(int, line.split())) for line in whole]
    return tuple(max(numbers) for numbers in zip(*told, strict=True)) if told else (0,) * len(TABLES)


def invisible(witnessed: Seen, db: Database) -> list[str]:
    """What was committed elsewhere and is not seen through `db`, in words."""
    return [
        f"invisible: {table.__tablename__} {told} was committed, the newest another process sees is {found}"
        for table, told, found in zip(TABLES, witnessed, seen_in(db), strict=True)
        if found < told
    ]


def _committed(session: Session) -> None:
    bind = session.bind
    tell = _witnessed.get(bind) if isinstance(bind, Engine) else None
    if tell is not None:
        tell()
