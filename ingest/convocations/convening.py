"""Letters of confirmed convocations enter the outbox, one a recipient, as fast as the provider's limits allow.

A letter and the note that its recipient has it are committed together, under a key that is unique for convocation,
organisation and address: whatever dies in between, nobody gets a second one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingest.answering import new_message_id
from ingest.convocations.audience import BAD_ADDRESS, STANDING, audience_of
from ingest.convocations.drafts import convocation_reference
from ingest.convocations.letter import TextProblem, compose_convocation
from ingest.convocations.merge_fields import merge_fields
from ingest.database import Database, insert, one_at_a_time
from ingest.keys import Settings
from ingest.letter import Addressing, Letter
from ingest.letter_bytes import message_bytes
from ingest.officemail import way_out
from ingest.scope import letters_sent
from models import Convocation, ConvocationState, Invitation, LetterEvent, LetterRecipient, LetterState, Organisation
from models import Letter as LetterRow

KIND = "convocation"
WITHDRAWN = "withdrawn"
NOT_COMPOSED = "not-composed"
_DAY, _HOUR = timedelta(hours=24), timedelta(hours=1)
_AT_ONCE = 100  # letters in one transaction


@dataclass(frozen=True, slots=True)
class _Way:
    """How an address is written to."""

    channel: str  # pec | alerts
    sender: str
    receipt_type: str
    mailbox: str  # the account it leaves by


def queue_due(db: Database, settings: Settings, now: datetime) -> int:
    """Queues the next letters of confirmed convocations. How many."""
    with db.reading() as session:
        if not _waiting(session, settings.notice.id, 1):
            return 0
    queued = 0
    with db.transaction() as session:
        one_at_a_time(session)
        room = {channel: _room(session, channel, settings, now) for channel in ("pec", "alerts")}
        for invitation in _waiting(session, settings.notice.id, None):
            way = _way_to(invitation, settings)
            if queued == _AT_ONCE or not any(room.values()):
                break
            if room[way.channel] < 1 or _written_to(session, invitation.address, settings, now) >= _most(settings):
                continue  # its turn comes
            done = _queue(session, invitation, way, settings, now)
            room[way.channel] -= done
            queued += done
        session.flush()
        _conclude(session)
    return queued


def _waiting(session: Session, notice_id: str, limit: int | None) -> list[Invitation]:
    query = (
        select(Invitation)
        .join(Convocation, Convocation.id == Invitation.convocation_id)
        .where(Convocation.state == ConvocationState.SENDING, Invitation.letter_id.is_(None), Invitation.why == "")
        .where(Convocation.notice_id == notice_id)
        .order_by(Invitation.id)
    )
    return list(session.scalars(query.limit(limit)))


def _room(session: Session, channel: str, settings: Settings, now: datetime) -> int:
    """Letters that may be queued now: what the daily limit leaves after the answers' reserve, within the hour's.

    A provider counts what leaves through one account; so do we.
    """
    sent = (LetterRow.channel == channel, LetterRow.state != LetterState.WITHHELD, letters_sent(settings))
    counted = select(func.count()).select_from(LetterRow).where(*sent)
    today = session.scalar(counted.where(LetterRow.created_at > now - _DAY)) or 0
    this_hour = session.scalar(counted.where(LetterRow.created_at > now - _HOUR, LetterRow.kind == KIND)) or 0
    chosen = settings.convocations
    return max(0, min(settings.answers.daily_limit - chosen.reserve - today, chosen.per_hour - this_hour))


def _most(settings: Settings) -> int:
    return max(1, settings.answers.per_address_limit)


def _written_to(session: Session, address: str, settings: Settings, now: datetime) -> int:
    """Letters of the last day to one address; a letter that was withheld never reached it."""
    recent = (
        LetterRow.to_address == address, LetterRow.created_at > now - _DAY, LetterRow.channel == "pec",
        LetterRow.state != LetterState.WITHHELD, letters_sent(settings),
    )  # fmt: skip
    return session.scalar(select(func.count()).select_from(LetterRow).where(*recent)) or 0


def _way_to(invitation: Invitation, settings: Settings) -> _Way:
    account, receipt = settings.mailbox.account, settings.answers.receipt_type
    if invitation.certified:
        return _Way("pec", settings.mailbox.own_address, receipt, account)
    channel, sender = way_out(settings)
    return _Way(channel, sender, "" if channel == "alerts" else receipt, account)


def _queue(session: Session, invitation: Invitation, way: _Way, settings: Settings, now: datetime) -> int:
    """1 when a letter is queued; 0 when there is a reason not to, which is noted."""
    convocation = session.get_one(Convocation, invitation.convocation_id)
    body = session.get_one(Organisation, invitation.organisation_id)
    if body.status not in STANDING:
        invitation.why = WITHDRAWN
        return 0
    key = convocation_reference(convocation.id)
    fields = merge_fields(session, body, settings.notice.rules(), audience_of(convocation).theme)
    try:
        letter = compose_convocation(convocation.subject, convocation.body, fields, key)
    except TextProblem:
        invitation.why = NOT_COMPOSED  # its data changed since a person confirmed: the others go on
        return 0
    message_id = new_message_id(way.sender)
    addressing = Addressing(
        sender=way.sender, to=invitation.address, message_id=message_id, key=key, receipt_type=way.receipt_type,
        date=now, automatic="auto-generated",
    )  # fmt: skip
    try:
        raw = message_bytes(letter, addressing)
    except ValueError:
        invitation.why = BAD_ADDRESS
        return 0
    invitation.letter_id = _row(session, invitation, way, (letter, raw, message_id), now)
    return 1


def _row(session: Session, invitation: Invitation, way: _Way, made: tuple[Letter, bytes, str], now: datetime) -> int:
    """The letter's row; the one that is there already when this key was used before."""
    letter, raw, message_id = made
    key = f"convocation:{invitation.convocation_id}:{invitation.organisation_id}:{invitation.address}"
    new = insert(session, LetterRow).values(
        key=key, kind=KIND, channel=way.channel, sender=way.sender, mailbox=way.mailbox, to_address=invitation.address,
        message_id=message_id, subject=letter.subject, raw=raw, state=LetterState.QUEUED, next_try_at=now,
        created_at=now,
    )  # fmt: skip
    made_id = session.scalar(new.on_conflict_do_nothing(index_elements=["key"]).returning(LetterRow.id))
    if made_id is None:
        return session.scalars(select(LetterRow.id).where(LetterRow.key == key)).one()
    letter_id = int(made_id)
    session.add(
        LetterRecipient(
            letter_id=letter_id, address=invitation.address, state=LetterState.QUEUED, certified=invitation.certified
        )
    )
    session.add(LetterEvent(letter_id=letter_id, at=now, state=LetterState.QUEUED))
    return letter_id


def _conclude(session: Session) -> None:
    """A convocation is sent when no recipient waits for a letter any more."""
    for convocation in session.scalars(select(Convocation).where(Convocation.state == ConvocationState.SENDING)):
        left = select(Invitation.id).where(
            Invitation.convocation_id == convocation.id, Invitation.letter_id.is_(None), Invitation.why == ""
        )
        if session.scalar(left.limit(1)) is None:
            convocation.state = ConvocationState.SENT
