"""What a digest may say, read from the register, and which digest is due.

One row per (notice, week) is the promise: a digest missed while the service was down is sent late, once.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import true
from sqlalchemy.orm import Session

from ingest import digest_queries, integration, scope
from ingest.digest import DigestFacts, Unanswered, Undelivered, Waiting
from ingest.keys import Settings
from ingest.organisation_queries import organisation_tally
from ingest.registers import warnings
from ingest.rules import Notice
from ingest.trouble import Trouble, told
from ingest.week import Week, last_due
from models import Entry, Organisation, OrganisationStatus

_FACTS = TypeAdapter(DigestFacts)
_FRESH = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class MailboxFacts:
    """What the register does not know about the mailbox."""

    quota: tuple[int, int] | None = None  # bytes used, bytes allowed
    password_expires: date | None = None
    settings: Settings | None = None  # whose digest it is, where there are several deployments


def gather(
    session: Session, notice: Notice, week: Week, now: datetime, mailbox: MailboxFacts | None = None
) -> DigestFacts:
    """The facts of a week. A digest made before keeps its number; the figures are those of `now`."""
    mailbox = mailbox or MailboxFacts()
    span, ours = week.bounds(), _Ours(mailbox.settings)
    outcomes = digest_queries.received(session, span, ours.entries)
    made = digest_queries.digest_of(session, notice.id, str(week))
    return DigestFacts(
        title=notice.title,
        week=week,
        number=made.number if made else digest_queries.next_digest_number(session, notice.id),
        made_at=now,
        themes=dict(notice.themes),
        received=sum(outcomes.values()),
        recorded=sum(count for outcome, count in outcomes.items() if outcome is not None),
        outcomes={outcome: count for outcome, count in outcomes.items() if outcome is not None},
        arrived=digest_queries.organisations_of(session, notice.id, span),
        updated=digest_queries.updates(session, notice.id, span),
        tally=organisation_tally(
            session, Organisation.notice_id == notice.id, Organisation.status != OrganisationStatus.MERGED
        ),
        waiting=tuple(_waiting(entry) for entry in digest_queries.waiting(session, ours.entries)),
        undelivered=tuple(
            Undelivered(letter.id, recipient.address, recipient.state, letter.created_at)
            for letter, recipient in digest_queries.undelivered(session, ours.letters)
        ),
        register_differences=len({one.organisation for one in warnings(session, notice.id)}),
        unanswered=tuple(
            Unanswered(one.entry, one.sender, one.due_at) for one in integration.waiting(session, now, notice.id)
        ),
        troubles=tuple(
            told(code).title
            for code in digest_queries.open_conditions(session)
            if code.partition(":")[0] not in _said_in_figures(mailbox) and ours.told(code)
        ),
        quota=mailbox.quota,
        password_expires=mailbox.password_expires,
        last_round=digest_queries.last_good_round(session, ours.rounds),
        reclassified=digest_queries.reclassified(session, notice.id, span),
    )


class _Ours:
    """What of the register the digest of a deployment speaks of; everything where it is the only one."""

    def __init__(self, settings: Settings | None) -> None:
        self.entries = scope.entries_shown(settings) if settings else true()
        self.letters = scope.letters_shown(settings) if settings else true()
        self.rounds = scope.rounds_made(settings) if settings else true()
        self._settings = settings

    def told(self, code: str) -> bool:
        """Whether a condition is told here."""
        return self._settings is None or scope.told_here(code, self._settings)


def _said_in_figures(mailbox: MailboxFacts) -> set[str]:
    """The troubles the digest tells by their figures; it does not tell them a second time by name."""
    known = {Trouble.MAILBOX_FULL: mailbox.quota, Trouble.PASSWORD_EXPIRING: mailbox.password_expires}
    return {str(trouble) for trouble, figure in known.items() if figure is not None}


def due(session: Session, notice: Notice, schedule: str, zone: ZoneInfo, now: datetime) -> Week | None:
    """The week whose digest should be sent now: the newest one that is due and has no row.

    Older weeks missed while the service was down are not sent one by one: the newest carries the totals.
    """
    week, since = last_due(schedule, zone, now)
    if digest_queries.digest_of(session, notice.id, str(week)) is not None:
        return None
    first = digest_queries.first_message(session)
    if digest_queries.has_digests(session, notice.id) or (first is not None and first < since):
        return week
    return week if now - since < _FRESH else None  # installed after the hour had passed: nothing to report on


def facts_to_json(facts: DigestFacts) -> dict[str, Any]:
    """The facts as stored with the digest's row."""
    dumped: dict[str, Any] = _FACTS.dump_python(facts, mode="json")
    return dumped


def _waiting(entry: Entry) -> Waiting:
    return Waiting(entry.id, entry.accepted_at or entry.received_at, entry.sender, entry.subject, tuple(entry.reasons))
