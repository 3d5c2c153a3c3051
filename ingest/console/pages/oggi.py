"""Oggi: what waits for a person, what is wrong, what came in; the page a clerk opens in the morning."""

from datetime import datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from ingest import integration
from ingest.console import lists
from ingest.console.desk import Desk, Needs, Page, Visit
from ingest.console.probes import is_alive
from ingest.italian import ROME
from ingest.queries import LogFilter, log_rows
from ingest.roundlog import last_quota
from ingest.watch import days_left, open_conditions
from models import Organisation, OrganisationStatus, Round

_SHOWN = 8


def today(visit: Visit) -> Response:
    """The day's page."""
    desk, local = visit.desk, visit.now.astimezone(ROME)
    with desk.db.reading() as session:
        facts: dict[str, Any] = {
            "waiting": lists.waiting_entries(session, _SHOWN),
            "waiting_count": lists.waiting_count(session),
            "forms_waiting": lists.forms_waiting(session),
            "undelivered": lists.undelivered(session, _SHOWN),
            "undelivered_count": lists.undelivered_count(session),
            "late_integrations": integration.waiting(session, visit.now, desk.settings.notice.id),
            "arrived": lists.received_since(session, datetime.combine(local.date(), time(), ROME)),
            "recorded": lists.recorded(session),
            "rows": log_rows(session, LogFilter(limit=_SHOWN)),
            "bodies": _bodies(session, desk.settings.notice.id),
            "quota": last_quota(session),
            "last": last_round(session),
        }
    return visit.page("oggi.html", **facts, **health_facts(desk, visit.now), today=local)


def health_facts(desk: Desk, now: datetime) -> dict[str, Any]:
    """What is wrong now, whether rounds go on, and how long the mailbox's password lasts."""
    with desk.db.reading() as session:
        last = session.scalar(select(Round.finished_at).where(Round.ok.is_(True)).order_by(Round.id.desc()).limit(1))
    return {
        "conditions": open_conditions(desk.db),
        "alive": is_alive(desk, now, last),
        "last_good": last,
        "password_days": days_left(desk.settings.mailbox, now.astimezone(ROME).date()),
    }


def last_round(session: Session) -> Round | None:
    """The newest round that has ended, however it ended."""
    return session.scalar(select(Round).where(Round.finished_at.is_not(None)).order_by(Round.id.desc()).limit(1))


def _bodies(session: Session, notice_id: str) -> dict[str, int]:
    """Bodies that take part per time class; those that withdrew or were merged into another do not count."""
    standing = Organisation.status.in_((OrganisationStatus.ACTIVE, OrganisationStatus.TO_CONFIRM))
    rows = session.execute(
        select(Organisation.timeliness, func.count())
        .where(Organisation.notice_id == notice_id, standing)
        .group_by(Organisation.timeliness)
    )
    return {row[0]: row[1] for row in rows}


PAGES = (Page("/", today, Needs.READER),)
