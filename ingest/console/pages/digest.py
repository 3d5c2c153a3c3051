"""Digest: the weekly reports that were sent, and what this week's would say now."""

from sqlalchemy import select
from sqlalchemy.orm import undefer
from starlette.responses import Response

from ingest.console.desk import Needs, Page, Visit
from ingest.console.downloads import XLSX, attachment
from ingest.console.pages.lettere import attached, framed, part_of
from ingest.digest import digest_workbook, preview_digest, workbook_name
from ingest.digest_due import facts_of
from ingest.italian import ROME
from ingest.letter import Letter as Rendered
from ingest.queries import organisation_rows
from ingest.week import Week, parse_week, week_of
from models import Digest, Letter

_SHOWN = 120  # two years and more


def archive(visit: Visit) -> Response:
    """The digests that were made, newest first."""
    notice = visit.desk.settings.notice.id
    query = select(Digest).where(Digest.notice_id == notice).order_by(Digest.week.desc()).limit(_SHOWN)
    with visit.desk.db.reading() as session:
        made = list(session.scalars(query))
    this = week_of(visit.now.astimezone(ROME).date())
    return visit.page(
        "digest.html", made=[(one, parse_week(one.week)) for one in made], this=this, previous=this.previous(),
        to=visit.desk.settings.digest.to,
    )  # fmt: skip


def week(visit: Visit) -> Response:
    """The digest of a week: as it was sent, or as it would be now."""
    found = _found(visit)
    if found is None:
        return visit.missing("Il riepilogo")
    chosen, sent = found
    if sent is not None:
        text = part_of(sent.raw, "plain")
        return visit.page("riepilogo.html", week=chosen, subject=sent.subject, text=text, sent=sent)
    letter = _preview(visit, chosen)
    return visit.page("riepilogo.html", week=chosen, subject=letter.subject, text=letter.text, sent=None)


def week_frame(visit: Visit) -> Response:
    """The same as its reader sees it."""
    found = _found(visit)
    if found is None:
        return visit.missing("Il riepilogo")
    chosen, sent = found
    return framed(part_of(sent.raw, "html") if sent is not None else _preview(visit, chosen).html)


def week_workbook(visit: Visit) -> Response:
    """The workbook that goes with it: the one that was sent, or one made now."""
    found = _found(visit)
    if found is None:
        return visit.missing("Il riepilogo")
    chosen, sent = found
    content = attached(sent.raw) if sent is not None else _workbook(visit, chosen)
    return attachment(content, workbook_name(chosen), XLSX)


def _found(visit: Visit) -> tuple[Week, Letter | None] | None:
    """The address's week, and its letter if it was sent; None when this is no week."""
    try:
        chosen: Week = parse_week(visit.params["week"])
    except ValueError:
        return None
    notice = visit.desk.settings.notice.id
    made = select(Digest.letter_id).where(Digest.notice_id == notice, Digest.week == str(chosen))
    with visit.desk.db.reading() as session:
        sent = session.scalar(select(Letter).where(Letter.id.in_(made)).options(undefer(Letter.raw)))
    return chosen, sent


def _workbook(visit: Visit, chosen: Week) -> bytes:
    with visit.desk.db.reading() as session:
        facts = facts_of(session, visit.desk.service, chosen, visit.now)
        return digest_workbook(facts, organisation_rows(session, notice_id=visit.desk.settings.notice.id))


def _preview(visit: Visit, chosen: Week) -> Rendered:
    with visit.desk.db.reading() as session:
        return preview_digest(facts_of(session, visit.desk.service, chosen, visit.now))


PAGES = (
    Page("/riepiloghi", archive, Needs.READER),
    Page("/riepiloghi/{week}", week, Needs.READER),
    Page("/riepiloghi/{week}/foglio", week_frame, Needs.READER),
    Page("/riepiloghi/{week}/allegato", week_workbook, Needs.READER),
)
