"""`integrations`: what follows an adhesion, as tables for people and JSON for programs."""

import argparse

from sqlalchemy import select

from ingest import integration
from ingest.app import utc_now
from ingest.commands.opened import database_of, settings_of
from ingest.commands.tables import print_json, print_table
from ingest.italian import ROME
from models import Entry, Integration

STATES = {"open": "In attesa", "answered": "Risposta da esaminare", "completed": "Completata", "closed": "Chiusa"}


def integrations(args: argparse.Namespace) -> int:
    """The integration requests, oldest first."""
    notice = settings_of(args).notice.id
    with database_of(args) as db, db.reading() as session:
        late = {one.id for one in integration.waiting(session, utc_now(), notice)}
        query = select(Integration, Entry).join(Entry, Entry.id == Integration.entry_id)
        rows = session.execute(query.where(Entry.notice_id == notice).order_by(Integration.id)).all()
    shown = [(one, entry) for one, entry in rows if not args.waiting or one.id in late]
    if args.json:
        print_json(
            [{"entry": entry.id, "sender": entry.sender, "asked": one.asked, "state": one.state, "late": one.id in late,
              "due_at": one.due_at.astimezone(ROME).isoformat(), "reminder": one.reminder_id,
              "answered_by": one.answered_by} for one, entry in shown]
        )  # fmt: skip
        return 0
    print_table(
        ("Messaggio", "Mittente", "Termine", "Stato", "Risposta"),
        [(entry.id, entry.sender, f"{one.due_at.astimezone(ROME):%d/%m/%Y}",
          "Oltre il termine" if one.id in late else STATES[one.state], one.answered_by or "") for one, entry in shown],
    )  # fmt: skip
    return 0
