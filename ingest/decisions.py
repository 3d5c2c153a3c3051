"""What a person of the office decides, each in one transaction with its line in the audit.

A decision stays: neither a later message nor judging again takes it back. Nothing is ever deleted by one.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from ingest.answer import letter_for
from ingest.answering import Case, Reply, as_registered, queue_reply
from ingest.conditions import clear
from ingest.corrected import corrections_of, lacking, overlaid
from ingest.database import Database, one_at_a_time
from ingest.enrol import version_reason
from ingest.form.schema import field_of
from ingest.keys import Settings
from ingest.matching import believed, identity_of
from ingest.outcomes import outcome_now
from ingest.register import add_version, holder_of, open_new, refresh
from ingest.relation import certified_return_address
from ingest.trouble import Trouble
from ingest.verdict import Value, Verdict
from ingest.vocabulary import LetterKind, Outcome, ParticipationRole, Reason, VerdictKind
from ingest.wire import verdict_from_json
from models import Adhesion, AdhesionState, Audit, Correction, Entry, Organisation, OrganisationStatus

_ROLE = "role"
_IN_REGISTER = (AdhesionState.RECORDED, AdhesionState.VERSION)
_TO_COMPLETE = (Reason.INTEGRATE_IDENTITY, Reason.INTEGRATE_SIGNATURE)


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who decides, when."""

    who: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """Where an accepted form went, and why it is not answered (None: its letter is queued)."""

    organisation_id: int
    version: int
    unanswered: Reason | None = None


def correct(db: Database, organisation_id: int, key: str, new: Value, by: Deciding) -> int | None:
    """Sets a value of an organisation for good; `key` is a schema key or "role". Raises KeyError for another key.

    None when done; for a fiscal code that another organisation has, that one's id, and nothing is changed.
    """
    if key == _ROLE:
        ParticipationRole(str(new))
    else:
        field_of(key)
    with decision(db) as session:
        organisation = session.get_one(Organisation, organisation_id, with_for_update=True)
        if key == "organisation.fiscal_code" and isinstance(new, str):
            holder = holder_of(session, new, organisation)
            if holder is not None:
                return holder
        old = organisation.values.get(key, {}).get("value")
        session.add(Correction(organisation_id=organisation_id, key=key, old=old, new=new, who=by.who, at=by.now))
        audit(session, by, "corrected", f"organisation:{organisation_id}", ({key: old}, {key: new}))
        session.flush()
        refresh(session, organisation_id, by.now)
        return None


def accept(db: Database, adhesion_id: int, into: int | None, settings: Settings, by: Deciding) -> Accepted | None:
    """Gives a form that waits for a person to an organisation, or (`into` None) makes a new one of it.

    None when the form does not wait. The letter that was held back is queued, if the loop guard lets it and the
    message has none yet.
    """
    with decision(db) as session:
        return accept_in(session, session.get_one(Adhesion, adhesion_id, with_for_update=True), into, settings, by)


def accept_in(session: Session, form: Adhesion, into: int | None, settings: Settings, by: Deciding) -> Accepted | None:
    """`accept` inside a transaction that has more to do."""
    entry = session.get_one(Entry, form.entry_id, with_for_update=True)
    if form.state != AdhesionState.REVIEW or entry.verdict is None:
        return None
    verdict = verdict_from_json(json.loads(entry.verdict))
    reading = verdict.adhesions[form.position]
    form.decided_at, form.decided_by, form.needs_review = by.now, by.who, False
    target = into
    if target is None:
        identity = identity_of(overlaid(reading.fields, corrections_of(session, form)))
        target = open_new(session, form, identity, entry.notice_id, by.now)
    _goes_along(session, form, target)
    number = add_version(session, form, target, believed(reading.fields), by.now)
    audit(session, by, "accepted", f"adhesion:{form.id}", (None, {"organisation": target, "version": number}))
    conclude(session, entry, by)
    case = Case(session, entry, verdict, settings, by.now)
    reply = reply_for(case, form, number)
    return Accepted(target, number, queue_reply(case, reply) if reply else Reason.HELD_FOR_PERSON)


def reject(db: Database, adhesion_id: int, by: Deciding, why: str = "") -> bool:
    """Notes that a form that waits for a person is no adhesion; it stays on record. False when it does not wait."""
    with decision(db) as session:
        return reject_in(session, session.get_one(Adhesion, adhesion_id, with_for_update=True), by, why)


