"""The ledger: which messages came, where they lie, and how often judging them was tried.

A message is known by the SHA-256 of its bytes. Every place it is seen at leads to the same entry, so that a moved
message, a changed UIDVALIDITY or an import of the same mail never make a second one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from ingest.database import Database, insert
from ingest.mailbox import Place
from ingest.store import Stored
from ingest.vocabulary import Outcome, Reason
from models import Cursor, Entry, EntryState, Location

MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """By which way a message came, and the server's (or the file's) own time for it."""

    source: str  # imap | maildir | import
    internal_date: datetime | None = None  # aware
    mailbox: str = ""  # the account an imported message is meant for


def enter(db: Database, stored: Stored, place: Place | None, origin: Origin, now: datetime) -> int:
    """The id of the entry for a stored original; idempotent. `place` None: imported, lies on no server.

    Call it only after the original is on the disk.
    """
    return enter_all(db, [(stored, place, origin)], now)[0]


def enter_all(db: Database, arrived: Sequence[tuple[Stored, Place | None, Origin]], now: datetime) -> list[int]:
    """As `enter`, for messages that settled together: their rows stand all at once, or none does."""
    with db.transaction() as session:
        return _entered(session, arrived, now)


def known_uids(db: Database, account: str, folder: str, uidvalidity: int, after: int = 0) -> set[int]:
    """The UIDs of a folder, or those after one of them, that have their ledger row."""
    later = (*_in_folder(Location, account, folder, uidvalidity), Location.uid > after)
    with db.reading() as session:
        return set(session.scalars(select(Location.uid).where(*later)))


def cursor(db: Database, account: str, folder: str, uidvalidity: int) -> int:
    """The UID up to which every message of the folder has its ledger row; 0 for a folder never read."""
    with db.reading() as session:
        found = session.scalar(select(Cursor.uid).where(*_in_folder(Cursor, account, folder, uidvalidity)))
        return found or 0


def advance(db: Database, place: Place, listed: list[int], now: datetime) -> int:
    """Moves a folder's cursor on, over every listed UID that has its row, and gives where it stands.

    `listed` are the UIDs the server showed after the cursor. It stops before the first one without a row, so that no
    message is ever passed over. `place.uid` is not looked at.
    """
    where = (place.account, place.folder, place.uidvalidity)
    with db.transaction() as session:
        at = session.scalar(select(Cursor.uid).where(*_in_folder(Cursor, *where))) or 0
        known = set(session.scalars(select(Location.uid).where(*_in_folder(Location, *where)).where(Location.uid > at)))
        for uid in sorted(uid for uid in listed if uid > at):
            if uid not in known:
                break
            at = uid
        new = insert(session, Cursor).values(
            account=place.account, folder=place.folder, uidvalidity=place.uidvalidity, uid=at, moved_at=now
        )
        session.execute(
            new.on_conflict_do_update(
                index_elements=["account", "folder", "uidvalidity"],
                set_={"uid": new.excluded.uid, "moved_at": new.excluded.moved_at},
                where=Cursor.uid < new.excluded.uid,
            )
        )
        return at


def pending(db: Database, limit: int = 1000, *, among: ColumnElement[bool] | None = None) -> list[int]:
    """The entries that wait for their judgement, oldest first."""
    query = select(Entry.id).where(Entry.state == EntryState.PENDING).order_by(Entry.id).limit(limit)
    with db.reading() as session:
        return list(session.scalars(query if among is None else query.where(among)))


def tried(db: Database, entry_ids: list[int]) -> set[int]:
    """Those of some entries on which judging began before."""
    with db.reading() as session:
        return set(session.scalars(select(Entry.id).where(Entry.id.in_(entry_ids), Entry.attempts > 0)))


def outcome_of(db: Database, entry_id: int) -> Outcome:
    """What became of an entry that was judged or put aside."""
    with db.reading() as session:
        return Outcome(session.get_one(Entry, entry_id).outcome or Outcome.REVIEW)


def mailbox_of(db: Database, entry_id: int) -> str:
    """The account an entry came to; "" where nobody noted it."""
    with db.reading() as session:
        return session.get_one(Entry, entry_id).mailbox


def notice_of(db: Database, entry_id: int) -> str:
    """The notice an entry belongs to; "" while nobody knows."""
    with db.reading() as session:
        return session.get_one(Entry, entry_id).notice_id


def original_of(db: Database, entry_id: int) -> tuple[str, datetime | None]:
    """The SHA-256 of an entry's stored original, and the server's time for it."""
    with db.reading() as session:
        entry = session.get_one(Entry, entry_id)
        return entry.sha256, entry.internal_date


def begin_attempt(db: Database, entry_id: int, now: datetime) -> int:
    """The number of the attempt that may now begin, committed before judging; 0: tried too often, or judged already.

    A message that kills the process three times is put before a person and stays in the mailbox.
    """
    with db.transaction() as session:
        entry = session.get_one(Entry, entry_id, with_for_update=True)
        if entry.state == EntryState.DONE:
            return 0
        if entry.attempts >= MAX_ATTEMPTS:
            _put_aside(entry, Reason.TOO_MANY_ATTEMPTS, now)
            return 0
        entry.attempts += 1
        return entry.attempts


def forgive_attempt(db: Database, entry_id: int) -> None:
    """Takes back an attempt that failed for a fault of the world, not of the message."""
    with db.transaction() as session:
        session.execute(
            update(Entry).where(Entry.id == entry_id, Entry.attempts > 0).values(attempts=Entry.attempts - 1)
        )


def to_file(db: Database, account: str, limit: int = 1000) -> list[tuple[int, Place, Outcome]]:
    """Judged messages not yet filed, with where they lie and what became of them; never one that was put aside."""
    query = (
        select(Entry, Location)
        .join(Location, Location.entry_id == Entry.id)
        .where(Entry.state == EntryState.DONE, Entry.filed_at.is_(None))
        .where(Location.account == account, Location.gone_at.is_(None))
        .order_by(Entry.id)
        .limit(limit)
    )
    with db.reading() as session:
        return [
            (entry.id, Place(at.account, at.folder, at.uidvalidity, at.uid), Outcome(entry.outcome or Outcome.REVIEW))
            for entry, at in session.execute(query)
            if Reason.TOO_MANY_ATTEMPTS not in entry.reasons
        ]


def mark_filed(db: Database, entry_id: int, now: datetime, gone: Place | None = None) -> None:
    """Notes that a message was filed; `gone` is the place it was moved away from."""
    with db.transaction() as session:
        session.execute(update(Entry).where(Entry.id == entry_id, Entry.filed_at.is_(None)).values(filed_at=now))
        if gone is not None:
            where = _in_folder(Location, gone.account, gone.folder, gone.uidvalidity)
            session.execute(update(Location).where(*where, Location.uid == gone.uid).values(gone_at=now))


def counted(db: Database, account: str, folder: str, uidvalidity: int) -> int:
    """How many messages of a folder the ledger knows, for the reconciliation."""
    with db.reading() as session:
        where = _in_folder(Location, account, folder, uidvalidity)
        return session.scalar(select(func.count()).select_from(Location).where(*where)) or 0


def _entered(session: Session, arrived: Sequence[tuple[Stored, Place | None, Origin]], now: datetime) -> list[int]:
    """A statement for all of them each time: one for each message costs more than writing the message."""
    new = insert(session, Entry).on_conflict_do_nothing(index_elements=["sha256"])
    rows: list[dict[str, Any]] = [
        {
            "sha256": stored.sha256,
            "size": stored.size,
            "source": origin.source,
            "internal_date": origin.internal_date,
            "mailbox": place.account if place else origin.mailbox,
            "received_at": now,
            "reasons": [],
        }
        for stored, place, origin in arrived
    ]
    session.execute(new, rows)
    known = select(Entry.sha256, Entry.id).where(Entry.sha256.in_([row["sha256"] for row in rows]))
    entries = {row.sha256: row.id for row in session.execute(known)}
    located = [
        {
            "account": place.account,
            "folder": place.folder,
            "uidvalidity": place.uidvalidity,
            "uid": place.uid,
            "entry_id": entries[stored.sha256],
            "seen_at": now,
        }
        for stored, place, _origin in arrived
        if place is not None
    ]
    if located:
        where = ["account", "folder", "uidvalidity", "uid"]
        session.execute(insert(session, Location).on_conflict_do_nothing(index_elements=where), located)
    return [entries[stored.sha256] for stored, _place, _origin in arrived]


def _put_aside(entry: Entry, reason: Reason, now: datetime) -> None:
    entry.state = EntryState.DONE
    entry.outcome = Outcome.REVIEW
    entry.reasons = [*entry.reasons, *([] if reason in entry.reasons else [str(reason)])]
    entry.needs_review = True
    entry.judged_at = now


def _in_folder(
    table: type[Location] | type[Cursor], account: str, folder: str, uidvalidity: int
) -> tuple[ColumnElement[bool], ...]:
    return (table.account == account, table.folder == folder, table.uidvalidity == uidvalidity)


def known_originals(db: Database, hashes: list[str]) -> list[int]:
    """The entries whose original has one of these SHA-256."""
    with db.reading() as session:
        return list(session.scalars(select(Entry.id).where(Entry.sha256.in_(hashes))))


def judged(db: Database) -> list[int]:
    """Every entry that was judged, oldest first."""
    with db.reading() as session:
        return list(session.scalars(select(Entry.id).where(Entry.state == EntryState.DONE).order_by(Entry.id)))
