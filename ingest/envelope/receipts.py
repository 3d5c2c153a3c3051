"""Receipts: what the providers say became of one of our letters (RFC 6109 §3)."""

import re

from ingest.envelope.daticert import CertificationData
from ingest.envelope.kinds import RECEIPTS
from ingest.verdict import Receipt
from ingest.vocabulary import ReceiptType

ERRORS = ("nessuno", "no-dest", "no-dominio", "virus", "altro")
_CODE = re.compile(r"\s*(\d\.\d{1,2}\.\d{1,2})(?!\d)")
_TIME_EXCEEDED = "5.4.1"
_ABOUT_NO_ONE = (ReceiptType.ACCEPTANCE, ReceiptType.NON_ACCEPTANCE, ReceiptType.TAKEN_IN_CHARGE)
_PASSING = (ReceiptType.TAKEN_IN_CHARGE, ReceiptType.UNKNOWN)


def receipt_of(header: str, data: CertificationData | None, reference: str) -> Receipt:
    """The receipt that the header names and the certification data state.

    `header` is the value of X-Ricevuta, `reference` X-Riferimento-Message-ID without brackets. Where the unsigned
    header and the signed data disagree, or a value is none of RFC 6109's, the type is UNKNOWN: no letter may move
    on it. The same holds without data, or without the instant they must state.
    """
    if data is None:
        return Receipt(ReceiptType.UNKNOWN, reference, recipient="", error="", detail="", final=False)
    sound = agrees(header, data) and data.error in ERRORS and data.at is not None
    kind = RECEIPTS.get(header, ReceiptType.UNKNOWN) if sound else ReceiptType.UNKNOWN
    code = error_code(data.error_detail)
    return Receipt(
        type=kind,
        about=data.message_id or reference,
        recipient="" if kind in _ABOUT_NO_ONE else _addressee(data),
        error=data.error,
        detail=data.error_detail,
        final=_is_final(kind, code),
        code=code,
        sender=data.sender,
    )


def agrees(header: str, data: CertificationData) -> bool:
    """Whether the unsigned header names the same kind as the signed data; whole values are compared."""
    return header == data.kind


def error_code(detail: str) -> str:
    """The code errore-esteso begins with (`5.1.1 - …`, `5.5.1, …`); "" when it begins with none."""
    found = _CODE.match(detail)
    return found[1] if found else ""


def _addressee(data: CertificationData) -> str:
    """The address we wrote to: `consegna`, unless it is none of the certified addressees and there is exactly one.

    A provider may name the mailbox it delivered to where we wrote to another name of it.
    """
    if data.delivered_to not in data.recipients and len(data.recipients) == 1:
        return data.recipients[0]
    return data.delivered_to


def _is_final(kind: ReceiptType, code: str) -> bool:
    """Alone, a delay notice is final only if it says so; the second one, or one after 22 hours, the register knows."""
    if kind is ReceiptType.DELIVERY_WARNING:
        return code == _TIME_EXCEEDED
    return kind not in _PASSING
