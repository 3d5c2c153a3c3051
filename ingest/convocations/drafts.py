"""Convocations as people make them: written, looked at with real data, confirmed once, stopped.

Confirming fixes the recipients: what was shown is what is sent. The letters themselves are
`ingest.convocations.convening`.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingest.convocations.audience import Audience, Recipient, audience_of, recipients
from ingest.convocations.letter import MergeFields, check_text, compose_convocation
from ingest.convocations.merge_fields import merge_fields
from ingest.database import Database, one_at_a_time
from ingest.keys import Settings
from ingest.letter import Letter
from models import Audit, Convocation, ConvocationState, Invitation, Organisation, Via


@dataclass(frozen=True, slots=True)
class Writing:
    """What a person writes: subject and body (templates), to whom, by which way."""

    subject: str
    body: str
    audience: Audience
    via: Via = Via.PEC


@dataclass(frozen=True, slots=True)
class Author:
    """Who does it, when."""

    who: str
    now: datetime


@dataclass(slots=True)
class Outlook:
    """To whom a draft would go: the first of them by name, all of them counted."""

    bodies: dict[int, str] = field(default_factory=dict)  # their names
    reached: list[Recipient] = field(default_factory=list)
    without: list[Recipient] = field(default_factory=list)  # those with no address to write to
    total: int = 0  # letters
    missed: int = 0


def write(db: Database, notice_id: str, writing: Writing, by: Author) -> int:
    """The id of a new draft. Raises TextProblem when the text cannot be sent as written."""
    check_text(writing.subject, writing.body)
    with db.transaction() as session:
        new = Convocation(
            notice_id=notice_id, subject=writing.subject, body=writing.body, via=str(writing.via),
            audience=asdict(writing.audience), created_at=by.now, created_by=by.who,
        )  # fmt: skip
        session.add(new)
        session.flush()
        _audit(session, by, "convocation-written", new.id)
        return new.id


def rewrite(db: Database, convocation_id: int, writing: Writing, by: Author) -> bool:
    """Changes a draft; False when it is none any more. Raises TextProblem like `write`."""
    check_text(writing.subject, writing.body)
    with db.transaction() as session:
        found = session.get_one(Convocation, convocation_id, with_for_update=True)
        if found.state != ConvocationState.DRAFT:
            return False
        found.subject, found.body, found.via = writing.subject, writing.body, str(writing.via)
        found.audience = asdict(writing.audience)
        _audit(session, by, "convocation-written", convocation_id)
        return True


def confirm(db: Database, convocation_id: int, settings: Settings, by: Author) -> int | None:
    """Fixes the recipients and lets the letters go. How many letters it will be; None when it is no draft.

    Every letter is composed once before, so that a text that fails for one organisation stops it here: raises
    TextProblem. An organisation without an address is kept too, so that it is listed as not reached.
    """
    with db.transaction() as session:
        one_at_a_time(session)
        found = session.get_one(Convocation, convocation_id, with_for_update=True)
        if found.state != ConvocationState.DRAFT:
            return None
        chosen = list(recipients(session, found, settings))
        for one in chosen:
            _composed(session, found, one.organisation_id, settings)
            session.add(
                Invitation(
                    convocation_id=found.id, organisation_id=one.organisation_id, address=one.address,
                    certified=one.certified, why=one.why,
                )
            )  # fmt: skip
        found.state, found.confirmed_at, found.confirmed_by = ConvocationState.SENDING, by.now, by.who
        _audit(session, by, "convocation-confirmed", convocation_id)
        return sum(not one.why for one in chosen)


def stop(db: Database, convocation_id: int, by: Author) -> bool:
    """No further letter of it enters the queue; those in it leave. False when there is nothing to stop."""
    with db.transaction() as session:
        found = session.get_one(Convocation, convocation_id, with_for_update=True)
        if found.state != ConvocationState.SENDING:
            return False
        found.state = ConvocationState.STOPPED
        _audit(session, by, "convocation-stopped", convocation_id)
        return True


def preview(session: Session, convocation: Convocation, organisation_id: int, settings: Settings) -> Letter:
    """The letter as one organisation would get it now. Raises TextProblem."""
    return _composed(session, convocation, organisation_id, settings)


def outlook(session: Session, convocation: Convocation, settings: Settings, most: int) -> Outlook:
    """The recipients counted, with the first `most` of each kind: there may be tens of thousands."""
    found = Outlook()
    for one in recipients(session, convocation, settings):
        if len(found.bodies) < most:
            found.bodies[one.organisation_id] = one.name
        shown = found.without if one.why else found.reached
        if len(shown) < most:
            shown.append(one)
        found.missed += bool(one.why)
        found.total += not one.why
    return found


def listed(session: Session, notice_id: str) -> list[tuple[Convocation, int]]:
    """The convocations of a notice, newest first, each with the number of its recipients."""
    counted = select(func.count()).where(Invitation.convocation_id == Convocation.id).scalar_subquery()
    rows = session.execute(
        select(Convocation, counted).where(Convocation.notice_id == notice_id).order_by(Convocation.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def convocation_reference(convocation_id: int) -> str:
    """Our reference as recipients see it: "CONV-0003"."""
    return f"CONV-{convocation_id:04d}"


def _composed(session: Session, convocation: Convocation, organisation_id: int, settings: Settings) -> Letter:
    body = session.get_one(Organisation, organisation_id)
    fields: MergeFields = merge_fields(session, body, settings.notice.rules(), audience_of(convocation).theme)
    return compose_convocation(convocation.subject, convocation.body, fields, convocation_reference(convocation.id))


def _audit(session: Session, by: Author, what: str, convocation_id: int) -> None:
    session.add(Audit(at=by.now, who=by.who, what=what, object=f"convocation:{convocation_id}", old=None, new=None))
