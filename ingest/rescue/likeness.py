"""Two registers compared row by row, each row known by what it is and not by its number.

Left out are numbers, the times of our own work, and what describes an attempt and not its outcome.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from ingest.database import Database
from ingest.rescue.renumber import forms, organisations
from models import Base, Letter, ReceiptRow

COMPARED = (
    "entry", "document", "adhesion", "organisation", "organisation_version", "correction", "receipt", "letter",
    "letter_recipient", "answered",
)  # fmt: skip
_OUR_WORK = {"judged_at", "updated_at", "attempts", "matched_at", "filed_at", "received_at"}


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is in one register alone (`column` ""), or a value that is not the same. Values are personal data."""

    table: str
    row: str
    column: str
    old: Any
    new: Any


def differences(old: Database, new: Database) -> tuple[dict[str, int], list[Difference]]:
    """How many rows of each table were compared, and everything that differs."""
    compared, found = {}, []
    with old.reading() as before, new.reading() as after:
        names = _Names(before), _Names(after)
        for name in COMPARED:
            table = Base.metadata.tables[name]
            rows = _rows(before, table, names[0]), _rows(after, table, names[1])
            compared[name] = len(rows[0])
            found += list(_unlike(name, *rows))
    return compared, found


class _Names:
    """What a number of each table stands for in one database."""

    def __init__(self, session: Session) -> None:
        self.of: dict[str, dict[int, Any]] = {
            "adhesion": {number: list(key) for number, key in forms(session).items()},
            "organisation": {number: [str(key[0]), key[1]] for number, key in organisations(session).items()},
            "letter": dict(session.execute(select(Letter.id, Letter.key)).all()),
        }
        for row in session.execute(select(ReceiptRow.id, ReceiptRow.type, ReceiptRow.identifier, ReceiptRow.recipient)):
            self.of.setdefault("receipt", {})[row[0]] = list(row[1:])

    def named(self, table: str, number: int | None) -> Any:
        return number if number is None else self.of.get(table, {}).get(number, number)


def _rows(session: Session, table: Table, names: _Names) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in session.execute(select(table).order_by(*table.primary_key.columns)):
        values = {
            column.name: _plain(table.name, column.name, _named(column, row._mapping[column.name], names), names)  # noqa: SLF001
            for column in table.columns
            if column.name not in _OUR_WORK
        }
        key = _key(table.name, values, names, row._mapping["id"])  # noqa: SLF001
        number = values.pop("id")
        twin, rank = key, 2
        while twin in found:
            twin, rank = f"{key} ({rank})", rank + 1
        found[twin] = values | ({"id": number} if table.name in ("entry", "letter") else {})
    return found


def _named(column: Any, value: Any, names: _Names) -> Any:
    for reference in column.foreign_keys:
        return names.named(reference.column.table.name, value)
    return value


def _plain(table: str, column: str, value: Any, names: _Names) -> Any:
    """Values inside JSON speak of forms by number as well."""
    if column == "values" and isinstance(value, dict) and table in ("organisation", "organisation_version"):
        return {key: {**held, "adhesion": names.named("adhesion", held.get("adhesion"))} for key, held in value.items()}
    return json.loads(value) if column == "verdict" and value else value


def _key(table: str, values: dict[str, Any], names: _Names, number: int) -> str:
    by = {
        "entry": ("sha256",), "document": ("entry_id", "position"), "adhesion": ("entry_id", "position"),
        "organisation_version": ("organisation_id", "number"), "correction": ("adhesion_id", "key", "at"),
        "receipt": ("type", "identifier", "recipient", "at"), "letter": ("key",), "answered": ("identifier", "sender"),
        "letter_recipient": ("letter_id", "address"),
    }.get(table)  # fmt: skip
    return str(names.named(table, number)) if by is None else " ".join(str(values[name]) for name in by)


def _unlike(table: str, old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]) -> Iterator[Difference]:
    for key in dict.fromkeys((*old, *new)):
        if key not in old or key not in new:
            yield Difference(table, key, "", "there" if key in old else "missing", "there" if key in new else "missing")
            continue
        for column, value in old[key].items():
            if value != new[key][column]:
                yield Difference(table, key, column, value, new[key][column])
