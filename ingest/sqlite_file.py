"""The register's file on SQLite: made for us alone, refused where SQLite cannot keep its word, watched while open.

No code of ours ever opens or closes this file, its log (`-wal`) or its index (`-shm`): on POSIX, closing *any*
descriptor of a file drops every lock the process holds on it, and the next process that closes the register then takes
itself for the last one and removes the log under us ("How To Corrupt An SQLite Database File", sqlite.org, 2.2). It is
made under another name and looked at by name alone (`stat`).
"""

import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NoReturn

Inode = tuple[int, int]  # device, number

# what several machines may write to at once: their locks and shared memory do not reach each other
_SHARED = frozenset({
    "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "glusterfs", "gpfs", "lustre",
    "beegfs", "gfs2", "ocfs2", "coda", "orangefs", "davfs", "fuse.sshfs", "fuse.glusterfs", "fuse.davfs", "fuse.rclone",
    "fuse.s3fs", "fuse.ceph", "fuse.cephfs", "vboxsf", "prl_fs", "fuse.vmhgfs-fuse",
})  # fmt: skip
# rows that are never taken away: the numbers of the newest only grow
NEWEST = "SELECT (SELECT max(id) FROM entry), (SELECT max(id) FROM letter_event), (SELECT max(id) FROM audit)"
_TRIES, _BETWEEN = 200, 0.05  # ten seconds
_READ_WHOLE = 50_000_000  # bytes: a larger file is read whole by `check` and by `backup` only
LEFT_OPEN: list["RegisterFile"] = []  # files that were lost: whoever ends the process must not close them


class RegisterLostError(OSError):
    """The file that is open is not the register any more: nothing may be read from it as true, nothing written."""


class UnsuitablePlaceError(OSError):
    """SQLite cannot keep the register where it lies."""


