"""A person says which notice a message belongs to, where neither its form nor the dates do."""

from sqlalchemy import select

from ingest.database import Database
from ingest.decisions import Deciding, audit, decision
from models import Adhesion, Entry, EntryState


def assign(db: Database, entry_id: int, notice_id: str, by: Deciding) -> bool:
    """Gives a message to a notice and lets the next round judge it by that notice's rules; it is answered then.

    False, and nothing is done, for a message of which a form is in the register already.
    """
    with decision(db) as session:
        entry = session.get_one(Entry, entry_id, with_for_update=True)
        placed = select(Adhesion.id).where(Adhesion.entry_id == entry_id, Adhesion.organisation_id.is_not(None))
        if session.scalar(placed.limit(1)) is not None:
            return False
        audit(session, by, "notice-assigned", f"entry:{entry_id}", (entry.notice_id, notice_id))
        entry.notice_id, entry.state, entry.attempts = notice_id, EntryState.PENDING, 0
        return True
