"""A register that was deleted, moved or replaced while it was open: what was committed to it is saved and found again.

A process that notices still has the lost file and its log open, and is perhaps the only one that can read them. It
saves them beside the register, as `<register>.rescued-<time>` with a note, and leaves without closing them: SQLite
would write back and delete, by its name, a log that is another's by now. Several processes may lose the same register;
after the loss nobody commits to it, so one copy is enough, and a later one would be compared with a register that has
gone on. Whoever begins next compares the copy with what bears the register's name: when nothing is missing it goes on,
when the register was only cut off from its log it puts the copy back, and in every other case nobody writes until a
person has chosen. One process does any of this at a time.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.rescue.missing_rows import is_whole, missing_rows, opened
from ingest.sqlite_file import NEWEST, RegisterFile, inode_of, make
from ingest.store import sync

_SAVED, _LEFT, _NOTE, _SETTLED, _LOCK = ".rescued-", ".left-", ".json", ".settled.json", ".rescue-lock"
_SAVING, _UNSAVED = "saving", "not saved, and told"
_REMEMBERED = 5  # losses whose copies are gone, for a process that notices them late
_LONG_AGO = "1970-01-01 00:00:00.000000"


@dataclass(frozen=True, slots=True)
class Saved:
    """A copy of a lost register. `why` it was lost; `cut_off`: the register's file itself was still the same."""

    copy: Path
    why: str
    cut_off: bool = False
    changed: int = 0  # st_mtime_ns of the register when the copy was made
    whole: bool = False
    loss: str = ""  # which file with which log was lost, and the numbers of the newest rows in it
    told: bool = False  # by a mail of its own

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
    """Saves a lost register through a connection that is still open, unless somebody saved the same loss already.

    Where it is now; None when there was nothing to save. Raises OSError or sqlite3.Error when it fails (a full disk …),
    to be tried again: while the process lives nothing is gone.
    """
    found = file.quiet_connection()
    if found is None:
        if file.in_use:
            raise OSError("the lost register is still at work")
        return None
    connection, info = found
    with _one_at_a_time(file.path):
        loss = _loss(connection, info)
        if loss in _settled_losses(file.path) or any(one.whole and one.loss == loss for one in saved_beside(file)):
            return None
        stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}"
        named = inode_of(file.path)
        if named != info["file"]:
            _put_away_ours(info["beside"], stamp)
        copy = file.path.with_name(f"{file.path.name}{_SAVED}{stamp}")
        file.doubt = _SAVING
        whole = _copied(connection, copy)
        changed = file.path.stat().st_mtime_ns if named else 0
        cut_off = named == info["file"] and changed == file.seen_changed and _log_is_empty(file.path)
        _write(Saved(copy, file.lost, cut_off, changed, whole, loss))
        file.doubt = "saved"
    return copy


def untold(file: RegisterFile) -> bool:
    """Whether something waits of which the office was not told. Raises OSError."""
    return any(not one.told for one in saved_beside(file)) or file.doubt == _SAVING


def saved_beside(file: RegisterFile) -> list[Saved]:
    """The copies that wait beside a register, oldest first. Opens nothing of the register's."""
    return [_read(note) for note in sorted(file.path.parent.glob(f"{file.path.name}{_SAVED}*{_NOTE}"))]


def bring_back(file: RegisterFile) -> None:
    """Puts the newest saved copy where no register is any more, before anybody looks for one. Raises OSError."""
    if file.in_doubt:
        with _one_at_a_time(file.path):
            _brought_back(file)


def note_told(file: RegisterFile) -> None:
    """Notes that the office was told of every copy there is. Raises OSError."""
    with _one_at_a_time(file.path):
        for saved in saved_beside(file):
            _write(replace(saved, told=True))
        if file.doubt == _SAVING:
            file.doubt = _UNSAVED


def chosen(file: RegisterFile) -> None:
    """A person put the right register in its place: the copies stay, and are compared with nothing any more."""
    with _one_at_a_time(file.path):
        for saved in saved_beside(file):
            saved.note.rename(saved.note.with_name(f"{saved.note.name}.chosen"))
        file.trust()


def settle(file: RegisterFile) -> list[Found]:
    """Compares every saved copy with the register, and brings it back where that can be done without a person.

    Only for a process that has no lost file open itself: SQLite would mix what is open with what is there. Raises
    OSError and sqlite3.Error, as when the file that bears the register's name is no database.
    """
    with _one_at_a_time(file.path):
        found = [_settled(file, saved) for saved in saved_beside(file)]
        if not found and file.doubt in (_SAVING, _UNSAVED):
            left = Saved(file.path, "lost, and the process that saved it was ended at it")
            found = [Found(left, open=True, said=f"{left.why}: see {file.path.name}{_SAVED}* and *{_LEFT}* beside it")]
        if not any(one.open for one in found):
            file.trust()
        return found


