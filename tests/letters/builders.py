"""Builders of readings, adhesions, envelopes and letter facts. Every person and body is invented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from ingest.letter import Addressing, LetterFacts
from ingest.notice import apply_notice
from ingest.rules import Arrival, Context, Notice
from ingest.verdict import Adhesion, Document, DocumentSignature, Envelope, FieldValue, Reading
from ingest.vocabulary import EnvelopeKind, Role, SignatureState

SUMMER = timezone(timedelta(hours=2))
OURS = "comune@pec.example.it"
SENDER = "aurora@pec.example.org"
NOW = datetime(2021, 7, 27, 9, 0, tzinfo=UTC)


def a_notice(**changes: Any) -> Notice:
    notice = Notice(
        id="piano-di-zona",
        title="Co-programmazione del Piano sociale di zona 2021-2023",
        deadline=datetime(2021, 7, 29, 23, 59, 59, tzinfo=SUMMER),
        themes={"abitare": "la tematica dell'abitare", "occupazione": "la tematica dell'occupazione", "altro": "altro"},
        municipalities=("Gessate", "Bussero"),
    )
    return replace(notice, **changes)


def a_context(**changes: Any) -> Context:
    return Context(notice=a_notice(**changes), addresses=(OURS,))


def an_envelope(**changes: Any) -> Envelope:
    envelope = Envelope(
        kind=EnvelopeKind.CERTIFIED,
        signature=SignatureState.VALID,
        sender=SENDER,
        recipients=(OURS,),
        subject="Adesione alla co-programmazione",
        identifier="opec1.20210726101500@pec.example.org",
        accepted_at=datetime(2021, 7, 26, 10, 15, tzinfo=SUMMER),
        delivered_at=datetime(2021, 7, 26, 10, 15, 4, tzinfo=SUMMER),
    )
    return replace(envelope, **changes)


def a_value(value: Any, **changes: Any) -> FieldValue:
    return replace(FieldValue(value=value, raw=str(value), document=0, page=1), **changes)


def some_fields(**changes: Any) -> dict[str, FieldValue]:
    """The fields of a complete form; keys with `__` for dots; None takes a field away."""
    values: dict[str, Any] = {
        "declarant.name": "Bianchi Luigi",
        "declarant.fiscal_code": "BNCLGU65M10E094X",
        "declarant.capacity": "legal_representative",
        "organisation.name": "Associazione Aurora ODV",
        "organisation.legal_nature": "odv",
        "organisation.fiscal_code": "99900010150",
        "organisation.registered_office.municipality": "Gessate",
        "organisation.registered_office.province": "MI",
        "organisation.registered_office.street": "Via Roma",
        "organisation.registered_office.number": "12",
        "organisation.registered_office.postcode": "20060",
        "organisation.phones": ["+39029500000"],
        "organisation.emails": ["info@aurora.example.org"],
        "organisation.pec": SENDER,
        "contact.name": "Colombo Paola",
        "contact.email": "paola@aurora.example.org",
        "themes": ["abitare"],
        "signature.kind": "ink",
    }
    values |= {key.replace("__", "."): value for key, value in changes.items()}
    return {
        key: value if isinstance(value, FieldValue) else a_value(value)
        for key, value in values.items()
        if value is not None
    }


def a_reading(document: int = 0, **changes: Any) -> Reading:
    return Reading(fields=some_fields(**changes), document=document, pages=(1,))


def a_document(name: str = "Allegato 1.pdf", role: Role = Role.FORM, **changes: Any) -> Document:
    document = Document(name=name, sha256="0" * 64, media_type="application/pdf", pages=1, role=role)
    return replace(document, **changes)


def a_signature(**changes: Any) -> DocumentSignature:
    signature = DocumentSignature(
        kind="pades", signer="Luigi Bianchi", signer_fiscal_code="BNCLGU65M10E094X", integrity="intact", at=None
    )
    return replace(signature, **changes)


def adhesions_of(*readings: Reading, envelope: Envelope | None = None, **context: Any) -> tuple[Adhesion, ...]:
    documents = context.pop("documents", (a_document(),))
    return apply_notice(readings, envelope or an_envelope(), documents, a_context(**context), Arrival(now=NOW))


def an_adhesion(envelope: Envelope | None = None, notice: dict[str, Any] | None = None, **changes: Any) -> Adhesion:
    """One adhesion, judged by the real rules; `changes` are field values, `notice` changes the notice."""
    (adhesion,) = adhesions_of(a_reading(**changes), envelope=envelope, **(notice or {}))
    return adhesion


def letter_facts(**changes: Any) -> LetterFacts:
    facts = LetterFacts(
        notice=a_notice(),
        key="PDZ-000123",
        sender=SENDER,
        subject="Adesione alla co-programmazione",
        identifier="opec1.20210726101500@pec.example.org",
        accepted_at=datetime(2021, 7, 26, 10, 15, tzinfo=SUMMER),
        adhesions=(an_adhesion(),),
        office=OURS,
    )
    return replace(facts, **changes)


def an_addressing(**changes: Any) -> Addressing:
    addressing = Addressing(
        sender=OURS,
        to=SENDER,
        message_id="ack.0f2c@pec.example.it",
        in_reply_to="opec1.20210726101500@pec.example.org",
        references=("client.1@pec.example.org",),
        key="PDZ-000123",
        date=datetime(2021, 7, 26, 8, 20, tzinfo=UTC),
    )
    return replace(addressing, **changes)
