"""A register that was deleted, moved or replaced while it was open: what was committed to it is saved and found again.

The process that notices has the lost file and its log still open, and is perhaps the only one that can read them. It
saves them beside the register, as `<register>.rescued-<time>` with a note, and leaves without closing them: SQLite
would write back and delete, by its name, a log that is another's by now. Whoever begins next compares the saved copy
with what bears the register's name: when nothing is missing it goes on, when the register was only cut off from its log
it puts the copy back, and in every other case it writes nothing until a person has chosen.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.database import BUSY
from ingest.sqlite_file import RegisterFile, inode_of, make
from ingest.store import sync
from models import Base

_SAVED, _LEFT, _NOTE = ".rescued-", ".left-", ".json"
_LONG_AGO = "1970-01-01 00:00:00.000000"
_OF_THE_MOMENT = {"lease", "round", "condition", "console_seat", "login_failure"}  # nothing is lost with these


@dataclass(frozen=True, slots=True)
class Saved:
    """A copy of a lost register. `why` it was lost; `cut_off`: the register's file itself was still the same."""

    copy: Path
    why: str
    cut_off: bool
    changed: int  # st_mtime_ns of the register when the copy was made
    whole: bool
    told: bool = False  # by a mail of its own, when the register could not be used to queue one

    @property
    def note(self) -> Path:
        """Where this is written down; made last, so that a copy without it is an interrupted attempt."""
        return self.copy.with_name(self.copy.name + _NOTE)


@dataclass(frozen=True, slots=True)
class Found:
    """What the comparison of a saved copy with the register came to; `open`: a person has to choose."""

    saved: Saved
    open: bool
    said: str


def save(file: RegisterFile, now: datetime) -> Path | None:
    """Saves a lost register through a connection that is still open; where it is now, None when none is open.

    Raises OSError or sqlite3.Error when that fails (a full disk …), to be tried again: while the process lives nothing
    is gone.
    """
    found = file.quiet_connection()
    if found is None:
        if file.in_use:
            raise OSError("the lost register is still at work")
        return None
    connection, info = found
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}"
    named = inode_of(file.path)
    if named != info["file"]:
        _put_away_ours(info["beside"], stamp)
    copy = file.path.with_name(f"{file.path.name}{_SAVED}{stamp}")
    copy.unlink(missing_ok=True)
    make(copy)
    with closing(sqlite3.connect(copy)) as saved:
        connection.backup(saved)
        saved.execute("PRAGMA journal_mode=DELETE")
        with suppress(sqlite3.OperationalError):  # no such table
            saved.execute("UPDATE lease SET expires_at = ?", (_LONG_AGO,))  # whoever held one has lost it too
        saved.commit()
        whole = _is_whole(saved)
    sync(copy)
    changed = file.path.stat().st_mtime_ns if named else 0
    _write(Saved(copy, file.lost, named == info["file"], changed, whole))
    return copy


def saved_beside(file: RegisterFile) -> list[Saved]:
    """The copies that wait beside a register, oldest first. Opens nothing of the register's."""
    return [_read(note) for note in sorted(file.path.parent.glob(f"{file.path.name}{_SAVED}*{_NOTE}"))]


def bring_back(file: RegisterFile) -> None:
    """Puts the newest saved copy where no register is any more, before anybody looks for one. Raises OSError."""
    for saved in saved_beside(file)[-1:]:
        if not file.path.exists() and saved.copy.exists():
            _put_in_place(file.path, saved.copy)


def note_told(saved: Saved) -> None:
    """Notes that the office was told of a copy. Raises OSError."""
    _write(replace(saved, told=True))


def settle(file: RegisterFile) -> Iterator[Found]:
    """Compares every saved copy with the register, and brings it back where that can be done without a person.

    One that another process compares just now is left out.

    Raises OSError and sqlite3.Error, as when the file that bears the register's name is no database.
    """
    for saved in saved_beside(file):
        with saved.note.open() as note:
            try:
                fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # another compares it just now
            yield _settled(file, saved)


def _settled(file: RegisterFile, saved: Saved) -> Found:
    bring_back(file)
    if not saved.copy.exists():
        _forget(file, saved)
        return Found(saved, open=False, said=f"{saved.why}; the copy that was saved was put in its place")
    lacking = _lacking(file.path, saved.copy)
    said = f"{saved.why}; nothing that was committed is missing"
    if lacking and _may_go_back(file.path, saved):
        with closing(sqlite3.connect(saved.copy)) as copy, closing(_opened(file.path)) as register:
            copy.backup(register)
        lacking = _lacking(file.path, saved.copy)
        said = f"{saved.why}; what it had been cut off from was written back"
    if not lacking:
        _forget(file, saved)
        return Found(saved, open=False, said=said)
    rows = ", ".join(f"{number} {table}" for table, number in lacking.items())
    return Found(saved, open=True, said=f"{saved.why}; the register lacks rows ({rows}) that are in {saved.copy}")


def _may_go_back(path: Path, saved: Saved) -> bool:
    """Whether the register can only lack what its log held: the same file, which nobody has written to since."""
    log = Path(os.path.realpath(path) + "-wal")
    untouched = not log.exists() or log.stat().st_size == 0
    return saved.whole and saved.cut_off and untouched and path.stat().st_mtime_ns == saved.changed


def _lacking(path: Path, copy: Path) -> dict[str, int]:
    """Rows of the copy, by table, that the register does not have just so."""
    with closing(_opened(path)) as register:
        register.execute("ATTACH ? AS saved", (str(copy),))
        counted = {
            table: _rows_missing(register, table) for table in sorted(set(Base.metadata.tables) - _OF_THE_MOMENT)
        }
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


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY, isolation_level=None)


def _is_whole(saved: sqlite3.Connection) -> bool:
    try:
        return bool(saved.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def _put_away_ours(beside: dict[str, Any], stamp: str) -> None:
    """Takes our own log and index off their names: whoever opens the file that is there now must not read them."""
    for name, inode in beside.items():
        if inode is not None and inode_of(name) == inode:
            Path(name).rename(f"{name}{_LEFT}{stamp}")


def _put_in_place(path: Path, copy: Path) -> None:
    real = os.path.realpath(path)
    for name in (Path(f"{real}-wal"), Path(f"{real}-shm")):
        if name.exists():
            name.rename(f"{name}{_LEFT}{copy.name.rpartition(_SAVED)[2]}")
    copy.rename(path)
    sync(path.parent)


def _forget(file: RegisterFile, saved: Saved) -> None:
    """All that the copy holds is in the register: personal data that is there twice for nothing goes."""
    stamp = saved.copy.name.rpartition(_SAVED)[2]
    for left in file.path.parent.glob(f"{file.path.name}-*{_LEFT}{stamp}"):
        left.unlink()
    saved.copy.unlink(missing_ok=True)
    saved.note.unlink()


def _write(saved: Saved) -> None:
    told = {name: value for name, value in asdict(saved).items() if name != "copy"}
    with os.fdopen(os.open(saved.note, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as note:
        json.dump(told, note)
        note.flush()
        os.fsync(note.fileno())
    sync(saved.note.parent)


def _read(note: Path) -> Saved:
    told = json.loads(note.read_text(encoding="utf-8"))
    copy = note.with_name(note.name.removesuffix(_NOTE))
    return Saved(copy=copy, **told)
