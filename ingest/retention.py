"""What may go with time: sessions, traces of the service, the words as they were read. Never the record itself.

Originals, entries, values, letters, receipts, decisions and the audit stay: how long the file of the procedure is kept
is for the office's own plan. What goes here is derived, and `rebuild` could make it again.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ingest.database import Database
from ingest.italian import ROME
from ingest.keys import RetentionSettings
from models import Adhesion, AdhesionState, Audit, Condition, Entry, LoginFailure, Round, Seat

_WHO = "service"
_WORDS = "raw"  # the key under which a field keeps what stood on the page


@dataclass(frozen=True, slots=True)
class Expired:
    """One kind of derived data whose time is over: what it is, how many, and since when it should be gone."""

    what: str
    count: int
    before: datetime


def expire(db: Database, policy: RetentionSettings, now: datetime, *, dry_run: bool = False) -> list[Expired]:
    """Removes what the policy says; with `dry_run` only counts it. One transaction, with its line in the audit."""
    with db.transaction() as session:
        found = [*_rows(session, policy, now, dry_run=dry_run), *_words(session, policy, now, dry_run=dry_run)]
        if not dry_run and any(one.count for one in found):
            told = {one.what: one.count for one in found if one.count}
            session.add(Audit(at=now, who=_WHO, what="retention", object="register", old=None, new=told))
    return found


def _rows(session: Session, policy: RetentionSettings, now: datetime, *, dry_run: bool) -> Iterator[Expired]:
    kinds: tuple[tuple[str, Any, Any, timedelta], ...] = (
        ("sessions", Seat, Seat.seen_at, policy.sessions),
        ("failed logins", LoginFailure, LoginFailure.at, policy.sessions),
        ("rounds", Round, Round.started_at, policy.service_traces),
        ("ended conditions", Condition, Condition.cleared_at, policy.service_traces),
    )
    for what, table, at, kept in kinds:
        if not kept:
            continue
        old = at < now - kept  # a condition still open has no end and is not less than anything
        if table is Round:
            newest = select(func.max(Round.id)).scalar_subquery()
            old &= Round.id != newest  # what the pages tell about the last one
        count = session.scalar(select(func.count()).select_from(table).where(old)) or 0
        if not dry_run:
            session.execute(delete(table).where(old))
        yield Expired(what, count, now - kept)


def _words(session: Session, policy: RetentionSettings, now: datetime, *, dry_run: bool) -> Iterator[Expired]:
    """The text of forms word for word, once the day has come; forms that wait for a person keep theirs."""
    until = policy.readings_until
    if until is None or now.astimezone(ROME).date() <= until:
        return
    waiting = select(Adhesion.entry_id).where(Adhesion.state == AdhesionState.REVIEW)
    count = 0
    for number in session.scalars(
        select(Entry.id).where(Entry.needs_review.is_(False), Entry.id.not_in(waiting))
    ).all():
        entry = session.get_one(Entry, number)
        verdict = json.loads(entry.verdict) if entry.verdict else {}
        forms = session.scalars(select(Adhesion).where(Adhesion.entry_id == number)).all()
        held = [*(one.get("fields", {}) for one in verdict.get("adhesions", ())), *(form.fields for form in forms)]
        if not any(value.get(_WORDS) for fields in held for value in fields.values()):
            continue
        count += 1
        if not dry_run:
            for one in verdict.get("adhesions", ()):
                one["fields"] = _without_words(one["fields"])
            entry.verdict = json.dumps(verdict) if entry.verdict else None
            for form in forms:
                form.fields = _without_words(form.fields)
        session.flush()
        session.expunge(entry)
    yield Expired("readings, word for word", count, now)


def _without_words(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: {**value, _WORDS: ""} for key, value in fields.items()}
