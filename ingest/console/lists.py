"""What the console's lists read: pages of rows by key, never by number, so that every page costs the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from ingest.form.fold import fold
from ingest.organisation_queries import organisation_tally
from ingest.organisations import OrganisationRow
from ingest.queries import LISTED_BODY, organisation_row
from ingest.tally import Tally
from ingest.vocabulary import Outcome
from models import (
    Adhesion,
    AdhesionState,
    Entry,
    EntryState,
    Letter,
    LetterRecipient,
    LetterState,
    Organisation,
    OrganisationStatus,
)

WAITING = or_(Entry.needs_review, Entry.outcome.in_((Outcome.REVIEW, Outcome.UNREADABLE)))
TO_DECIDE = (LetterState.FAILED, LetterState.REJECTED, LetterState.UNCERTAIN, LetterState.WITHHELD)
_IN_REGISTER = (AdhesionState.RECORDED, AdhesionState.VERSION)
NOT_DELIVERED = (*TO_DECIDE, LetterState.LATE)


@dataclass(frozen=True, slots=True)
class BodyFilter:
    """Which organisations: empty means all. `after` is the last one shown: its sorting name and id."""

    search: str = ""
    nature: str = ""
    municipality: str = ""
    theme: str = ""
    role: str = ""
    timeliness: str = ""
    status: str = ""
    after: tuple[str, int] | None = None


def bodies(session: Session, notice_id: str, chosen: BodyFilter, limit: int | None) -> list[OrganisationRow]:
    """The organisations of a filter, by name."""
    query = select(*LISTED_BODY).where(*_conditions(notice_id, chosen))
    if chosen.after is not None:
        name, last = chosen.after
        query = query.where(
            or_(Organisation.match_name > name, and_(Organisation.match_name == name, Organisation.id > last))
        )
    query = query.order_by(Organisation.match_name, Organisation.id).limit(limit)
    return [organisation_row(found) for found in session.execute(query)]


def sorting_key(session: Session, organisation_id: int) -> tuple[str, int]:
    """Where an organisation stands in the list."""
    name = session.scalar(select(Organisation.match_name).where(Organisation.id == organisation_id))
    return name or "", organisation_id


def tally(session: Session, notice_id: str, chosen: BodyFilter) -> Tally:
    """The organisations of a filter, counted."""
    return organisation_tally(session, *_conditions(notice_id, chosen))


def has_theme(theme: str) -> ColumnElement[bool]:
    """The organisations that chose a theme. The key is quoted in the stored list, so no theme is part of another."""
    return cast(Organisation.themes, Text).contains(f'"{theme}"', autoescape=True)


def without_address() -> ColumnElement[bool]:
    """The organisations with neither a certified nor an ordinary address of their own."""
    return or_(Organisation.pec.is_(None), Organisation.pec == "") & (cast(Organisation.emails, Text) == "[]")


def waiting_entries(session: Session, limit: int) -> list[Entry]:
    """Messages nobody has looked at yet, oldest first."""
    query = select(Entry).where(WAITING, Entry.reviewed_at.is_(None)).order_by(Entry.id).limit(limit)
    return list(session.scalars(query))


def waiting_count(session: Session) -> int:
    """How many messages nobody has looked at yet."""
    return session.scalar(select(func.count()).where(WAITING, Entry.reviewed_at.is_(None))) or 0


def forms_to_decide() -> ColumnElement[bool]:
    """The forms that wait for a person: to be decided, or in the register with a doubt."""
    undecided = Adhesion.needs_review & Adhesion.decided_at.is_(None) & Adhesion.state.in_(_IN_REGISTER)
    return or_(Adhesion.state == AdhesionState.REVIEW, undecided)


def forms_waiting(session: Session) -> int:
    """How many forms wait for a person."""
    return session.scalar(select(func.count()).where(forms_to_decide())) or 0


def undelivered(session: Session, limit: int) -> list[Letter]:
    """Letters to applicants that did not arrive and were not sent again, oldest first."""
    return list(session.scalars(select(Letter).where(*_undelivered()).order_by(Letter.id).limit(limit)))


def undelivered_count(session: Session) -> int:
    """How many letters to applicants did not arrive."""
    return session.scalar(select(func.count()).where(*_undelivered())) or 0


def received_since(session: Session, at: datetime) -> int:
    """Messages that reached us from `at` on."""
    return session.scalar(select(func.count()).where(Entry.received_at >= at)) or 0


def recorded(session: Session) -> tuple[int, int]:
    """Messages kept, and of them those judged and recorded."""
    kept = session.scalar(select(func.count(Entry.id))) or 0
    return kept, kept - (session.scalar(select(func.count()).where(Entry.state == EntryState.PENDING)) or 0)


def letters(session: Session, states: Sequence[str], before: int | None, limit: int) -> list[Letter]:
    """The letters of some states, newest first."""
    query = select(Letter).order_by(Letter.id.desc()).limit(limit)
    query = query.where(Letter.state.in_(states)) if states else query
    return list(session.scalars(query.where(Letter.id < before) if before is not None else query))


def letter_counts(session: Session) -> dict[str, int]:
    """Letters per state."""
    counted = select(Letter.state, func.count()).group_by(Letter.state)
    return {row[0]: row[1] for row in session.execute(counted)}


def resent(session: Session, letter_id: int) -> int | None:
    """The copy of a letter that a person sent again, if there is one."""
    return session.scalar(select(Letter.id).where(Letter.resend_of == letter_id).limit(1))


def recipients(session: Session, letter_id: int) -> list[LetterRecipient]:
    """A letter's recipients."""
    return list(session.scalars(select(LetterRecipient).where(LetterRecipient.letter_id == letter_id)))


def _undelivered() -> tuple[ColumnElement[bool], ...]:
    copy = Letter.__table__.alias("copy")
    sent_again = exists(select(copy.c.id).where(copy.c.resend_of == Letter.id))
    return Letter.channel == "pec", Letter.state.in_(NOT_DELIVERED), ~sent_again


def _conditions(notice_id: str, chosen: BodyFilter) -> list[ColumnElement[bool]]:
    found = [Organisation.notice_id == notice_id, Organisation.status != OrganisationStatus.MERGED]
    for column, value in (
        (Organisation.legal_nature, chosen.nature), (Organisation.municipality, chosen.municipality),
        (Organisation.role, chosen.role), (Organisation.timeliness, chosen.timeliness),
        (Organisation.status, chosen.status),
    ):  # fmt: skip
        if value == "-":
            found.append(or_(column.is_(None), column == ""))
        elif value:
            found.append(column == value)
    if chosen.theme:
        found.append(has_theme(chosen.theme))
    words = fold(chosen.search).split()
    if words:  # found apart, by the texts alone: a whole row is many times as long
        said = [_says(word) for word in words]
        found.append(Organisation.id.in_(select(Organisation.id).where(Organisation.notice_id == notice_id, *said)))
    return found


def _says(word: str) -> ColumnElement[bool]:
    """The organisations that have a folded word in their name or code.

    Of the words that `match_name` leaves out, the legal forms, one has an accent: società.
    """
    whole = func.replace(func.replace(Organisation.name, "à", "a"), "À", "a")
    return or_(
        Organisation.match_name.contains(word, autoescape=True),
        func.lower(Organisation.fiscal_code).contains(word, autoescape=True),
        func.lower(whole).contains(word, autoescape=True),
    )
