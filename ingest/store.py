"""The originals: every message exactly as it came, one plain file each, named by its SHA-256.

`<path>/ab/cd/<sha256>.eml`. A file appears under its name only when all its bytes are on the disk: everything else in
the system can be rebuilt from these files.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """An original on disk: lower-case hexadecimal SHA-256, bytes, file."""

    sha256: str
    size: int
    path: Path


class Sink:
    """Takes the bytes of one message; after the `with` block `stored` tells where they are, None if discarded."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0
        self.discarded = False
        self.stored: Stored | None = None

    def write(self, piece: bytes) -> None:
        """Append a piece of the message."""
        self._file.write(piece)
        self.digest.update(piece)
        self.size += len(piece)

    def discard(self) -> None:
        """Keep nothing: the message turned out not to be there."""
        self.discarded = True


class Store:
    """The folder of originals; made, readable by its owner alone, at the first message."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def incoming(self) -> Iterator[Sink]:
        """A sink for one message. Raises OSError (disk full …); then, or when the block fails, nothing is left."""
        incoming = self.path / "incoming"
        _make(incoming, self.path)
        with NamedTemporaryFile(dir=incoming, delete=False) as file:  # created with mode 0600
            temporary = Path(file.name)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)  # while it is held, `sweep` leaves the file alone
                sink = Sink(file)
                yield sink
                if not sink.discarded:
                    file.flush()
                    os.fsync(file.fileno())
                    sink.stored = self._settle(temporary, sink.digest.hexdigest(), sink.size)
            finally:
                temporary.unlink(missing_ok=True)

    def keep(self, raw: bytes) -> Stored:
        """The original of these bytes, stored now or before."""
        with self.incoming() as sink:
            sink.write(raw)
        assert sink.stored is not None
        return sink.stored

    def path_of(self, sha256: str) -> Path:
        """The file of an original, whether it exists or not. Raises ValueError when this is no SHA-256."""
        if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
            raise ValueError("not a SHA-256 in lower-case hexadecimal")
        return self.path / sha256[:2] / sha256[2:4] / f"{sha256}.eml"

    def read(self, sha256: str) -> bytes:
        """The original's bytes. Raises OSError when it is not there."""
        return self.path_of(sha256).read_bytes()

    def verify(self, sha256: str) -> bool:
        """True when the original is there and its bytes still have this SHA-256."""
        digest = hashlib.sha256()
        try:
            with self.path_of(sha256).open("rb") as file:
                while piece := file.read(_BLOCK):
                    digest.update(piece)
        except FileNotFoundError:
            return False
        return digest.hexdigest() == sha256

    def __iter__(self) -> Iterator[str]:
        """The SHA-256 of every original, in order."""
        for path in sorted(self.path.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*.eml")):
            yield path.stem

    def sweep(self) -> int:
        """How many pieces of interrupted arrivals were removed; those of a running process stay."""
        removed = 0
        for path in (self.path / "incoming").glob("*"):
            with path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _settle(self, temporary: Path, sha256: str, size: int) -> Stored:
        final = self.path_of(sha256)
        _make(final.parent, self.path)
        try:
            present = final.stat().st_size == size
        except FileNotFoundError:
            present = False
        if not present:  # also when it was cut short by a fault of the disk: the whole one takes its place
            temporary.replace(final)
        _sync(final.parent)  # even when present: who put it there may have died before this line
        return Stored(sha256, size, final)


def _make(folder: Path, root: Path) -> None:
    """Make `folder` and its parents, mode 0700 from `root` on down, each entry safe on the disk."""
    if folder.is_dir():
        return
    if folder != root:
        _make(folder.parent, root)
    else:
        folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
