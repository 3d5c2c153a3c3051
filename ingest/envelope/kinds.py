"""Which family a message belongs to, by the headers of its outermost part alone (RFC 6109 §2.1).

`X-Trasporto` is looked at before `X-Ricevuta`: providers copy headers of the sender onto the envelope, so an
envelope may carry a forged `X-Ricevuta`. Never by Subject, which a person wrote. Values are compared whole.
"""

import re
from dataclasses import dataclass

from ingest.envelope.headers import Headers
from ingest.envelope.mime import Part, decoded
from ingest.vocabulary import EnvelopeKind, ReceiptType

TRANSPORT = "posta-certificata"
ANOMALY = "errore"
RECEIPTS = {
    "accettazione": ReceiptType.ACCEPTANCE,
    "non-accettazione": ReceiptType.NON_ACCEPTANCE,
    "presa-in-carico": ReceiptType.TAKEN_IN_CHARGE,
    "avvenuta-consegna": ReceiptType.DELIVERY,
    "errore-consegna": ReceiptType.DELIVERY_ERROR,
    "preavviso-errore-consegna": ReceiptType.DELIVERY_WARNING,
    "rilevazione-virus": ReceiptType.VIRUS_DETECTED,
}
_REM_HEADER = re.compile(r"(x-)?rem-.+")
_FIRST_ELEMENT = re.compile(rb"<[A-Za-z_][^<>]{0,3000}")
_REM_ELEMENT = re.compile(rb"<(?:[\w.-]{1,40}:)?REMEvidence\b|uri\.etsi\.org/19522|urn:etsi")


@dataclass(frozen=True, slots=True)
class Identity:
    """A family with the header value that made it so; `ambiguous` when the header occurs with different values."""

    kind: EnvelopeKind
    value: str
    ambiguous: bool = False


def identify(top: Part) -> Identity:
    """The family of a message.

    An `X-Trasporto` of unknown value counts as an anomaly: nothing certified is taken from it and a person looks.
    """
    headers = top.headers
    carried = _values(headers, "x-trasporto") or _values(headers, "x-trasplorto")  # RFC 6109 §3.2.2 misprints it
    if carried:
        kind = EnvelopeKind.CERTIFIED if carried[0] == TRANSPORT else EnvelopeKind.ANOMALY
        unknown = carried[0] not in (TRANSPORT, ANOMALY)
        return Identity(kind, carried[0], ambiguous=unknown or len(carried) > 1)
    receipts = _values(headers, "x-ricevuta")
    if receipts:
        return Identity(EnvelopeKind.RECEIPT, receipts[0], ambiguous=len(receipts) > 1)
    if _is_rem(top):
        return Identity(EnvelopeKind.REM, "")
    return Identity(EnvelopeKind.ORDINARY, "")


def _values(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip().lower() for value in headers.values(name)))


def _is_rem(top: Part) -> bool:
    """Registered electronic mail (ETSI EN 319 532): its headers on the message or its parts, or its evidence.

    `X-REM-Subject` alone proves nothing: a provider of certified mail writes it on ordinary receipts.
    """
    level = (top, *top.children())
    below = tuple(child for part in level[1:] if part.is_multipart for child in part.children())
    parts = level + below
    if any(
        _REM_HEADER.fullmatch(name) and name != "x-rem-subject" for part in parts for name, _ in part.headers.fields
    ):
        return True
    xml = [part for part in parts if part.media_type.endswith("/xml") or part.name.lower().endswith(".xml")]
    roots = [_FIRST_ELEMENT.search(decoded(part, 20_000)) for part in xml[:20]]
    return any(root and _REM_ELEMENT.search(root[0]) for root in roots)
