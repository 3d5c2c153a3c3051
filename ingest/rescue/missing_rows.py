"""What one SQLite register has that another lacks: every row of every table, compared by what stands in it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ingest.database import BUSY
from models import Base

_OF_THE_MOMENT = {"lease", "round", "condition", "console_seat", "login_failure"}  # nothing is lost with these


def missing_rows(path: Path, copy: Path) -> dict[str, int]:
    """Rows of the copy, by table, that the register does not have just so."""
    with closing(opened(path)) as register:
        register.execute("ATTACH ? AS saved", (str(copy),))
        tables = sorted(set(Base.metadata.tables) - _OF_THE_MOMENT)
        counted = {table: _rows_missing(register, table) for table in tables}
    return {table: number for table, number in counted.items() if number}


def _rows_missing(register: sqlite3.Connection, table: str) -> int:
    columns = ", ".join(f'"{row[1]}"' for row in register.execute(f'PRAGMA saved.table_info("{table}")'))
    if not columns:
        return 0
    if not register.execute(f'PRAGMA main.table_info("{table}")').fetchall():
        query = f'SELECT count(*) FROM saved."{table}"'  # noqa: S608 - our own names
    else:
        mine, ours = (f'SELECT {columns} FROM {where}."{table}"' for where in ("saved", "main"))  # noqa: S608 - the same
        query = f"SELECT count(*) FROM ({mine} EXCEPT {ours})"  # noqa: S608 - the same
    return int(register.execute(query).fetchone()[0])


def opened(path: Path) -> sqlite3.Connection:
    """A connection to a register that is there; it is not made by opening it. Raises sqlite3.Error."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY, isolation_level=None)


def is_whole(saved: sqlite3.Connection) -> bool:
    """Whether SQLite finds every page in order (sqlite.org/pragma.html, quick_check)."""
    try:
        return bool(saved.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False
