"""Mail to the office itself: digest and alarms. Queued once per key, sent by the outbox like every letter.

It goes through [alerts]; where there is none, the digest goes through [smtp].
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from ingest.database import insert
from ingest.keys import Settings
from ingest.letter import Addressing, Letter
from ingest.letter_bytes import message_bytes
from models import Letter as LetterRow
from models import LetterEvent, LetterRecipient, LetterState


@dataclass(frozen=True, slots=True)
class OfficeMail:
    """One mail to one address. `kind` (digest, alarm) also begins its Message-ID."""

    key: str
    kind: str
    to: str
    letter: Letter


def queue_office_mail(session: Session, mail: OfficeMail, settings: Settings, now: datetime) -> int | None:
    """The id of the queued letter, or None when one with this key was queued before."""
    channel, sender = way_out(settings)
    message_id = f"{mail.kind}.{uuid4()}@{sender.rpartition('@')[2]}"
    addressing = Addressing(
        sender=sender, to=mail.to, message_id=message_id, date=now, receipt_type="", automatic="auto-generated"
    )
    new = insert(session, LetterRow).values(
        key=mail.key, kind=mail.kind, channel=channel, sender=sender, mailbox=settings.mailbox.account,
        to_address=mail.to, message_id=message_id, subject=mail.letter.subject,
        raw=message_bytes(mail.letter, addressing), state=LetterState.QUEUED, next_try_at=now, created_at=now,
    )  # fmt: skip
    letter_id: int | None = session.scalar(new.on_conflict_do_nothing(index_elements=["key"]).returning(LetterRow.id))
    if letter_id is None:
        return None
    session.add(
        LetterRecipient(letter_id=letter_id, address=mail.to.lower(), state=LetterState.QUEUED, certified=False)
    )
    session.add(LetterEvent(letter_id=letter_id, at=now, state=LetterState.QUEUED))
    return letter_id


def way_out(settings: Settings) -> tuple[str, str]:
    """Channel and From address for mail to the office."""
    if settings.alerts.host:
        return "alerts", settings.alerts.sender or settings.alerts.username or settings.mailbox.own_address
    return "pec", settings.mailbox.own_address
