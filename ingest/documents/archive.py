"""The members of a zip, read within the budget: declared sizes bound what is read, names are never trusted."""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from ingest.documents.budget import Budget
from ingest.documents.names import archive_name
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

_DEBRIS = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, not yet read."""

    index: int
    name: str
    info: zipfile.ZipInfo


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip whose directory could be read."""

    file: zipfile.ZipFile

    def members(self) -> Iterator[Member]:
        """The files in it, without folders and what operating systems leave behind."""
        for index, info in enumerate(self.file.infolist()):
            if not info.filename.endswith("/") and not any(mark in info.filename for mark in _DEBRIS):
                yield Member(index, archive_name(info.filename, utf8=bool(info.flag_bits & _UTF8_FLAG)), info)

    def read(self, member: Member, budget: Budget) -> bytes:
        """The member's bytes. Raises Unreadable when it is encrypted, too large, or broken."""
        if member.info.flag_bits & _ENCRYPTED_FLAG:
            raise Unreadable(Reason.PART_ENCRYPTED, "zip member with a password")
        budget.charge_member(member.info.file_size, member.info.compress_size)
        try:
            with self.file.open(member.info) as stream:
                return stream.read(member.info.file_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
            raise Unreadable(Reason.PART_UNREADABLE, f"zip: {type(error).__name__}") from error
        except (NotImplementedError, RuntimeError) as error:  # a compression this Python lacks
            raise Unreadable(Reason.PART_UNSUPPORTED, f"zip: {type(error).__name__}") from error


def open_archive(content: bytes) -> Archive:
    """Opens a zip. Raises Unreadable when its directory is broken."""
    try:
        return Archive(zipfile.ZipFile(BytesIO(content)))
    except Exception as error:  # zipfile leaks struct.error, UnicodeDecodeError, ValueError on mutants
        raise Unreadable(Reason.PART_UNREADABLE, f"zip: {type(error).__name__}") from error
