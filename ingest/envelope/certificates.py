"""X.509 certificates as the few facts that matter here, and the authorities that are pinned by public key.

asn1crypto reads what strict parsers refuse (negative serials, odd names); the signatures are checked by
`cryptography` over the certificate's own bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import TypeVar

from asn1crypto import pem, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - providers still signed with it in 2024; flagged as weak
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate states. Addresses and domains lower-case, times aware."""

    name: str  # common name, else organisation
    key: bytes  # SubjectPublicKeyInfo, DER: what a pin compares
    signed_bytes: bytes  # TBSCertificate as it was signed
    signature: bytes
    hash_name: str
    not_before: datetime
    not_after: datetime
    emails: tuple[str, ...]  # rfc822Name of the subject alternative name
    usages: frozenset[str]  # key usage and extended key usage, names of asn1crypto
    permitted_mail: tuple[str, ...] | None  # rfc822Name constraints; None = unconstrained
    excluded_mail: tuple[str, ...]


def leak_proof(reading: Callable[[], _Read]) -> _Read:
    """The result of reading ASN.1; whatever asn1crypto throws at damaged bytes becomes Unreadable.

    It is lazy and raises AttributeError, TypeError, KeyError, UnicodeDecodeError and more from deep inside, so a
    reading takes out everything it needs before it returns.
    """
    try:
        return reading()
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(Reason.SIGNATURE_UNREADABLE, type(error).__name__) from error


def read_certificate(stated: x509.Certificate) -> Certificate:
    """The facts of a parsed certificate; call it inside `leak_proof`."""
    names = stated.subject.native
    alternative = stated.subject_alt_name_value or ()
    usages = set(stated.key_usage_value.native if stated.key_usage_value else ())
    usages |= set(stated.extended_key_usage_value.native if stated.extended_key_usage_value else ())
    constraints = stated.name_constraints_value
    permitted = _mail_names(constraints["permitted_subtrees"]) if constraints is not None else ()
    excluded = _mail_names(constraints["excluded_subtrees"]) if constraints is not None else ()
    name = names.get("common_name") or names.get("organization_name") or ""
    return Certificate(
        name=name if isinstance(name, str) else " ".join(name),
        key=stated.public_key.dump(),
        signed_bytes=stated["tbs_certificate"].dump(),
        signature=stated["signature_value"].native,
        hash_name=stated["signature_algorithm"].hash_algo,
        not_before=stated.not_valid_before,
        not_after=stated.not_valid_after,
        emails=tuple(item.native.lower() for item in alternative if item.name == "rfc822_name"),
        usages=frozenset(usages),
        permitted_mail=permitted or None,
        excluded_mail=excluded,
    )


def _mail_names(subtrees: x509.GeneralSubtrees) -> tuple[str, ...]:
    bases = [subtree["base"] for subtree in subtrees] if subtrees.native is not None else []
    return tuple(base.native.lower() for base in bases if base.name == "rfc822_name")


@lru_cache(maxsize=8)
def anchors(trusted: tuple[bytes, ...]) -> tuple[Certificate, ...]:
    """The pinned authorities out of DER or PEM certificates (several per PEM allowed).

    A configured anchor that cannot be read is a wrong configuration, not a broken message: ValueError.
    """
    try:
        return tuple(leak_proof(partial(_anchor, der)) for encoded in trusted for der in _ders(encoded))
    except (Unreadable, ValueError) as error:
        raise ValueError("a trust anchor is not a certificate") from error


def _ders(encoded: bytes) -> list[bytes]:
    return [der for _, _, der in pem.unarmor(encoded, multiple=True)] if pem.detect(encoded) else [encoded]


def _anchor(der: bytes) -> Certificate:
    return read_certificate(x509.Certificate.load(der))


def is_signed_by(key: bytes, signature: bytes, data: bytes, hash_name: str) -> bool:
    """Whether an RSA PKCS #1 v1.5 signature over `data` verifies with a DER public key.

    Raises Unreadable for another kind of key or an unknown digest: no provider uses one.
    """
    algorithm = HASHES.get(hash_name)
    try:
        public = load_der_public_key(key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unreadable(Reason.SIGNATURE_UNREADABLE, "key") from error
    if algorithm is None or not isinstance(public, RSAPublicKey):
        raise Unreadable(Reason.SIGNATURE_UNREADABLE, "algorithm")
    try:
        public.verify(signature, data, PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True


def allows_mail(authority: Certificate, address: str) -> bool:
    """Whether an authority's name constraints let it vouch for a mail address (RFC 5280 §4.2.1.10)."""
    if any(_within(address, name) for name in authority.excluded_mail):
        return False
    return authority.permitted_mail is None or any(_within(address, name) for name in authority.permitted_mail)


def _within(address: str, constraint: str) -> bool:
    domain = address.rpartition("@")[2]
    if "@" in constraint:
        return address == constraint
    if constraint.startswith("."):
        return domain.endswith(constraint)
    return domain == constraint
