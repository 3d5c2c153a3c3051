"""Puts a verdict into the register, in ONE transaction: entry, documents, adhesions, organisations, and the letter.

Judging an entry again and recording it again is allowed at any time: the readings are renewed, what a person decided
or corrected stays, and no second letter is written.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ingest.answer import acknowledgement, held_for_person, letter_after_record
from ingest.answering import Case, Reply, as_registered, letter_replied_to, queue_reply
from ingest.aside import is_put_aside
from ingest.database import Database, one_at_a_time
from ingest.enrol import enrol
from ingest.form.fold import fold
from ingest.integration import settle_by
from ingest.keys import Settings
from ingest.outcomes import outcome_of
from ingest.receipts import apply, note_bounce
from ingest.verdict import Adhesion as Reading
from ingest.verdict import Verdict
from ingest.vocabulary import Outcome, Reason, VerdictKind
from ingest.wire import verdict_to_json
from models import Adhesion, AdhesionState, Document, Entry, EntryState, IntegrationState, Organisation

_OUTCOME = {
    VerdictKind.REVIEW: Outcome.REVIEW,
    VerdictKind.NOTED: Outcome.NOTED,
    VerdictKind.UNREADABLE: Outcome.UNREADABLE,
}


@dataclass(slots=True)
class _Found:
    """What recording gave so far."""

    outcome: Outcome
    reasons: list[Reason] = field(default_factory=list)
    needs_review: bool = False
    forms: list[Adhesion] = field(default_factory=list)
    version: int = 0


def record(db: Database, entry_id: int, verdict: Verdict, settings: Settings, now: datetime) -> Outcome:
    """What became of a message, after everything about it was committed together."""
    with db.transaction() as session:
        one_at_a_time(session)
        entry = session.get_one(Entry, entry_id, with_for_update=True)
        return _record(Case(session, entry, verdict, settings, now))


def record_once(db: Database, entry_id: int, verdict: Verdict, settings: Settings, now: datetime) -> Outcome:
    """As `record`, for an entry that waits; one that another process recorded meanwhile keeps what became of it."""
    with db.transaction() as session:
        one_at_a_time(session)
        entry = session.get_one(Entry, entry_id, with_for_update=True)
        if entry.state == EntryState.DONE:
            return Outcome(str(entry.outcome))
        return _record(Case(session, entry, verdict, settings, now))


def _record(case: Case) -> Outcome:
    before = Outcome(case.entry.outcome) if case.entry.outcome else None
    _write_entry(case)
    found = _recorded(case)
    if _may_answer(before, found.outcome):
        found.reasons += _answer(case, found)
    _conclude(case.session, case.entry, case.verdict, found)
    return found.outcome


def _recorded(case: Case) -> _Found:
    session, entry, verdict, now = case.session, case.entry, case.verdict, case.now
    if verdict.kind is VerdictKind.RECEIPT:
        reasons = list(apply(session, entry, verdict.envelope, now))
        suspect = Reason.RECEIPT_SUSPECT in reasons
        return _Found(Outcome.REVIEW if suspect else Outcome.RECEIPT, reasons, needs_review=suspect)
    entry.duplicate_of = _same_message(session, entry, verdict)
    found = _Found(_OUTCOME.get(verdict.kind, Outcome.REVIEW))
    for position in range(len(verdict.adhesions)):
        enrolled = enrol(session, entry, verdict, position, now)
        found.forms.append(enrolled.form)
        found.reasons += enrolled.reasons
        found.version = max(found.version, enrolled.version)
    if entry.duplicate_of is not None:
        return _Found(Outcome.DUPLICATE, [Reason.DUPLICATE_MESSAGE], forms=found.forms)
    found.outcome = outcome_of(form.state for form in found.forms) or found.outcome
    bounced = note_bounce(session, verdict.envelope, now)
    found.needs_review = (
        bounced
        or any(is_put_aside(document) for document in verdict.documents if verdict.kind is VerdictKind.ADHESION)
        or found.outcome in (Outcome.REVIEW, Outcome.UNREADABLE)
        or (verdict.kind is VerdictKind.ADHESION and verdict.answer.why is Reason.HELD_FOR_PERSON)
        or any(
            form.state == AdhesionState.REVIEW or (form.needs_review and form.state != AdhesionState.DUPLICATE)
            for form in found.forms
        )
    )
    answered = settle_by(session, entry, verdict.envelope, found.forms, now)
    if answered is not None:
        found.reasons.append(Reason.INTEGRATION_REPLY)
        found.needs_review = found.needs_review or answered is not IntegrationState.COMPLETED
    return found


def _same_message(session: Session, entry: Entry, verdict: Verdict) -> int | None:
    """An earlier entry with the same certified identifier and sender: the same message in other bytes."""
    envelope = verdict.envelope
    if verdict.kind is not VerdictKind.ADHESION or not envelope.identifier:
        return None
    return session.scalar(
        select(func.min(Entry.id))
        .where(Entry.identifier == envelope.identifier, Entry.sender == envelope.sender, Entry.id != entry.id)
        .where(Entry.verdict_kind == VerdictKind.ADHESION, Entry.duplicate_of.is_(None))
    )


def _may_answer(before: Outcome | None, after: Outcome) -> bool:
    """A message judged again is answered only if until now nothing could be made of it."""
    late = before in (Outcome.REVIEW, Outcome.UNREADABLE) and after in (Outcome.RECORDED, Outcome.UPDATED)
    return before is None or late


def _answer(case: Case, found: _Found) -> list[Reason]:
    verdict = case.verdict
    proposed = verdict.answer
    if not proposed.send or proposed.letter is None:
        return [proposed.why] if proposed.why else []
    if verdict.kind is VerdictKind.ADHESION and found.outcome is Outcome.REVIEW:
        return [Reason.HELD_FOR_PERSON]
    shown = _shown(case, found)
    if verdict.adhesions and not shown:
        return [Reason.HELD_FOR_PERSON]
    earlier = Reason.EARLIER_FORM in found.reasons and Reason.NEW_VERSION not in found.reasons
    kind = letter_after_record(acknowledgement(shown) if shown else proposed.letter, found.outcome, earlier=earlier)
    reasons = () if shown else verdict.reasons  # those of forms that wait for a person are not the letter's
    reply = Reply(kind, proposed.to, shown, found.version, tuple(dict.fromkeys((*reasons, *found.reasons))))
    why = queue_reply(case, reply)
    return [why] if why else []


def _shown(case: Case, found: _Found) -> tuple[Reading, ...]:
    """The forms a letter speaks of: never one that waits for a person; new bodies first, whose class it tells."""
    told = (AdhesionState.RECORDED, AdhesionState.VERSION, AdhesionState.DUPLICATE)
    every = zip(case.verdict.adhesions, found.forms, strict=True)
    pairs = [pair for pair in every if pair[1].state in told and not held_for_person(pair[0])]
    pairs.sort(key=lambda pair: told.index(AdhesionState(pair[1].state)))
    return tuple(as_registered(case.session, form.organisation_id, adhesion) for adhesion, form in pairs)


def _write_entry(case: Case) -> None:
    session, entry, verdict = case.session, case.entry, case.verdict
    envelope = verdict.envelope
    entry.notice_id = entry.notice_id or (case.settings.notice.id if verdict.notice is None else verdict.notice)
    entry.verdict, entry.verdict_kind = json.dumps(verdict_to_json(verdict)), str(verdict.kind)
    entry.kind, entry.signature = str(envelope.kind), str(envelope.signature)
    entry.sender, entry.subject, entry.provider = envelope.sender, envelope.subject, envelope.provider
    entry.identifier, entry.message_id = envelope.identifier, envelope.message_id
    entry.accepted_at, entry.signed_at = _instant(envelope.accepted_at), _instant(envelope.signed_at)
    entry.delivered_at, entry.claimed_at = _instant(envelope.delivered_at), _instant(envelope.claimed_at)
    entry.reply_to_letter_id = letter_replied_to(session, envelope)
    entry.state, entry.judged_at = EntryState.DONE, case.now
    session.execute(delete(Document).where(Document.entry_id == entry.id))
    for position, document in enumerate(verdict.documents):
        session.add(
            Document(
                entry_id=entry.id,
                position=position,
                name=document.name,
                sha256=document.sha256,
                media_type=document.media_type,
                pages=document.pages,
                role=str(document.role),
                reasons=[str(reason) for reason in document.reasons],
                path=list(document.path),
            )
        )
    session.flush()


def _conclude(session: Session, entry: Entry, verdict: Verdict, found: _Found) -> None:
    reasons = (*verdict.reasons, *found.reasons, *(reason for form in found.forms for reason in form.reasons))
    entry.outcome = str(found.outcome)
    entry.reasons = list(dict.fromkeys(str(reason) for reason in reasons))
    contradicted = Reason.DIFFERENT_BODY_SAME_CODE in found.reasons  # what a person settled reads otherwise now
    entry.needs_review = found.needs_review and (entry.reviewed_at is None or contradicted)
    ids = {form.organisation_id for form in found.forms if form.organisation_id is not None}
    bodies = session.scalars(select(Organisation).where(Organisation.id.in_(ids))) if ids else ()
    names = [f"{body.name} {body.fiscal_code or ''}" for body in bodies]
    read = [str(adhesion.value(key) or "") for adhesion in verdict.adhesions for key in _SEARCHED]
    entry.search = fold(" ".join((entry.subject, entry.sender, entry.identifier, *names, *read)))


_SEARCHED = ("organisation.name", "organisation.fiscal_code", "declarant.name")


def _instant(at: datetime | None) -> datetime | None:
    """The instant as UTC; None for one that no calendar holds (a forged Date in the year 1, behind UTC)."""
    try:
        return at.astimezone(UTC) if at is not None else None
    except OverflowError:
        return None


def differences(old: Verdict, new: Verdict) -> list[tuple[str, Any, Any]]:
    """What judging again changed: (path, old value, new value), for every value that is not the same."""
    before, after = _flat(old), _flat(new)
    return [
        (key, before.get(key), after.get(key))
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    ]


def _flat(verdict: Verdict) -> dict[str, Any]:
    flat: dict[str, Any] = {"verdict": str(verdict.kind), "reasons": [str(reason) for reason in verdict.reasons]}
    for number, adhesion in enumerate(verdict.adhesions):
        at = f"adhesions[{number}]"
        flat[f"{at}.timeliness"], flat[f"{at}.role"] = str(adhesion.timeliness), str(adhesion.role)
        flat[f"{at}.missing"] = list(adhesion.missing)
        flat |= {f"{at}.{key}": found.value for key, found in adhesion.fields.items()}
    flat["answer"] = str(verdict.answer.letter) if verdict.answer.send else None
    return flat
