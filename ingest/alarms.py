"""Tells the office, once, that something is wrong, and once that it is over.

Alarms go through [alerts], never through the certified mailbox, which may be what is in trouble; without [alerts] they
stay in the console, in the log and in the digest.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ingest.database import Database
from ingest.keys import Settings
from ingest.letter import Letter
from ingest.officemail import OfficeMail, queue_office_mail
from ingest.templating import render
from ingest.trouble import told
from models import Condition

_REMEMBERED = timedelta(days=7)  # how long after its end a condition may still be reported over


def queue_alarms(db: Database, settings: Settings, now: datetime) -> int:
    """Queues one letter for every condition that opened, and one for every reported condition that ended."""
    if not (settings.alerts.host and settings.alerts.to):
        return 0
    queued = 0
    with db.transaction() as session:
        changed = select(Condition).where(or_(Condition.alarmed_at.is_(None), Condition.cleared_at > now - _REMEMBERED))
        for condition in session.scalars(changed.order_by(Condition.id)):
            if condition.alarmed_at is None and condition.cleared_at is None:
                condition.alarmed_at = now
                queued += _queue(session, condition, settings, now, over=False)
            elif condition.alarmed_at is not None and condition.cleared_at is not None:
                queued += _queue(session, condition, settings, now, over=True)
    return queued


def alarm(code: str, since: datetime, detail: str, cleared: datetime | None = None) -> Letter:
    """What the office reads of a condition that began, or that is over since `cleared`."""
    facts = {"what": told(code), "over": cleared is not None, "since": since, "cleared": cleared, "detail": detail}
    subject, text, html = (render("alarms", name, **facts) for name in ("subject.txt", "body.txt", "body.html"))
    return Letter(subject.strip(), text, html)


def _queue(session: Session, condition: Condition, settings: Settings, now: datetime, *, over: bool) -> int:
    letter = alarm(condition.code, condition.since, condition.detail, condition.cleared_at if over else None)
    key = f"alarm:{condition.id}:{'over' if over else 'open'}"
    mails = [OfficeMail(f"{key}:{to}", "alarm", to, letter) for to in settings.alerts.to]
    return sum(queue_office_mail(session, mail, settings, now) is not None for mail in mails)
