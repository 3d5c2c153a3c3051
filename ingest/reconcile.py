"""The proof that nothing is lost: what lies on the server against what the ledger holds, by UIDVALIDITY."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from ingest import ledger
from ingest.database import Database
from ingest.mailbox import Mailbox
from models import Entry, EntryState


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was compared: the polled folder as it lies on the server now."""

    folder: str
    uidvalidity: int
    received: int  # messages on the server
    recorded: int  # of them, those with their ledger row
    missing: tuple[int, ...]  # UIDs without a ledger row
    gone: int  # recorded messages that no longer lie in the folder: moved or deleted by somebody
    waiting: int  # entries not judged yet

    @property
    def difference(self) -> int:
        """Messages on the server that are not recorded."""
        return self.received - self.recorded


def reconcile(db: Database, mailbox: Mailbox, among: ColumnElement[bool] | None = None) -> Reconciliation:
    """Compares server and ledger; `among`: this mailbox's entries. Raises MailboxError when it cannot be asked."""
    with mailbox.open() as box:
        listed = set(box.uids())
        folder, validity = box.folder, box.uidvalidity
    known = ledger.known_uids(db, mailbox.account, folder, validity)
    unjudged = select(func.count()).select_from(Entry).where(Entry.state == EntryState.PENDING)
    with db.reading() as session:
        waiting = session.scalar(unjudged if among is None else unjudged.where(among))
    return Reconciliation(
        folder=folder, uidvalidity=validity, received=len(listed), recorded=len(listed & known),
        missing=tuple(sorted(listed - known)), gone=len(known - listed), waiting=waiting or 0,
    )  # fmt: skip
