"""What the digest reads from the register. Reading only; every function takes the session it reads with."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import Session

from ingest.organisations import OrganisationRow
from ingest.queries import LISTED_BODY, organisation_row
from ingest.vocabulary import Outcome
from models import (
    Audit,
    Condition,
    Digest,
    Entry,
    Letter,
    LetterRecipient,
    LetterState,
    Organisation,
    OrganisationStatus,
    OrganisationVersion,
    Round,
)

NOT_DELIVERED = (
    LetterState.FAILED,
    LetterState.REJECTED,
    LetterState.LATE,
    LetterState.UNCERTAIN,
    LetterState.WITHHELD,
)
RECLASSIFIED = "reclassified"  # as an audit line names it
Span = tuple[datetime, datetime]  # from the first instant on, up to but without the second


def organisations_of(session: Session, notice_id: str, span: Span) -> tuple[OrganisationRow, ...]:
    """The bodies that came in within a span: accepted in it, or, when they were imported later, entered in it."""
    came = or_(_within(Organisation.first_accepted_at, span), _within(Organisation.created_at, span))
    ours = select(Organisation.id).where(Organisation.notice_id == notice_id, came)  # apart: an index holds all of it
    query = (
        select(*LISTED_BODY)
        .where(Organisation.id.in_(ours), Organisation.status != OrganisationStatus.MERGED)
        .order_by(Organisation.first_accepted_at, Organisation.id)
    )
    return tuple(organisation_row(found) for found in session.execute(query))


def updates(session: Session, notice_id: str, span: Span) -> int:
    """How many new versions of bodies already known came in within a span."""
    came = or_(_within(OrganisationVersion.accepted_at, span), _within(OrganisationVersion.created_at, span))
    query = (
        select(func.count())
        .select_from(OrganisationVersion)
        .join(Organisation, Organisation.id == OrganisationVersion.organisation_id)
        .where(Organisation.notice_id == notice_id, OrganisationVersion.number > 1, came)
    )
    return session.scalar(query) or 0


def received(session: Session, span: Span, among: ColumnElement[bool]) -> dict[str | None, int]:
    """Messages of a span by outcome; None counts those not judged yet. `among`, here and below: whose digest it is."""
    came = or_(_within(Entry.accepted_at, span), _within(Entry.received_at, span))
    query = select(Entry.outcome, func.count()).where(came, among).group_by(Entry.outcome)
    return {row[0]: row[1] for row in session.execute(query)}


def waiting(session: Session, among: ColumnElement[bool]) -> tuple[Entry, ...]:
    """The messages a person has not looked at yet, oldest first."""
    unsettled = or_(Entry.needs_review, Entry.outcome.in_((Outcome.REVIEW, Outcome.UNREADABLE)))
    unseen = select(Entry).where(unsettled, Entry.reviewed_at.is_(None), among)
    return tuple(session.scalars(unseen.order_by(Entry.id)))


def undelivered(session: Session, among: ColumnElement[bool]) -> tuple[tuple[Letter, LetterRecipient], ...]:
    """Certified letters that failed, are late, uncertain or withheld, per recipient, oldest first."""
    query = (
        select(Letter, LetterRecipient)
        .join(LetterRecipient, LetterRecipient.letter_id == Letter.id)
        .where(Letter.channel == "pec", LetterRecipient.state.in_(NOT_DELIVERED), among)
        .order_by(Letter.id, LetterRecipient.id)
    )
    return tuple((letter, recipient) for letter, recipient in session.execute(query))


def open_conditions(session: Session) -> tuple[str, ...]:
    """The codes of what is wrong now, oldest first."""
    return tuple(session.scalars(select(Condition.code).where(Condition.cleared_at.is_(None)).order_by(Condition.id)))


def last_good_round(session: Session, among: ColumnElement[bool]) -> datetime | None:
    """When the last round without fault ended."""
    return session.scalar(select(func.max(Round.finished_at)).where(Round.ok.is_(True), among))


def reclassified(session: Session, notice_id: str, span: Span) -> int:
    """How many adhesions got another time class or role within a span because the notice's terms changed."""
    lines = select(Audit.new).where(Audit.what == RECLASSIFIED, Audit.object == f"notice:{notice_id}")
    return sum(new["adhesions"] for new in session.scalars(lines.where(_within(Audit.at, span))))


def first_message(session: Session) -> datetime | None:
    """When the first message was entered; None for an empty register."""
    return session.scalar(select(func.min(Entry.received_at)))


def has_digests(session: Session, notice_id: str) -> bool:
    """True once any digest of a notice was made."""
    return session.scalar(select(Digest.id).where(Digest.notice_id == notice_id).limit(1)) is not None


def digest_of(session: Session, notice_id: str, week: str) -> Digest | None:
    """The digest of a week, if it was made."""
    return session.scalar(select(Digest).where(Digest.notice_id == notice_id, Digest.week == week))


def next_digest_number(session: Session, notice_id: str) -> int:
    """The number the next digest of a notice gets: no gaps, so that a missing mail is noticed."""
    return (session.scalar(select(func.max(Digest.number)).where(Digest.notice_id == notice_id)) or 0) + 1


def _within(column: SQLColumnExpression[Any], span: Span) -> ColumnElement[bool]:
    return and_(column >= span[0], column < span[1])
