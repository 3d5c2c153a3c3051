"""Before anything is done: is what bears the register's name the register, or was one lost of which a copy waits.

While a person has to choose nothing is recorded, decided or sent to applicants. The office is told through [alerts], by
a mail that does not need the register; what settled by itself is a condition like any other.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.alarms import alarm
from ingest.app import Service
from ingest.database import code_of
from ingest.letter import Addressing
from ingest.letter_bytes import message_bytes
from ingest.officemail import way_out
from ingest.post import SubmissionState
from ingest.rescue.lost_register import note_told, saved_beside, settle, untold
from ingest.sqlite_file import RegisterFile
from ingest.trouble import Trouble
from ingest.watch import is_open, state

log = structlog.get_logger()


class RegisterWatch:
    """Of one service, whose register it may write without a lease."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._db = service.db.doubtful()
        self._compared: list[tuple[str, int, int]] = []  # what lay there when it was last compared
        self._fresh = False  # told by a condition that the next round must not end before its alarm is queued
        self._mailed: set[str] = set()
        self.waits = ""  # what a person has to choose about

    def whole(self) -> bool:
        """Whether work may begin. A copy that was saved is compared first, and brought back where that is safe.

        Raises RegisterLostError when it is this process that has the lost files open.
        """
        file = self._service.db.file
        if file is None or not file.in_doubt:
            self.waits = ""
            return True
        with suppress(SQLAlchemyError), self._db.reading() as session:  # what cannot be read is told below
            session.connection()
        try:
            if not self.waits or _what_lies_there(file) != self._compared:
                self._compared = []
                self._compare(file)
                self._compared = _what_lies_there(file)
        except (OSError, sqlite3.Error, SQLAlchemyError) as error:  # the next try compares again
            code = code_of(error) or type(error).__name__
            if code == "SQLITE_BUSY":
                raise OSError("the register is held by somebody else") from error
            self.waits = f"what bears the register's name cannot be used ({code})"
            log.warning("register-compared", waits=True, said=self.waits)
        if self.waits:
            tell_at_once(self._service, self.waits, self._mailed)
        return not self.waits

    def ended(self) -> None:
        """A round works on the register: what was told is over, once its alarm had time to be queued."""
        if not self._fresh and is_open(self._db, Trouble.REGISTER_REPLACED):
            state(self._db, Trouble.REGISTER_REPLACED, "", self._service.clock(), holds=False)
        self._fresh = False

    def _compare(self, file: RegisterFile) -> None:
        found = settle(file)
        self.waits = "; ".join(one.said for one in found if one.open)
        said = "; ".join(one.said for one in found)
        log.warning("register-compared", waits=bool(self.waits), said=said)
        if said:
            state(self._db, Trouble.REGISTER_REPLACED, said, self._service.clock(), holds=True)
            self._fresh = not self.waits


def _what_lies_there(file: RegisterFile) -> list[tuple[str, int, int]]:
    """Register, log and copies, by name, size and time: as long as they stay, a comparison comes to the same."""
    beside = [one.copy for one in saved_beside(file)]
    paths = [path for path in (file.path, Path(f"{file.path}-wal"), *beside) if path.exists()]
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]


def tell_at_once(service: Service, said: str, mailed: set[str]) -> None:
    """A mail to those of [alerts] that does not need the register, once; tried again as long as it is not taken.

    `mailed`: who has it from this process already; they are noted there.
    """
    file, settings, now = service.db.file, service.settings, service.clock()
    waiting = [to for to in settings.alerts.to if to not in mailed]
    if file is None or service.alerts is None or not waiting or not untold(file):
        return
    letter = alarm(Trouble.REGISTER_REPLACED, now, said)
    _, sender = way_out(settings)
    for to in waiting:
        message_id = f"alarm.{uuid4()}@{sender.rpartition('@')[2]}"
        addressing = Addressing(
            sender=sender, to=to, message_id=message_id, date=now, receipt_type="", automatic="auto-generated"
        )
        sent = service.alerts.submit(message_bytes(letter, addressing), sender, to)
        if sent.state is SubmissionState.ACCEPTED:
            mailed.add(to)
        else:
            log.error("alarm-not-sent", detail=sent.detail)
    if mailed.issuperset(settings.alerts.to):
        with suppress(OSError):  # no room for the note: this process remembers
            note_told(file)
