"""Certified receipts: kept once each, given to the letter they speak of, and believed only when validly signed.

A receipt of mail that a person sent from the same mailbox matches no letter: that is normal, not an error. One that is
read before its letter is known by its PEC id waits as an orphan. Whoever got a letter knows its Message-ID and can have
any provider certify a message that bears it: a receipt counts only when it certifies our own sending to our recipient.
"""

import json
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from ingest.conditions import clear, observe
from ingest.database import Database, insert, one_at_a_time
from ingest.letterstate import Told, letter_state, recipient_state
from ingest.loopguard import plain_address
from ingest.rescue.restored import ANSWERS, withhold_answered
from ingest.trouble import Trouble
from ingest.verdict import Envelope
from ingest.verdict import Receipt as Said
from ingest.vocabulary import Outcome, Reason, ReceiptType, SignatureState
from ingest.wire import verdict_from_json
from models import Entry, Letter, LetterEvent, LetterRecipient, LetterState, ReceiptRow

_OURS = (ANSWERS, "digest.", "alarm.")  # how the Message-IDs of our letters begin
ACCEPTED_WITHIN = timedelta(hours=1)
SETTLED_WITHIN = timedelta(hours=24)


def apply(session: Session, entry: Entry, envelope: Envelope, now: datetime) -> tuple[Reason, ...]:
    """Keeps a receipt and moves the letter it speaks of; a receipt kept before changes nothing.

    One that names a letter of ours, but not our sending of it, moves nothing: RECEIPT_SUSPECT, for a person. Raises
    ValueError for anything but a validly signed receipt: whoever calls sends those to a person.
    """
    said = envelope.receipt
    if said is None or envelope.signature is not SignatureState.VALID:
        raise ValueError("only a validly signed receipt is believed")
    letter = _letter_of(session, said.about, envelope.identifier)
    believed = letter is not None and _of_our_sending(letter, envelope)
    row = _kept(session, entry, envelope, said, believed=believed)
    if letter is None:
        withhold_answered(session, row, now)
        return (Reason.RECEIPT_ORPHAN,) if not said.about or said.about.startswith(_OURS) else ()
    if not believed:
        return (Reason.RECEIPT_SUSPECT,)
    if row.letter_id is None:
        _match(session, row, letter, envelope.ordinary_recipients, now)
        if row.type == ReceiptType.ACCEPTANCE:
            _match_waiting(session, now, letter)  # now its PEC id is known
    return (Reason.RECEIPT_OF_OURS,)


def match_orphans(db: Database, now: datetime) -> int:
    """Tries again to match the receipts that matched no letter. How many did now."""
    with db.transaction() as session:
        one_at_a_time(session)
        return _match_waiting(session, now)


def overdue(db: Database, now: datetime) -> list[int]:
    """The letters that a person must look after, each with its condition, which ends when none is left.

    Acceptance takes minutes: none within an hour is an alarm. An uncertain letter is a person's after 24 hours, one
    that the submission server refused at once. A letter that was released again needs nobody any more.
    """
    sent = and_(Letter.state == LetterState.SUBMITTED, Letter.submitted_at < now - ACCEPTED_WITHIN)
    doubtful = and_(Letter.state == LetterState.UNCERTAIN, Letter.claimed_at < now - SETTLED_WITHIN)
    pec = Letter.channel == "pec"
    waiting = {
        Trouble.ACCEPTANCE_OVERDUE: and_(pec, sent, ~_sent_again()),
        Trouble.LETTER_UNCERTAIN: and_(pec, doubtful, ~_sent_again()),
        Trouble.LETTER_NOT_SENT: and_(_never_left(), ~_sent_again()),
    }
    with db.transaction() as session:
        late: list[int] = []
        for code, which in waiting.items():
            ids = list(session.scalars(select(Letter.id).where(which).order_by(Letter.id)))
            if ids:
                observe(session, code, "letters " + ", ".join(map(str, ids[:20])), now)
            else:
                clear(session, code, now)
            late += ids
        return late


def _never_left() -> ColumnElement[bool]:
    """Refused by the submission server, for all recipients or for one of them."""
    refused = exists().where(LetterRecipient.letter_id == Letter.id, LetterRecipient.state == LetterState.FAILED)
    return or_(
        and_(Letter.state == LetterState.FAILED, Letter.submitted_at.is_(None)),
        and_(Letter.state == LetterState.SUBMITTED, refused),
    )


def _sent_again() -> ColumnElement[bool]:
    copy = aliased(Letter)
    return exists().where(copy.resend_of == Letter.id)


def note_bounce(session: Session, envelope: Envelope, now: datetime) -> bool:
    """Notes in a letter's history that it seems to have come back. It proves nothing, so the state stays."""
    letter = session.scalar(select(Letter).where(Letter.message_id == envelope.bounce_of))
    if letter is not None:
        session.add(LetterEvent(letter_id=letter.id, at=now, state=letter.state, note="bounce"))
    return letter is not None


