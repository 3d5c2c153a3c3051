"""Registrations (RUNTS, registers, albi): text or slots → entries. The number is text: it is seldom one integer.

Nobody could have a RUNTS number before 23/11/2021 (DM 106/2020, operative on that day): such an entry is kept and
flagged, it is usually the regional register's.
"""

import re
from collections.abc import Mapping
from datetime import date

from ingest.form.dates import date_in, without_dates
from ingest.form.fold import fold
from ingest.form.text import tidy
from ingest.form.value import DOUBTFUL, Doubt, Normal, warning
from ingest.verdict import Value

RUNTS_BORN = date(2021, 11, 23)
_REGISTERS = (
    ("runts", r"\brunts\b|\bregistro unico nazionale\b"),
    ("legal_persons", r"\bpersone giuridiche\b"),
    (
        "companies_social_enterprise",
        r"\bimprese sociali\b|\bsez\w* speciale\b.*\bregistro\b|\bregistro\b.*\bsez\w* speciale\b",
    ),
    ("social_cooperatives", r"\balbo\b.*\b(?:coop\w*) soc\w*\b|\balbo regionale\b.*\bcoop"),
    ("aps", r"\baps\b|\bpromozione sociale\b"),
    ("odv", r"\bodv\b|\bvolontariato\b"),
    ("onlus", r"\bonlus\b"),
)
_NUMBER = re.compile(
    r"(?:\bn(?:um(?:ero)?)?\s?[.°º]?|\brep(?:ertorio)?\b\.?(?:\s*n\.?)?|\br\.?e\.?a\.?\b\s*(?:n[.°]?)?|\bprogressivo)\s*[:.]?\s*"
    r"(?P<number>(?:[A-Z]{2}[-\s])?[A-Z]?\d[\dA-Za-z./-]*)", re.IGNORECASE,
)  # fmt: skip
_BARE_NUMBER = re.compile(r"\b(?P<number>(?:[A-Z]{2}-)?[AC]?\d{2,11}(?:/\d+)?)\b")
_SECTION = re.compile(r"\bsez(?:ione|\.)?\s*[:.]?\s*(?P<section>[A-Za-z]\b|[a-zà-ù]+)", re.IGNORECASE)
_OLD = ("odv", "aps", "social_cooperatives", "onlus", "companies_social_enterprise", "legal_persons", "other")
_NONE = re.compile(r"\bnessuna iscrizione\b|\bnon iscritt\w\b")


def registrations(raw: str) -> Normal:
    """The entries of a text, one per line or semicolon: {register, section, number, date, status}, `raw` for others."""
    parts = [part for part in re.split(r"[;\n]|\s[–—]\s", raw) if fold(part)]
    entries = [_entry(part) for part in parts]
    return _judged([entry for entry in entries if entry], 1.0)


def from_slots(slots: Mapping[str, str]) -> Normal:
    """The entries of the canonical form's B15.

    Slots, "" when empty or not ticked: boxes `runts`, `odv`, `aps`, `social_cooperatives`, `onlus`,
    `companies_social_enterprise`, `legal_persons`, `other`, `pending`, `none`; texts `runts_section`, `runts_number`,
    `runts_date`, `other_text`, and the line shared by the old registers, `number` and `date`.
    """
    given = {name: tidy(text) for name, text in slots.items() if tidy(text)}
    status = "pending" if "pending" in given else "enrolled"
    entries = []
    if given.keys() & {"runts", "runts_section", "runts_number", "runts_date"}:
        number = given.get("runts_number", "")
        entries.append(
            _record("runts", given.get("runts_section", ""), number, given.get("runts_date", ""))
            | {"status": "enrolled" if number else status}
        )
    ticked = [register for register in _OLD if register in given]
    if not ticked and given.keys() & {"number", "date", "other_text"}:
        ticked = ["other"]
    for register in ticked:
        entry = _record(register, "", given.get("number", ""), given.get("date", "")) | {"status": status}
        entries.append(entry | ({"raw": given.get("other_text", "")} if register == "other" else {}))
    if not entries and given.keys() & {"pending", "none"}:
        entries = [_record("", "", "", "") | {"status": "pending" if "pending" in given else "none"}]
    shared = len(ticked) > 1 and bool(given.keys() & {"number", "date"})  # whose number is it?
    return _judged(entries, DOUBTFUL if shared else 1.0)


def runts_too_early(entries: Value, form_date: str | None = None) -> bool:
    """True when a RUNTS entry is older than the register; without its own date, the form's date tells."""
    if not isinstance(entries, list):
        return False
    for entry in entries:
        if isinstance(entry, dict) and entry["register"] == "runts" and entry["status"] == "enrolled":
            when = entry["date"] or form_date or ""
            if when and when < RUNTS_BORN.isoformat():
                return True
    return False


def _judged(entries: list[dict[str, str]], factor: float) -> Normal:
    doubts = []
    if factor < 1.0:
        doubts.append(warning(Doubt.SEVERAL_VALUES))
    if runts_too_early(list(entries)):
        doubts.append(warning(Doubt.RUNTS_TOO_EARLY))
    return Normal(list(entries) or None, factor, tuple(doubts))


def _record(register: str, section: str, number: str, when: str) -> dict[str, str]:
    day = date_in(when).value if when else ""
    return {"register": register, "section": section, "number": number, "date": str(day or ""), "status": "enrolled"}


def _entry(part: str) -> dict[str, str]:
    text = tidy(part)
    folded = fold(text)
    register = next((name for name, pattern in _REGISTERS if re.search(pattern, folded)), "other")
    undated = without_dates(text)
    number = _NUMBER.search(undated) or _BARE_NUMBER.search(undated)
    section = _SECTION.search(text)
    entry = _record(
        register, section["section"] if section else "", number["number"].strip(".-/ ") if number else "", text
    )
    if _NONE.search(folded):
        entry["status"] = "none"
    elif re.search(r"\bin corso\b|\bin attesa\b|\bin fase di\b", folded):
        entry["status"] = "pending"
    return entry | ({"raw": text} if register == "other" else {})
