"""Before anything is done: is what bears the register's name the register, or was one lost of which a copy waits.

While a person has to choose nothing is recorded, decided or sent to applicants. The office is told through [alerts]:
by a condition and its alarm, or, where the register cannot even hold these, by a mail at once.
"""

import sqlite3
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ingest import outbox
from ingest.alarms import alarm, queue_alarms
from ingest.app import Service
from ingest.letter import Addressing
from ingest.letter_bytes import message_bytes
from ingest.officemail import way_out
from ingest.post import SubmissionState
from ingest.rescue.lost_register import Saved, note_told, saved_beside, settle
from ingest.sqlite_file import RegisterLostError
from ingest.trouble import Trouble
from ingest.watch import is_open, state

log = structlog.get_logger()


class RegisterWatch:
    """Of one service, whose register it may write without a lease: who asks it holds none yet."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._fresh = False  # told by a condition that the next round must not end before its alarm is queued
        self.waits = ""  # what a person has to choose about

    def whole(self) -> bool:
        """Whether work may begin. A copy that was saved is compared first, and brought back where that is safe."""
        file = self._service.db.file
        if file is None or not saved_beside(file):
            self.waits = ""
            return True
        try:
            found = list(settle(file))
            if not found:  # another compares: it tells, and we wait
                return False
            self.waits = "; ".join(one.said for one in found if one.open)
            said = "; ".join(one.said for one in found)
        except (OSError, sqlite3.Error) as error:
            said = self.waits = f"what bears the register's name cannot be read ({type(error).__name__})"
        log.warning("register-compared", waits=bool(self.waits), said=said)
        self._tell(said)
        return not self.waits

    def may_decide(self, _session: Session) -> None:
        """Begins every transaction of the console: what a person decides must not go to a register in doubt."""
        if self.waits:
            raise RegisterLostError(f"the register waits for a person: {self.waits}")

    def ended(self) -> None:
        """A round works on the register: what was told is over, once its alarm had time to be queued."""
        if not self._fresh and is_open(self._service.db, Trouble.REGISTER_REPLACED):
            state(self._service.db, Trouble.REGISTER_REPLACED, "", self._service.clock(), holds=False)
        self._fresh = False

    def _tell(self, said: str) -> None:
        service, now = self._service, self._service.clock()
        try:
            state(service.db, Trouble.REGISTER_REPLACED, said, now, holds=True)
            self._fresh = True
            queue_alarms(service.db, service.settings, now)
            if service.alerts is not None:
                outbox.send_due(service.db, service.alerts, now, channel="alerts")
        except (OSError, SQLAlchemyError):
            tell_at_once(service, said)


def tell_at_once(service: Service, said: str) -> None:
    """A mail to those of [alerts] that does not need the register; one for each saved copy."""
    file, settings, now = service.db.file, service.settings, service.clock()
    untold: list[Saved] = [] if file is None else [one for one in saved_beside(file) if not one.told]
    if not untold or service.alerts is None or not settings.alerts.to:
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
            for one in untold:
                note_told(one)
        else:
            log.error("alarm-not-sent", detail=sent.detail)
