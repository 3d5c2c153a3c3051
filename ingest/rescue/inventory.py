"""The inventory of the originals: which of them lie on disk without an entry, and how they get one.

A register can lose entries (a file put back by hand, a log that was taken away from under it); their originals stay.
Whatever it lost it may have answered, so it is noted first that it began anew: no letter goes out by itself for what
had arrived before. An original gets its file and then its row; one that came just now may still wait for the second.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from ingest.database import Database
from ingest.ledger import Origin, enter_all
from ingest.rescue.restored import note_restored
from ingest.store import Store, Stored
from models import Entry

SETTLING = timedelta(minutes=5)  # a round keeps messages and enters them within seconds
_TOGETHER = 500  # entries to a transaction
_ROWS = 10_000  # fetched at a time


@dataclass(frozen=True, slots=True)
class Unentered:
    """An original without an entry; `came`: its file's own time (aware)."""

    stored: Stored
    came: datetime


@dataclass(frozen=True, slots=True)
class Inventory:
    """How many originals and entries there are; the originals without an entry, in the order in which they came.

    `settling`: how many of them came in the last minutes and are left out.
    """

    originals: int
    entries: int
    unentered: tuple[Unentered, ...]
    settling: int = 0


@dataclass(slots=True)
class EnteringReport:
    """The originals that have an entry now, and those without one whose bytes are not their name's."""

    entered: list[Unentered] = field(default_factory=list)
    damaged: list[Unentered] = field(default_factory=list)


def inventory(store: Store, db: Database, now: datetime) -> Inventory:
    """Compares names on disk with rows, in one pass over each; reads no original. Raises OSError, SQLAlchemyError.

    The folder is read first: what a round enters meanwhile has its row by the time the rows are read.
    """
    on_disk = set(store)
    originals, entries = len(on_disk), 0
    with db.reading() as session:
        for some in session.scalars(select(Entry.sha256).execution_options(yield_per=_ROWS)).partitions():
            on_disk.difference_update(some)
            entries += len(some)
    found = sorted(_found(store, on_disk), key=lambda one: (one.came, one.stored.sha256))
    settled = tuple(one for one in found if abs(now - one.came) >= SETTLING)  # a file of the future is not settling
    return Inventory(originals, entries, settled, len(found) - len(settled))


def enter_originals(
    store: Store, db: Database, chosen: Iterable[Unentered], mailbox: str, now: datetime
) -> EnteringReport:
    """Makes an entry for each original that is whole, for the account `mailbox`. Raises OSError, SQLAlchemyError.

    The next round judges them. One that got its entry meanwhile keeps it; one whose file is of the future came now.
    """
    report = EnteringReport()
    for one in chosen:
        (report.entered if store.verify(one.stored.sha256) else report.damaged).append(one)
    if report.entered:
        with db.transaction() as session:
            note_restored(session, now, {"originals": len(report.entered)})
    for first in range(0, len(report.entered), _TOGETHER):
        some = report.entered[first : first + _TOGETHER]
        enter_all(db, [(one.stored, None, Origin("import", min(one.came, now), mailbox)) for one in some], now)
    return report


def _found(store: Store, hashes: Iterable[str]) -> Iterator[Unentered]:
    for sha256 in hashes:
        path = store.path_of(sha256)
        try:
            about = path.stat()
        except FileNotFoundError:  # taken away meanwhile
            continue
        yield Unentered(Stored(sha256, about.st_size, path), datetime.fromtimestamp(about.st_mtime, UTC))
