"""The notice's rules: from what a form says to an adhesion with its time class, its role and what it lacks.

A deadline is its whole last second: on time iff `t < deadline + 1 second` (Cons. Stato VI, 8546/2024). Nothing here
refuses anything: the worst that happens to a form is that a person looks at it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.form.schema import field_of, identity_incomplete, missing
from ingest.relation import SENDER_FALLBACK, sender_relation, written_to_by_another
from ingest.rules import Arrival, Context, Notice
from ingest.sameness import distinct
from ingest.topic import is_withdrawal
from ingest.validity import signature_advice
from ingest.verdict import Adhesion, Document, Envelope, FieldValue, Reading
from ingest.vocabulary import EnvelopeKind, Method, ParticipationRole, Reason, SignatureState, Timeliness

NEAR = timedelta(minutes=10)
_LAST_SECOND = timedelta(seconds=1)
_OUTSIDE_ART4 = ("trade_union", "religious_body", "other")
_CONTACTS = ("organisation.emails", "organisation.pec", "contact.email")
_DOUBTS = {
    "check-digit": Reason.CHECK_DIGIT,
    "conflicting-ticks": Reason.CONFLICTING_TICKS,
}  # by the code of a warning, which may carry ":detail"
_TO_A_PERSON = {
    Reason.IDENTITY_INCOMPLETE,
    Reason.LOW_CONFIDENCE,
    Reason.CONFLICTING_TICKS,
    Reason.CHECK_DIGIT,
    Reason.DELEGATION_MISSING,
    Reason.WITHDRAWAL,
    Reason.POSSIBLE_MATCH,
    Reason.DIFFERENT_BODY_SAME_CODE,
    Reason.VERIFY_SIGNATURE,
    Reason.VERIFY_ORIGIN,
    Reason.SCAN_NEEDS_PERSON,
}


@dataclass(frozen=True, slots=True)
class Instant:
    """The time that decides, which clock gave it, and what is doubtful about it."""

    at: datetime
    clock: str  # acceptance | delivery | received | internal-date
    reasons: tuple[Reason, ...] = ()


def timeliness(at: datetime, notice: Notice) -> Timeliness:
    """The time class of an instant (aware). While the start of the works is unset nothing is after it."""
    if at < notice.deadline + _LAST_SECOND:
        return Timeliness.ON_TIME
    if notice.works_start is None or at < notice.works_start + _LAST_SECOND:
        return Timeliness.LATE_BEFORE_START
    return Timeliness.AFTER_START


def role(when: Timeliness, notice: Notice) -> ParticipationRole:
    """The role that goes with a time class; the notice leaves the middle one to the office."""
    if when is Timeliness.ON_TIME:
        return ParticipationRole.OPERATIVE
    return notice.late_role if when is Timeliness.LATE_BEFORE_START else ParticipationRole.CONSULTATIVE


def deciding_instant(envelope: Envelope, notice: Notice, arrival: Arrival) -> Instant:
    """The instant that counts, by order of trust; never the sender's own Date nor the date written on the form.

    The certified time is believed only inside a validly signed envelope (art. 48 CAD).
    """
    certified = envelope.kind is EnvelopeKind.CERTIFIED and envelope.signature is SignatureState.VALID
    if notice.clock == "delivery" and envelope.delivered_at is not None:
        doubt = () if certified else (Reason.CLOCK_APPROXIMATE,)
        chosen = Instant(envelope.delivered_at, "delivery" if certified else "received", doubt)
    elif notice.clock != "delivery" and certified and envelope.accepted_at is not None:
        chosen = Instant(envelope.accepted_at, "acceptance")
    else:
        chosen = _approximate(envelope, arrival, certified=certified)
    return replace(chosen, reasons=chosen.reasons + _near(chosen, envelope, notice))


def apply_notice(
    readings: tuple[Reading, ...],
    envelope: Envelope,
    documents: tuple[Document, ...],
    context: Context,
    arrival: Arrival,
) -> tuple[Adhesion, ...]:
    """One adhesion per different form of a message; the same form sent twice in one message counts once."""
    when = deciding_instant(envelope, context.notice, arrival)
    return tuple(
        _adhesion(reading, envelope, documents, context.notice, when) for reading in distinct(readings, documents)
    )


def _adhesion(
    reading: Reading, envelope: Envelope, documents: tuple[Document, ...], notice: Notice, when: Instant
) -> Adhesion:
    fields = _with_a_contact(reading.fields, envelope)
    relation = sender_relation(envelope, fields)
    read_from = documents[reading.document] if 0 <= reading.document < len(documents) else None
    advice = signature_advice(fields, read_from, documents, relation)
    lacking = _lacking(fields, documents, advice)
    time_class = timeliness(when.at, notice)
    adhesion = Adhesion(
        fields=fields,
        timeliness=time_class,
        role=role(time_class, notice),
        clock=when.clock,
        missing=lacking,
        sender_relation=relation,
        document=reading.document,
        pages=reading.pages,
    )
    reasons = [*reading.reasons, *when.reasons, *_findings(adhesion, documents)]
    reasons += [advice] if advice else []
    reasons += [Reason.WITHDRAWAL] if is_withdrawal(envelope.subject) else []
    unique = tuple(dict.fromkeys(reasons))
    return replace(adhesion, reasons=unique, needs_review=any(reason in _TO_A_PERSON for reason in unique))


def _findings(adhesion: Adhesion, documents: tuple[Document, ...]) -> list[Reason]:
    """What is worth saying about the values themselves."""
    nature = adhesion.value("organisation.legal_nature")
    late = adhesion.timeliness is not Timeliness.ON_TIME
    codes = {_code(warning) for field in adhesion.fields.values() for warning in field.warnings}
    found = {
        Reason.IDENTITY_INCOMPLETE: identity_incomplete(adhesion.fields),
        Reason.LOW_CONFIDENCE: any(below_threshold(key, field) for key, field in adhesion.fields.items()),
        **{reason: True for code, reason in _DOUBTS.items() if code in codes},
        Reason.FIELDS_MISSING: bool(adhesion.missing),
        Reason.CATEGORY_OUTSIDE_ART4: nature in _OUTSIDE_ART4,
        Reason.PUBLIC_BODY_LATE: nature == "public_body" and late,
        Reason.DELEGATION_MISSING: adhesion.value("declarant.capacity") == "delegate"
        and not _delegation_enclosed(documents),
        Reason.SENT_BY_ANOTHER: written_to_by_another(adhesion),
    }
    return [reason for reason, holds in found.items() if holds]


def below_threshold(key: str, field: FieldValue) -> bool:
    """True for a value read with less confidence than its field asks for; an absent value is never in doubt."""
    return field.value not in (None, "", []) and read_unsurely(key, field)


def read_unsurely(key: str, field: FieldValue) -> bool:
    """True when what stands in a field was read with less confidence than the field asks for, value or not."""
    try:
        return field.confidence < field_of(key).threshold
    except KeyError:
        return False


def _code(warning: str) -> str:
    return warning.partition(":")[0]


def _lacking(
    fields: Mapping[str, FieldValue], documents: tuple[Document, ...], advice: Reason | None
) -> tuple[str, ...]:
    asked = missing(fields, signature_needed=advice is Reason.INTEGRATE_SIGNATURE)
    if advice is Reason.INTEGRATE_SIGNATURE and "signature.kind" not in asked:
        asked += ("signature.kind",)  # a typed name or a pasted picture stands where the signature should
    if _delegation_enclosed(documents):
        asked = tuple(key for key in asked if key != "attachments_declared")
    return asked


def _with_a_contact(fields: dict[str, FieldValue], envelope: Envelope) -> dict[str, FieldValue]:
    """The fields, with the sending PEC as the body's own where the form names no address at all (notice R12)."""
    certified = envelope.kind is EnvelopeKind.CERTIFIED and envelope.signature is SignatureState.VALID
    if not certified or not envelope.sender or any(fields[key].value for key in _CONTACTS if key in fields):
        return fields
    fallback = FieldValue(
        value=envelope.sender.lower(), raw=envelope.sender, method=Method.METADATA, warnings=(SENDER_FALLBACK,)
    )
    return {**fields, "organisation.pec": fallback}