def _settled(file: RegisterFile, saved: Saved) -> Found:
    _brought_back(file)
    if not saved.copy.exists():
        _forget(file, saved)
        return Found(saved, open=False, said=f"{saved.why}; the copy that was saved was put in its place")
    if not file.path.exists():
        return Found(saved, open=True, said=f"{saved.why}; what could be saved is damaged: {saved.copy}")
    if not saved.whole:
        with closing(opened(file.path)) as register:
            if not is_whole(register):
                raise sqlite3.DatabaseError("the register is damaged")
    lacking = missing_rows(file.path, saved.copy)
    said = f"{saved.why}; nothing that was committed is missing"
    if lacking and _may_go_back(file.path, saved):
        with closing(sqlite3.connect(saved.copy)) as copy, closing(opened(file.path)) as register:
            copy.backup(register)
        lacking = missing_rows(file.path, saved.copy)
        said = f"{saved.why}; what it had been cut off from was written back"
    if not lacking:
        _forget(file, saved)
        return Found(saved, open=False, said=said)
    rows = ", ".join(f"{number} {table}" for table, number in lacking.items())
    return Found(saved, open=True, said=f"{saved.why}; the register lacks rows ({rows}) that are in {saved.copy}")


def _may_go_back(path: Path, saved: Saved) -> bool:
    """Whether the register can only lack what its log held: the same file, which nobody has written to since."""
    return saved.whole and saved.cut_off and _log_is_empty(path) and path.stat().st_mtime_ns == saved.changed


def _log_is_empty(path: Path) -> bool:
    """Whether nobody has committed to a log that bears the name now."""
    log = Path(f"{os.path.realpath(path)}-wal")
    return not log.exists() or log.stat().st_size == 0


def _loss(connection: sqlite3.Connection, info: dict[str, Any]) -> str:
    newest: tuple[Any, ...] = ()
    with suppress(sqlite3.DatabaseError):  # no such table, or damaged
        newest = connection.execute(NEWEST).fetchone()
    return repr((info["file"], sorted(info["beside"].items()), newest))


def _copied(connection: sqlite3.Connection, copy: Path) -> bool:
    """Makes the copy, safe on the disk; whether it is whole. One that fails leaves nothing.

    What is damaged is copied as far as it goes: it will not be better the next time.
    """
    make(copy)
    whole = False
    try:
        with closing(sqlite3.connect(copy)) as saved, _as_far_as_it_goes():
            connection.backup(saved)
            saved.execute("PRAGMA journal_mode=DELETE")
            with suppress(sqlite3.OperationalError):  # no such table
                saved.execute("UPDATE lease SET expires_at = ?", (_LONG_AGO,))  # whoever held one has lost it too
            saved.commit()
            whole = is_whole(saved)
        sync(copy)
    except BaseException:
        for left in (copy, copy.with_name(f"{copy.name}-journal")):
            left.unlink(missing_ok=True)
        raise
    return whole


@contextmanager
def _as_far_as_it_goes() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError:  # the disk, or somebody else: to be tried again
        raise
    except sqlite3.DatabaseError:
        return


def _put_away_ours(beside: dict[str, Any], stamp: str) -> None:
    """Takes our own log and index off their names: whoever opens the file that is there now must not read them."""
    for name, inode in beside.items():
        if inode is not None and inode_of(name) == inode:
            Path(name).rename(f"{name}{_LEFT}{stamp}")


def _brought_back(file: RegisterFile) -> None:
    for saved in reversed(saved_beside(file)):
        if not file.path.exists() and saved.whole and saved.copy.exists():
            _put_in_place(file.path, saved.copy)


def _put_in_place(path: Path, copy: Path) -> None:
    real = os.path.realpath(path)
    for name in (Path(f"{real}-wal"), Path(f"{real}-shm")):
        if name.exists():
            name.rename(f"{name}{_LEFT}{copy.name.rpartition(_SAVED)[2]}")
    copy.rename(path)
    sync(path.parent)


def _forget(file: RegisterFile, saved: Saved) -> None:
    """All that the copy holds is in the register: personal data that is there twice for nothing goes."""
    _replace(_settled_at(file.path), [*_settled_losses(file.path), saved.loss][-_REMEMBERED:])
    stamp = saved.copy.name.rpartition(_SAVED)[2]
    for left in file.path.parent.glob(f"{file.path.name}-*{_LEFT}{stamp}"):
        left.unlink()
    saved.copy.unlink(missing_ok=True)
    saved.note.unlink()


def _settled_at(path: Path) -> Path:
    return path.with_name(path.name + _SETTLED)


def _settled_losses(path: Path) -> list[str]:
    try:
        return [str(loss) for loss in json.loads(_settled_at(path).read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Waits for whoever saves or compares just now."""
    descriptor = os.open(path.with_name(path.name + _LOCK), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(saved: Saved) -> None:
    _replace(saved.note, {name: value for name, value in asdict(saved).items() if name != "copy"})


def _replace(path: Path, told: object) -> None:
    """Writes a file whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump(told, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync(path.parent)


def _read(note: Path) -> Saved:
    copy = note.with_name(note.name.removesuffix(_NOTE))
    try:
        return Saved(copy=copy, **json.loads(note.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        return Saved(copy, "lost (the note beside its copy cannot be read)")
