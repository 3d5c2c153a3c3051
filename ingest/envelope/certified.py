"""Messages made by a provider about certified mail: transport envelopes and receipts (RFC 6109 §3).

Facts come from the certification data that lie directly under the signed part; headers only fill what is missing,
so that a person has something to look at when the message is set aside.
"""

from datetime import datetime

from ingest.envelope.addresses import addresses_in, single_address
from ingest.envelope.daticert import CertificationData, find_certification_data, read_certification_data
from ingest.envelope.inner import Inner, read_inner, traits
from ingest.envelope.mime import Part
from ingest.envelope.outer import Opened, Outer, original_in
from ingest.envelope.receipts import agrees, receipt_of
from ingest.envelope.signature import Verification
from ingest.envelope.times import delivery_time, mail_date
from ingest.verdict import Envelope, Unreadable
from ingest.vocabulary import EnvelopeKind, Reason, ReceiptType

_PREFIX = "posta certificata:"
Certification = tuple[CertificationData | None, tuple[Reason, ...]]


def open_certified(outer: Outer) -> Opened:
    """A transport envelope: certified mail to us. Only signature VALID without disagreement may be acted on."""
    parts = outer.content()
    data, odd = _certification(outer, parts)
    verification = outer.verified(data.at if data else None)
    original = original_in(parts)
    inner = read_inner(original)
    reasons = [*verification.reasons, *odd, *_sender_reasons(outer, data)]
    if not original:
        reasons.append(Reason.ORIGINAL_MISSING)
    if inner.forwarded:
        reasons.append(Reason.FORWARDED)
    ours = set(outer.context.addresses)
    if data and ours and not ours.intersection(data.recipients):
        reasons.append(Reason.NOT_ADDRESSED_TO_US)
    return Opened(_envelope(outer, data, verification, inner), _once(reasons), original, inner.text)


def open_receipt(outer: Outer) -> Opened:
    """A receipt about a letter of ours. It encloses our own letter at most, so there is no original to open."""
    data, odd = _certification(outer, outer.content())
    verification = outer.verified(data.at if data else None)
    receipt = receipt_of(outer.identity.value, data, outer.top.headers.identifier("x-riferimento-message-id"))
    reasons = [*verification.reasons, *odd]
    if receipt.type is ReceiptType.UNKNOWN and not odd:  # otherwise the oddity says why
        reasons.append(Reason.UNKNOWN_RECEIPT)
    if not outer.sender:
        reasons.append(Reason.SENDER_INVALID)
    envelope = Envelope(
        kind=EnvelopeKind.RECEIPT,
        signature=verification.state,
        sender=outer.sender,
        recipients=data.recipients if data else (),
        ordinary_recipients=data.ordinary_recipients if data else (),
        subject=_subject(outer, data, None),
        identifier=data.identifier if data else "",
        message_id=outer.message_id,
        provider=data.provider if data else "",
        accepted_at=data.at if data else None,
        accepted_literal=data.literal if data else "",
        signed_at=verification.signed_at,
        delivered_at=_arrived(outer),
        receipt=receipt,
        traits=traits(None, outer.top, receipt.about),
        signer=verification.signer,
    )
    return Opened(envelope, _once(reasons), b"", "")


def _certification(outer: Outer, parts: tuple[Part, ...]) -> Certification:
    """The certification data, with what is odd about them; None where they are missing or cannot be read."""
    part = find_certification_data(parts)
    if part is None:
        return None, (Reason.CERTIFICATION_DATA_MISSING,)
    try:
        data = read_certification_data(part)
    except Unreadable as finding:
        return None, (finding.reason,)
    odd = [Reason.CERTIFICATION_DATA_REPAIRED] if data.repaired else []
    if data.at is None:  # without an instant nothing can be judged in time
        odd.append(Reason.CERTIFICATION_DATA_UNREADABLE)
    if outer.identity.ambiguous or not agrees(outer.identity.value, data):
        odd.append(Reason.HEADER_DISAGREES)
    return data, tuple(odd)


def _sender_reasons(outer: Outer, data: CertificationData | None) -> list[Reason]:
    return [] if outer.sender and (data is None or data.sender) else [Reason.SENDER_INVALID]


def _envelope(outer: Outer, data: CertificationData | None, verification: Verification, inner: Inner) -> Envelope:
    headers = outer.top.headers
    to = addresses_in(", ".join([*headers.values("to"), *headers.values("cc")]))
    client_id = (data.message_id if data else "") or headers.identifier("x-riferimento-message-id")
    return Envelope(
        kind=EnvelopeKind.CERTIFIED,
        signature=verification.state,
        sender=data.sender if data else inner.sender,
        recipients=data.recipients if data else to,
        ordinary_recipients=data.ordinary_recipients if data else (),
        reply_to=_reply_to(outer, data),
        subject=_subject(outer, data, inner),
        identifier=data.identifier if data else "",
        message_id=outer.message_id,
        provider=data.provider if data else "",
        accepted_at=data.at if data else None,
        accepted_literal=data.literal if data else "",
        signed_at=verification.signed_at,
        delivered_at=_arrived(outer),
        claimed_at=mail_date(inner.headers.value("date")),
        traits=traits(inner.top, outer.top, client_id),
        signer=verification.signer,
    )


def _reply_to(outer: Outer, data: CertificationData | None) -> str:
    """Where an answer is wanted: certified `risposte` if it is one address, else Reply-To, else the sender."""
    if data is None:
        return ""
    return data.reply_to or single_address(outer.top.headers.values("reply-to")) or data.sender


def _subject(outer: Outer, data: CertificationData | None, inner: Inner | None) -> str:
    """The sender's subject: certified as it is written, else the original's, else the outer one."""
    if data and data.subject is not None:
        return data.subject
    written = outer.top.headers.decoded("subject")
    unprefixed = written[len(_PREFIX) :].strip() if written.lower().startswith(_PREFIX) else written
    return (inner.subject if inner else "") or unprefixed


def _arrived(outer: Outer) -> datetime | None:
    return delivery_time(outer.top.headers, outer.arrival.internal_date)


def _once(reasons: list[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))
