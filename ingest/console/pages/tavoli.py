"""Tavoli: per theme, who takes part and whom to write to; with the lists an invitation and a meeting need."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from ingest.console import lists
from ingest.console.desk import Needs, Page, Visit
from ingest.console.downloads import XLSX, Seat, attachment, mail_merge, table_workbook
from ingest.console.lists import BodyFilter
from ingest.console.signsheet import sign_sheet
from ingest.italian import ROME
from ingest.readout import masked, plain, value_text
from ingest.wording import ROLES
from models import Organisation, OrganisationStatus

_SHOWN = 200
_STANDING = (OrganisationStatus.ACTIVE, OrganisationStatus.TO_CONFIRM)
_ROLES = {str(word): text for word, text in ROLES.items()}


def tables(visit: Visit) -> Response:
    """The themes with how many bodies chose each."""
    desk = visit.desk
    with desk.db.reading() as session:
        counts = lists.tally(session, desk.settings.notice.id, BodyFilter()).by("themes")
    return visit.page("tavoli.html", tables=[(key, label, counts[key]) for key, label in desk.themes.items()])


def table(visit: Visit) -> Response:
    """Who takes part at one table, with contacts."""
    theme = visit.params["theme"]
    if theme not in visit.desk.themes:
        return visit.missing("Il tavolo")
    with visit.desk.db.reading() as session:
        found = seats(session, visit, theme, _SHOWN)
        bare = func.count(case((lists.without_address(), 1)))
        total, without = session.execute(select(func.count(), bare).where(*_at_table(visit, theme))).one()
        if without:  # perhaps the contact has an address
            found_bare = select(Organisation).where(*_at_table(visit, theme), lists.without_address())
            without = sum(not _seat(body, visit.desk.themes).email for body in session.scalars(found_bare))
    return visit.page(
        "tavolo.html", theme=theme, label=visit.desk.themes[theme], seats=found, total=total, without=without
    )


def export(visit: Visit) -> Response:
    """The table's list as workbook, as CSV for a mail merge, or as the sheet to sign."""
    theme, kind = visit.params["theme"], visit.params["kind"]
    if theme not in visit.desk.themes:
        return visit.missing("Il tavolo")
    label = visit.desk.themes[theme]
    with visit.desk.db.reading() as session:
        found = seats(session, visit, theme)
    name = f"tavolo-{_plain(theme)}-{visit.now.astimezone(ROME):%Y%m%d}"
    if kind == "elenco":
        return attachment(table_workbook(label, found, visit.now), f"{name}.xlsx", XLSX)
    if kind == "convocazione":
        return attachment(mail_merge(found), f"convocazione-{name}.csv", "text/csv; charset=utf-8")
    if kind == "foglio-firme":
        sheet = sign_sheet(visit.desk.settings.notice.title, label, found)
        return attachment(sheet, f"foglio-firme-{name}.pdf", "application/pdf")
    return visit.missing("Questo elenco")


def seats(session: Session, visit: Visit, theme: str, limit: int | None = None) -> list[Seat]:
    """The bodies at a table by name; those that withdrew are left out."""
    query = select(Organisation).where(*_at_table(visit, theme)).order_by(Organisation.match_name, Organisation.id)
    return [_seat(body, visit.desk.themes) for body in session.scalars(query.limit(limit))]


def _at_table(visit: Visit, theme: str) -> tuple[ColumnElement[bool], ...]:
    notice = visit.desk.settings.notice.id
    return Organisation.notice_id == notice, Organisation.status.in_(_STANDING), lists.has_theme(theme)


def _seat(body: Organisation, themes: dict[str, str]) -> Seat:
    def said(key: str) -> str:
        return value_text(key, body.values.get(key, {}).get("value"), themes)

    return Seat(
        organisation=body.id, name=masked(plain(body.name)), role=_ROLES.get(body.role, body.role),
        contact=said("contact.name"), email=said("contact.email") or _first(body.emails), pec=body.pec or "",
        phone=said("contact.phone") or value_text("organisation.phones", body.phones[:1], themes),
        municipality=body.municipality or "",
    )  # fmt: skip


def _first(texts: Sequence[str]) -> str:
    return texts[0] if texts else ""


def _plain(theme: str) -> str:
    return "".join(mark if mark.isascii() and mark.isalnum() else "-" for mark in theme)


PAGES = (
    Page("/tavoli", tables, Needs.READER),
    Page("/tavoli/{theme}", table, Needs.READER),
    Page("/tavoli/{theme}/{kind}", export, Needs.READER),
)
