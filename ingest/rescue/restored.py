"""That a register was put back from a backup or rebuilt: whatever it lost may have been answered already.

A snapshot of the machine or of the database server puts it back without telling. Then the mailbox does: it holds the
provider's acceptance of a letter of which the register knows nothing.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from ingest.vocabulary import Reason, ReceiptType
from models import Audit, Entry, Letter, LetterEvent, LetterState, ReceiptRow

RESTORED = "restored"
REGISTER = "register"
ANSWERS = "ack."  # how the Message-IDs of letters to applicants begin
_WHO = "service"


def note_restored(session: Session, now: datetime, told: dict[str, Any]) -> None:
    """Notes that this register began anew at `now`."""
    session.add(Audit(at=now, who=_WHO, what=RESTORED, object=REGISTER, old=None, new=told))


def answered_elsewhere(session: Session, arrived: datetime, now: datetime) -> bool:
    """Whether a register that was lost may have answered a message that had arrived before it was lost."""
    restored = (Audit.object == REGISTER, Audit.what == RESTORED, Audit.at >= arrived, Audit.at <= now)
    unknown = (*_unknown_letters(), ReceiptRow.at >= arrived, ReceiptRow.at <= now)
    return any(
        session.scalar(select(func.count()).select_from(table).where(*evidence)) != 0
        for table, evidence in ((Audit, restored), (ReceiptRow, unknown))
    )


def withhold_answered(session: Session, receipt: ReceiptRow, now: datetime) -> int:
    """Keeps back the letters not yet sent that may repeat those of a lost register, of which `receipt` may tell.

    A round reads all that arrived before it sends anything, so the acceptance of a lost letter is seen in time. How
    many were kept back.
    """
    if session.scalar(select(ReceiptRow.id).where(ReceiptRow.id == receipt.id, *_unknown_letters())) is None:
        return 0
    arrived = func.coalesce(Entry.internal_date, Entry.delivered_at, Entry.accepted_at, Entry.received_at)
    decided = exists().where(LetterEvent.letter_id == Letter.id, LetterEvent.state == LetterState.WITHHELD)
    unsent = (Letter.state == LetterState.QUEUED, Letter.attempts == 0, Letter.channel == "pec", ~decided)
    found = session.scalars(
        select(Letter).join(Entry, Entry.id == Letter.entry_id).where(*unsent, arrived <= receipt.at)
    ).all()
    for letter in found:
        letter.state, letter.reason = LetterState.WITHHELD, str(Reason.REGISTER_RESTORED)
        for recipient in letter.recipients:
            recipient.state = LetterState.WITHHELD
        session.add(LetterEvent(letter_id=letter.id, at=now, state=letter.state, note=letter.reason))
    return len(found)


def _unknown_letters() -> tuple[ColumnElement[bool], ...]:
    """Receipts that a provider gave when it took a letter of ours which is not in the register."""
    return (
        ReceiptRow.letter_id.is_(None),
        ReceiptRow.type == ReceiptType.ACCEPTANCE,
        ReceiptRow.about.startswith(ANSWERS),
    )
