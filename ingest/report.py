"""The figures for the Assembly of Mayors, and the list of who is admitted, as page and workbook. Pure.

Nothing of any person is in it (art. 7-bis c. 4 D.Lgs. 33/2013): of an organisation only name, category, themes, role.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.italian import instant_it, month_it
from ingest.organisations import OrganisationRow
from ingest.readout import masked, plain
from ingest.tally import NOT_STATED, Figure, Tally, figures
from ingest.templating import render
from ingest.wording import LEGAL_NATURES, ROLES, TIMELINESS
from ingest.workbook import Sheet, workbook


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What the register says. The lists may be cut, to be shown on a page; their totals never are."""

    title: str
    themes: Mapping[str, str]  # key -> printed label
    made_at: datetime
    tally: Tally  # of all bodies of the notice
    months: Mapping[tuple[int, int], int]  # year and month -> standing bodies that first adhered in it
    admitted: Sequence[OrganisationRow]
    not_admitted: Sequence[OrganisationRow]
    totals: tuple[int, int, int]  # admitted, not admitted, still to be confirmed by a person


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
    admitted_total: int
    not_admitted: tuple[Listed, ...]
    not_admitted_total: int
    unsettled: int  # adherents a person still has to confirm: in the figures, not in the lists


def report(facts: ReportFacts) -> Report:
    """The report on these facts."""
    standing = facts.tally.standing
    admitted, not_admitted, unsettled = facts.totals
    return Report(
        title=plain(facts.title, 250), made_at=facts.made_at, total=standing.total,
        on_time=standing.by("timeliness")["on-time"], withdrawn=facts.tally.of("withdrawn"),
        figures=_figures(standing, facts.themes), months=_months(facts.months),
        admitted=tuple(_listed(row, facts.themes) for row in facts.admitted), admitted_total=admitted,
        not_admitted=tuple(_listed(row, facts.themes) for row in facts.not_admitted), not_admitted_total=not_admitted,
        unsettled=unsettled,
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


def _figures(standing: Tally, themes: Mapping[str, str]) -> tuple[tuple[str, tuple[Figure, ...]], ...]:
    roles = {str(word): text for word, text in ROLES.items()}
    times = {str(word): text for word, text in TIMELINESS.items()}
    return (
        ("Per categoria", figures(standing.by("legal_nature"), LEGAL_NATURES)),
        ("Per Comune", figures(standing.by("municipality"), {})),
        ("Per tematica (un ente può sceglierne più di una)", figures(standing.by("themes"), themes)),
        ("Per ruolo", figures(standing.by("role"), roles)),
        ("Per termine", figures(standing.by("timeliness"), times)),
    )


def _months(counted: Mapping[tuple[int, int], int]) -> tuple[Month, ...]:
    total, months = 0, []
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
