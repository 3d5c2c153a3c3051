"""Digest: the weekly reports that were sent, and what this week's would say now."""

from sqlalchemy import select
from starlette.responses import Response

from ingest.console.desk import Needs, Page, Visit
from ingest.console.downloads import XLSX, attachment
from ingest.console.pages.lettere import framed
from ingest.digest import DigestFacts, compose_digest, preview_digest
from ingest.digest_due import facts_of
from ingest.digest_facts import facts_from_json
from ingest.italian import ROME
from ingest.week import Week, parse_week, week_of
from models import Digest

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
    found = _facts(visit)
    if found is None:
        return visit.missing("Il riepilogo")
    facts, sent = found
    letter = preview_digest(facts)
    return visit.page("riepilogo.html", week=facts.week, subject=letter.subject, text=letter.text, sent=sent)


def week_frame(visit: Visit) -> Response:
    """The same as its reader sees it."""
    found = _facts(visit)
    return framed(preview_digest(found[0]).html) if found else visit.missing("Il riepilogo")


def week_workbook(visit: Visit) -> Response:
    """The workbook that goes with it."""
    found = _facts(visit)
    if found is None:
        return visit.missing("Il riepilogo")
    attached = compose_digest(found[0]).attachments[0]
    return attachment(attached.content, attached.name, XLSX)


def _facts(visit: Visit) -> tuple[DigestFacts, Digest | None] | None:
    """The facts of the address's week, and its row if it was sent; None when this is no week."""
    try:
        chosen: Week = parse_week(visit.params["week"])
    except ValueError:
        return None
    notice = visit.desk.settings.notice.id
    with visit.desk.db.reading() as session:
        made = session.scalar(select(Digest).where(Digest.notice_id == notice, Digest.week == str(chosen)))
        if made is not None:
            return facts_from_json(made.facts), made
        return facts_of(session, visit.desk.service, chosen, visit.now), None


PAGES = (
    Page("/riepiloghi", archive, Needs.READER),
    Page("/riepiloghi/{week}", week, Needs.READER),
    Page("/riepiloghi/{week}/foglio", week_frame, Needs.READER),
    Page("/riepiloghi/{week}/allegato", week_workbook, Needs.READER),
)
