"""What lists show: the ingestion log, the organisations, the outgoing letters. Reads only, frozen rows back.

Field names are those of the public contract's JSON (section 3). The newest comes first, by id, which is also the order
of arrival; `before` is the last id already shown, so that a page costs the same wherever it lies.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, cast, false, func, or_, select
from sqlalchemy.orm import Session

from ingest.form.fold import fold
from ingest.organisations import OrganisationRow
from ingest.protocol.numbers import numbers_of_entries
from models import Adhesion, Entry, Letter, LetterEvent, LetterRecipient, Organisation, OrganisationStatus, ReceiptRow

_LISTED = 500  # ids in one statement
LISTED_BODY = (
    tuple(  # of an organisation, what lists show: its values are as long as all the rest and stay where they are
        getattr(Organisation, field.name) for field in fields(OrganisationRow) if field.name != "protocol"
    )
)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which rows of the log: unset means all."""

    since: datetime | None = None  # aware; by the instant we received the message
    until: datetime | None = None  # before it
    outcomes: tuple[str, ...] = ()  # "": those that wait for their judgement
    kinds: tuple[str, ...] = ()  # of the envelope
    reason: str = ""
    among: ColumnElement[bool] | None = None  # of which mailbox or notice
    search: str = ""  # words, all of which must occur in subject, sender, names or codes
    needs_review: bool | None = None
    before: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class LogRow:
    """One message in the log. `outcome` is "" while it waits for its judgement."""

    id: int
    at: datetime
    outcome: str
    reasons: tuple[str, ...]
    kind: str
    sender: str
    subject: str
    identifier: str
    accepted_at: datetime | None
    organisations: tuple[int, ...]
    letters: tuple[int, ...]
    sha256: str
    needs_review: bool = False
    protocol: str = ""  # number and date in words


@dataclass(frozen=True, slots=True)
class Step:
    """One step in a letter's history; `receipt` is the receipt's type, "" when it was not a receipt."""

    at: datetime
    state: str
    receipt: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingRow:
    """One letter with its history and the state per recipient (address, state)."""

    id: int
    letter: str
    entry: int | None
    to: str
    message_id: str
    state: str
    history: tuple[Step, ...]
    recipients: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    created_at: datetime | None = None


def log_rows(session: Session, chosen: LogFilter = LogFilter()) -> list[LogRow]:
    """The ingestion log, newest first."""
    query = select(Entry).where(*_log_conditions(chosen)).order_by(Entry.id.desc())
    if chosen.limit is not None:
        query = query.limit(chosen.limit)
    entries = list(session.scalars(query))
    ids = [entry.id for entry in entries]
    numbers = numbers_of_entries(session, ids)
    organisations = _grouped(
        session.execute(
            select(Adhesion.entry_id, Adhesion.organisation_id)
            .where(Adhesion.organisation_id.is_not(None), _between(Adhesion.entry_id, ids))
            .order_by(Adhesion.id)
        )
    )
    letters = _grouped(
        session.execute(select(Letter.entry_id, Letter.id).where(_between(Letter.entry_id, ids)).order_by(Letter.id))
    )
    return [
        LogRow(
            id=entry.id, at=entry.received_at, outcome=entry.outcome or "", reasons=tuple(entry.reasons),
            kind=entry.kind or "", sender=entry.sender, subject=entry.subject, identifier=entry.identifier,
            accepted_at=entry.accepted_at, organisations=organisations[entry.id], letters=letters[entry.id],
            sha256=entry.sha256, needs_review=entry.needs_review, protocol=numbers.get(entry.id, ""),
        )
        for entry in entries
    ]  # fmt: skip


def outcome_counts(session: Session, since: datetime | None = None, until: datetime | None = None) -> dict[str, int]:
    """Messages per outcome received from `since` on and before `until`; "" counts those that still wait."""
    query = select(Entry.outcome, func.count()).group_by(Entry.outcome)
    query = query.where(Entry.received_at >= since) if since else query
    query = query.where(Entry.received_at < until) if until else query
    return {outcome or "": number for outcome, number in session.execute(query)}


