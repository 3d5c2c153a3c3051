"""Signed files (.p7m, .p7s, .tsd): what is inside, in every encoding met (RFC 5652, RFC 5544).

Whether the signatures hold is `ingest.documents.signatures`' business; a broken signature still has its content.
"""

import base64
import re
from dataclasses import dataclass

from asn1crypto import cms, tsp

from ingest.documents.ber import definite
from ingest.documents.sniff import BASE64, PEM
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

SIGNED, ENVELOPED, TIME_STAMPED = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.3", "1.2.840.113549.1.9.16.1.31"
_ENCRYPTED = frozenset({ENVELOPED, "1.2.840.113549.1.7.6", "1.2.840.113549.1.9.16.1.23"})
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_ARMOUR = re.compile(rb"-----BEGIN [^-]*-----(.*?)(?:-----END|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SignedFile:
    """`der` is the normalised ContentInfo; `payload` is None when the signature stands alone (detached)."""

    der: bytes
    payload: bytes | None
    time_stamped: bool = False


def open_signed(content: bytes, kind: str) -> SignedFile:
    """Opens one layer. `kind` is what `media_type` said: CMS, PEM or BASE64.

    Raises Unreadable: PART_ENCRYPTED for encrypted content, PART_UNREADABLE for anything broken or truncated.
    """
    der = definite(_binary(content, kind))
    try:
        return _opened(der)
    except Unreadable:
        raise
    except Exception as error:  # asn1crypto leaks TypeError, AttributeError, UnicodeDecodeError and more on mutants
        raise Unreadable(Reason.PART_UNREADABLE, f"CMS: {type(error).__name__}") from error


def _opened(der: bytes) -> SignedFile:
    outer = cms.ContentInfo.load(der)
    oid = outer["content_type"].dotted
    if oid in _ENCRYPTED:
        raise Unreadable(Reason.PART_ENCRYPTED, "CMS enveloped data")
    if oid == TIME_STAMPED:
        stamped = outer["content"].parsed if hasattr(outer["content"], "parsed") else outer["content"]
        assert isinstance(stamped, tsp.TimeStampedData)
        inner = stamped["content"].native
        return SignedFile(der, inner, time_stamped=True)
    if oid != SIGNED:
        raise Unreadable(Reason.PART_UNSUPPORTED, f"CMS content type {oid}")
    held = outer["content"]["encap_content_info"]["content"].native
    return SignedFile(der, held if isinstance(held, bytes) else None)


def _binary(content: bytes, kind: str) -> bytes:
    """The DER or BER bytes. The library's own unarmour is quadratic: an attacker's delay."""
    if kind == PEM:
        found = _ARMOUR.search(content)
        return _from_base64(found[1]) if found else b""
    return _from_base64(content) if kind == BASE64 else content


def _from_base64(text: bytes) -> bytes:
    """Decodes the first run of base64, whatever its line ends and whatever follows it."""
    packed = text.removeprefix(b"\xef\xbb\xbf").translate(None, b" \t\r\n\f\v")
    found = _BASE64_RUN.match(packed)
    run = found[0] if found else b""
    return base64.b64decode(run[: len(run) - len(run) % 4])
