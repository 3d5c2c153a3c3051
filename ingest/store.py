"""The originals: every message exactly as it came, one plain file each, named by its SHA-256.

`<path>/ab/cd/<sha256>.eml`. A file appears under its name only when all its bytes are on the disk: everything else in
the system can be rebuilt from these files.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

_BLOCK = 1 << 20
_SHA256 = re.compile("[0-9a-f]{64}").fullmatch
_FILE = re.compile("[0-9a-f]{64}[.]eml").fullmatch
_FOLDER = re.compile("[0-9a-f]{2}").fullmatch
_AT_ONCE = 16  # requests to the disk under way together: it answers them with one write of its journal


@dataclass(frozen=True, slots=True)
class Stored:
    """An original on disk: lower-case hexadecimal SHA-256, bytes, file."""

    sha256: str
    size: int
    path: Path


class Sink:
    """Takes the bytes of one message; `stored` tells where they are once they settled, None if discarded."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.digest = hashlib.sha256()
        self.size = 0
        self.discarded = False
        self.stored: Stored | None = None

    def write(self, piece: bytes) -> None:
        """Append a piece of the message."""
        self.file.write(piece)
        self.digest.update(piece)
        self.size += len(piece)

    def discard(self) -> None:
        """Keep nothing: the message turned out not to be there."""
        self.discarded = True


class Arrivals:
    """Messages that arrive together and become safe together: the disk is waited for once, not for each of them.

    Made by `Store.arrivals`. Until `settle` none of them is an original; what never settles leaves nothing.
    """

    def __init__(self, store: "Store", files: ExitStack) -> None:
        self._store = store
        self._files = files
        self._sinks: list[Sink] = []
        self.size = 0

    def __len__(self) -> int:
        return len(self._sinks)

    @contextmanager
    def incoming(self) -> Iterator[Sink]:
        """A sink for one message. Raises OSError (disk full …); then, or when the block fails, nothing is left."""
        with ExitStack() as failed:
            sink = Sink(failed.enter_context(self._store.temporary()))
            yield sink
            if not sink.discarded:
                sink.file.flush()
                self._sinks.append(sink)
                self.size += sink.size
                self._files.push(failed.pop_all())

    def settle(self) -> None:
        """Makes every message written so far an original, safe on the disk. Raises OSError; then none is entered."""
        _together([partial(os.fsync, sink.file.fileno()) for sink in self._sinks])
        changed: set[Path] = set()
        for sink in self._sinks:
            sink.stored = self._store.named(sink, changed)
        _together([partial(sync, folder) for folder in changed])
        self._sinks.clear()
        self._files.close()
        self.size = 0


class Store:
    """The folder of originals; made, readable by its owner alone, at the first message."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def arrivals(self) -> Iterator[Arrivals]:
        """A group of messages; what has not settled at the end of the block is dropped."""
        with ExitStack() as files:
            yield Arrivals(self, files)

    @contextmanager
    def incoming(self) -> Iterator[Sink]:
        """A sink for one message, an original at the end of the block. Raises OSError, as `Arrivals.incoming`."""
        with self.arrivals() as arrivals:
            with arrivals.incoming() as sink:
                yield sink
            arrivals.settle()

    def keep(self, raw: bytes) -> Stored:
        """The original of these bytes, stored now or before."""
        with self.incoming() as sink:
            sink.write(raw)
        assert sink.stored is not None
        return sink.stored

    def path_of(self, sha256: str) -> Path:
        """The file of an original, whether it exists or not. Raises ValueError when this is no SHA-256."""
        if not _SHA256(sha256):
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
        """The SHA-256 of every original, in order; a file of another name is none. Raises OSError."""
        for first in _named(self.path, _FOLDER):
            for second in _named(self.path / first, _FOLDER):
                for name in _named(self.path / first / second, _FILE):
                    yield name.removesuffix(".eml")

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

    @contextmanager
    def temporary(self) -> Iterator[IO[bytes]]:
        """A file for what arrives, removed at the end unless it was renamed; while it is open `sweep` leaves it."""
        incoming = self.path / "incoming"
        _together([partial(sync, folder) for folder in _make(incoming, self.path)])
        with NamedTemporaryFile(dir=incoming, delete=False) as file:  # created with mode 0600
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
            finally:
                Path(file.name).unlink(missing_ok=True)

    def named(self, sink: Sink, changed: set[Path]) -> Stored:
        """Gives the bytes of a sink, safe on the disk, their name; adds the folders that must be synced for it."""
        sha256 = sink.digest.hexdigest()
        final = self.path_of(sha256)
        changed |= _make(final.parent, self.path)
        try:
            present = final.stat().st_size == sink.size
        except FileNotFoundError:
            present = False
        if not present:  # also when it was cut short by a fault of the disk: the whole one takes its place
            Path(sink.file.name).replace(final)
        changed.add(final.parent)  # even when present: who put it there may have died before its folder was synced
        return Stored(sha256, sink.size, final)


def _named(folder: Path, like: Callable[[str], object]) -> list[str]:
    """The names of a kind in a folder, in order; none where there is no folder (yet)."""
    try:
        return sorted(filter(like, os.listdir(folder)))  # noqa: PTH208 - a Path each for 100,000 names takes longer than the disk
    except (FileNotFoundError, NotADirectoryError):
        return []


def _make(folder: Path, root: Path) -> set[Path]:
    """Make `folder` and its parents, mode 0700 from `root` on down: the folders in which one was made."""
    if folder.is_dir():
        return set()
    changed = {folder.parent}
    if folder != root:
        changed |= _make(folder.parent, root)
    else:
        folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return changed


def _together(acts: Sequence[Callable[[], None]]) -> None:
    """Does all of them, many at once. Raises what the first one that failed raised."""
    if len(acts) < 2:
        for act in acts:
            act()
        return
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for done in [threads.submit(act) for act in acts]:
            done.result()


def sync(path: Path) -> None:
    """Waits until a file's bytes, or a folder's entries, are on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
