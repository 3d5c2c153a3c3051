"""One form of a message enters the register: as a new organisation, a new version, a duplicate, or for a person."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.corrected import corrections_of, lacking, overlaid
from ingest.matching import Identity, believed, content_key, identity_of
from ingest.register import Place, add_version, find_place, knows_sender, open_organisation, twin
from ingest.verdict import Adhesion as Reading
from ingest.verdict import Verdict
from ingest.vocabulary import EnvelopeKind, Reason, SignatureState, VerdictKind
from ingest.wire import verdict_to_json
from models import Adhesion, AdhesionState, Entry, Organisation


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A form's row, what the register says about it, and the number of the version it made (0: none)."""

    form: Adhesion
    reasons: tuple[Reason, ...] = ()
    version: int = 0


def enrol(session: Session, entry: Entry, verdict: Verdict, position: int, now: datetime) -> Enrolled:
    """Enters the form at a position of the verdict; only a trusted verdict makes or changes an organisation."""
    reading = verdict.adhesions[position]
    form = session.scalar(select(Adhesion).where(Adhesion.entry_id == entry.id, Adhesion.position == position))
    if form is None:
        form = Adhesion(entry_id=entry.id, position=position, state=AdhesionState.REVIEW, created_at=now)
        session.add(form)
    from_a_stranger = str(Reason.UNKNOWN_SENDER) in (form.reasons or ())
    _write(form, entry, verdict, reading, position)
    if from_a_stranger:
        _note_stranger(form)  # by now its sender counts as one that wrote for the body
    form.needs_review = form.needs_review and form.decided_at is None
    session.flush()  # without an id of its own every correction of an organisation would seem to be this form's
    if form.organisation_id is not None or form.decided_at is not None:
        return _renewed(session, form, reading, now)
    if entry.duplicate_of is not None:
        return _of_duplicate(session, form, entry.duplicate_of)
    if not _trusted(verdict):
        return Enrolled(form)
    return _placed(session, form, reading, entry.notice_id, now)


def _who(session: Session, form: Adhesion, reading: Reading) -> Identity:
    """Whose form it is, by the values as people corrected them before."""
    fields = overlaid(reading.fields, corrections_of(session, form))
    form.missing = list(lacking(reading, fields))
    return identity_of(fields)


def _trusted(verdict: Verdict) -> bool:
    envelope = verdict.envelope
    certified = envelope.kind is EnvelopeKind.CERTIFIED and envelope.signature is SignatureState.VALID
    return verdict.kind is VerdictKind.ADHESION and certified


def _of_duplicate(session: Session, form: Adhesion, original: int) -> Enrolled:
    """The form of a message that came before: it belongs where the first one does, and changes nothing."""
    first = select(Adhesion.organisation_id).where(Adhesion.entry_id == original, Adhesion.position == form.position)
    form.state, form.organisation_id = AdhesionState.DUPLICATE, session.scalar(first)
    return Enrolled(form)


def _placed(session: Session, form: Adhesion, reading: Reading, notice_id: str, now: datetime) -> Enrolled:
    identity = _who(session, form, reading)
    place = find_place(session, identity, notice_id)
    if Reason.WITHDRAWAL in reading.reasons or Reason.POSSIBLE_MATCH in reading.reasons:
        place = replace(place, reasons=(*place.reasons, *reading.reasons))
    if place.organisation_id is not None and not place.reasons:
        same = twin(session, form, place.organisation_id)
        if same is not None and not _is_first(session, form, place.organisation_id):
            form.state, form.organisation_id = AdhesionState.DUPLICATE, place.organisation_id
            return Enrolled(form, (Reason.DUPLICATE_FORM,))
    if place.reasons:
        return _for_a_person(form, place)
    stranger = _from_a_stranger(session, form, place)
    opened = place.organisation_id or open_organisation(session, form, identity, notice_id, now)
    number = add_version(session, form, opened, believed(reading.fields), now)
    return Enrolled(form, (version_reason(session, opened, number), *stranger), number)


