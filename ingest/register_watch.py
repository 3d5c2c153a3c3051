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
from ingest.rescue.lost_register import note_told, saved_beside, settle
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
        lies = _what_lies_there(file)
        if not self.waits or lies != self._compared:
            self._compare(file)
            self._compared = _what_lies_there(file)
        return not self.waits

    def ended(self) -> None:
        """A round works on the register: what was told is over, once its alarm had time to be queued."""
        if not self._fresh and is_open(self._db, Trouble.REGISTER_REPLACED):
            state(self._db, Trouble.REGISTER_REPLACED, "", self._service.clock(), holds=False)
        self._fresh = False

    def _compare(self, file: RegisterFile) -> None:
        try:
            found = settle(file)
            self.waits = "; ".join(one.said for one in found if one.open)
            said = "; ".join(one.said for one in found)
            if said:
                state(self._db, Trouble.REGISTER_REPLACED, said, self._service.clock(), holds=True)
                self._fresh = not self.waits
        except (OSError, sqlite3.Error, SQLAlchemyError) as error:
            if code_of(error) == "SQLITE_BUSY":
                raise OSError("the register is held by somebody else") from error  # the next try compares
            said = self.waits = (
                f"what bears the register's name cannot be used ({code_of(error) or type(error).__name__})"
            )
        log.warning("register-compared", waits=bool(self.waits), said=said)
        if self.waits:
            tell_at_once(self._service, said)


def _what_lies_there(file: RegisterFile) -> list[tuple[str, int, int]]:
    """Register, log and copies, by name, size and time: as long as they stay, a comparison comes to the same."""
    beside = [one.copy for one in saved_beside(file)]
    paths = [path for path in (file.path, Path(f"{file.path}-wal"), *beside) if path.exists()]
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]


def tell_at_once(service: Service, said: str) -> None:
    """A mail to those of [alerts] that does not need the register; one for each saved copy."""
    file, settings, now = service.db.file, service.settings, service.clock()
    untold = file is not None and [one for one in saved_beside(file) if not one.told]
    if file is None or not untold or service.alerts is None or not settings.alerts.to:
        return
    letter = alarm(Trouble.REGISTER_REPLACED, now, said)
    _, sender = way_out(settings)
    for to in settings.alerts.to:
        message_id = f"alarm.{uuid4()}@{sender.rpartition('@')[2]}"
        addressing = Addressing(
            sender=sender, to=to, message_id=message_id, date=now, receipt_type="", automatic="auto-generated"
        )
        sent = service.alerts.submit(message_bytes(letter, addressing), sender, to)
        if sent.state is SubmissionState.ACCEPTED:
            note_told(file)
        else:
            log.error("alarm-not-sent", detail=sent.detail)
