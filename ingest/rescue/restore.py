"""Puts a backup back: every hash first, then the originals, then the database, then what must not happen twice.

A register of yesterday does not know what was sent since. So letters that waited when the backup was taken become
uncertain (receipts settle them), and messages that had arrived before the restore are not answered by a machine again.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ingest.database import Database
from ingest.rescue import dump
from ingest.rescue.backup import Told, copy_original
from ingest.rescue.backupset import LISTED, BackupDamaged, Manifest, read_list, read_manifest, sets, sha256_of
from ingest.rescue.restored import note_restored
from ingest.store import Store
from models import Lease, Letter, LetterEvent, LetterState, Seat, schema

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_MAY_HAVE_GONE = (LetterState.QUEUED, LetterState.SUBMITTING)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup whose database copy and list were verified; `damaged` are the originals that are gone or altered."""

    folder: Path
    manifest: Manifest
    originals: tuple[str, ...]
    damaged: tuple[str, ...]


@dataclass(slots=True)
class RestoreReport:
    """What a restore did; `uncertain`: letters that waited, `upgraded_from`: the backup's schema when it was older."""

    copied: int = 0
    present: int = 0
    lost: list[str] = field(default_factory=list)
    uncertain: int = 0
    upgraded_from: str = ""


def verified(backups: Path, kept: Store, told: Told, at: str = "") -> Backup:
    """The newest backup in a folder, or the one named `at`, every byte of it read.

    Raises BackupDamaged when there is none, or when its database copy or list is not what the manifest says.
    """
    found = [folder for folder in sets(backups) if at in ("", folder.name)]
    if not found:
        raise BackupDamaged([f"{backups}: no complete backup" + (f" named {at}" if at else "")])
    folder = found[-1]
    manifest = read_manifest(folder)
    problems = [
        f"{folder / name}: {'altered' if (folder / name).exists() else 'missing'}"
        for name, sha256 in ((manifest.database, manifest.database_sha256), (LISTED, manifest.listed_sha256))
        if not (folder / name).exists() or sha256_of(folder / name) != sha256
    ]
    if problems:
        raise BackupDamaged(problems)
    originals = read_list(folder)
    damaged = tuple(sha256 for sha256 in told(originals, "verified") if not kept.verify(sha256))
    return Backup(folder, manifest, tuple(originals), damaged)


def refuse(backup: Backup, db: Database, store: Store, *, force: bool) -> list[str]:
    """What stands against restoring here, each with what to do; empty when nothing does."""
    problems = []
    kind = db.engine.dialect.name
    if backup.manifest.kind != kind:
        problems.append(f"the backup is of {backup.manifest.kind}, [database] url names {kind}: set the url")
    if not schema.known(backup.manifest.schema):
        problems.append(f"the backup has schema {backup.manifest.schema}, newer than this program: update it first")
    if not force and not dump.is_empty(db):
        problems.append("the database is not empty: --force moves it aside, keeping it")
    if not force and next(iter(store), None) is not None:
        problems.append(f"{store.path} holds originals: --force keeps them and adds those of the backup")
    return problems


def in_use(db: Database, now: datetime) -> bool:
    """Whether a daemon holds this database now."""
    if dump.is_empty(db) or db.revision() is None:
        return False
    with db.reading() as session:
        return session.scalar(select(Lease.name).where(Lease.expires_at > now).limit(1)) is not None


def fill_originals(backup: Backup, kept: Store, store: Store, told: Told) -> RestoreReport:
    """Puts back the originals that are missing or altered here; those that are whole are left alone."""
    report = RestoreReport()
    for sha256 in told(backup.originals, "originals"):
        if store.verify(sha256):
            report.present += 1
        elif copy_original(kept, store, sha256):
            report.copied += 1
        else:
            report.lost.append(sha256)
    return report


def restore_database(backup: Backup, db: Database, report: RestoreReport, now: datetime) -> None:
    """Puts the database back into an empty place; nothing goes out twice. BackupDamaged when rows are missing."""
    dump.put_back(db, backup.folder / backup.manifest.database)
    rows = dump.rows_of(db) if backup.manifest.schema == schema.head() else backup.manifest.rows
    if rows != backup.manifest.rows:
        wrong = sorted(name for name, number in backup.manifest.rows.items() if rows.get(name) != number)
        raise BackupDamaged([f"the restored database lacks rows of {name}" for name in wrong])
    if backup.manifest.schema != schema.head():
        report.upgraded_from = backup.manifest.schema
        db.upgrade()
    with db.transaction() as session:
        report.uncertain = _settle(session, backup, now)


def _settle(session: Session, backup: Backup, now: datetime) -> int:
    """Leaves no letter that would go by itself, no session and no lease of the old service."""
    waiting = session.scalars(select(Letter).where(Letter.state.in_(_MAY_HAVE_GONE))).all()
    for letter in waiting:
        letter.state, letter.claimed_at = LetterState.UNCERTAIN, letter.claimed_at or now - timedelta(days=1)
        for recipient in letter.recipients:
            recipient.state = LetterState.UNCERTAIN
        session.add(LetterEvent(letter_id=letter.id, at=now, state=LetterState.UNCERTAIN, note="register restored"))
    session.execute(delete(Seat))
    session.execute(update(Lease).values(expires_at=_LONG_AGO))
    told = {"backup": backup.manifest.at, "uncertain": len(waiting), "lost": len(backup.damaged)}
    note_restored(session, now, told)
    return len(waiting)
