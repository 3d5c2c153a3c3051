"""The one automatic letter an entry may get: decided, written and queued in the transaction that records the entry.

The core proposed a letter; the register knows more: whether it is a new version, whether we answered already, how
many letters went out today. Letters over a limit are kept withheld, so that a person can release them.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from ingest.integration import named_in, open_request
from ingest.italian import ROME
from ingest.keys import Settings
from ingest.letter_bytes import message_bytes
from ingest.loopguard import GuardFacts, plain_address, why_not_answer
from ingest.reply import Addressing, LetterFacts, compose
from ingest.rescue.restored import answered_elsewhere
from ingest.scope import letters_sent
from ingest.verdict import Adhesion, Envelope, Verdict
from ingest.vocabulary import LetterKind, ParticipationRole, Reason, Timeliness
from models import Answered, Entry, Letter, LetterEvent, LetterRecipient, LetterState, Organisation

_DAY = timedelta(hours=24)
_TO_COMPLETE = (Reason.INTEGRATE_IDENTITY, Reason.INTEGRATE_SIGNATURE)
_WITHHELD = (Reason.ADDRESS_LIMIT, Reason.DAILY_LIMIT, Reason.REGISTER_RESTORED)  # written, kept for a person


@dataclass(frozen=True, slots=True)
class Reply:
    """A letter that could answer an entry: its kind, to whom, and what it speaks of."""

    kind: LetterKind
    to: str
    adhesions: tuple[Adhesion, ...] = ()
    version: int = 0
    reasons: tuple[Reason, ...] = ()
    approved: bool = False  # a person wants it


@dataclass(frozen=True, slots=True)
class Case:
    """An entry with its verdict, in the transaction that records it."""

    session: Session
    entry: Entry
    verdict: Verdict
    settings: Settings
    now: datetime


def queue_reply(case: Case, reply: Reply) -> Reason | None:
    """Queues the answer to an entry, or gives the reason why none is queued. At most one, whatever is tried."""
    session, entry, settings, now = case.session, case.entry, case.settings, case.now
    envelope = case.verdict.envelope
    carried = _carried(session, entry)
    if carried is not None:
        return _answered_by(case, carried)
    reason = why_not_answer(envelope, guard_facts(case, reply))
    if reason is not None and reason not in _WITHHELD:
        return reason
    message_id = new_message_id(settings.mailbox.own_address)
    subject, raw = written(case, reply, message_id)
    state = LetterState.WITHHELD if reason else LetterState.QUEUED
    letter = Letter(
        key=f"entry:{entry.id}:reply", entry_id=entry.id, kind=str(reply.kind), channel="pec",
        sender=settings.mailbox.own_address, mailbox=settings.mailbox.account,
        to_address=reply.to, message_id=message_id, subject=subject, raw=raw, state=state, reason=str(reason or ""),
        next_try_at=now, created_at=now, in_reply_to=envelope.identifier,
        recipients=[LetterRecipient(address=plain_address(reply.to), state=state)],
        events=[LetterEvent(at=now, state=state, note=str(reason or ""))],
    )  # fmt: skip
    session.add(letter)
    session.flush()
    _note_answered(case, letter)
    if reply.kind is LetterKind.RECEIVED_INCOMPLETE:
        open_request(session, entry, letter, _asked(reply), _term(case))
    return reason


def _note_answered(case: Case, letter: Letter) -> None:
    entry, envelope = case.entry, case.verdict.envelope
    sender = plain_address(envelope.sender)
    identifier = _identifier(entry, envelope)
    answered = Answered(identifier=identifier, sender=sender, entry_id=entry.id, letter_id=letter.id, at=case.now)
    case.session.add(answered)


def _carried(session: Session, entry: Entry) -> Letter | None:
    """The letter that answered an entry in the register which this one replaces; only a rebuild brings one."""
    of_it = select(Letter).where(Letter.key == f"entry:{entry.id}:reply", Letter.entry_id == entry.id)
    answered = select(Answered.id).where(Answered.entry_id == entry.id)
    return session.scalar(of_it.where(~answered.exists()))


def _answered_by(case: Case, letter: Letter) -> Reason | None:
    """Takes a letter of before as the answer; the reason for which it was withheld at first, if it was."""
    _note_answered(case, letter)
    first = [event.note for event in letter.events][:1]
    return next((reason for reason in _WITHHELD if reason in first), None)


def guard_facts(case: Case, reply: Reply) -> GuardFacts:
    """What the loop guard must know, as the register stands in this transaction."""
    session, entry, settings = case.session, case.entry, case.settings
    to = plain_address(reply.to)
    recent = (
        select(func.count())
        .select_from(Letter)
        .where(Letter.channel == "pec", Letter.created_at > case.now - _DAY, Letter.state != LetterState.WITHHELD)
        .where(letters_sent(settings))
    )
    return GuardFacts(
        own_addresses=settings.own_addresses,
        to=to,
        already_answered=_answered(session, entry, case.verdict.envelope),
        replies_to_ours=entry.reply_to_letter_id is not None or (not reply.adhesions and _names_a_letter(case)),
        sent_to_address=session.scalar(recent.where(Letter.to_address == to)) or 0,
        sent_today=session.scalar(recent) or 0,
        per_address_limit=settings.answers.per_address_limit,
        daily_limit=settings.answers.daily_limit,
        answers_enabled=settings.answers.enabled,
        to_ordinary_mail=settings.answers.to_ordinary_mail,
        register_restored=answered_elsewhere(session, _arrived(entry, case.verdict.envelope), case.now),
        approved=reply.approved,
    )


def _names_a_letter(case: Case) -> bool:
    """Whether the subject bears the reference of a letter of ours.

    Protocol systems answer every PEC without any header that says so: they quote the subject and nothing else. Without
    a form it is such an answer, or a person's to be read; a second letter would begin a loop.
    """
    named = named_in(case.verdict.envelope.subject)
    return bool(named) and case.session.scalar(select(Letter.id).where(Letter.entry_id.in_(named)).limit(1)) is not None


def as_registered(session: Session, organisation_id: int | None, adhesion: Adhesion) -> Adhesion:
    """The adhesion with the time class and role that hold for its organisation: those of its first form.

    A late correction must not tell a body that was on time that it is late.
    """
    organisation = session.get(Organisation, organisation_id) if organisation_id is not None else None
    if organisation is None:
        return adhesion
    return replace(adhesion, timeliness=Timeliness(organisation.timeliness), role=ParticipationRole(organisation.role))


def letter_replied_to(session: Session, envelope: Envelope) -> int | None:
    """The letter of ours that a message answers, by our Message-ID or by the PEC id its reader saw."""
    ids = {written for one in envelope.traits.in_reply_to for written in (one, one.lower())}
    if not ids:
        return None  # most messages answer nothing: they need not be asked for
    ours = or_(Letter.message_id.in_(ids), Letter.identifier.in_(ids))
    return session.scalar(select(func.min(Letter.id)).where(ours))


def new_message_id(own_address: str) -> str:
    """A fresh Message-ID of ours, without brackets: unguessable, so that a receipt that names it is one of ours."""
    return f"ack.{uuid4()}@{own_address.partition('@')[2]}"


def _arrived(entry: Entry, envelope: Envelope) -> datetime:
    """When a message reached the mailbox, as well as it is known."""
    return entry.internal_date or envelope.delivered_at or envelope.accepted_at or entry.received_at


def _answered(session: Session, entry: Entry, envelope: Envelope) -> bool:
    """A second copy of a message counts as answered: the first has its letter, or waits for it."""
    if entry.duplicate_of is not None:
        return True
    same = (Answered.identifier == _identifier(entry, envelope)) & (Answered.sender == plain_address(envelope.sender))
    return bool(session.scalar(select(exists().where(or_(same, Answered.entry_id == entry.id)))))


def _identifier(entry: Entry, envelope: Envelope) -> str:
    return envelope.identifier or f"sha256:{entry.sha256}"


def written(case: Case, reply: Reply, message_id: str) -> tuple[str, bytes]:
    """The letter's subject and its bytes, as SMTP will get them."""
    entry, envelope, settings, now = case.entry, case.verdict.envelope, case.settings, case.now
    missing = tuple(dict.fromkeys(key for adhesion in reply.adhesions for key in adhesion.missing))
    facts = LetterFacts(
        notice=settings.notice.rules(), key=reference(entry.id), sender=envelope.sender, subject=envelope.subject,
        identifier=envelope.identifier, accepted_at=envelope.accepted_at, adhesions=reply.adhesions, missing=missing,
        reply_by=_term(case), version=reply.version, reasons=reply.reasons,
        office=settings.mailbox.own_address,
    )  # fmt: skip
    letter = compose(reply.kind, facts)
    references = tuple(one for one in (envelope.traits.client_id, envelope.identifier) if one)
    addressing = Addressing(
        sender=settings.mailbox.own_address, to=reply.to, message_id=message_id, in_reply_to=envelope.identifier,
        references=references, key=reference(entry.id), receipt_type=settings.answers.receipt_type, date=now,
    )  # fmt: skip
    return letter.subject, message_bytes(letter, addressing)


def _term(case: Case) -> date:
    """The last day to complete an adhesion, as the letter names it."""
    return case.now.astimezone(ROME).date() + timedelta(days=case.settings.answers.integration_days)


def _asked(reply: Reply) -> list[str]:
    """What a letter asks for: schema keys, and the reasons that ask for a signature or an identity document."""
    missing = [key for adhesion in reply.adhesions for key in adhesion.missing]
    reasons = [reason for adhesion in reply.adhesions for reason in adhesion.reasons if reason in _TO_COMPLETE]
    return list(dict.fromkeys((*missing, *map(str, reasons))))


def reference(entry_id: int) -> str:
    """Our reference as applicants see it: "PDZ-000123"."""
    return f"PDZ-{entry_id:06d}"
