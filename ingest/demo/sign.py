"""Detached CMS signatures as the providers write them, and the ways they come broken.

`signing-time` is the instant of the event (RFC 6109 §4.1), which no signing tool lets one choose: hence built here
from its ASN.1 parts.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, core, tsp  # noqa: F401 - time stamps join the kinds of content before any is named
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding

from ingest.demo.pki import Signer

_HASHES: dict[str, hashes.HashAlgorithm] = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}  # noqa: S303 - real ones
_INDEFINITE, _END = b"\x80", b"\x00\x00"


@dataclass(frozen=True, slots=True)
class Cms:
    """How a signature is written; the last group breaks it."""

    digest: str = "sha256"  # sha1 | sha256
    ber: bool = True  # indefinite lengths, as several providers write
    algorithm: str = "rsassa_pkcs1v15"  # rsaEncryption; or sha256_rsa / sha1_rsa
    ca_first: bool = False
    capabilities: bool = False  # smimeCapabilities
    preference: bool = False  # encryptKeyPreference
    protection: bool = False  # CMSAlgorithmProtection
    without_certificates: bool = False
    wrong_attributes: bool = False  # signed attributes changed after signing
    wrong_value: bool = False  # signature value changed
    opaque: bool = False  # the content travels inside
    signing_time: datetime | None = None  # another one than the event's


def detached_signature(content: bytes, signer: Signer, at: datetime, style: Cms | None = None) -> bytes:
    """The CMS SignedData (bytes, DER or BER) over `content`, signed at `at` (aware), in `style`."""
    style = style or Cms()
    attributes = _attributes(content, signer, at, style)
    value = signer.key.sign(attributes.dump(), PKCS1v15(), _HASHES[style.digest])
    if style.wrong_attributes:
        attributes = _attributes(content + b" ", signer, at, style)
    if style.wrong_value:
        value = bytes([value[0] ^ 1]) + value[1:]
    certificates = [_choice(signer.certificate), _choice(signer.ca)]
    if style.ca_first:
        certificates.reverse()
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": style.digest}],
            "encap_content_info": {"content_type": "data", "content": content if style.opaque else None},
            "signer_infos": [_signer_info(signer, style, attributes, value)],
        }
    )
    return _encoded(signed, [] if style.without_certificates else certificates, style)


def _attributes(content: bytes, signer: Signer, at: datetime, style: Cms) -> cms.CMSAttributes:
    digest = hashlib.new(style.digest, content).digest()
    attributes: list[dict[str, Any]] = [
        {"type": "content_type", "values": ["data"]},
        {"type": "signing_time", "values": [cms.Time({"utc_time": (style.signing_time or at).astimezone(UTC)})]},
        {"type": "message_digest", "values": [digest]},
    ]
    if style.capabilities:
        attributes.append({"type": "smime_capabilities", "values": [[{"capability_id": "1.2.840.113549.3.7"}]]})
    if style.preference:
        preference = {"issuer_and_serial_number": _issuer_and_serial(signer)}
        attributes.append({"type": "encrypt_key_pref", "values": [cms.SMIMEEncryptionKeyPreference(preference)]})
    if style.protection:
        protection = cms.CMSAlgorithmProtection(
            {
                "digest_algorithm": {"algorithm": style.digest},
                "signature_algorithm": {"algorithm": style.algorithm, "parameters": core.Null()},
            }
        )
        attributes.append({"type": "cms_algorithm_protection", "values": [protection]})
    return cms.CMSAttributes(attributes)


def _signer_info(signer: Signer, style: Cms, attributes: cms.CMSAttributes, value: bytes) -> dict[str, Any]:
    return {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": _issuer_and_serial(signer)}),
        "digest_algorithm": {"algorithm": style.digest},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": style.algorithm, "parameters": core.Null()},
        "signature": value,
    }


def _issuer_and_serial(signer: Signer) -> dict[str, Any]:
    certificate = _asn1(signer.certificate)
    return {"issuer": certificate.issuer, "serial_number": certificate.serial_number}


def _encoded(signed: cms.SignedData, certificates: list[cms.CertificateChoices], style: Cms) -> bytes:
    """ContentInfo around `signed`. The certificates are placed by hand: DER would sort the SET, providers do not."""
    inside: bytes = b"".join(certificate.dump() for certificate in certificates)
    parts: list[bytes] = [signed[name].dump() for name in ("version", "digest_algorithms", "encap_content_info")]
    infos: bytes = signed["signer_infos"].dump()
    kind: bytes = cms.ContentType("signed_data").dump()
    if not style.ber:
        parts += [_definite(b"\xa0", inside)] if inside else []
        definite = _definite(b"\x30", b"".join([*parts, infos]))
        return _definite(b"\x30", kind + _definite(b"\xa0", definite))
    if not style.opaque:
        parts[2] = b"\x30" + _INDEFINITE + cms.ContentType("data").dump() + _END
    parts += [b"\xa0" + _INDEFINITE + inside + _END] if inside else []
    whole: bytes = b"\x30" + _INDEFINITE + b"".join([*parts, infos]) + _END
    return b"\x30" + _INDEFINITE + kind + b"\xa0" + _INDEFINITE + whole + _END + _END


def _definite(tag: bytes, body: bytes) -> bytes:
    if len(body) < 0x80:
        return tag + bytes([len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return tag + bytes([0x80 | len(length)]) + length + body


def _choice(certificate: x509.Certificate) -> cms.CertificateChoices:
    return cms.CertificateChoices({"certificate": _asn1(certificate)})


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
