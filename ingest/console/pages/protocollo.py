"""Protocollo: numbers typed by a clerk, and the list that the register's office imports."""

from starlette.responses import Response

from ingest.console.desk import Needs, Page, Visit
from ingest.console.downloads import attachment
from ingest.database import one_at_a_time
from ingest.italian import ROME
from ingest.protocol.numbers import ProtocolProblem, assign, registration
from ingest.protocol.sheet import as_csv, sheets
from models import Entry


def export(visit: Visit) -> Response:
    """What is still to be registered, as CSV; with `tutti=1` everything."""
    settings = visit.desk.settings
    every = visit.query.get("tutti") == "1"
    with visit.desk.db.reading() as session:
        found = sheets(session, settings, all_of_them=every)
    name = f"da-protocollare-{visit.now.astimezone(ROME):%Y%m%d}.csv"
    return attachment(as_csv(found), name, "text/csv; charset=utf-8")


def set_number(visit: Visit) -> Response:
    """Sets or corrects the number of a message; the audit keeps what was there before."""
    number = visit.params["id"]
    with visit.desk.db.transaction() as session:
        one_at_a_time(session)
        entry = session.get(Entry, number, with_for_update=True)
        if entry is None:
            return visit.missing("Il messaggio")
        try:
            register = visit.desk.settings.protocol.register_code
            given = registration(visit.text("numero", 40), visit.text("data", 20), register)
            assign(session, entry, given, visit.who.name, visit.now)
        except ProtocolProblem as problem:
            return visit.page("errore.html", status=422, heading="Numero non registrato", text=str(problem))
    return visit.see(f"/messaggi/{number}", "protocollo-registrato")


PAGES = (
    Page("/protocollo/esporta", export, Needs.CLERK),
    Page("/messaggi/{id:int}/protocollo", set_number, Needs.CLERK, "POST"),
)
