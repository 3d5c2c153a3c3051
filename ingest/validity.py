"""Signature, sender and identity copy together: what a person should look at (art. 65 and 47 CAD).

Advice only. Nothing here refuses an application: not starting the procedure on a valid one is a fault
(art. 65 c. 1-ter CAD), so every cell of the table ends in a word for the clerk.
"""

from collections.abc import Iterable
from enum import StrEnum

from ingest.form.value import Doubt
from ingest.verdict import Document, FieldValue
from ingest.vocabulary import Reason, Role, SenderRelation

_BY_HAND = ("ink",)
_NOT_SIGNED = ("typed", "stamp_text_only", "none", "")


class Evidence(StrEnum):
    """What proves who wants the adhesion, strongest first."""

    DIGITAL = "digital"
    DIGITAL_DOUBTFUL = "digital-doubtful"
    INK_WITH_IDENTITY = "ink-with-identity"
    INK = "ink"
    UNSIGNED = "unsigned"


# the column is the sender: (own PEC, another's PEC, ordinary mail); None: nothing to add
_TABLE: dict[Evidence, tuple[Reason | None, Reason | None, Reason | None]] = {
    Evidence.DIGITAL: (None, None, None),
    Evidence.DIGITAL_DOUBTFUL: (Reason.SIGNED_BY_SENDING, Reason.VERIFY_SIGNATURE, Reason.VERIFY_SIGNATURE),
    Evidence.INK_WITH_IDENTITY: (None, None, None),
    Evidence.INK: (Reason.SIGNED_BY_SENDING, Reason.INTEGRATE_IDENTITY, Reason.INTEGRATE_IDENTITY),
    Evidence.UNSIGNED: (Reason.SIGNED_BY_SENDING, Reason.INTEGRATE_SIGNATURE, Reason.INTEGRATE_SIGNATURE),
}
_COLUMN = {
    SenderRelation.SAME: 0,
    SenderRelation.SAME_DOMAIN: 0,
    SenderRelation.OTHER: 1,
    SenderRelation.ORDINARY: 2,
}


def signature_advice(
    fields: dict[str, FieldValue], document: Document | None, documents: Iterable[Document], relation: SenderRelation
) -> Reason | None:
    """The cell of the table that applies to one form; `document` is the one it was read from."""
    everything = tuple(documents)
    if _value(fields, "organisation.legal_nature") == "public_body":
        marked = any(Role.SEGNATURA in (one.role, *one.role_by_page) for one in everything)
        own = _COLUMN[relation] == 0  # between administrations a protocol mark or a PEC is enough (art. 47 CAD)
        return None if marked or own else Reason.VERIFY_ORIGIN
    return _TABLE[evidence(fields, document, everything)][_COLUMN[relation]]


def evidence(fields: dict[str, FieldValue], document: Document | None, documents: tuple[Document, ...]) -> Evidence:
    """What the form carries as proof. A digital signature counts as sure only when the document is unaltered."""
    signatures = document.signatures if document is not None else ()
    if signatures:
        whole = all(one.integrity == "intact" and one.modified_after != "other" for one in signatures)
        return Evidence.DIGITAL if whole and _signed_by_declarant(fields, document) else Evidence.DIGITAL_DOUBTFUL
    kind = _value(fields, "signature.kind")
    if kind in ("pades", "cades"):
        return Evidence.DIGITAL_DOUBTFUL
    if kind in _BY_HAND and not _pasted(fields):
        identity = any(Role.IDENTITY in (one.role, *one.role_by_page) for one in documents)
        return Evidence.INK_WITH_IDENTITY if identity else Evidence.INK
    return Evidence.UNSIGNED


def _signed_by_declarant(fields: dict[str, FieldValue], document: Document | None) -> bool:
    """False only when both fiscal codes are known and differ."""
    declared = _value(fields, "declarant.fiscal_code")
    codes = {
        one.signer_fiscal_code.upper() for one in (document.signatures if document else ()) if one.signer_fiscal_code
    }
    return not (isinstance(declared, str) and declared and codes) or declared.upper() in codes


def _pasted(fields: dict[str, FieldValue]) -> bool:
    field = fields.get("signature.kind")
    return field is not None and Doubt.SIGNATURE_IMAGE in field.warnings


def _value(fields: dict[str, FieldValue], key: str) -> object:
    found = fields.get(key)
    return found.value if found else None
