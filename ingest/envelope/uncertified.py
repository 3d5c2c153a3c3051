"""What lies in a certified mailbox without being certified: anomalies, ordinary mail, registered mail to come.

An anomaly is signed by our own provider, but it only says "this came from outside": everything inside is the
sender's word, a forged certification too. Nothing is extracted as fact and nothing is ever answered by itself.
"""

import re

from ingest.envelope.addresses import addresses_in, domain_of
from ingest.envelope.bounces import returned_mail
from ingest.envelope.certificates import anchors
from ingest.envelope.inner import Inner, read_inner, traits
from ingest.envelope.outer import Opened, Outer, original_in
from ingest.envelope.signature import Verification
from ingest.envelope.times import delivery_time, mail_date
from ingest.verdict import Envelope
from ingest.vocabulary import EnvelopeKind, Reason, SignatureState

_SERVICE = re.compile(
    r"\b(casella|spazio|quota|scaden\w+|scad[eu]\w*|rinnov\w+|password|esaurit\w+|in esaurimento|dimensione)\b",
    re.IGNORECASE,
)


def open_anomaly(outer: Outer) -> Opened:
    """An anomaly envelope: ordinary mail, perhaps a bounce of ours or a forgery, wrapped by our provider."""
    original = original_in(outer.content())
    inner = read_inner(original)
    verification = outer.verified(None)
    reasons = [Reason.ANOMALY_ENVELOPE, *verification.reasons]
    if outer.identity.ambiguous:
        reasons.append(Reason.HEADER_DISAGREES)
    if not original:
        reasons.append(Reason.ORIGINAL_MISSING)
    return _opened(outer, inner, verification, reasons, original)


def open_ordinary(outer: Outer) -> Opened:
    """Mail without an envelope: from the provider itself, or in a mailbox that is not certified."""
    inner = read_inner(outer.top.raw)
    reasons = [Reason.ORDINARY_MAIL]
    if _is_provider_notice(outer, inner):
        reasons.append(Reason.PROVIDER_NOTICE)
    return _opened(outer, inner, Verification(SignatureState.NOT_APPLICABLE), reasons, outer.top.raw)


def open_rem(outer: Outer) -> Opened:
    """European registered mail (EN 319 532): recognised, kept for a person, not read as evidence."""
    inner = read_inner(outer.top.raw)
    verification = Verification(SignatureState.NOT_APPLICABLE)
    return _opened(outer, inner, verification, [Reason.REM_UNSUPPORTED], outer.top.raw)


def _opened(outer: Outer, inner: Inner, verification: Verification, reasons: list[Reason], original: bytes) -> Opened:
    headers = outer.top.headers
    returned = returned_mail(inner, outer.context.addresses)
    if returned.bounced:
        reasons.append(Reason.BOUNCE)
    if not addresses_in(inner.headers.value("from")) and not returned.bounced:
        reasons.append(Reason.SENDER_INVALID)
    envelope = Envelope(
        kind=outer.identity.kind,
        signature=verification.state,
        sender=inner.sender,
        recipients=addresses_in(", ".join([*headers.values("to"), *headers.values("cc")])),
        subject=inner.subject,
        message_id=outer.message_id,
        signed_at=verification.signed_at,
        delivered_at=delivery_time(headers, outer.arrival.internal_date),
        claimed_at=mail_date(inner.headers.value("date")),
        traits=traits(inner.top, outer.top, inner.headers.identifier("message-id")),
        signer=verification.signer,
        bounce_of=returned.of if returned.bounced else "",
    )
    if outer.identity.kind is EnvelopeKind.ANOMALY and inner.forwarded:
        reasons.append(Reason.FORWARDED)
    return Opened(envelope, tuple(dict.fromkeys(reasons)), original, inner.text)


def _is_provider_notice(outer: Outer, inner: Inner) -> bool:
    """Quota, renewal, password: from a provider's service domain, or one above it or ours, in a provider's words."""
    authorities = anchors(outer.context.trust_anchors)
    domains = {name for authority in authorities for name in authority.permitted_mail or ()}
    domains |= {domain_of(address) for address in outer.context.addresses}
    domain = domain_of(inner.sender)
    related = any(
        domain == known or known.endswith("." + domain) or domain.endswith("." + known)
        for known in domains
        if "." in domain
    )
    return related and bool(_SERVICE.search(inner.subject[:500]))