def organisation_rows(session: Session, *, notice_id: str = "", search: str = "") -> list[OrganisationRow]:
    """The organisations, by name; those merged into another are left out."""
    query = select(*LISTED_BODY).where(Organisation.status != OrganisationStatus.MERGED)
    if notice_id:
        query = query.where(Organisation.notice_id == notice_id)
    ordered = query.order_by(Organisation.match_name, Organisation.id)
    rows = [organisation_row(found) for found in session.execute(ordered)]
    words = fold(search).split()
    return [row for row in rows if all(word in fold(f"{row.name} {row.fiscal_code}") for word in words)]


def outgoing_rows(
    session: Session, *, states: Sequence[str] = (), entry_id: int | None = None, limit: int | None = None
) -> list[OutgoingRow]:
    """The letters, newest first, each with its history."""
    query = select(Letter).order_by(Letter.id.desc())
    query = query.where(Letter.state.in_(states)) if states else query
    query = query.where(Letter.entry_id == entry_id) if entry_id is not None else query
    letters = list(session.scalars(query.limit(limit) if limit is not None else query))
    ids = [letter.id for letter in letters]
    steps = defaultdict(list)
    for event, receipt in session.execute(
        select(LetterEvent, ReceiptRow.type)
        .outerjoin(ReceiptRow, ReceiptRow.id == LetterEvent.receipt_id)
        .where(_between(LetterEvent.letter_id, ids))
        .order_by(LetterEvent.id)
    ):
        steps[event.letter_id].append(Step(event.at, event.state, receipt or "", event.note))
    recipients = defaultdict(list)
    for one in session.scalars(select(LetterRecipient).where(_between(LetterRecipient.letter_id, ids))):
        recipients[one.letter_id].append((one.address, one.state))
    return [
        OutgoingRow(
            id=letter.id, letter=letter.kind, entry=letter.entry_id, to=letter.to_address,
            message_id=letter.message_id, state=letter.state, history=tuple(steps[letter.id]),
            recipients=tuple(recipients[letter.id]), reason=letter.reason, created_at=letter.created_at,
        )
        for letter in letters
    ]  # fmt: skip


def _log_conditions(chosen: LogFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.since is not None:
        conditions.append(Entry.received_at >= chosen.since)
    if chosen.until is not None:
        conditions.append(Entry.received_at < chosen.until)
    if chosen.outcomes:
        waiting = Entry.outcome.is_(None) if "" in chosen.outcomes else false()
        conditions.append(or_(Entry.outcome.in_(chosen.outcomes), waiting))
    if chosen.among is not None:
        conditions.append(chosen.among)
    if chosen.kinds:
        conditions.append(Entry.kind.in_(chosen.kinds))
    if chosen.reason:
        conditions.append(cast(Entry.reasons, Text).contains(f'"{chosen.reason}"', autoescape=True))
    if chosen.needs_review is not None:
        conditions.append(Entry.needs_review.is_(chosen.needs_review))
    if chosen.before is not None:
        conditions.append(Entry.id < chosen.before)
    words = fold(chosen.search).split()
    if words:  # found apart, by the texts alone: a whole row is many times as long
        said = [Entry.search.contains(word, autoescape=True) for word in words]
        conditions.append(Entry.id.in_(select(Entry.id).where(*said)))
    return conditions


def _between(column: Any, ids: Sequence[int]) -> ColumnElement[bool]:
    """Rows that may belong to these ids. Of many ids a range: a list of 100,000 is more than a statement takes."""
    if len(ids) <= _LISTED:
        return column.in_(ids)  # type: ignore[no-any-return]
    return column.between(min(ids), max(ids))  # type: ignore[no-any-return]


def _grouped(pairs: Iterable[Any]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for key, value in pairs:
        if value not in found[key]:
            found[key] += (value,)
    return found


def organisation_row(found: Organisation | Row[Any]) -> OrganisationRow:
    """A body as lists show it, from itself or from its LISTED_BODY."""
    return OrganisationRow(
        id=found.id, name=found.name, fiscal_code=found.fiscal_code, vat_number=found.vat_number,
        legal_nature=found.legal_nature, municipality=found.municipality, emails=tuple(found.emails), pec=found.pec,
        phones=tuple(found.phones), themes=tuple(found.themes), role=found.role, timeliness=found.timeliness,
        first_accepted_at=found.first_accepted_at, versions=found.versions, status=found.status,
        notice_id=found.notice_id,
    )  # fmt: skip