def reject_in(session: Session, form: Adhesion, by: Deciding, why: str = "") -> bool:
    """`reject` inside a transaction that has more to do."""
    if form.state != AdhesionState.REVIEW:
        return False
    form.state, form.needs_review = AdhesionState.REJECTED, False
    form.decided_at, form.decided_by = by.now, by.who
    audit(session, by, "rejected", f"adhesion:{form.id}", (None, {"why": why}))
    conclude(session, session.get_one(Entry, form.entry_id), by)
    return True


def mark_reviewed(db: Database, entry_id: int, by: Deciding) -> None:
    """Notes that a person has seen an entry and agrees with what became of it."""
    with decision(db) as session:
        entry = session.get_one(Entry, entry_id, with_for_update=True)
        for form in session.scalars(
            select(Adhesion).where(Adhesion.entry_id == entry_id, Adhesion.state.in_(_IN_REGISTER))
        ).all():
            form.decided_at, form.decided_by, form.needs_review = by.now, by.who, False
            session.flush()
            if form.organisation_id is not None:
                refresh(session, form.organisation_id, by.now)
        entry.needs_review, entry.reviewed_at, entry.reviewed_by = False, by.now, by.who
        clear(session, f"{Trouble.REM_RECEIVED}:{entry_id}", by.now)
        audit(session, by, "reviewed", f"entry:{entry_id}", (None, None))


def set_status(db: Database, organisation_id: int, status: OrganisationStatus, by: Deciding) -> None:
    """Withdraws an organisation, or makes it active again."""
    with decision(db) as session:
        organisation = session.get_one(Organisation, organisation_id, with_for_update=True)
        audit(session, by, "status", f"organisation:{organisation_id}", (organisation.status, str(status)))
        organisation.status, organisation.updated_at = str(status), by.now


@contextmanager
def decision(db: Database) -> Iterator[Session]:
    """A transaction in which nobody else decides."""
    with db.transaction() as session:
        one_at_a_time(session)
        yield session


def reply_for(case: Case, form: Adhesion, version: int) -> Reply | None:
    """The letter that answers a form once a person accepts it, with the values as people corrected them."""
    read = case.verdict.adhesions[form.position]
    fields = overlaid(read.fields, corrections_of(case.session, form))
    reading = as_registered(case.session, form.organisation_id, replace(read, fields=fields))
    kept = tuple(reason for reason in reading.reasons if reason in _TO_COMPLETE)
    shown = replace(reading, reasons=kept, missing=lacking(read, fields))
    judged: Verdict = replace(case.verdict, kind=VerdictKind.ADHESION, reasons=kept, adhesions=(shown,))
    kind = LetterKind.NEW_VERSION if version > 1 else letter_for(judged)
    if kind is None:
        return None
    to = certified_return_address(case.verdict.envelope)
    told = (version_reason(case.session, form.organisation_id, version),) if form.organisation_id and version else ()
    return Reply(kind, to, (shown,), version, (*kept, *told), approved=True)


def _goes_along(session: Session, form: Adhesion, organisation_id: int) -> None:
    """What a person corrected on a form while it waited holds for its organisation, against later forms too."""
    waiting = Correction.adhesion_id == form.id, Correction.organisation_id.is_(None)
    session.execute(update(Correction).where(*waiting).values(organisation_id=organisation_id))


def conclude(session: Session, entry: Entry, by: Deciding) -> None:
    """An entry's outcome is what its forms say together; it is settled when none of them waits for a person."""
    session.flush()
    entry.outcome = str(outcome_now(session, entry.id) or entry.outcome or Outcome.REVIEW)
    undecided = Adhesion.needs_review & Adhesion.decided_at.is_(None) & Adhesion.state.in_(_IN_REGISTER)
    waiting = select(Adhesion.id).where(
        Adhesion.entry_id == entry.id, or_(Adhesion.state == AdhesionState.REVIEW, undecided)
    )
    if session.scalar(waiting.limit(1)) is None:
        entry.needs_review, entry.reviewed_at, entry.reviewed_by = False, by.now, by.who


def audit(session: Session, by: Deciding, what: str, about: str, change: tuple[Any, Any]) -> None:
    """A line of the audit; `change` is the old value and the new one."""
    session.add(Audit(at=by.now, who=by.who, what=what, object=about, old=change[0], new=change[1]))
