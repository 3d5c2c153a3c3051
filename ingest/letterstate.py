"""How far a letter got, as all its receipts together say: the order in which they were read makes no difference.

Rank: delivered > failed > rejected > late > accepted (RFC 6109 §3.3; a late delivery wins over any notice of failure).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.vocabulary import ReceiptType
from models import LetterState

_FINAL_AFTER = timedelta(hours=22)  # RFC 6109 §3.1.6: the 24-hour notice comes "not before 22 hours"
_TIME_EXCEEDED = "5.4.1"
_OF_TYPE = {
    ReceiptType.DELIVERY: LetterState.DELIVERED,
    ReceiptType.DELIVERY_ERROR: LetterState.FAILED,
    ReceiptType.VIRUS_DETECTED: LetterState.FAILED,
    ReceiptType.NON_ACCEPTANCE: LetterState.REJECTED,
    ReceiptType.DELIVERY_WARNING: LetterState.LATE,
    ReceiptType.TAKEN_IN_CHARGE: LetterState.ACCEPTED,  # the receiving provider has it, so the sending one took it
    ReceiptType.ACCEPTANCE: LetterState.ACCEPTED,
}
_RANK = (
    LetterState.DELIVERED,
    LetterState.FAILED,
    LetterState.REJECTED,
    LetterState.LATE,
    LetterState.ACCEPTED,
)
_GRAVEST = (LetterState.FAILED, LetterState.REJECTED, LetterState.LATE, LetterState.ACCEPTED)
_OF_THE_WHOLE = (ReceiptType.ACCEPTANCE, ReceiptType.NON_ACCEPTANCE, ReceiptType.TAKEN_IN_CHARGE)


@dataclass(frozen=True, slots=True)
class Told:
    """What one receipt says: type, recipient in lower case ("" = all of them), certified instant, error code."""

    type: ReceiptType
    recipient: str
    at: datetime
    code: str = ""
    final: bool = False


def recipient_state(receipts: Sequence[Told], address: str, sent_at: datetime | None) -> LetterState | None:
    """How far the letter got with one recipient; None while no receipt says anything. `sent_at`: handed to SMTP."""
    about = [told for told in receipts if told.type in _OF_THE_WHOLE or told.recipient in ("", address)]
    states = {_OF_TYPE[told.type] for told in about if told.type in _OF_TYPE}
    if LetterState.LATE in states and _is_final(about, sent_at):
        states.add(LetterState.FAILED)
    return next((state for state in _RANK if state in states), None)


def letter_state(states: Iterable[LetterState | None]) -> LetterState | None:
    """How far a letter got with all its certified recipients: delivered only when delivered to each of them."""
    found = list(states)
    if found and all(state is LetterState.DELIVERED for state in found):
        return LetterState.DELIVERED
    grave = next((state for state in _GRAVEST if state in found), None)
    return grave or (LetterState.ACCEPTED if LetterState.DELIVERED in found else None)


def _is_final(receipts: Sequence[Told], sent_at: datetime | None) -> bool:
    """The 24-hour notice looks like the 12-hour one: the second, or error 5.4.1, or 22 hours after the sending."""
    notices = [told for told in receipts if told.type is ReceiptType.DELIVERY_WARNING]
    accepted = [told.at for told in receipts if told.type is ReceiptType.ACCEPTANCE]
    start = min(accepted) if accepted else sent_at
    return (
        len({told.at for told in notices}) > 1
        or any(told.code.startswith(_TIME_EXCEEDED) for told in notices)
        or any(told.final for told in notices)
        or (start is not None and any(told.at - start >= _FINAL_AFTER for told in notices))
    )
