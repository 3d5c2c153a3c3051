"""Enti: the organisations that take part, by category, municipality, theme and role; each with its versions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlalchemy import select
from starlette.datastructures import QueryParams
from starlette.responses import Response

from ingest.console import lists
from ingest.console.desk import Needs, Page, Visit, number_in
from ingest.console.downloads import organisations_file
from ingest.console.labels import ORDER, label
from ingest.console.lists import BodyFilter
from ingest.console.territory import Spot, spots
from ingest.numbered import numbered
from ingest.readout import value_text
from ingest.registers import warnings
from ingest.tally import NOT_STATED, Tally
from ingest.vocabulary import ParticipationRole, Timeliness
from ingest.wording import LEGAL_NATURES, ROLES, STATUSES, TIMELINESS
from models import Adhesion, Audit, Correction, Entry, Organisation, OrganisationVersion

_ROWS = 50
_BARS = 12  # of one chart
_LONGEST_VALUE = 80  # characters of a value in a filter
_CONTACTS = ("contact.name", "contact.role", "contact.email", "contact.phone")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart; `share` is per cent of the longest."""

    label: str
    number: int
    share: int
    address: str  # the list with this value as its filter


@dataclass(frozen=True, slots=True)
class Line:
    """One value of an organisation in the versions' table: what each version said."""

    label: str
    texts: tuple[str, ...]
    changed: bool


def organisations(visit: Visit) -> Response:
    """A page of the list, with the charts of the whole filter."""
    desk, chosen = visit.desk, filter_of(visit.query)
    notice = desk.settings.notice
    last = number_in(visit.query.get("dopo", ""))
    with desk.db.reading() as session:
        after = lists.sorting_key(session, last) if last is not None else None
        shown = replace(chosen, after=after)
        tally = lists.tally(session, notice.id, chosen)
        rows = lists.bodies(session, notice.id, shown, _ROWS + 1) if tally.groups else []
    charts = _charts(visit, chosen, tally) if after is None and tally.total else []
    more = len(rows) > _ROWS
    rows = rows[:_ROWS]
    return visit.page(
        "enti.html", rows=rows, total=tally.total,
        spots=_spots(visit, tally) if charts else [], charts=charts, chosen=chosen, themes=desk.themes,
        natures=LEGAL_NATURES, municipalities=[(name, name) for name in notice.municipalities], statuses=STATUSES,
        roles={str(word): text for word, text in ROLES.items()},
        timeliness={str(word): text for word, text in TIMELINESS.items()},
        older=_address(chosen, dopo=str(rows[-1].id)) if more else "", first=after is None,
        query=_address(chosen),
    )  # fmt: skip


def export(visit: Visit) -> Response:
    """The organisations of a filter as a file; the publishable profile holds nothing of any person."""
    desk = visit.desk
    with desk.db.reading() as session:
        rows = numbered(session, lists.bodies(session, desk.settings.notice.id, filter_of(visit.query), None))
    kind, profile = visit.query.get("formato", ""), visit.query.get("profilo", "internal")
    made = organisations_file(rows, kind, profile, desk.themes, visit.now)
    return made if made is not None else visit.missing("Questo formato")


def organisation(visit: Visit) -> Response:
    """One organisation: current values, contacts, versions side by side, corrections, history."""
    desk, number = visit.desk, visit.params["id"]
    with desk.db.reading() as session:
        body = session.get(Organisation, number)
        if body is None:
            return visit.missing("L'ente")
        versions = list(
            session.execute(
                select(OrganisationVersion, Adhesion, Entry)
                .join(Adhesion, Adhesion.id == OrganisationVersion.adhesion_id)
                .join(Entry, Entry.id == Adhesion.entry_id)
                .where(OrganisationVersion.organisation_id == number)
                .order_by(OrganisationVersion.number)
            )
        )
        warned = warnings(session, body.notice_id, [number])
        about = select(Audit).where(Audit.object == f"organisation:{number}").order_by(Audit.id)
        history = list(session.scalars(about))
        corrections = list(
            session.scalars(select(Correction).where(Correction.organisation_id == number).order_by(Correction.id))
        )
    themes = desk.themes
    return visit.page(
        "ente.html", body=body, themes=themes, versions=versions, history=history, corrections=corrections,
        lines=_lines(body, [one for one, _, _ in versions], themes), warned=warned,
        contacts=[(label(key), text) for key in _CONTACTS if (text := _text(body.values, key, themes))],
        spoken=value_text,
    )  # fmt: skip


