"""Makes the digests that are due: the row that is unique per week, and its mail, in one transaction."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ingest.app import Service
from ingest.database import insert
from ingest.digest import DigestFacts, compose_digest
from ingest.digest_facts import MailboxFacts, due, facts_to_json, gather
from ingest.keys import Settings
from ingest.officemail import OfficeMail, queue_office_mail
from ingest.queries import organisation_rows
from ingest.roundlog import last_quota
from ingest.scope import rounds_made
from ingest.week import Week
from models import Digest

_AFTER_CLOSING = timedelta(days=30)  # digests go on for what is still settled after a notice's last day


def send_due_digests(service: Service, now: datetime) -> Week | None:
    """Queues the digest that is due, if one is; its week. Sent late rather than never, and once."""
    settings, notice = service.settings, service.context.notice
    if not settings.digest.to:
        return None
    if notice.closes is not None and notice.closes < now - _AFTER_CLOSING:
        return None
    with service.db.transaction() as session:
        week = due(session, notice, settings.digest.schedule, ZoneInfo(settings.digest.timezone), now)
        if week is None:
            return None
        return week if queue_digest(session, service, week, now) else None


def queue_digest(session: Session, service: Service, week: Week, now: datetime) -> bool:
    """Queues the digest of a week to everyone who reads it; False when it was queued before."""
    settings = service.settings
    facts = facts_of(session, service, week, now)
    new = insert(session, Digest).values(
        notice_id=service.context.notice.id,
        week=str(week),
        number=facts.number,
        created_at=now,
        facts=facts_to_json(facts),
    )
    made = session.scalar(new.on_conflict_do_nothing(index_elements=["notice_id", "week"]).returning(Digest.id))
    if made is None:
        return False
    letter = compose_digest(facts, organisation_rows(session, notice_id=service.context.notice.id))
    for to in {address.casefold(): address for address in settings.digest.to}.values():  # each reader once
        key = f"digest:{service.context.notice.id}:{week}:{to}"
        letter_id = queue_office_mail(session, OfficeMail(key, "digest", to, letter), settings, now)
        if letter_id is not None:
            session.get_one(Digest, made).letter_id = letter_id
    return True


def facts_of(session: Session, service: Service, week: Week, now: datetime) -> DigestFacts:
    """What the digest of a week would say now."""
    quota = last_quota(session, rounds_made(service.settings))
    mailbox = MailboxFacts(quota, password_expires(service.settings), service.settings)
    return gather(session, service.context.notice, week, now, mailbox)


def password_expires(settings: Settings) -> date | None:
    """The day the mailbox's password ends, if the office told."""
    chosen = settings.mailbox
    if chosen.password_set_on is None or chosen.password_valid_days == 0:
        return None
    return chosen.password_set_on + timedelta(days=chosen.password_valid_days)
