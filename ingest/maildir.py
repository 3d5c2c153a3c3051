"""The mailbox as a maildir: a folder another program delivers into.

A uid must survive restarts, the step from new/ to cur/ and changes of flags, and a later message must have a greater
one, or "everything after the last" would lose messages. Names have no such order, so `.pec-ingest-uids` holds it, as
the servers' own index does: first line the uidvalidity, then one line `uid name` per message, only ever appended. If
it is lost a new one, with a new uidvalidity, lists everything again; the content's hash tells what is known.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import IO

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from ingest.mailbox import Arrived, FolderMissing, MailboxUnavailable, MessageUnavailable, Quota, Write

_INDEX = ".pec-ingest-uids"
_PIECE = 1 << 20
_PATIENCE = 10.0  # seconds for another process that numbers a large folder
_PARTS = ("new", "cur", "tmp")


class Maildir:
    """A maildir on this machine. Folders below it are Maildir++ (".Elaborati")."""

    def __init__(self, path: Path, folder: str = "INBOX") -> None:
        self._path = path
        self._folder = folder

    @property
    def account(self) -> str:
        """The maildir's path."""
        return f"maildir:{self._path}"

    @property
    def folder(self) -> str:
        """The polled folder."""
        return self._folder

    @contextmanager
    def open(self, folder: str | None = None) -> Iterator["MaildirBox"]:
        """The folder; only its index is written."""
        name = folder or self._folder
        with _world():
            box = MaildirBox(self._path, name)
        yield box


class MaildirBox:
    """One folder (see ingest.mailbox.Box)."""

    alive = True

    def __init__(self, root: Path, folder: str) -> None:
        self.folder = folder
        self._root = root
        self._path = _folder_path(root, folder)
        if not (self._path / "cur").is_dir() or not (self._path / "new").is_dir():
            raise FolderMissing(folder)
        self.uidvalidity = 0
        self._names: dict[int, str] = {}
        self._seen: dict[str, Path] = {}
        self._number()

    def uids(self, after: int = 0) -> list[int]:
        """Every message in new/ and cur/, those never seen before numbered in the order of their arrival."""
        with _world():
            self._number()
            return sorted(uid for uid, name in self._names.items() if uid > after and name in self._seen)

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each file."""
        sizes = {}
        with _world():
            for uid in uids:
                path = self._find(uid)
                if path is not None:
                    sizes[uid] = path.stat().st_size
        return sizes

    def expect(self, uids: Sequence[int]) -> None:
        """Nothing is gained by reading ahead here."""

    def fetch(self, uid: int, write: Write) -> Arrived | None:
        """Write the file's bytes; its time of last change stands for the arrival."""
        with _world():
            path = self._find(uid)
            if path is None:
                return None
            file = path.open("rb")
        with file:
            size = os.fstat(file.fileno()).st_size
            left = size
            while left > 0:
                with _world():
                    piece = file.read(min(_PIECE, left))
                if not piece:
                    raise MessageUnavailable(f"message {uid}: cut short while it was read")
                write(piece)
                left -= len(piece)
            return Arrived(datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC))

    def move(self, uid: int, folder: str) -> bool:
        """Rename into the other folder, same part (new or cur), same flags; never over another file."""
        with _world():
            source = self._find(uid)
            if source is None:
                return True
            target = _folder_path(self._root, folder)
            for part in _PARTS:
                (target / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            if target != self._root:
                (target / "maildirfolder").touch(mode=0o600)
            final = target / source.parent.name / source.name
            if final.exists():
                final = final.with_name(f"{secrets.token_hex(4)}.{source.name}")
            source.rename(final)
            return True

    def quota(self) -> Quota | None:
        """Not known here."""
        return None

    def folders(self) -> list[str]:
        """The inbox and the Maildir++ folders."""
        with _world():
            below = [path.name[1:] for path in self._root.glob(".*") if (path / "cur").is_dir()]
        return ["INBOX", *sorted(decode_utf7(name.encode()).replace(".", "/") for name in below)]

    def search_header(self, name: str, value: str) -> list[int]:
        """Reads the header of every message: meant for the rare question."""
        found = []
        parser = BytesHeaderParser(policy=policy.compat32)
        for uid in self.uids():
            with _world():
                path = self._find(uid)
                if path is None:
                    continue
                with path.open("rb") as file:
                    header = parser.parse(file)
            if any(value.lower() in str(each).lower() for each in header.get_all(name, [])):
                found.append(uid)
        return found

    def wait(self, seconds: float, stopped: Callable[[], bool] = lambda: False) -> bool:  # noqa: ARG002 - the Protocol's
        """No news here: the caller polls."""
        return False

    def _files(self) -> dict[str, Path]:
        """Unique name (what stands before the flags) → file."""
        paths = [path for part in ("new", "cur") for path in (self._path / part).iterdir()]
        self._seen = {path.name.partition(":")[0]: path for path in paths if not path.name.startswith(".")}
        return self._seen

    def _find(self, uid: int) -> Path | None:
        name = self._names.get(uid, "")
        path = self._seen.get(name)
        if path is None or not path.is_file():  # perhaps it stepped from new to cur since we looked
            path = self._files().get(name)
        return path if path is not None and path.is_file() else None

    def _number(self) -> None:
        """Read the index and add what it does not know yet, one process at a time."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(self._path / _INDEX, flags, 0o600), "r+b") as index:
            _lock(index)
            text = index.read()
            whole = text[: text.rfind(b"\n") + 1]  # a line cut short was never used
            head, *lines = whole.decode("utf-8", "surrogateescape").split("\n")
            fresh = []
            if not head.isdecimal():  # new or unusable: whatever it said before counts no more
                whole, head, lines = b"", str(secrets.randbelow(2**31 - 1) + 1), []
                fresh.append(head)
            self.uidvalidity = int(head)
            self._names = _numbered(lines)
            for uid, name in enumerate(self._arrivals(), start=max(self._names, default=0) + 1):
                self._names[uid] = name
                fresh.append(f"{uid} {name}")
            if fresh:
                index.truncate(len(whole))
                index.write("".join(f"{line}\n" for line in fresh).encode("utf-8", "surrogateescape"))
                index.flush()
                os.fsync(index.fileno())

    def _arrivals(self) -> list[str]:
        """The messages without a number, the oldest first."""
        known = set(self._names.values())
        found = []
        for name, path in self._files().items():
            if name not in known:
                with suppress(FileNotFoundError):  # gone, or renamed: the next look will number it
                    found.append((path.stat().st_mtime_ns, name))
        return [name for _when, name in sorted(found)]


def _lock(index: IO[bytes]) -> None:
    """Raises MailboxUnavailable when another process holds the index for long: it may stand still."""
    end = time.monotonic() + _PATIENCE  # a duration, no time of day
    while True:
        try:
            fcntl.flock(index, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise MailboxUnavailable("another process holds the index of the maildir") from None
            time.sleep(0.05)
        else:
            return


def _numbered(lines: Sequence[str]) -> dict[int, str]:
    pairs = [line.partition(" ") for line in lines]
    return {int(uid): name for uid, _, name in pairs if uid.isdecimal() and name}


def _folder_path(root: Path, folder: str) -> Path:
    """The directory of a folder (Maildir++, names in modified UTF-7)."""
    if folder.upper() == "INBOX":
        return root
    name: bytes = encode_utf7(folder.strip("/").replace("/", "."))
    return root / f".{name.decode()}"


@contextmanager
def _world() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MailboxUnavailable(f"the maildir cannot be used: {error.strerror}") from error