def filter_of(query: QueryParams) -> BodyFilter:
    """The filter of an address; words it does not know are left out."""

    def word(name: str, known: object) -> str:
        value = query.get(name, "")
        return value if value == "-" or value in known else ""  # type: ignore[operator]

    return BodyFilter(
        search=query.get("cerca", "").strip()[:200], nature=word("natura", LEGAL_NATURES),
        municipality=query.get("comune", "")[:_LONGEST_VALUE], theme=query.get("tema", "")[:_LONGEST_VALUE],
        role=word("ruolo", set(ParticipationRole)), timeliness=word("termini", set(Timeliness)),
        status=word("stato", STATUSES),
    )  # fmt: skip


def _fields(chosen: BodyFilter) -> dict[str, str]:
    return {
        "cerca": chosen.search, "natura": chosen.nature, "comune": chosen.municipality, "tema": chosen.theme,
        "ruolo": chosen.role, "termini": chosen.timeliness, "stato": chosen.status,
    }  # fmt: skip


def _address(chosen: BodyFilter, **more: str) -> str:
    return urlencode({name: value for name, value in {**_fields(chosen), **more}.items() if value})


def _charts(visit: Visit, chosen: BodyFilter, tally: Tally) -> list[tuple[str, list[Bar]]]:
    themes = visit.desk.themes
    words: dict[str, dict[str, str]] = {
        "natura": LEGAL_NATURES, "comune": {}, "ruolo": {str(word): text for word, text in ROLES.items()},
        "tema": themes,
    }  # fmt: skip
    counted = (
        ("Per categoria", "natura", tally.by("legal_nature")),
        ("Per Comune", "comune", tally.by("municipality")),
        ("Per tematica", "tema", dict.fromkeys(themes, 0) | tally.by("themes")),
        ("Per ruolo", "ruolo", tally.by("role")),
    )
    return [(title, _bars(chosen, name, counts, words[name])) for title, name, counts in counted]


def _spots(visit: Visit, tally: Tally) -> list[Spot]:
    return spots(tally.by("municipality"), visit.desk.settings.notice.municipalities)


def _bars(chosen: BodyFilter, name: str, counts: Mapping[str, int], words: dict[str, str]) -> list[Bar]:
    """Longest first, what is not stated last; of many values the first."""
    ordered = sorted(counts.items(), key=lambda one: (not one[0], -one[1], one[0]))[:_BARS]
    longest = max(counts.values(), default=1) or 1
    return [
        Bar(words.get(value, value) or NOT_STATED, number, round(100 * number / longest),
            _address(chosen, **{name: value[:_LONGEST_VALUE] or "-"}))
        for value, number in ordered
    ]  # fmt: skip


def _lines(body: Organisation, versions: list[OrganisationVersion], themes: dict[str, str]) -> list[Line]:
    """A row per value anybody ever gave: what each version said, and what holds now."""
    keys = dict.fromkeys([*body.values, *(key for one in versions for key in one.values)])
    lines = []
    for key in sorted(keys, key=lambda key: ORDER.get(key, len(ORDER))):
        texts = tuple(_text(values, key, themes) for values in (*(one.values for one in versions), body.values))
        if any(texts):
            lines.append(Line(label(key), texts, len(set(texts)) > 1))
    return lines


def _text(values: dict[str, dict[str, object]], key: str, themes: dict[str, str]) -> str:
    return value_text(key, values.get(key, {}).get("value"), themes)


PAGES = (
    Page("/enti", organisations, Needs.READER),
    Page("/enti/esporta", export, Needs.READER),
    Page("/enti/{id:int}", organisation, Needs.READER),
)