def _from_a_stranger(session: Session, form: Adhesion, place: Place) -> tuple[Reason, ...]:
    """Has a person look at a new version that came from an address its body neither used nor named.

    It is recorded all the same: consultants and other bodies may send, and the sender decides nothing (art. 65 CAD).
    """
    sender = session.get_one(Entry, form.entry_id).sender
    if place.organisation_id is None or knows_sender(session, place.organisation_id, sender):
        return ()
    _note_stranger(form)
    return (Reason.UNKNOWN_SENDER,)


def _note_stranger(form: Adhesion) -> None:
    form.needs_review = True
    form.reasons = list(dict.fromkeys((*form.reasons, str(Reason.UNKNOWN_SENDER))))


def version_reason(session: Session, organisation_id: int, number: int) -> Reason:
    """What a form's version is to its organisation: the first, the newest, or one accepted before the newest."""
    if number == 1:
        return Reason.NEW_ORGANISATION
    newest = session.get_one(Organisation, organisation_id).current_version == number
    return Reason.NEW_VERSION if newest else Reason.EARLIER_FORM


def _is_first(session: Session, form: Adhesion, organisation_id: int) -> bool:
    """Whether a form was accepted before every known one of its organisation: then it sets the time class."""
    known = session.get_one(Organisation, organisation_id).first_accepted_at
    return known is not None and form.accepted_at is not None and form.accepted_at < known


def _renewed(session: Session, form: Adhesion, reading: Reading, now: datetime) -> Enrolled:
    """A form that already has its place keeps it; a reading that now names another code goes to a person."""
    if form.state not in (AdhesionState.RECORDED, AdhesionState.VERSION) or form.organisation_id is None:
        return Enrolled(form)
    identity = _who(session, form, reading)
    place = (
        find_place(session, identity, session.get_one(Entry, form.entry_id).notice_id)
        if identity.code
        else Place(form.organisation_id)
    )
    if place.organisation_id != form.organisation_id:
        form.needs_review = True
        return Enrolled(form, (Reason.DIFFERENT_BODY_SAME_CODE,))
    return Enrolled(form, (), add_version(session, form, form.organisation_id, believed(reading.fields), now))


def _for_a_person(form: Adhesion, place: Place) -> Enrolled:
    form.state, form.needs_review = AdhesionState.REVIEW, True
    form.reasons = list(dict.fromkeys((*form.reasons, *(str(reason) for reason in place.reasons))))
    return Enrolled(form, place.reasons)


def _write(form: Adhesion, entry: Entry, verdict: Verdict, reading: Reading, position: int) -> None:
    stored: dict[str, Any] = verdict_to_json(verdict)["adhesions"][position]
    form.fields, form.missing = stored["fields"], list(reading.missing)
    form.timeliness, form.role, form.clock = str(reading.timeliness), str(reading.role), reading.clock
    form.sender_relation, form.needs_review = str(reading.sender_relation), reading.needs_review
    form.reasons = [str(reason) for reason in reading.reasons]
    form.document, form.pages = reading.document, list(reading.pages)
    inside = 0 <= reading.document < len(verdict.documents)
    form.form_sha256 = verdict.documents[reading.document].sha256 if inside else ""
    form.content_key = content_key(reading.fields)
    form.accepted_at = _deciding_instant(entry, verdict, reading)


def _deciding_instant(entry: Entry, verdict: Verdict, reading: Reading) -> datetime:
    """The instant of the clock that decided, as near as it is stored."""
    envelope = verdict.envelope
    of_clock = {
        "acceptance": envelope.accepted_at or envelope.signed_at,
        "delivery": envelope.delivered_at,
        "received": envelope.delivered_at,
        "internal-date": entry.internal_date,
    }
    return (of_clock.get(reading.clock) or entry.received_at).astimezone(UTC)
