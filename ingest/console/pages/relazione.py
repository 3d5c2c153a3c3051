"""Relazione: the figures for the Assembly of Mayors, the lists to publish, and the decision who is admitted."""

from starlette.responses import Response

from ingest.admission import admission_of, decide, report_now
from ingest.console.desk import Needs, Page, Visit
from ingest.console.downloads import XLSX, attachment
from ingest.decisions import Deciding
from ingest.italian import ROME
from ingest.report import as_html, as_xlsx
from ingest.report_pdf import as_pdf
from models import Organisation

_SHOWN = 200
_FORMATS = {"pdf": (as_pdf, "application/pdf"), "xlsx": (as_xlsx, XLSX), "html": (as_html, "text/html; charset=utf-8")}


def figures(visit: Visit) -> Response:
    """The report as a page of the console; of long lists the beginning, the files have them whole."""
    with visit.desk.db.reading() as session:
        found = report_now(session, visit.desk.settings.notice.rules(), visit.now, _SHOWN)
    return visit.page("relazione.html", report=found)


def export(visit: Visit) -> Response:
    """The report as a file to keep, print or publish."""
    kind = visit.params["formato"]
    if kind not in _FORMATS:
        return visit.missing("Questo formato")
    make, media_type = _FORMATS[kind]
    with visit.desk.db.reading() as session:
        found = report_now(session, visit.desk.settings.notice.rules(), visit.now)
    return attachment(make(found), f"relazione-{visit.now.astimezone(ROME):%Y%m%d}.{kind}", media_type)


def admission(visit: Visit) -> Response:
    """The form of the decision on one organisation."""
    number = visit.params["id"]
    with visit.desk.db.reading() as session:
        body, found = session.get(Organisation, number), admission_of(session, number)
    if body is None:
        return visit.missing("L'ente")
    return visit.page("ammissione.html", body=body, found=found)


def set_admission(visit: Visit) -> Response:
    """Admits an organisation or not. A refusal needs its reason (art. 3 L. 241/1990)."""
    number, choice, why = visit.params["id"], visit.text("ammesso", 10), visit.text("motivo", 1000)
    if choice not in ("si", "no") or (choice == "no" and not why):
        text = "Scegli se l'ente è ammesso; per non ammetterlo scrivi il motivo."
        return visit.page("errore.html", status=422, heading="Decisione non registrata", text=text)
    done = decide(visit.desk.db, number, admitted=choice == "si", why=why, by=Deciding(visit.who.name, visit.now))
    return visit.see(f"/enti/{number}", "ammissione-decisa") if done else visit.missing("L'ente")


PAGES = (
    Page("/relazione", figures, Needs.READER),
    Page("/relazione/{formato}", export, Needs.READER),
    Page("/enti/{id:int}/ammissione", admission, Needs.CLERK),
    Page("/enti/{id:int}/ammissione", set_admission, Needs.CLERK, "POST"),
)
