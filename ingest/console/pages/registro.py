"""Registro: every message, whatever became of it. A filter is an address: it can be kept, sent and opened again."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.responses import Response

from ingest.console.desk import SAID, Needs, Page, Visit, number_in
from ingest.console.filters import LONGEST_NAME, drop_filter, keep_filter, saved_filters
from ingest.console.pages.picture import LARGEST_KEY
from ingest.italian import ROME
from ingest.queries import LogFilter, LogRow, log_rows, outcome_counts
from ingest.scope import entries_shown
from ingest.vocabulary import EnvelopeKind, Outcome, Reason
from ingest.wording import ENVELOPES, OUTCOMES, REASONS

SAID.update(
    {
        "filtro-salvato": "Filtro salvato: lo ritrovi qui, tra i tuoi filtri.",
        "filtro-tolto": "Filtro tolto.",
        "filtri-troppi": "Hai già venti filtri salvati: togline uno che non usi più.",
    }
)
_ROWS = 50
_WAITING = "attesa"  # a message not judged yet, as a word of the address
_READY_MADE = (
    ("Tutti i messaggi", ""),
    ("Da esaminare", "esame=1"),
    ("Adesioni", "esito=recorded&esito=updated"),
    ("Ricevute", "esito=receipt"),
    ("Posta non certificata", "tipo=anomaly&tipo=ordinary"),
    ("Illeggibili", "esito=unreadable"),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter as the address says it, and what is wrong with it: field -> message."""

    search: str
    outcomes: tuple[str, ...]
    kinds: tuple[str, ...]
    reason: str
    since: str
    until: str
    review: bool
    errors: dict[str, str]

    def address(self) -> str:
        """The filter as the query of an address."""
        pairs = [("cerca", self.search), ("motivo", self.reason), ("dal", self.since), ("al", self.until)]
        pairs += [("esito", word) for word in self.outcomes] + [("tipo", word) for word in self.kinds]
        pairs += [("esame", "1")] if self.review else []
        return urlencode([pair for pair in pairs if pair[1]])

    def log_filter(self) -> LogFilter:
        """The same for the register."""
        since, until = _day(self.since), _day(self.until)
        return LogFilter(
            since=since, until=until + timedelta(days=1) if until else None,
            outcomes=tuple("" if word == _WAITING else word for word in self.outcomes), kinds=self.kinds,
            reason=self.reason, search=self.search, needs_review=True if self.review else None, limit=_ROWS + 1,
        )  # fmt: skip


def register(visit: Visit) -> Response:
    """A page of the log, newest first."""
    chosen = chosen_of(visit.query)
    before = number_in(visit.query.get("prima", ""))
    with visit.desk.db.reading() as session:
        rows = log_rows(session, replace(chosen.log_filter(), before=before, among=entries_shown(visit.desk.settings)))
        counts = outcome_counts(session)
        mine = saved_filters(session, visit.who)
    more = len(rows) > _ROWS
    rows = rows[:_ROWS]
    return visit.page(
        "registro.html", rows=rows, chosen=chosen, counts=counts, ready_made=_READY_MADE, mine=mine,
        longest=LONGEST_NAME,
        outcomes={**{str(word): text for word, text in OUTCOMES.items()}, _WAITING: "In attesa di esame"},
        kinds={str(word): text for word, text in ENVELOPES.items()},
        reasons=sorted(((str(word), text) for word, text in REASONS.items()), key=lambda pair: pair[1]),
        older=_joined(chosen, f"prima={rows[-1].id}") if more else "", first=before is None,
        newest=rows[0].id if rows else 0, fresh=_joined(chosen, ""),
    )  # fmt: skip


def newer(visit: Visit) -> Response:
    """The rows that came since the one the browser has on top, as a fragment of the table."""
    last = number_in(visit.query.get("dopo", "")) or 0
    with visit.desk.db.reading() as session:
        ours = entries_shown(visit.desk.settings)
        found = log_rows(session, replace(chosen_of(visit.query).log_filter(), among=ours))
    rows: list[LogRow] = [row for row in found if row.id > last]
    return visit.page("_righe.html", rows=rows)


def keep(visit: Visit) -> Response:
    """Keeps the filter of the page under a name, for who is logged in."""
    name, query = visit.text("nome", LONGEST_NAME), chosen_of(QueryParams(visit.text("filtro", 4000))).address()
    if not name or not query:
        return visit.see(f"/registro?{query}" if query else "/registro")
    kept = keep_filter(visit.desk.db, visit.who, name, query, visit.now)
    return visit.see(f"/registro?{query}", "filtro-salvato" if kept else "filtri-troppi")


def drop(visit: Visit) -> Response:
    """Forgets a kept filter."""
    number = number_in(visit.text("id", 20))
    if number is not None and number <= LARGEST_KEY:
        drop_filter(visit.desk.db, visit.who, number)
    return visit.see("/registro", "filtro-tolto")


def chosen_of(query: QueryParams) -> Chosen:
    """The filter of an address; what it does not understand is said, and left out."""
    errors = {}
    days = {}
    for name, label in (("dal", "Ricevuti dal"), ("al", "Ricevuti fino al")):
        days[name] = query.get(name, "").strip()[:10]
        if days[name] and _day(days[name]) is None:
            errors[name] = f"{label}: scrivi la data come giorno/mese/anno, per esempio 26/07/2021."
            days[name] = ""
    reason = query.get("motivo", "")
    return Chosen(
        search=query.get("cerca", "").strip()[:200],
        outcomes=tuple(word for word in query.getlist("esito") if word in {*map(str, Outcome), _WAITING}),
        kinds=tuple(word for word in query.getlist("tipo") if word in set(EnvelopeKind)),
        reason=reason if reason in set(Reason) else "",
        since=days["dal"], until=days["al"], review=query.get("esame") == "1", errors=errors,
    )  # fmt: skip


def _day(text: str) -> datetime | None:
    """The first instant of a day in Rome, written by a date field (2021-07-26) or by hand (26/07/2021)."""
    try:
        day = datetime.strptime(text, "%d/%m/%Y").date() if "/" in text else date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, time(), ROME) if 1970 <= day.year <= 9998 else None


def _joined(chosen: Chosen, more: str) -> str:
    return "&".join(part for part in (chosen.address(), more) if part)


PAGES = (
    Page("/registro", register, Needs.READER),
    Page("/registro/nuove", newer, Needs.READER),
    Page("/registro/filtri", keep, Needs.READER, "POST"),
    Page("/registro/filtri/togli", drop, Needs.READER, "POST"),
)
