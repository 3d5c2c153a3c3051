"""Protocol numbers: read from the register's own export or typed by a clerk, one per message and letter.

A number that is there already is never overwritten by a file; a person may correct it, and the audit keeps both.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ingest.database import Database, one_at_a_time
from ingest.tabular import rows_of
from models import Audit, Entry, Letter, ProtocolNumber

COLUMNS: dict[str, tuple[str, ...]] = {
    "reference": ("riferimento", "messaggio", "id", "rif"),
    "identifier": ("identificativo pec", "identificativo", "message id", "id pec"),
    "sha256": ("sha256", "impronta", "impronta sha256"),
    "number": ("numero protocollo", "n protocollo", "numero", "protocollo", "num prot", "nr protocollo", "n"),
    "date": ("data protocollo", "data registrazione", "data", "data prot"),
}
_SHORTEST = 7  # art. 57 DPR 445/2000: at least seven digits
_NUMBER = re.compile(r"0*(\d{1,15})(?:\s*/\s*(\d{4}))?")
_INCOMING, _OUTGOING = re.compile(r"(?:PDZ-)?0*(\d{1,12})"), re.compile(r"LETT-0*(\d{1,12})")


@dataclass(frozen=True, slots=True)
class Registration:
    """A number as a person or a register gives it."""

    number: str
    on: date
    register: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file of numbers brought: how many were new, how many known already, and what is wrong, by line."""

    new: int
    known: int
    problems: tuple[str, ...]


class ProtocolProblem(ValueError):  # noqa: N818 - a finding about what was given, not our error
    """Why a number cannot be taken, in Italian."""


def registration(number: str, day: str, register: str = "") -> Registration:
    """A number and day as written ("12345", "0012345/2021"; "26/07/2021" or ISO). Raises ProtocolProblem."""
    found = _NUMBER.fullmatch(number.strip())
    if not found:
        raise ProtocolProblem(f"«{number[:30]}» non è un numero di protocollo.")
    text = day.strip()[:10]
    try:
        on = datetime.strptime(text, "%d/%m/%Y").date() if "/" in text else date.fromisoformat(text)
    except ValueError:
        raise ProtocolProblem(f"«{day[:30]}» non è una data (giorno/mese/anno).") from None
    if found[2] and int(found[2]) != on.year:
        raise ProtocolProblem(f"L'anno del numero {number[:30]} non è quello della data.")
    return Registration(found[1].zfill(_SHORTEST), on, register)


def assign(session: Session, what: Entry | Letter, given: Registration, who: str, now: datetime) -> bool:
    """Gives a message or a letter its number, or corrects it. False when it has just this one already.

    Raises ProtocolProblem when another message or letter has the number.
    """
    taken = session.scalar(
        select(ProtocolNumber).where(
            ProtocolNumber.register == given.register,
            ProtocolNumber.year == given.on.year,
            ProtocolNumber.number == given.number,
        )
    )
    own = _of(session, what)
    if taken is not None and (own is None or taken.id != own.id):
        raise ProtocolProblem(f"Il numero {given.number} del {given.on.year} è già di {_name(taken)}.")
    if own is not None and (own.number, own.registered_on, own.register) == (given.number, given.on, given.register):
        return False
    before = in_words(own) if own else None
    if own is None:
        key = {"entry_id": what.id} if isinstance(what, Entry) else {"letter_id": what.id}
        own = ProtocolNumber(**key)
        session.add(own)
    own.register, own.year, own.number, own.registered_on = given.register, given.on.year, given.number, given.on
    own.set_at, own.set_by = now, who
    about = f"entry:{what.id}" if isinstance(what, Entry) else f"letter:{what.id}"
    session.add(Audit(at=now, who=who, what="protocol", object=about, old=before, new=in_words(own)))
    session.flush()
    return True


def import_numbers(db: Database, raw: bytes, register: str, who: str, now: datetime) -> Imported:
    """Takes the numbers of a CSV file. Raises Unreadable when it has no headings for number and date."""
    new, known, problems = 0, 0, []
    with db.transaction() as session:
        one_at_a_time(session)
        for line, row in enumerate(rows_of(raw, COLUMNS, ("number", "date")), start=1):
            if not row["number"]:
                continue  # not registered yet: our own export comes back with empty cells
            try:
                what = _meant(session, row)
                given = registration(row["number"], row["date"], register)
                _keeps(_of(session, what), given)
                done = assign(session, what, given, who, now)
            except ProtocolProblem as problem:
                problems.append(f"riga {line}: {problem}")
                continue
            new, known = new + done, known + (not done)
    return Imported(new, known, tuple(problems))


def in_words(found: ProtocolNumber) -> str:
    """Number and date as an office writes them: "n. 0012345 del 26/07/2021"."""
    return f"n. {found.number} del {found.registered_on:%d/%m/%Y}"


def numbers_of_entries(session: Session, entries: Iterable[int]) -> dict[int, str]:
    """The numbers in words, by entry."""
    ids = list(entries)
    if not ids:
        return {}
    between = ProtocolNumber.entry_id.between(min(ids), max(ids))  # a list of 100,000 is more than a statement takes
    found = session.scalars(select(ProtocolNumber).where(between))
    return {one.entry_id: in_words(one) for one in found if one.entry_id is not None}


def number_of(session: Session, what: Entry | Letter) -> str:
    """A message's or a letter's number in words; "" while it has none."""
    found = _of(session, what)
    return in_words(found) if found else ""


def _keeps(own: ProtocolNumber | None, given: Registration) -> None:
    """Raises ProtocolProblem when a file brings another number than the one that is there."""
    if own is not None and (own.number, own.year) != (given.number, given.on.year):
        raise ProtocolProblem(f"{_name(own)} ha già il {in_words(own)}.")


def _of(session: Session, what: Entry | Letter) -> ProtocolNumber | None:
    key = ProtocolNumber.entry_id if isinstance(what, Entry) else ProtocolNumber.letter_id
    return session.scalar(select(ProtocolNumber).where(key == what.id))


def _meant(session: Session, row: dict[str, str]) -> Entry | Letter:
    """The message or letter that a row means: by our reference, else by PEC identifier, else by hash."""
    reference = row.get("reference", "")
    out = _OUTGOING.fullmatch(reference.upper())
    if out and (letter := session.get(Letter, int(out[1]))) is not None:
        return letter
    came = _INCOMING.fullmatch(reference.upper())
    if came and (entry := session.get(Entry, int(came[1]))) is not None:
        return entry
    by = [Entry.identifier == row["identifier"].strip("<> ")] if row.get("identifier") else []
    by += [Entry.sha256 == row["sha256"].lower()] if row.get("sha256") else []
    found = list(session.scalars(select(Entry).where(or_(*by)).limit(2))) if by else []
    if len(found) != 1:
        raise ProtocolProblem("nessun messaggio o lettera con questo riferimento, identificativo o impronta.")
    return found[0]


def _name(found: ProtocolNumber) -> str:
    return f"messaggio n. {found.entry_id}" if found.entry_id else f"lettera n. {found.letter_id}"
