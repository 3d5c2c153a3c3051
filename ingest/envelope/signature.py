"""The provider's signature: unaltered, by an authority we trust, made for this, at a plausible time.

Certificates are judged at the message's time, never at ours: an old message stays valid. The authority is pinned by
its public key, since it renewed its certificate three times without changing the key.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.envelope.certificates import Certificate, allows_mail, is_signed_by
from ingest.envelope.cms import SignerFacts, canonical_digest, content_digest, read_signature
from ingest.envelope.mime import Part, decoded, from_base64
from ingest.rules import Arrival
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason, SignatureState

FUTURE = timedelta(hours=1)  # how far a provider's clock may run ahead of ours
SIGNING = timedelta(hours=1)  # between signing-time and certified time; equal to the second in genuine messages
TRANSIT = timedelta(days=7)  # between certified time and arrival; providers have a day (RFC 6109 §3.1.6)
_P7S_TYPES = ("application/pkcs7-signature", "application/x-pkcs7-signature")
_RANK = (SignatureState.UNREADABLE, SignatureState.BROKEN, SignatureState.CHAIN_UNKNOWN, SignatureState.VALID)
_WHY = {
    SignatureState.ABSENT: Reason.SIGNATURE_ABSENT,
    SignatureState.UNREADABLE: Reason.SIGNATURE_UNREADABLE,
    SignatureState.BROKEN: Reason.SIGNATURE_BROKEN,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What the message says of itself, to be compared with its signature."""

    sender: str  # the single address of the outer From, lower-case; "" when it is not one
    at: datetime | None  # certified time; None where there are no certification data
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying gave."""

    state: SignatureState
    reasons: tuple[Reason, ...] = ()
    signed_at: datetime | None = None
    signer: str = ""


def signature_part(children: tuple[Part, ...]) -> Part | None:
    """The detached signature among the children of a multipart/signed."""
    for part in children[1:]:
        if part.media_type in _P7S_TYPES or part.name.lower().endswith(".p7s"):
            return part
    return None


def verify(children: tuple[Part, ...], claim: Claim, authorities: tuple[Certificate, ...]) -> Verification:
    """Verifies the children of a top-level multipart/signed; () where the message is none.

    VALID means all of it: digest and signature hold, the signer was issued by a pinned authority, its certificate
    is made for this (From address, name constraints, key usage) and the times agree. Digest and signature that hold
    under a certificate or at a time that is not right give CHAIN_UNKNOWN with SIGNATURE_POLICY or SIGNATURE_TIME,
    so that nothing but VALID can ever create a record. SHA-1 stays valid with WEAK_DIGEST.
    """
    p7s = signature_part(children)
    if p7s is None:
        return Verification(SignatureState.ABSENT, (Reason.SIGNATURE_ABSENT,))
    try:
        signers = read_signature(_signature_bytes(p7s))
    except Unreadable:
        return Verification(SignatureState.UNREADABLE, (Reason.SIGNATURE_UNREADABLE,))
    judged = [_judge(signer, children[0], claim, authorities) for signer in signers]
    return max(judged, key=lambda verification: _RANK.index(verification.state))


def _signature_bytes(part: Part) -> bytes:
    data = decoded(part)
    return from_base64(data) if data[:1] == b"M" else data  # base64 whose encoding nobody declared


def _judge(signer: SignerFacts, signed: Part, claim: Claim, authorities: tuple[Certificate, ...]) -> Verification:
    state = _integrity(signer, signed)
    certificate = signer.certificate
    if state is not SignatureState.VALID:
        return Verification(state, (_WHY[state],), signer.signing_time, certificate.name)
    issuers = [authority for authority in authorities if _issued(authority, certificate)]
    reasons: list[Reason] = [] if issuers else [Reason.SIGNATURE_CHAIN_UNKNOWN]
    if not _is_made_for(certificate, claim.sender, issuers):
        reasons.append(Reason.SIGNATURE_POLICY)
    if not _is_timely(signer, claim):
        reasons.append(Reason.SIGNATURE_TIME)
    state = SignatureState.CHAIN_UNKNOWN if reasons else SignatureState.VALID
    if signer.digest_name == "sha1":
        reasons.append(Reason.WEAK_DIGEST)
    if _arrived_long_after(signer, claim):
        reasons.append(Reason.ARRIVED_LONG_AFTER)
    return Verification(state, tuple(reasons), signer.signing_time, certificate.name)


def _integrity(signer: SignerFacts, signed: Part) -> SignatureState:
    content = signed.whole()
    name = signer.digest_name
    if content_digest(content, name) != signer.message_digest and (
        canonical_digest(content, name) != signer.message_digest
    ):
        return SignatureState.BROKEN
    try:
        holds = any(
            is_signed_by(signer.certificate.key, signer.signature, attributes, name) for attributes in signer.attributes
        )
    except Unreadable:
        return SignatureState.UNREADABLE
    return SignatureState.VALID if holds else SignatureState.BROKEN


def _issued(authority: Certificate, certificate: Certificate) -> bool:
    try:
        return is_signed_by(authority.key, certificate.signature, certificate.signed_bytes, certificate.hash_name)
    except Unreadable:  # an authority of another algorithm did not issue it
        return False


def _is_made_for(certificate: Certificate, sender: str, issuers: list[Certificate]) -> bool:
    """RFC 6109 §5.5: the certificate names the From address, its issuer may vouch for it, and it signs mail.

    The organisation's name is not compared: genuine certificates spell it differently from the certification data.
    """
    named = bool(sender) and sender in certificate.emails
    permitted = not issuers or any(allows_mail(issuer, sender) for issuer in issuers)
    return named and permitted and {"digital_signature", "email_protection"} <= certificate.usages


def _is_timely(signer: SignerFacts, claim: Claim) -> bool:
    at, signed_at, arrival = claim.at or signer.signing_time, signer.signing_time, claim.arrival
    if at is None or not signer.certificate.not_before <= at <= signer.certificate.not_after:
        return False
    if signed_at is not None and abs(signed_at - at) > SIGNING:
        return False
    if max(at, signed_at or at) > arrival.now + FUTURE:
        return False
    return arrival.internal_date is None or arrival.internal_date - at >= -FUTURE


def _arrived_long_after(signer: SignerFacts, claim: Claim) -> bool:
    """Whether the mailbox dates the message days after it was accepted.

    A moved mailbox or a copied maildir does that to every message, so it is told and does not make the signature
    doubtful; a message that arrived before it was accepted is.
    """
    at, received = claim.at or signer.signing_time, claim.arrival.internal_date
    return at is not None and received is not None and received - at > TRANSIT
