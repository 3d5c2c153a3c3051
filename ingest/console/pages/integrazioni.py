"""Integrazioni: what was asked of whom, until when, what came; a person may decide that nothing is awaited any more."""

from sqlalchemy import select
from starlette.responses import Response

from ingest import integration
from ingest.console.desk import Needs, Page, Visit
from ingest.console.labels import label
from ingest.readout import plain
from ingest.vocabulary import Reason
from ingest.wording import reason_it
from models import Entry, Integration

STATES = {"open": "In attesa", "answered": "Risposta da esaminare", "completed": "Completata", "closed": "Chiusa"}
_SHOWN = 200


def integrations(visit: Visit) -> Response:
    """The requests of the notice: those whose term ran out first, then the newest."""
    notice = visit.desk.settings.notice.id
    query = select(Integration, Entry).join(Entry, Entry.id == Integration.entry_id).where(Entry.notice_id == notice)
    with visit.desk.db.reading() as session:
        late = [one.id for one in integration.waiting(session, visit.now, notice)]
        rows = list(session.execute(query.order_by(Integration.id.desc()).limit(_SHOWN)))
    rows.sort(key=lambda row: row[0].id not in late)
    return visit.page("integrazioni.html", rows=rows, late=late, states=STATES, asked=asked_it)


def close(visit: Visit) -> Response:
    """Closes a request."""
    done = integration.close(visit.desk.db, visit.params["id"], visit.who.name, visit.now)
    return visit.see("/integrazioni", "integrazione-chiusa" if done else "integrazione-ferma")


def asked_it(words: list[str]) -> str:
    """What was asked, in words."""
    said = (reason_it(word).rstrip(".") if word in set(Reason) else label(word) for word in words)
    return plain("; ".join(said), 300)


PAGES = (
    Page("/integrazioni", integrations, Needs.READER),
    Page("/integrazioni/{id:int}/chiudi", close, Needs.CLERK, "POST"),
)
