"""One entry whole: its clocks, verdict, places, letters, receipts, decisions; what `show` and the console present."""

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ingest.database import Database
from ingest.protocol.numbers import number_of
from ingest.queries import outgoing_rows
from ingest.registers import warnings
from ingest.verdict import Verdict
from ingest.wire import verdict_from_json
from models import Adhesion, Audit, Correction, Entry, Integration, Location, ReceiptRow


def entry_whole(db: Database, entry_id: int) -> dict[str, Any] | None:
    """The entry as the contract's JSON of `show`: the verdict's keys beside the register's; None when unknown."""
    with db.reading() as session:
        entry = session.get(Entry, entry_id)
        if entry is None:
            return None
        verdict: dict[str, Any] = json.loads(entry.verdict) if entry.verdict else {}
        return {
            "id": entry.id,
            "at": entry.received_at,
            "outcome": entry.outcome or "",
            "needs_review": entry.needs_review,
            "sha256": entry.sha256,
            "size": entry.size,
            "source": entry.source,
            "attempts": entry.attempts,
            "judged_at": entry.judged_at,
            "reviewed_at": entry.reviewed_at,
            "reviewed_by": entry.reviewed_by,
            "duplicate_of": entry.duplicate_of,
            "protocol": number_of(session, entry),
            **verdict,
            "reasons": list(entry.reasons),
            "places": [_place(at) for at in entry.locations],
            "organisations": _organisations(session, entry_id),
            "register_warnings": _register_warnings(session, entry),
            "letters": [asdict(row) for row in outgoing_rows(session, entry_id=entry_id)],
            "receipts": _receipts(session, entry_id),
            "corrections": _corrections(session, entry_id),
            "integrations": _integrations(session, entry_id),
            "history": _history(session, entry_id),
        }


def _place(at: Location) -> dict[str, Any]:
    return {"account": at.account, "folder": at.folder, "uidvalidity": at.uidvalidity, "uid": at.uid,
            "gone_at": at.gone_at}  # fmt: skip


def _organisations(session: Session, entry_id: int) -> list[dict[str, Any]]:
    forms = session.scalars(select(Adhesion).where(Adhesion.entry_id == entry_id).order_by(Adhesion.position))
    return [
        {"adhesion": form.id, "position": form.position, "organisation": form.organisation_id, "state": form.state}
        for form in forms
    ]


def _register_warnings(session: Session, entry: Entry) -> list[dict[str, Any]]:
    """What public registers say otherwise of the organisations of an entry."""
    bodies = session.scalars(select(Adhesion.organisation_id).where(Adhesion.entry_id == entry.id))
    ids = [body for body in bodies if body is not None]
    found = warnings(session, entry.notice_id, ids) if ids else []
    return [{"organisation": one.organisation, "register": one.register, "text": one.text} for one in found]


def _receipts(session: Session, entry_id: int) -> list[dict[str, Any]]:
    """Receipts that this entry is, and receipts of the letters that answer it."""
    of_letters = [row.id for row in outgoing_rows(session, entry_id=entry_id)]
    found = session.scalars(
        select(ReceiptRow)
        .where(or_(ReceiptRow.entry_id == entry_id, ReceiptRow.letter_id.in_(of_letters)))
        .order_by(ReceiptRow.at, ReceiptRow.id)
    )
    return [
        {"entry": row.entry_id, "letter": row.letter_id, "type": row.type, "recipient": row.recipient, "at": row.at,
         "error": row.error, "detail": row.detail, "final": row.final}
        for row in found
    ]  # fmt: skip


def _corrections(session: Session, entry_id: int) -> list[dict[str, Any]]:
    found = session.scalars(
        select(Correction).join(Adhesion, Correction.adhesion_id == Adhesion.id).where(Adhesion.entry_id == entry_id)
    )
    return [{"key": one.key, "old": one.old, "new": one.new, "who": one.who, "at": one.at} for one in found]


def _integrations(session: Session, entry_id: int) -> list[dict[str, Any]]:
    """The request this entry's letter made, and the one this entry answers."""
    found = session.scalars(
        select(Integration).where(or_(Integration.entry_id == entry_id, Integration.answered_by == entry_id))
    )
    return [
        {"entry": one.entry_id, "asked": list(one.asked), "due_at": one.due_at, "state": one.state,
         "letter": one.letter_id, "reminder": one.reminder_id, "answered_by": one.answered_by}
        for one in found
    ]  # fmt: skip


def _history(session: Session, entry_id: int) -> list[dict[str, Any]]:
    found = session.scalars(select(Audit).where(Audit.object == f"entry:{entry_id}").order_by(Audit.id))
    return [{"at": one.at, "who": one.who, "what": one.what, "old": one.old, "new": one.new} for one in found]


def stored_verdict(db: Database, entry_id: int) -> Verdict | None:
    """The verdict as recorded; None for an entry not judged yet."""
    with db.reading() as session:
        entry = session.get_one(Entry, entry_id)
        return verdict_from_json(json.loads(entry.verdict)) if entry.verdict else None
