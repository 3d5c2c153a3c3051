"""The detached CMS of a provider's signature (smime.p7s), taken apart into plain values (RFC 5652 §5)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import cms

from ingest.envelope.certificates import HASHES, Certificate, leak_proof, read_certificate
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

LARGEST = 200_000  # bytes; a provider's signature with its certificates takes 4 to 8 thousand
SIGNERS = 4  # looked at per signature; providers put one


@dataclass(frozen=True, slots=True)
class SignerFacts:
    """One signer's statement: `message_digest` of the content, and the attributes that carry it, signed."""

    digest_name: str
    message_digest: bytes
    attributes: tuple[bytes, ...]  # encodings the signature may have been made over: as sent, and as DER
    signature: bytes
    certificate: Certificate
    signing_time: datetime | None  # aware


def read_signature(p7s: bytes) -> tuple[SignerFacts, ...]:
    """The signers of a detached signature, DER or BER (indefinite lengths included).

    Raises Unreadable (SIGNATURE_UNREADABLE) for anything that is not one with at least one complete signer: each
    needs signed attributes with one message digest, and its certificate in the set (found by sid, not by position).
    """
    if not p7s or len(p7s) > LARGEST:
        raise Unreadable(Reason.SIGNATURE_UNREADABLE, "empty or too large")
    return leak_proof(lambda: _signers(p7s))


def _signers(p7s: bytes) -> tuple[SignerFacts, ...]:
    outer = cms.ContentInfo.load(p7s)
    if outer["content_type"].native != "signed_data":
        raise Unreadable(Reason.SIGNATURE_UNREADABLE, "not signed data")
    signed = outer["content"]
    stated = [choice.chosen for choice in signed["certificates"] or () if choice.name == "certificate"]
    facts = [_facts(info, stated) for info in list(signed["signer_infos"])[:SIGNERS]]
    if not facts:
        raise Unreadable(Reason.SIGNATURE_UNREADABLE, "no signer")
    return tuple(facts)


def _facts(info: cms.SignerInfo, stated: list[cms.Certificate]) -> SignerFacts:
    attributes = info["signed_attrs"]
    digests = _attribute(attributes, "message_digest")
    times = _attribute(attributes, "signing_time")
    found = [certificate for certificate in stated if _is_of(info["sid"], certificate)]
    digest_name = info["digest_algorithm"]["algorithm"].native
    if len(digests) != 1 or not found or digest_name not in HASHES:
        raise Unreadable(Reason.SIGNATURE_UNREADABLE, "signer incomplete")
    if info["signature_algorithm"].signature_algo != "rsassa_pkcs1v15":
        raise Unreadable(Reason.SIGNATURE_UNREADABLE, "algorithm")
    as_set = attributes.untag()
    return SignerFacts(
        digest_name=digest_name,
        message_digest=digests[0].native,
        attributes=tuple(dict.fromkeys((as_set.dump(), as_set.dump(force=True)))),
        signature=info["signature"].native,
        certificate=read_certificate(found[0]),
        signing_time=times[0].native if times else None,
    )


def _attribute(attributes: cms.CMSAttributes, name: str) -> list[Any]:
    return [value for attribute in attributes if attribute["type"].native == name for value in attribute["values"]]


def _is_of(sid: cms.SignerIdentifier, certificate: cms.Certificate) -> bool:
    if sid.name == "issuer_and_serial_number":
        wanted = sid.chosen
        same_issuer: bool = certificate.issuer == wanted["issuer"]
        return same_issuer and certificate.serial_number == wanted["serial_number"].native
    return bool(certificate.key_identifier == sid.chosen.native)


def content_digest(content: memoryview, digest_name: str) -> bytes:
    """Digest of the signed part exactly as it travelled."""
    return hashlib.new(digest_name, content).digest()


def canonical_digest(content: memoryview, digest_name: str) -> bytes:
    """Digest with every bare LF taken for CRLF: what a copy saved with Unix line ends was signed as (RFC 8551 §3.1.1).

    Works in pieces, so that a large message is not copied whole.
    """
    digest, piece, carried = hashlib.new(digest_name), 1 << 20, b""
    for start in range(0, len(content), piece):
        block = carried + bytes(content[start : start + piece])
        carried = b"\r" if block.endswith(b"\r") else b""
        block = block[: len(block) - len(carried)]
        digest.update(block.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    digest.update(carried)
    return digest.digest()