class RegisterFile:
    """The file of one Database, and whether what its connections have open still bears the register's name.

    A connection knows which three files it was given; before each transaction and before each commit they are compared
    with those that bear the names now. Once they differ the file is lost for good: the process must not close it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lost = ""  # why, once it is
        self._told: list[Callable[[], None]] = []
        self._proved = 0  # st_mtime_ns when it was last proved
        self.seen_changed = 0  # st_mtime_ns when it was last seen to be the register
        self._log: tuple[Inode | None, int] = (None, 0)  # which log it has, and its length: it never gets shorter
        self._looking = threading.Lock()
        self._open: dict[int, tuple[sqlite3.Connection, dict[str, Any]]] = {}

    def when_lost(self, tell: Callable[[], None]) -> None:
        """Calls `tell` once the file is lost, in whichever thread finds it out."""
        self._told.append(tell)

    def opening(self, info: dict[str, Any]) -> None:
        """A connection is about to be opened; `info` goes with it. Raises RegisterLostError when there is no file."""
        self._hold()
        info["file"] = inode_of(self.path)
        if info["file"] is None:  # SQLite would make an empty one
            raise RegisterLostError(f"the register {self.path} is not there any more")

    def opened(self, connection: sqlite3.Connection, info: dict[str, Any]) -> None:
        """It was opened, and its log with it. Raises UnsuitablePlaceError where SQLite can keep no log."""
        mode = _with_a_log(connection)
        if mode != "wal":
            raise UnsuitablePlaceError(
                f"{self.path}: the file system gives SQLite no shared memory (journal mode {mode!r}); "
                "put the register on a local disk"
            )
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # opens log and index
        if inode_of(self.path) != info["file"]:
            raise RegisterLostError(f"{self.path}: replaced while it was opened; try again")
        real = os.path.realpath(self.path)  # where SQLite makes log and index
        info["beside"] = {name: inode_of(name) for name in (f"{real}-wal", f"{real}-shm")}
        self._open[id(connection)] = (connection, info)

    def closed(self, connection: sqlite3.Connection) -> None:
        """It is closed. With the last one SQLite takes the log away: the next may be shorter and bear its number."""
        self._open.pop(id(connection), None)
        if not self._open:
            self._log = (None, 0)

    def check(self, info: dict[str, Any]) -> None:
        """Raises RegisterLostError unless the files of this connection still bear their names."""
        self._hold()
        if inode_of(self.path) != info["file"]:
            self.lose("deleted or moved away" if inode_of(self.path) is None else "replaced by another file")
        changed = self.path.stat().st_mtime_ns
        for name, inode in list(info["beside"].items()):
            if inode is None:  # SQLite makes it when it is first needed
                info["beside"][name] = inode_of(name)
            elif inode_of(name) != inode:
                self.lose(f"parted from its {name.rpartition('-')[2]} file, which was deleted, moved or replaced")
            if name.endswith("-wal"):
                self._measure(Path(name))
        self.seen_changed = changed

    def _measure(self, log: Path) -> None:
        """SQLite itself cuts a log short only when somebody asks for it (`PRAGMA wal_checkpoint(TRUNCATE)`)."""
        with self._looking:
            try:
                found = log.stat()
            except FileNotFoundError:
                return
            inode = (found.st_dev, found.st_ino)
            known, length = self._log
            if inode == known and found.st_size < length:
                self.lose("parted from its log, which was cut short")
            self._log = (inode, found.st_size)

    def failed(self, error: BaseException) -> None:
        """A statement failed. Loses the file when SQLite says that it is damaged, or no database at all."""
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            self.lose("damaged or written over")

    def lose(self, why: str) -> NoReturn:
        """The register is not what is open here any more. Raises RegisterLostError, now and from now on."""
        if not self.lost:
            self.lost = why
            LEFT_OPEN.append(self)
            for tell in self._told:
                tell()
        raise self._error()

    @property
    def _mark(self) -> Path:
        return self.path.with_name(f"{self.path.name}.in-doubt")

    @property
    def in_doubt(self) -> bool:
        """Whether a copy of a lost register waits to be compared with this one: until then nobody writes."""
        return self._mark.exists()

    @property
    def doubt(self) -> str:
        """How far saving came; "" where nothing is in doubt. Raises OSError."""
        return self._mark.read_text(encoding="utf-8") if self.in_doubt else ""

    @doubt.setter
    def doubt(self, says: str) -> None:
        """From now on nobody writes."""
        self._mark.touch(mode=0o600)
        self._mark.write_text(says, encoding="utf-8")

    def trust(self) -> None:
        """Everything that was committed is in the register. Raises OSError."""
        self._mark.unlink(missing_ok=True)

    def changed(self) -> bool:
        """Whether the file was written to since it was last proved. Raises OSError."""
        return self.path.stat().st_mtime_ns != self._proved

    def prove(self, newest: Sequence[int | None]) -> None:
        """Loses the file when a connection made now does not see the `newest` rows (NEWEST), or finds it damaged."""
        found = self.path.stat()
        try:
            with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=15)) as other:
                seen = other.execute(NEWEST).fetchone()
                whole = found.st_size > _READ_WHOLE or other.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # no such table
                self.lose("damaged or written over")
            return  # busy, or the disk: nothing is known
        except sqlite3.DatabaseError as error:
            self.failed(error)
            return
        if not whole or any((now or 0) < (before or 0) for now, before in zip(seen, newest, strict=True)):
            self.lose("damaged or written over")
        self._proved = found.st_mtime_ns

    @property
    def in_use(self) -> bool:
        """Whether any connection of this process is open."""
        return bool(self._open)

    def quiet_connection(self) -> tuple[sqlite3.Connection, dict[str, Any]] | None:
        """One of those open that is in no transaction: it sees all that this process committed."""
        return next((one for one in list(self._open.values()) if not one[0].in_transaction), None)

    def _hold(self) -> None:
        if self.lost:
            raise self._error()

    def _error(self) -> RegisterLostError:
        return RegisterLostError(f"the register {self.path} was {self.lost} while it was in use")


def _with_a_log(connection: sqlite3.Connection) -> str:
    """The journal mode, "wal" if it could be had. A database that had none yet must be its only user's for a moment.

    SQLite waits for that no time at all, whatever the busy timeout says. Raises sqlite3.OperationalError.
    """
    for _ in range(_TRIES):
        try:
            return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        time.sleep(_BETWEEN)
    return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])


def make(path: Path) -> None:
    """Makes an empty file, readable by its owner alone: it will hold personal data. One that is there is left alone.

    It gets its name when it is closed already, so that no descriptor of ours is ever closed on it. Raises OSError.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, empty = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    os.close(descriptor)
    try:
        with suppress(FileExistsError):
            os.link(empty, path)
    finally:
        Path(empty).unlink()


def inode_of(path: str | Path) -> Inode | None:
    """Which file bears a name; None when there is none. Opens nothing."""
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def cut_off(path: Path, processes: Path = Path("/proc")) -> list[int]:
    """The processes, of those we may look into, that write to a log of this register which has no name any more."""
    nameless, found = f"{os.path.realpath(path)}-wal (deleted)", set()
    for process in processes.glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is somebody else's
            for descriptor in list((process / "fd").iterdir()):
                with suppress(OSError):
                    if str(descriptor.readlink()) == nameless:
                        found.add(int(process.name))
    return sorted(found)


def unsuitable(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """Why the register must not lie at `path`: its file system is shared between machines; "" when it may.

    sqlite.org/wal.html: "all processes using a database must be on the same host computer; WAL does not work over a
    network filesystem".
    """
    kind = _file_system(path, mounts)
    if kind not in _SHARED:
        return ""
    return (
        f"{path} lies on a network file system ({kind}): two machines could write to it without seeing each other's "
        "locks; put it on a local disk, or use PostgreSQL"
    )


def _file_system(path: Path, mounts: Path) -> str:
    """The kind of file system that holds `path`, or will; "" where the system does not tell (proc(5), mountinfo)."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    target, best, kind = Path(os.path.realpath(path)), -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4].encode().decode("unicode_escape"))  # spaces are written \040
        if target.is_relative_to(point) and len(point.parts) >= best:  # of equals the later one lies on top
            best, kind = len(point.parts), after.split()[0]
    return kind
