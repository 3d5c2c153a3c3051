"""What became of a convocation: per recipient, how far its letter got, and who was not reached."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CompoundSelect, select, union
from sqlalchemy.orm import Session

from ingest.vocabulary import ReceiptType
from models import Entry, Invitation, Letter, LetterState, Organisation, ReceiptRow

WHY_IT: dict[str, str] = {
    "no-address": "L'ente non ha indicato un indirizzo di questo tipo.",
    "bad-address": "L'indirizzo indicato non è valido o è dell'ufficio stesso.",
    "withdrawn": "L'ente si è ritirato, o è stato unito a un altro, prima dell'invio.",
    "not-composed": "Con i dati attuali dell'ente il testo non si può comporre.",
}
_FAILED = (LetterState.FAILED, LetterState.REJECTED, LetterState.UNCERTAIN, LetterState.WITHHELD)
_SAYS_WHY = (ReceiptType.DELIVERY_ERROR, ReceiptType.NON_ACCEPTANCE, ReceiptType.VIRUS_DETECTED)


class Reach(StrEnum):
    """Where one recipient stands."""

    TO_WRITE = "to-write"
    ON_ITS_WAY = "on-its-way"
    REACHED = "reached"
    NOT_REACHED = "not-reached"


REACH_IT: dict[Reach, str] = {
    Reach.TO_WRITE: "Da inviare",
    Reach.ON_ITS_WAY: "In viaggio",
    Reach.REACHED: "Raggiunto",
    Reach.NOT_REACHED: "Non raggiunto",
}
_SEVERAL_IT = REACH_IT | {Reach.REACHED: "Raggiunti", Reach.NOT_REACHED: "Non raggiunti"}


@dataclass(frozen=True, slots=True)
class Line:
    """One recipient. `state` is the letter's, "" while there is none; `why` is for the office, "" when all is well."""

    organisation: int
    name: str
    address: str
    certified: bool
    reach: Reach
    letter: int | None = None
    state: str = ""
    why: str = ""
    at: datetime | None = None  # when the letter was queued


def lines(session: Session, convocation_id: int) -> list[Line]:
    """Every recipient by name. A copy that a person sent again counts with the first letter."""
    rows = session.execute(
        select(Invitation, Organisation.name)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(Invitation.convocation_id == convocation_id)
        .order_by(Organisation.match_name, Organisation.id, Invitation.id)
    ).all()
    letters = _letters(session, convocation_id)
    said = _said(session, [one.id for found in letters.values() for one in found])
    return [_line(invitation, name, letters, said) for invitation, name in rows]


def counted_it(reach: Reach, number: int) -> str:
    """The word of a state beside a number."""
    return (REACH_IT if number == 1 else _SEVERAL_IT)[reach]


def counts(found: Iterable[Line]) -> dict[Reach, int]:
    """Recipients per state."""
    numbers = dict.fromkeys(Reach, 0)
    for one in found:
        numbers[one.reach] += 1
    return numbers


def replies(session: Session, convocation_id: int) -> list[Entry]:
    """The messages that answer a letter of this convocation."""
    ours = Entry.reply_to_letter_id.in_(_letter_ids(convocation_id))
    return list(session.scalars(select(Entry).where(ours).order_by(Entry.id)))


def _letters(session: Session, convocation_id: int) -> dict[str, list[Letter]]:
    """The letters by the key of the first, oldest first."""
    found: dict[str, list[Letter]] = defaultdict(list)
    ours = select(Letter).where(Letter.id.in_(_letter_ids(convocation_id))).order_by(Letter.id)
    for letter in session.scalars(ours):
        found[letter.key.partition(":resend:")[0]].append(letter)
    return found


def _letter_ids(convocation_id: int) -> CompoundSelect[int]:
    """Those of the invitations, and their copies: looked for among the copies, which are few, not among all letters."""
    named = Letter.key.startswith(f"convocation:{convocation_id}:", autoescape=True)
    return union(
        select(Invitation.letter_id).where(Invitation.convocation_id == convocation_id, Invitation.letter_id > 0),
        select(Letter.id).where(Letter.resend_of > 0, named),
    )


def _said(session: Session, letters: list[int]) -> dict[int, str]:
    """What the receipts give as the cause, by letter."""
    if not letters:
        return {}
    rows = session.scalars(
        select(ReceiptRow)
        .where(ReceiptRow.letter_id.between(min(letters), max(letters)), ReceiptRow.type.in_(map(str, _SAYS_WHY)))
        .order_by(ReceiptRow.id)
    )
    return {row.letter_id: row.detail or row.error for row in rows if row.letter_id is not None}


def _line(invitation: Invitation, name: str, letters: dict[str, list[Letter]], said: dict[int, str]) -> Line:
    key = f"convocation:{invitation.convocation_id}:{invitation.organisation_id}:{invitation.address}"
    found = letters.get(key, [])
    here = (invitation.organisation_id, name, invitation.address, invitation.certified)
    if not found:
        reach = Reach.NOT_REACHED if invitation.why else Reach.TO_WRITE
        return Line(*here, reach, why=WHY_IT.get(invitation.why, invitation.why))
    letter = next((one for one in found if _arrived(one, invitation)), found[-1])
    if _arrived(letter, invitation):
        return Line(*here, Reach.REACHED, letter.id, letter.state, at=letter.created_at)
    if letter.state in _FAILED:
        why = said.get(letter.id) or letter.last_error
        return Line(*here, Reach.NOT_REACHED, letter.id, letter.state, why, letter.created_at)
    return Line(*here, Reach.ON_ITS_WAY, letter.id, letter.state, at=letter.created_at)


def _arrived(letter: Letter, invitation: Invitation) -> bool:
    """Delivered; an ordinary address has no delivery receipt: there, taken by the provider is all there is to know."""
    if letter.state == LetterState.DELIVERED:
        return True
    return not invitation.certified and letter.state in (LetterState.SUBMITTED, LetterState.ACCEPTED)