def _delegation_enclosed(documents: tuple[Document, ...]) -> bool:
    return any(word in document.name.casefold() for document in documents for word in ("delega", "procura"))


def _approximate(envelope: Envelope, arrival: Arrival, *, certified: bool) -> Instant:
    doubt = (Reason.CLOCK_APPROXIMATE,)
    if certified and envelope.signed_at is not None:
        return Instant(envelope.signed_at, "acceptance", doubt)  # the provider signs within seconds of accepting
    if envelope.delivered_at is not None:
        return Instant(envelope.delivered_at, "received", doubt)
    if arrival.internal_date is not None:
        return Instant(arrival.internal_date, "internal-date", doubt)
    return Instant(arrival.now, "received", doubt)


def _near(chosen: Instant, envelope: Envelope, notice: Notice) -> tuple[Reason, ...]:
    """A small margin, and clocks that would put the message in different classes: reasons to look, nothing more."""
    ends = [end + _LAST_SECOND for end in (notice.deadline, notice.works_start) if end is not None]
    near = any(abs(chosen.at - end) < NEAR for end in ends)
    clocks = [at for at in (chosen.at, envelope.accepted_at, envelope.delivered_at) if at is not None]
    disagree = len({timeliness(at, notice) for at in clocks}) > 1
    return (Reason.NEAR_DEADLINE,) * near + (Reason.CLOCKS_DISAGREE,) * disagree


def identity_sure(adhesion: Adhesion) -> bool:
    """True when the form says beyond doubt whose it is: a checked fiscal code, or, without any, a clearly read name."""
    code = adhesion.fields.get("organisation.fiscal_code")
    name = adhesion.fields.get("organisation.name")
    declared_absent = code is not None and code.value is None and "declared-absent" in code.warnings
    if code is not None and code.raw.strip() and not declared_absent:
        return code.value is not None and _clear("organisation.fiscal_code", code)
    return name is not None and bool(name.value) and _clear("organisation.name", name)


def _clear(key: str, field: FieldValue) -> bool:
    doubted = any(warning.startswith("check-digit") for warning in field.warnings)
    return not doubted and not below_threshold(key, field)
