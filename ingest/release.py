"""A person's decision to send a letter, or to send it again: the only way a letter ever leaves twice."""

import re
from datetime import datetime
from email.utils import format_datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from ingest.answering import new_message_id
from ingest.database import Database, one_at_a_time
from models import Audit, Letter, LetterEvent, LetterRecipient, LetterState

_SENT_AGAIN = (LetterState.UNCERTAIN, LetterState.FAILED, LetterState.REJECTED)
_DATE = re.compile(rb"^Date:[^\r\n]*", re.MULTILINE)


def release(db: Database, letter_id: int, who: str, now: datetime) -> int | None:
    """Queues a withheld letter, or a copy of one that failed or is uncertain. The id of the queued letter.

    None when the letter is in no such state. A copy has its own Message-ID, so that receipts tell the two apart; the
    first keeps its history.
    """
    with db.transaction() as session:
        one_at_a_time(session)
        letter = session.get_one(Letter, letter_id, with_for_update=True)
        before = letter.state
        if letter.state == LetterState.WITHHELD:
            queued = letter
            letter.state, letter.next_try_at, letter.reason = LetterState.QUEUED, now, ""
            for recipient in letter.recipients:
                recipient.state = LetterState.QUEUED
        elif letter.state in _SENT_AGAIN and not _has_copy(session, letter):
            queued = _copy(session, letter, now)
        else:
            return None
        session.add(LetterEvent(letter_id=letter.id, at=now, state=letter.state, note=f"released by {who}"))
        session.add(
            Audit(at=now, who=who, what="letter-released", object=f"letter:{letter.id}", old=before, new=queued.id)
        )
        return queued.id


def _has_copy(session: Session, letter: Letter) -> bool:
    return bool(session.scalar(select(exists().where(Letter.resend_of == letter.id))))


def _copy(session: Session, letter: Letter, now: datetime) -> Letter:
    root = letter.key.partition(":resend:")[0]
    copies = select(func.count()).select_from(Letter).where(Letter.key.startswith(f"{root}:resend:", autoescape=True))
    number = (session.scalar(copies) or 0) + 1
    message_id = new_message_id(letter.sender)
    copy = Letter(
        key=f"{root}:resend:{number}", entry_id=letter.entry_id, kind=letter.kind, channel=letter.channel,
        sender=letter.sender, mailbox=letter.mailbox, to_address=letter.to_address, message_id=message_id,
        subject=letter.subject, raw=_dated(letter.raw, letter.message_id, message_id, now),
        next_try_at=now, created_at=now, in_reply_to=letter.in_reply_to, resend_of=letter.id, state=LetterState.QUEUED,
        recipients=[LetterRecipient(address=one.address, certified=one.certified) for one in letter.recipients],
        events=[LetterEvent(at=now, state=LetterState.QUEUED, note=f"copy of letter {letter.id}")],
    )  # fmt: skip
    session.add(copy)
    session.flush()
    return copy


def _dated(raw: bytes, old_id: str, new_id: str, now: datetime) -> bytes:
    """The same message under another Message-ID and date; its body is untouched."""
    head, blank, body = raw.partition(b"\r\n\r\n")
    head = head.replace(f"<{old_id}>".encode(), f"<{new_id}>".encode())
    return _DATE.sub(f"Date: {format_datetime(now)}".encode(), head) + blank + body
