"""What would still be on the disk if the power failed now: only what was synced, under names whose folder was synced.

Watches the system calls of this process, not our own code; at every commit the ledger is held against that disk.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from ingest.store import Store


@dataclass
class Disk:
    """`unsafe`: originals that a committed row would have named without their being safe."""

    store: Store
    whole: dict[int, int] = field(default_factory=dict)  # inode → bytes when it was last synced
    named: set[Path] = field(default_factory=set)  # entries of folders that were synced with them
    commits: int = 0
    seen: set[str] = field(default_factory=set)
    unsafe: list[str] = field(default_factory=list)

    def synced(self, descriptor: int) -> None:
        """A file's content, or a folder's entries, are on the disk now."""
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            self.named |= set(path.iterdir())
        else:
            about = os.fstat(descriptor)
            self.whole[about.st_ino] = about.st_size

    def committed(self, connection: Connection) -> None:
        """Every original the register now names must survive."""
        self.commits += 1
        for (sha256,) in connection.exec_driver_sql("SELECT sha256 FROM entry").all():
            if sha256 not in self.seen:
                self.seen.add(sha256)
                if not self._survives(self.store.path_of(sha256)):
                    self.unsafe.append(sha256)

    def _survives(self, path: Path) -> bool:
        if not path.exists() or self.whole.get(path.stat().st_ino) != path.stat().st_size:
            return False
        named = (path, path.parent, path.parent.parent, self.store.path)
        return all(one in self.named for one in named)


@contextmanager
def watched_disk(store: Store, engine: Engine) -> Iterator[Disk]:
    """The disk under `store`, held against the register of `engine` at each of its commits."""
    disk, sync = Disk(store), os.fsync

    def fsync(given: Any) -> None:
        sync(given)
        disk.synced(given if isinstance(given, int) else given.fileno())

    os.fsync = fsync  # type: ignore[assignment]
    event.listen(engine, "commit", disk.committed)
    try:
        yield disk
    finally:
        event.remove(engine, "commit", disk.committed)
        os.fsync = sync
