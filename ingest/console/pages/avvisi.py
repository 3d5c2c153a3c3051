"""Avvisi: where an installation serves several notices, which one the pages show, and whose a message is."""

from sqlalchemy import func, select
from starlette.responses import Response

from ingest.assigning import assign
from ingest.console.choice import CHOSEN
from ingest.console.desk import SAID, Needs, Page, Visit
from ingest.decisions import Deciding
from ingest.scope import archived
from models import Entry, Organisation, OrganisationStatus

SAID.update(
    {
        "avviso-scelto": "Le pagine mostrano ora questo avviso.",
        "avviso-indicato": "Avviso indicato: il messaggio sarà esaminato al prossimo giro secondo le sue regole.",
        "avviso-fermo": "Non è cambiato nulla: un modulo di questo messaggio è già registrato.",
    }
)


def notices(visit: Visit) -> Response:
    """Every notice with its figures, archived ones last."""
    desk = visit.desk
    with desk.db.reading() as session:
        bodies = select(Organisation.notice_id, func.count()).where(Organisation.status != OrganisationStatus.MERGED)
        counts = {row[0]: row[1] for row in session.execute(bodies.group_by(Organisation.notice_id))}
        nobodys = session.scalar(select(func.count()).where(Entry.notice_id == "", Entry.needs_review)) or 0
    served = {one.notice.id: one for one in desk.service.installation}
    rows = [(one.notice, counts.get(one.notice.id, 0), archived(one, visit.now)) for one in served.values()]
    rows.sort(key=lambda row: row[2])
    return visit.page("avvisi.html", rows=rows, here=desk.settings.notice.id, nobodys=nobodys)


def choose(visit: Visit) -> Response:
    """Keeps the choice in this browser."""
    wanted = visit.text("avviso", 200)
    if wanted not in {one.notice.id for one in visit.desk.service.installation}:
        return visit.missing("L'avviso")
    answer = visit.see("/", "avviso-scelto")
    answer.set_cookie(CHOSEN, wanted, httponly=True, samesite="strict", secure=visit.secure)
    return answer


def give(visit: Visit) -> Response:
    """Says which notice a message belongs to."""
    wanted, entry_id = visit.text("avviso", 200), visit.params["id"]
    with visit.desk.db.reading() as session:
        entry = session.get(Entry, entry_id)
    if entry is None or wanted not in {one.notice.id for one in visit.desk.service.installation}:
        return visit.missing("L'avviso")
    done = assign(visit.desk.db, entry_id, wanted, Deciding(visit.who.name, visit.now))
    return visit.see(f"/messaggi/{entry_id}", "avviso-indicato" if done else "avviso-fermo")


PAGES = (
    Page("/avvisi", notices, Needs.READER),
    Page("/avvisi", choose, Needs.READER, "POST"),
    Page("/messaggi/{id:int}/avviso", give, Needs.CLERK, "POST"),
)
