"""The figures for the Assembly of Mayors, and the list of who is admitted, as page and workbook. Pure.

Nothing of any person is in it (art. 7-bis c. 4 D.Lgs. 33/2013): of an organisation only name, category, themes, role.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.italian import ROME, instant_it, month_it
from ingest.organisations import OrganisationRow
from ingest.readout import masked, plain
from ingest.templating import render
from ingest.wording import LEGAL_NATURES, ROLES, TIMELINESS
from ingest.workbook import Sheet, workbook

NOT_STATED = "non indicato"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a table of figures; `share` is per cent of the longest."""

    label: str
    number: int
    share: int


@dataclass(frozen=True, slots=True)
class Month:
    """Organisations that first adhered in a month, and all up to its end."""

    label: str
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An organisation as it may be published."""

    name: str
    category: str
    themes: str
    role: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the report says."""

    title: str
    made_at: datetime
    total: int
    on_time: int
    withdrawn: int
    figures: tuple[tuple[str, tuple[Figure, ...]], ...]
    months: tuple[Month, ...]
    admitted: tuple[Listed, ...]
    not_admitted: tuple[Listed, ...]
    unsettled: int  # adherents a person still has to confirm: in the figures, not in the lists


def report(
    title: str, rows: Sequence[OrganisationRow], refused: Iterable[int], themes: Mapping[str, str], made_at: datetime
) -> Report:
    """The report on these organisations; `refused` are those a person did not admit.

    Who adhered is admitted unless a person decided otherwise: the procedure is no selection (D.M. 72/2021 §2).
    """
    standing = [row for row in rows if row.status not in ("withdrawn", "merged")]
    out, settled = set(refused), [row for row in standing if row.status == "active"]
    return Report(
        title=plain(title, 250), made_at=made_at, total=len(standing),
        on_time=sum(row.timeliness == "on-time" for row in standing),
        withdrawn=sum(row.status == "withdrawn" for row in rows), figures=_figures(standing, themes),
        months=_months(standing), admitted=tuple(_listed(row, themes) for row in settled if row.id not in out),
        not_admitted=tuple(_listed(row, themes) for row in standing if row.id in out),
        unsettled=sum(row.status != "active" and row.id not in out for row in standing),
    )  # fmt: skip


def as_html(found: Report) -> bytes:
    """One page that needs nothing else, fit to be printed and published."""
    return render("report", "body.html", report=found, made=instant_it(found.made_at)).encode()


def as_xlsx(found: Report) -> bytes:
    """A sheet of figures, one of months, and the two lists."""
    figures = tuple((title, one.label, one.number) for title, table in found.figures for one in table)
    headings = ("Denominazione", "Categoria", "Tematiche", "Ruolo")
    return workbook(
        (
            Sheet("Dati", ("Ripartizione", "Voce", "Enti"), (("Totale", "enti aderenti", found.total), *figures)),
            Sheet(
                "Nel tempo", ("Mese", "Nuovi", "In totale"), tuple((m.label, m.number, m.total) for m in found.months)
            ),
            Sheet("Ammessi", headings, tuple(_cells(one) for one in found.admitted)),
            Sheet("Non ammessi", headings, tuple(_cells(one) for one in found.not_admitted)),
        ),
        found.made_at,
    )


def _figures(rows: list[OrganisationRow], themes: Mapping[str, str]) -> tuple[tuple[str, tuple[Figure, ...]], ...]:
    roles = {str(word): text for word, text in ROLES.items()}
    times = {str(word): text for word, text in TIMELINESS.items()}
    return (
        ("Per categoria", _table((row.legal_nature for row in rows), LEGAL_NATURES)),
        ("Per Comune", _table((row.municipality for row in rows), {})),
        ("Per tematica (un ente può sceglierne più di una)",
         _table((theme for row in rows for theme in row.themes or (None,)), themes)),
        ("Per ruolo", _table((row.role for row in rows), roles)),
        ("Per termine", _table((row.timeliness for row in rows), times)),
    )  # fmt: skip


def _table(values: Iterable[str | None], words: Mapping[str, str]) -> tuple[Figure, ...]:
    """Largest first, equal ones by name; what is not stated stands last."""
    counted = Counter(masked(plain(words.get(value, value), 80)) if value else "" for value in values)
    longest = max(counted.values(), default=1)
    ordered = sorted(counted.items(), key=lambda item: (not item[0], -item[1], item[0]))
    return tuple(Figure(label or NOT_STATED, number, round(100 * number / longest)) for label, number in ordered)


def _months(rows: list[OrganisationRow]) -> tuple[Month, ...]:
    days = [row.first_accepted_at.astimezone(ROME) for row in rows if row.first_accepted_at]
    counted, total, months = Counter((day.year, day.month) for day in days), 0, []
    for year, month in sorted(counted):
        total += counted[year, month]
        months.append(Month(month_it(year, month), counted[year, month], total))
    return tuple(months)


def _listed(row: OrganisationRow, themes: Mapping[str, str]) -> Listed:
    return Listed(
        name=masked(plain(row.name, 200)),
        category=LEGAL_NATURES.get(row.legal_nature or "", row.legal_nature or NOT_STATED),
        themes=plain(", ".join(themes.get(theme, theme) for theme in row.themes), 200) or "nessuna",
        role=next((text for word, text in ROLES.items() if word == row.role), row.role),
    )


def _cells(one: Listed) -> tuple[str, str, str, str]:
    return one.name, one.category, one.themes, one.role
