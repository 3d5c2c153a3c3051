"""Backs up the register while it is in use: the database first, then the originals it speaks of.

In this order every row of the copy has its original in the backup, because an original is on the disk before its row
is written. Nothing that a backup holds is ever overwritten by something worse: a damaged original is told, not copied.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest import __version__
from ingest.database import Database
from ingest.rescue import dump
from ingest.rescue.backupset import LISTED, MANIFEST, Manifest, set_name, sets, sha256_of, write_list, write_manifest
from ingest.store import Store, sync

Told = Callable[[Sequence[str], str], Iterator[str]]  # the items one by one, telling how many are done
_BLOCK = 1 << 20


@dataclass(slots=True)
class BackupReport:
    """What a backup did; `damaged`: originals gone or altered here, of which no whole copy exists in the backup."""

    folder: Path
    copied: int = 0
    present: int = 0
    bytes: int = 0
    damaged: list[str] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)  # damaged here, whole in the backup
    removed: list[Path] = field(default_factory=list)


class BackupBusy(OSError):  # noqa: N818 - it says what happened
    """Another backup is being written to the same folder."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is backed up, and how the progress is told."""

    db: Database
    store: Store
    told: Told


def back_up(source: Source, backups: Path, target: Store, now: datetime, *, reread: bool = False) -> BackupReport:
    """Writes one more backup into `backups`, whose originals `target` keeps. May be ended and run again at any time.

    `reread` reads every original that the backup holds already, instead of believing its name and size. Raises OSError
    (full disk …), SQLAlchemyError or BackupBusy; the backups made before stay as they are.
    """
    backups.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(backups):
        target.sweep()
        for unfinished in backups.glob("*.unfinished"):
            shutil.rmtree(unfinished)
        while (backups / set_name(now.astimezone(UTC))).exists():
            now += timedelta(seconds=1)  # names are of a second
        name = set_name(now.astimezone(UTC))
        folder = backups / f"{name}.unfinished"
        folder.mkdir(mode=0o700)
        taken = dump.take(source.db, folder / dump.SUFFIX[source.db.engine.dialect.name])
        report = BackupReport(backups / name)
        newer = [sha256 for sha256 in source.store if sha256 not in set(taken.originals)]
        for sha256 in source.told([*taken.originals, *newer], "originals"):
            _keep(source.store, target, sha256, report, reread=reread)
        _complete(folder, taken, source.db, now)
        folder.rename(report.folder)
        sync(backups)
    return report


def thin_out(backups: Path, keep: int) -> list[Path]:
    """Removes the oldest copies of the database beyond `keep`; originals are never removed."""
    beyond = sets(backups)[:-keep] if keep else []
    for folder in beyond:
        (folder / MANIFEST).unlink()  # first: what is left of it is no backup any more
        shutil.rmtree(folder)
    return beyond


def _keep(store: Store, target: Store, sha256: str, report: BackupReport, *, reread: bool) -> None:
    """One original into the backup, its bytes hashed on the way."""
    here, there = store.path_of(sha256), target.path_of(sha256)
    if _same_size(here, there) and (not reread or target.verify(sha256)):
        report.present += 1
        return
    if copy_original(store, target, sha256):
        report.copied += 1
        report.bytes += there.stat().st_size
    else:
        (report.healed if target.verify(sha256) else report.damaged).append(sha256)


def copy_original(store: Store, target: Store, sha256: str) -> bool:
    """Copies one original between stores, with its time; False, and nothing changed, when it is gone or altered.

    What stands in its place in `target` and is not it, is kept beside it under another name.
    """
    try:
        file = store.path_of(sha256).open("rb")
    except FileNotFoundError:
        return False
    with file, target.incoming() as sink:
        while piece := file.read(_BLOCK):
            sink.write(piece)
        if sink.digest.hexdigest() != sha256:
            sink.discard()
        elif target.path_of(sha256).exists() and not target.verify(sha256):
            target.path_of(sha256).rename(target.path_of(sha256).with_suffix(".damaged"))
        at = os.fstat(file.fileno()).st_mtime_ns
    if sink.stored is None:
        return False
    os.utime(sink.stored.path, ns=(at, at))  # when it came: all that is left to tell, should the database be lost
    return True


def _complete(folder: Path, taken: dump.Taken, db: Database, now: datetime) -> None:
    write_list(folder, taken.originals)
    file = folder / dump.SUFFIX[db.engine.dialect.name]
    manifest = Manifest(
        at=now.astimezone(UTC).isoformat(), program=__version__, schema=taken.schema, kind=db.engine.dialect.name,
        database=file.name, database_sha256=sha256_of(file), listed_sha256=sha256_of(folder / LISTED),
        originals=len(taken.originals), rows=taken.rows,
    )  # fmt: skip
    write_manifest(folder, manifest)
    for written in folder.iterdir():
        sync(written)
    sync(folder)


def _same_size(here: Path, there: Path) -> bool:
    try:
        return there.stat().st_size == here.stat().st_size
    except FileNotFoundError:
        return False


@contextmanager
def _alone(backups: Path) -> Iterator[None]:
    with (backups / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupBusy(f"another backup to {backups} is under way") from error
        yield
