"""The same row in two databases, known by what it is and not by its number.

Entries and letters keep their numbers when a register is rebuilt: they are on letters people have received. Forms and
organisations may get others.
"""

from typing import Any

from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session

from ingest.database import Database
from models import Adhesion, Organisation

_SAME_NUMBERS = {"entry", "letter", "console_user", "convocation", "digest"}
_SPOKEN_OF = ("adhesion:", "organisation:")


class Numbers:
    """The numbers in `new` of forms and organisations of `old`."""

    def __init__(self, old: Database, new: Database) -> None:
        self._new = new
        with old.reading() as session:
            self._old = {"adhesion": forms(session), "organisation": organisations(session)}

    def of(self, table: str, number: int | None) -> int | None:
        """The number a row has now; None when it is not there (yet)."""
        if table in _SAME_NUMBERS or number is None:
            return number
        key = self._old.get(table, {}).get(number)
        with self._new.reading() as session:
            if table == "adhesion" and key is not None:
                where = (Adhesion.entry_id == key[0], Adhesion.position == key[1])
                return session.scalar(select(Adhesion.id).where(*where))
            found = organisations(session) if table == "organisation" else {}
        return next((one for one, its in found.items() if its == key), None) if key is not None else None

    def row(self, table: Table, row: dict[str, Any]) -> dict[str, Any]:
        """A row of `old` as it reads in `new`."""
        for column in table.columns:
            for reference in column.foreign_keys:
                row[column.name] = self.of(reference.column.table.name, row[column.name])
        if table.name == "audit" and str(row["object"]).startswith(_SPOKEN_OF):
            kind, _, number = str(row["object"]).partition(":")
            row["object"] = f"{kind}:{self.of(kind, int(number)) or number}"
        return row


def forms(session: Session) -> dict[int, tuple[Any, ...]]:
    """Every form by its message and its place in it."""
    return {number: (entry, at) for number, entry, at in
            session.execute(select(Adhesion.id, Adhesion.entry_id, Adhesion.position))}  # fmt: skip


def organisations(session: Session) -> dict[int, tuple[Any, ...]]:
    """Every organisation by the instant it was opened, and its rank among those of the same instant."""
    found: dict[int, tuple[Any, ...]] = {}
    seen: dict[Any, int] = {}
    for number, at in session.execute(select(Organisation.id, Organisation.created_at).order_by(Organisation.id)):
        found[number] = (at, seen.setdefault(at, 0))
        seen[at] += 1
    return found


def after_explicit_ids(session: Session, table: str) -> None:
    """PostgreSQL counts on from the highest number; SQLite does so by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    sequence = session.scalar(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": f'"{table}"'}) \
        if table != "lease" else None  # fmt: skip
    if sequence is not None:
        highest = f'SELECT setval(:sequence, coalesce(max(id), 0) + 1, false) FROM "{table}"'  # noqa: S608 - our names
        session.execute(text(highest), {"sequence": sequence})
