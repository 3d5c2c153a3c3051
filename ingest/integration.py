"""Integration requests: opened with the letter that asks, settled by what comes, shown when their term runs out.

What completes an adhesion is a new version of its organisation; its time class stays that of the first arrival
(`register.refresh`). A request is settled by a reply, never by the clock.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ingest.database import Database, one_at_a_time
from ingest.italian import ROME
from ingest.verdict import Envelope, Traits
from ingest.vocabulary import EnvelopeKind, SignatureState
from models import Adhesion, AdhesionState, Audit, Entry, Integration, IntegrationState, Letter, LetterState

_REFERENCE = re.compile(r"\bPDZ-([0-9]{6,9})\b", re.IGNORECASE)  # longer ones are no entry of any database
LEFT = (LetterState.SUBMITTED, LetterState.ACCEPTED, LetterState.DELIVERED, LetterState.LATE)
_IN_REGISTER = (AdhesionState.RECORDED, AdhesionState.VERSION)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request whose term ran out without a reply."""

    id: int
    entry: int
    sender: str
    subject: str
    due_at: datetime
    reminded: bool


def open_request(session: Session, entry: Entry, letter: Letter, asked: Sequence[str], term: date) -> None:
    """Notes what a letter asks for, until the end of a day in Rome. Once per entry."""
    if session.scalar(select(Integration.id).where(Integration.entry_id == entry.id)) is None:
        session.add(
            Integration(
                entry_id=entry.id, letter_id=letter.id, asked=list(asked), asked_at=letter.created_at,
                due_at=end_of(term),
            )
        )  # fmt: skip


def end_of(day: date) -> datetime:
    """The last second of a day in Rome (the whole day counts)."""
    return datetime.combine(day, time(23, 59, 59), ROME)


def settle_by(
    session: Session, entry: Entry, envelope: Envelope, forms: Sequence[Adhesion], now: datetime
) -> IntegrationState | None:
    """Links a message to the request it answers; what that became, or None when it answers none.

    By the letter it replies to, by our reference in its subject, by the organisation of its forms, or because its
    sender has exactly one request open. What a machine wrote answers nothing.
    """
    if _by_a_machine(envelope.traits):
        return None
    session.flush()
    found = _answered_by(session, entry, envelope, forms)
    if found is None:
        return None
    if found.answered_by is None:
        found.answered_by, found.settled_at = entry.id, now
    enough = [form for form in forms if form.state in _IN_REGISTER]
    complete = bool(enough) and not any(form.missing or form.needs_review for form in enough)
    if found.state != IntegrationState.CLOSED:
        found.state = IntegrationState.COMPLETED if complete else IntegrationState.ANSWERED
    return IntegrationState(found.state)


def named_in(subject: str) -> list[int]:
    """The entries whose reference a subject carries (`answering.reference`), the first five."""
    return [int(number) for number in _REFERENCE.findall(subject)[:5]]


def waiting(session: Session, now: datetime, notice_id: str = "") -> list[Waiting]:
    """The requests whose term ran out and to which nothing came, oldest term first."""
    query = (
        select(Integration, Entry)
        .join(Entry, Entry.id == Integration.entry_id)
        .join(Letter, Letter.id == Integration.letter_id)
        .where(Integration.state == IntegrationState.OPEN, Integration.due_at < now, Letter.state.in_(LEFT))
        .order_by(Integration.due_at, Integration.id)
    )
    if notice_id:
        query = query.where(Entry.notice_id == notice_id)
    return [
        Waiting(one.id, entry.id, entry.sender, entry.subject, one.due_at, one.reminder_id is not None)
        for one, entry in session.execute(query)
    ]


def close(db: Database, integration_id: int, who: str, now: datetime) -> bool:
    """A person's decision that nothing is awaited any more; False when the request is not open or not there."""
    with db.transaction() as session:
        one_at_a_time(session)
        found = session.get(Integration, integration_id, with_for_update=True)
        if found is None or found.state not in (IntegrationState.OPEN, IntegrationState.ANSWERED):
            return False
        session.add(
            Audit(
                at=now, who=who, what="integration-closed", object=f"entry:{found.entry_id}", old=found.state,
                new=str(IntegrationState.CLOSED),
            )
        )  # fmt: skip
        found.state, found.settled_at, found.settled_by = IntegrationState.CLOSED, now, who
        return True


def _answered_by(session: Session, entry: Entry, envelope: Envelope, forms: Sequence[Adhesion]) -> Integration | None:
    known = session.scalar(select(Integration).where(Integration.answered_by == entry.id).limit(1))
    if known is not None:
        return known  # judged again
    if entry.reply_to_letter_id is not None:
        letter = session.get_one(Letter, entry.reply_to_letter_id)
        for found in _standing(session, entry, Integration.entry_id == letter.entry_id):
            return found
    if envelope.kind is not EnvelopeKind.CERTIFIED or envelope.signature is not SignatureState.VALID:
        return None
    theirs = select(Entry.id).where(Entry.sender == envelope.sender)
    named = named_in(envelope.subject)
    if named:
        for found in _standing(session, entry, Integration.entry_id.in_(theirs.where(Entry.id.in_(named)))):
            return found
    bodies = [form.organisation_id for form in forms if form.organisation_id is not None]
    since = Integration.asked_at < (envelope.accepted_at or entry.received_at)
    if bodies:
        of_bodies = select(Adhesion.entry_id).where(Adhesion.organisation_id.in_(bodies))
        for found in _standing(session, entry, since, Integration.entry_id.in_(of_bodies)):
            return found
    asked = _standing(session, entry, since, Integration.entry_id.in_(theirs))
    still_open = [one for one in asked if one.state == IntegrationState.OPEN]
    return still_open[0] if len(still_open) == 1 else None  # of several, which one is answered is a person's to say


def _standing(session: Session, entry: Entry, *conditions: ColumnElement[bool]) -> list[Integration]:
    """The requests to other messages that somebody may still answer, oldest first.

    The state is looked at here: a database that is asked for it may read all that are open to find a sender's few.
    """
    found = session.scalars(select(Integration).where(Integration.entry_id != entry.id, *conditions))
    may = (IntegrationState.OPEN, IntegrationState.ANSWERED)
    return sorted((one for one in found if one.state in may), key=lambda one: one.id)


def _by_a_machine(traits: Traits) -> bool:
    """An automatic reply, a list, a report (RFC 3834): an absence notice answers no request."""
    automatic = traits.auto_submitted.strip().lower() not in ("", "no")
    return automatic or traits.auto_response or traits.list_mail or traits.report or traits.null_return_path