def _kept(session: Session, entry: Entry, envelope: Envelope, said: Said, *, believed: bool) -> ReceiptRow:
    """The receipt's row, one per key; what a believed one says replaces what an unbelieved one of its key said."""
    at = envelope.accepted_at or envelope.signed_at or envelope.delivered_at or entry.received_at
    recipient = said.recipient.lower()
    key = {"type": str(said.type), "identifier": envelope.identifier, "recipient": recipient, "at": at}
    told = {
        "entry_id": entry.id, "about": said.about, "error": said.error, "detail": said.detail,
        "code": said.code, "final": said.final,
    }  # fmt: skip
    new = insert(session, ReceiptRow).values(**key, **told)
    session.execute(new.on_conflict_do_nothing(index_elements=list(key)))
    row = session.scalars(select(ReceiptRow).filter_by(**key)).one()
    if believed and row.letter_id is None:
        for name, value in told.items():
            setattr(row, name, value)
    return row


def _of_our_sending(letter: Letter, envelope: Envelope) -> bool:
    """Whether the certified sender is the one who sent this letter, and the addressee one it was sent to.

    RFC 6109 §4.4: mittente, and consegna or else destinatari; addresses are compared without case.
    """
    said = envelope.receipt
    if said is None:
        return False  # judged again since, it reads as no receipt any more: it must not stop those that are
    named = (said.recipient,) if said.recipient else envelope.recipients
    ours = {plain_address(one.address) for one in letter.recipients}
    from_us = plain_address(said.sender) == plain_address(letter.sender)
    return from_us and not ours.isdisjoint(plain_address(address) for address in named)


def _letter_of(session: Session, about: str, identifier: str) -> Letter | None:
    """By our Message-ID, else by the PEC id learned from the acceptance; never by subject."""
    by_ours = session.scalar(select(Letter).where(Letter.message_id.in_({about, about.lower()})))
    if by_ours is not None or not identifier:
        return by_ours
    return session.scalar(select(Letter).where(Letter.identifier == identifier))


def _match_waiting(session: Session, now: datetime, letter: Letter | None = None) -> int:
    joined: ColumnElement[bool] = or_(
        ReceiptRow.about == Letter.message_id,
        and_(ReceiptRow.identifier == Letter.identifier, ReceiptRow.identifier != ""),
    )
    query = select(ReceiptRow, Letter).join(Letter, joined).where(ReceiptRow.letter_id.is_(None))
    if letter is not None:
        query = query.where(Letter.id == letter.id)
    matched = 0
    named_first = query.order_by(ReceiptRow.id, ReceiptRow.about != Letter.message_id, Letter.id)
    for row, its_letter in session.execute(named_first).all():
        if row.letter_id is not None:  # two letters would fit: the first has it
            continue
        entry = session.get_one(Entry, row.entry_id)
        envelope = verdict_from_json(json.loads(str(entry.verdict))).envelope
        if _of_our_sending(its_letter, envelope):
            _match(session, row, its_letter, envelope.ordinary_recipients, now)
            matched += 1
        elif Reason.RECEIPT_SUSPECT not in entry.reasons:
            entry.reasons = [*entry.reasons, str(Reason.RECEIPT_SUSPECT)]
            entry.outcome, entry.needs_review = str(Outcome.REVIEW), True
    return matched


def _match(session: Session, row: ReceiptRow, letter: Letter, ordinary: tuple[str, ...], now: datetime) -> None:
    row.letter_id, row.matched_at = letter.id, now
    if row.type == ReceiptType.ACCEPTANCE:
        letter.identifier = letter.identifier or row.identifier
        uncertified = {address.lower() for address in ordinary}
        for recipient in letter.recipients:
            recipient.certified = recipient.address not in uncertified
    _settle(session, letter)
    session.add(LetterEvent(letter_id=letter.id, at=row.at, state=letter.state, receipt_id=row.id, note=row.code))


def _settle(session: Session, letter: Letter) -> None:
    """Works out a letter's state anew from all its receipts."""
    rows = session.scalars(select(ReceiptRow).where(ReceiptRow.letter_id == letter.id))
    told = [Told(ReceiptType(row.type), row.recipient, row.at, row.code, row.final) for row in rows]
    sent_at = letter.submitted_at or letter.claimed_at
    for recipient in letter.recipients:
        state = recipient_state(told, recipient.address, sent_at)
        recipient.state = state or recipient.state
        recipient.notices = sum(
            one.type is ReceiptType.DELIVERY_WARNING and one.recipient in ("", recipient.address) for one in told
        )
    awaited = [recipient for recipient in letter.recipients if recipient.certified] or letter.recipients
    state = letter_state([recipient_state(told, one.address, sent_at) for one in awaited])
    if state is not None:  # also for a letter that seems unsent: a register restored from a backup must not send again
        letter.state = state
