"""Who signed a document, and whether the signed bytes are intact. Never whether the signer is trusted.

Trust would need the EU trusted lists; until then every signature says `not-validated` (art. 25 eIDAS leaves even an
untrusted signature its effect, so it is shown, never a reason to refuse).
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from ingest.verdict import DocumentSignature

INTACT, BROKEN = "intact", "broken"
MAX_SIGNATURES = 50
_LESS_THAN_FORM_FILLING = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)


def cades_signatures(der: bytes, payload: bytes) -> tuple[DocumentSignature, ...]:
    """The signatures of a SignedData over `payload`, one per SignerInfo (parallel signatures are all listed)."""
    _quiet()
    try:
        signed = cms.ContentInfo.load(der)["content"]
        infos = list(signed["signer_infos"])[:MAX_SIGNATURES]
    except Exception:  # noqa: BLE001 - asn1crypto leaks what it meets on mutants
        return (_unknown("cades"),)
    return tuple(_cades(signed, info, payload) for info in infos)


def signs(der: bytes, content: bytes) -> bool:
    """Whether a detached signature was made over exactly `content`: its message digest says so."""
    try:
        infos = list(cms.ContentInfo.load(der)["content"]["signer_infos"])
        return any(_digest_of(info) == hashlib.new(_algorithm(info), content).digest() for info in infos)
    except Exception:  # noqa: BLE001 - as above; an unknown digest algorithm counts as no match
        return False


def pades_signatures(pdf: bytes) -> tuple[DocumentSignature, ...]:
    """The signatures inside a PDF, validated on the bytes as received (re-saving destroys them)."""
    if b"/ByteRange" not in pdf:
        return ()
    _quiet()
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        if reader.encrypted:
            reader.decrypt("")
        found = list(reader.embedded_regular_signatures)[:MAX_SIGNATURES]
    except Exception:  # noqa: BLE001 - pyHanko leaks AttributeError, TypeError, UnboundLocalError and more
        return (_unknown("pades"),)
    return tuple(_pades(signature) for signature in found)


def _cades(signed: Any, info: Any, payload: bytes) -> DocumentSignature:
    try:
        certificate = _certificate(signed, info)
        kind = signed["encap_content_info"]["content_type"].native
        digest = hashlib.new(_algorithm(info), payload).digest()
        intact, valid = validate_sig_integrity(info, certificate, kind, digest)
    except Exception:  # noqa: BLE001 - as above, and no certificate of the signer inside
        return _unknown("cades", info, _or_none(lambda: _certificate(signed, info)))
    return _signature("cades", certificate, _signing_time(info), holds=intact and valid)


def _pades(signature: EmbeddedPdfSignature) -> DocumentSignature:
    try:
        signature.compute_integrity_info()  # type: ignore[no-untyped-call]
        certificate = signature.signer_cert
        kind = signature.signed_data["encap_content_info"]["content_type"].native
        intact, valid = validate_sig_integrity(signature.signer_info, certificate, kind, signature.compute_digest())
        at = _aware(signature.self_reported_timestamp)
        modified = _modified_after(signature.diff_result)
    except Exception:  # noqa: BLE001 - as above
        return _unknown("pades", signature.signer_info)
    return _signature("pades", certificate, at, holds=intact and valid, modified_after=modified)


def _modified_after(difference: object) -> str:
    level = difference.modification_level if isinstance(difference, DiffResult) else ModificationLevel.OTHER
    if level in _LESS_THAN_FORM_FILLING:
        return ""
    return "form-filling" if level == ModificationLevel.FORM_FILLING else "other"


def _signature(
    kind: str, certificate: Any, at: datetime | None, *, holds: bool, modified_after: str = ""
) -> DocumentSignature:
    names = _or_none(lambda: certificate.subject.native) or {}
    signer = names.get("common_name") or " ".join(
        str(names[key]) for key in ("given_name", "surname") if names.get(key)
    )
    return DocumentSignature(
        kind=kind,
        signer=_text(signer),
        signer_fiscal_code=_fiscal_code(_text(names.get("serial_number", ""))),
        integrity=INTACT if holds else BROKEN,
        at=at,
        modified_after=modified_after,
    )


def _unknown(kind: str, info: Any = None, certificate: Any = None) -> DocumentSignature:
    """A signature that could not be checked; broken is the only safe word for it."""
    at = _signing_time(info) if info is not None else None
    if certificate is not None:
        return _signature(kind, certificate, at, holds=False)
    return DocumentSignature(kind=kind, signer="", signer_fiscal_code="", integrity=BROKEN, at=at)


def _certificate(signed: Any, info: Any) -> Any:
    """The certificate the SignerInfo names by issuer and serial, or by key identifier. Raises LookupError."""
    wanted = info["sid"]
    for choice in signed["certificates"]:
        if choice.name != "certificate":
            continue
        candidate = choice.chosen
        if wanted.name == "issuer_and_serial_number":
            same_serial = candidate.serial_number == wanted.chosen["serial_number"].native
            if same_serial and candidate.issuer == wanted.chosen["issuer"]:
                return candidate
        elif candidate.key_identifier == wanted.chosen.native:
            return candidate
    raise LookupError("the signer's certificate is not in the file")


def _algorithm(info: Any) -> str:
    return str(info["digest_algorithm"]["algorithm"].native)


def _digest_of(info: Any) -> bytes:
    return bytes(_attribute(info, "message_digest"))


def _signing_time(info: Any) -> datetime | None:
    """The time the signer claims; None when there is none or it cannot be read."""
    return _aware(_or_none(lambda: _attribute(info, "signing_time")))


def _attribute(info: Any, kind: str) -> Any:
    """The first value of a signed attribute. Raises StopIteration when there is none."""
    return next(item["values"][0].native for item in info["signed_attrs"] if item["type"].native == kind)


def _aware(moment: object) -> datetime | None:
    return moment if isinstance(moment, datetime) and moment.tzinfo is not None else None


def _fiscal_code(serial: str) -> str:
    """The fiscal code in a subject's serialNumber: "TINIT-RSSMRA80A01H501U", formerly "IT:RSSMRA…"."""
    for prefix in ("TINIT-", "IT:"):
        if serial.upper().startswith(prefix):
            return serial[len(prefix) :].upper()
    return ""


def _text(value: object) -> str:
    """A name from a certificate, which the signer's own authority chose: short and without control characters."""
    found = value[0] if isinstance(value, list) and value else value
    return "".join(char for char in str(found or "") if char.isprintable())[:200]


def _or_none(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception:  # noqa: BLE001 - a lazy ASN.1 value fails where it is first read, in any way
        return None


def _quiet() -> None:
    """PyHanko logs attacker-chosen names with full tracebacks."""
    for name in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
