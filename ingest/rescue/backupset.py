"""What a backup looks like on disk: one folder per database copy, and the originals, which all of them share.

`TO/originals/ab/cd/<sha256>.eml` is content-addressed: copied once, never again. `TO/20261122T203000Z/` holds one copy
of the database, the list of its originals as `sha256sum --check` reads it, and the manifest, which is written last:
a folder without it is an interrupted attempt.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

ORIGINALS, LISTED, MANIFEST = "originals", "originals.txt", "manifest.json"
_BLOCK = 1 << 20
_FORMAT = 1


class BackupDamaged(Exception):  # noqa: N818 - it says what was found
    """A backup that cannot be believed; `problems` holds one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems[:3]))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup: when its database copy was taken, of which kind and schema, with the hashes of both its files.

    `rows` counts the rows of every table, so that a restored database is known to be whole.
    """

    at: str  # ISO 8601, UTC
    program: str
    schema: str
    kind: str  # sqlite | postgresql
    database: str  # file name
    database_sha256: str
    listed_sha256: str
    originals: int
    rows: dict[str, int]
    format: int = _FORMAT


def set_name(at: datetime) -> str:
    """The name of a backup's folder; names sort by time. `at` is UTC."""
    return f"{at:%Y%m%dT%H%M%SZ}"


def sets(backups: Path) -> list[Path]:
    """The complete backups in a folder, oldest first."""
    return sorted(path.parent for path in backups.glob(f"*/{MANIFEST}"))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Completes a backup."""
    _write(folder / MANIFEST, json.dumps(asdict(manifest), indent=1) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises BackupDamaged when it is none."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="ascii"))
        manifest = Manifest(**found)
    except (OSError, ValueError, TypeError) as error:
        raise BackupDamaged([f"{folder / MANIFEST}: not a manifest ({type(error).__name__})"]) from error
    if manifest.format != _FORMAT:
        raise BackupDamaged([f"{folder / MANIFEST}: format {manifest.format} is not known to this version"])
    return manifest


def write_list(folder: Path, hashes: Iterable[str]) -> None:
    """The originals that a backup's database speaks of, in the format of sha256sum."""
    lines = (f"{sha256}  ../{ORIGINALS}/{sha256[:2]}/{sha256[2:4]}/{sha256}.eml\n" for sha256 in hashes)
    _write(folder / LISTED, "".join(lines))


def read_list(folder: Path) -> list[str]:
    """The SHA-256 of the originals that belong to a backup."""
    return [line.partition(" ")[0] for line in (folder / LISTED).read_text(encoding="ascii").splitlines()]


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_BLOCK):
            digest.update(piece)
    return digest.hexdigest()


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(text)
