"""Public registers as files: RUNTS, IPA and INI-PEC, compared with what the forms say. Nothing is changed by them.

A difference is a warning for a person: registers are late, sections of a body share a code, addresses change.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from ingest.database import Database, one_at_a_time
from ingest.matching import alike, match_name
from ingest.readout import masked, plain
from ingest.tabular import rows_of
from models import Organisation, OrganisationStatus, RegisterRow

KINDS: dict[str, str] = {"runts": "RUNTS", "ipa": "IPA", "inipec": "INI-PEC"}
COLUMNS: dict[str, tuple[str, ...]] = {
    "fiscal_code": (
        "codice fiscale", "codice fiscale ente", "cod fisc", "cf", "codicefiscale", "codice fiscale ets", "cod fiscale",
    ),
    "name": (
        "denominazione", "denominazione ente", "denominazione dell ente", "des amm", "ragione sociale", "nome ente",
        "nome",
    ),
    "pec": (
        "pec", "indirizzo pec", "domicilio digitale", "pec domicilio digitale", "mail1", "email pec", "e mail pec",
    ),
}  # fmt: skip
_STANDING = (OrganisationStatus.ACTIVE, OrganisationStatus.TO_CONFIRM)
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Warned:
    """One difference between an organisation and a register, in words for the office."""

    organisation: int
    name: str
    register: str
    text: str


def import_register(db: Database, kind: str, raw: bytes, now: datetime) -> int:
    """Takes a register's file in place of the one before. How many lines. Raises Unreadable without its headings."""
    lines = list(_lines(kind, raw, now))
    with db.transaction() as session:
        one_at_a_time(session)
        session.execute(delete(RegisterRow).where(RegisterRow.kind == kind))
        for start in range(0, len(lines), _AT_ONCE):
            session.execute(insert(RegisterRow), lines[start : start + _AT_ONCE])
    return len(lines)


def warnings(session: Session, notice_id: str, only: Iterable[int] | None = None) -> list[Warned]:
    """The differences of the adherents of a notice (of `only` these), by name."""
    imported = [
        kind for kind in KINDS if session.scalar(select(RegisterRow.id).where(RegisterRow.kind == kind).limit(1))
    ]
    if not imported:
        return []
    query = select(Organisation).where(Organisation.notice_id == notice_id, Organisation.status.in_(_STANDING))
    query = query if only is None else query.where(Organisation.id.in_(list(only)))
    bodies = list(session.scalars(query.order_by(Organisation.match_name, Organisation.id)))
    codes, addresses = query.with_only_columns(Organisation.fiscal_code), query.with_only_columns(Organisation.pec)
    known = session.scalars(
        select(RegisterRow).where(or_(RegisterRow.fiscal_code.in_(codes), RegisterRow.pec.in_(addresses)))
    )
    by_code, by_pec = defaultdict(list), defaultdict(list)
    for row in known:
        by_code[row.fiscal_code].append(row)
        by_pec[row.pec].append(row)
    return [
        Warned(body.id, body.name, register, text)
        for body in bodies
        for register, text in _differences(
            body, by_code.get(body.fiscal_code or "-", []), by_pec.get(body.pec or "-", []), imported
        )
    ]


def _differences(
    body: Organisation, by_code: Sequence[RegisterRow], by_pec: Sequence[RegisterRow], imported: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for kind in imported:
        rows = [row for row in by_code if row.kind == kind]
        names = [row.name for row in rows if row.name]
        if names and not any(alike(match_name(name), body.match_name) for name in names):
            yield KINDS[kind], f"con questo codice fiscale è iscritto «{_shown(names[0])}»."
        addresses = sorted({row.pec for row in rows if row.pec})
        if addresses and (body.pec or "").lower() not in addresses:
            ours = f"il modulo indica {body.pec}" if body.pec else "il modulo non ne indica"
            yield KINDS[kind], f"la PEC iscritta è {_shown(addresses[0])}, {ours}."
        others = [row for row in by_pec if row.kind == kind and row.fiscal_code != (body.fiscal_code or "")]
        if others and not rows:
            yield KINDS[kind], (f"la PEC del modulo risulta di «{_shown(others[0].name)}», "
                                f"codice fiscale {masked(others[0].fiscal_code)}.")  # fmt: skip
    if body.fiscal_code and not by_code:
        listed = ", ".join(KINDS[kind] for kind in imported)
        yield listed, "il codice fiscale non si trova in nessuno dei registri importati."


def _lines(kind: str, raw: bytes, now: datetime) -> Iterator[dict[str, object]]:
    for row in rows_of(raw, COLUMNS, ("fiscal_code", "name")):
        code = "".join(row["fiscal_code"].upper().split()).strip("'\"=")
        if code.isdecimal():
            code = code.zfill(11)  # spreadsheets drop the zeros a code begins with
        if code:
            yield {"kind": kind, "fiscal_code": code, "name": plain(row["name"], 300),
                   "pec": row.get("pec", "").strip().lower(), "imported_at": now}  # fmt: skip


def _shown(text: str) -> str:
    return masked(plain(text, 160))
