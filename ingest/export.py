"""The list of organisations as a file: everything for the office, or only what may be published.

The publishable list holds name, category, themes and role of confirmed bodies, and nothing of any person
(art. 7-bis c. 4 D.Lgs. 33/2013). JSON and CSV carry the names of the public contract, the workbook Italian headings.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from ingest.italian import ROME
from ingest.organisations import OrganisationRow
from ingest.readout import phone_it
from ingest.wording import LEGAL_NATURES, ROLES, STATUSES, TIMELINESS
from ingest.workbook import Sheet, workbook

_HEADINGS = {
    "notice_id": "Avviso",
    "id": "N.", "name": "Denominazione", "fiscal_code": "Codice fiscale", "vat_number": "Partita IVA",
    "legal_nature": "Natura giuridica", "municipality": "Comune", "emails": "E-mail", "pec": "PEC",
    "phones": "Telefono", "themes": "Tematiche", "role": "Ruolo", "timeliness": "Termini",
    "first_accepted_at": "Prima adesione", "versions": "Versioni", "status": "Stato", "protocol": "Protocollo",
}  # fmt: skip
_SIGNS = "=+@＝＋－＠|%-"
_FORMULA = re.compile(rf'(\A)([ \u00a0\ufeff]*[\t\r\n{_SIGNS}])|([;,\t\r\n][ "\u00a0\ufeff]*)([{_SIGNS}])')
_PUBLISHABLE = ("name", "legal_nature", "themes", "role")
_WORDS: dict[str, Mapping[str, str]] = {
    "legal_nature": LEGAL_NATURES,
    "role": {str(word): text for word, text in ROLES.items()},
    "timeliness": {str(word): text for word, text in TIMELINESS.items()},
    "status": STATUSES,
}


class Profile(StrEnum):
    """For whom a list is made."""

    INTERNAL = "internal"
    PUBLISHABLE = "publishable"


def columns(profile: Profile, *, several: bool = False) -> tuple[str, ...]:
    """The names of a profile's columns, in order; of several notices the first tells which one."""
    notice, *rest = _HEADINGS
    kept = _PUBLISHABLE if profile is Profile.PUBLISHABLE else tuple(rest)
    return (notice, *kept) if several else kept


def records(rows: Iterable[OrganisationRow], profile: Profile, *, several: bool = False) -> list[dict[str, object]]:
    """JSON-ready objects; times in ISO 8601. Withdrawn, merged and unconfirmed bodies are not publishable."""
    kept = [row for row in rows if profile is Profile.INTERNAL or row.status == "active"]
    return [{key: _plain(getattr(row, key)) for key in columns(profile, several=several)} for row in kept]


def as_json(rows: Iterable[OrganisationRow], profile: Profile, *, several: bool = False) -> bytes:
    """One JSON array, UTF-8."""
    return (json.dumps(records(rows, profile, several=several), ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(rows: Iterable[OrganisationRow], profile: Profile, *, several: bool = False) -> bytes:
    """UTF-8, commas, CRLF, lists joined by "; ". No cell is taken for a formula by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns(profile, several=several))
    for record in records(rows, profile, several=several):
        writer.writerow([harmless(_cell(key, value)) for key, value in record.items()])
    return out.getvalue().encode("utf-8", "replace")


def as_xlsx(rows: Iterable[OrganisationRow], profile: Profile, themes: Mapping[str, str], made: datetime) -> bytes:
    """A workbook with Italian headings and words. `made` is the date written into it: same input, same bytes."""
    return workbook((organisations_sheet(rows, profile, themes),), made)


def organisations_sheet(
    rows: Iterable[OrganisationRow], profile: Profile, themes: Mapping[str, str], title: str = "Enti"
) -> Sheet:
    """The list as a sheet of a workbook."""
    words = {**_WORDS, "themes": themes}
    body = tuple(
        tuple(_in_words(key, value, words.get(key, {})) for key, value in record.items())
        for record in records(rows, profile)
    )
    return Sheet(title, tuple(_HEADINGS[key] for key in columns(profile)), body)


def harmless(text: str) -> str:
    """A CSV cell that no spreadsheet runs: what begins like a formula gets an apostrophe (OWASP, CSV injection).

    So does what would begin a cell for a program that takes another sign for the separator: one set up for Italy takes
    semicolons where these lists have commas.
    """
    return _FORMULA.sub(_with_apostrophe, text)


def _with_apostrophe(found: re.Match[str]) -> str:
    return f"{found[1] or found[3] or ''}'{found[2] or found[4]}"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(ROME).isoformat()
    return list(value) if isinstance(value, tuple) else value


def _cell(key: str, value: object) -> str:
    if isinstance(value, list):
        return "; ".join(phone_it(item) if key == "phones" else str(item) for item in value)
    return "" if value is None else str(value)


def _in_words(key: str, value: object, words: Mapping[str, str]) -> str | int:
    if isinstance(value, int):
        return value
    if isinstance(value, list):
        return "; ".join(phone_it(item) if key == "phones" else words.get(item, str(item)) for item in value)
    if key == "first_accepted_at" and isinstance(value, str):
        return f"{datetime.fromisoformat(value):%d/%m/%Y %H:%M:%S}"
    return "" if value is None else words.get(str(value), str(value))
