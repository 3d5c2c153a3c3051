"""A new register from the originals alone, plus what only the old database can tell.

From the originals: entries, documents, forms, organisations, versions, receipts. Carried over while the old database
is readable: entry numbers (they are on the letters we sent), arrival times and places, letters and how far they got,
what people decided and corrected. Nothing is sent, and neither the originals nor the old database is changed.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import func, select

from ingest.app import Service
from ingest.database import Database
from ingest.record import record
from ingest.rescue.carry import Carrier
from ingest.rescue.renumber import after_explicit_ids
from ingest.rescue.restored import note_restored
from ingest.rules import Arrival
from ingest.store import Store
from ingest.verdict import Verdict
from models import Adhesion, Entry, EntryState

_AHEAD = 8  # verdicts that may wait for the one before them
Told = Callable[[Iterable["Arrived"]], Iterator["Arrived"]]


@dataclass(frozen=True, slots=True)
class Arrived:
    """One original as it came: what the old database says of it, else what its file says.

    `at` is when it was first recorded: the instant the loop guard's limits were counted from.
    """

    id: int
    sha256: str
    size: int
    at: datetime
    received_at: datetime
    internal_date: datetime | None = None
    source: str = "rebuilt"
    notice_id: str = ""
    mailbox: str = ""


@dataclass(slots=True)
class RebuildReport:
    """How many entries were made, and the originals that could not be judged."""

    entries: int = 0
    unread: int = 0


def arrived(store: Store, old: Database | None) -> list[Arrived]:
    """Every original in the order in which they were recorded; those the old database does not know come last."""
    known = {one.sha256: one for one in _known(old)} if old else {}
    last = max((one.id for one in known.values()), default=0)
    unknown = sorted((store.path_of(sha256).stat().st_mtime, sha256) for sha256 in store if sha256 not in known)
    found = [one for one in known.values() if store.path_of(one.sha256).exists()]
    for number, (came, sha256) in enumerate(unknown, start=last + 1):
        at = datetime.fromtimestamp(came, UTC)
        found.append(Arrived(number, sha256, store.path_of(sha256).stat().st_size, at, at))
    return sorted(found, key=lambda one: (one.at, one.id))


def rebuild(service: Service, arrivals: list[Arrived], carrier: Carrier | None, told: Told) -> RebuildReport:
    """Fills the service's empty database. `carrier` None: there is no old database to ask."""
    report, now = RebuildReport(), service.clock()
    _enter(service.db, arrivals)
    if carrier is None:
        with service.db.transaction() as session:
            note_restored(session, now, {"rebuilt": len(arrivals)})
    for one, verdict in _judged(service, told(arrivals)):
        if carrier is not None:
            carrier.until(one.at)
        record(service.db, one.id, verdict, service.of(verdict.notice).settings, one.at if carrier else now)
        report.entries += 1
    if carrier is not None:
        carrier.finish()
    return report


def _judged(service: Service, arrivals: Iterable[Arrived]) -> Iterator[tuple[Arrived, Verdict]]:
    """Verdicts in order, judged side by side by as many workers as there are."""
    begun: deque[tuple[Arrived, Future[Verdict]]] = deque()
    with ThreadPoolExecutor(service.sandbox.workers, thread_name_prefix="judge") as threads:
        for one in arrivals:
            begun.append((one, threads.submit(_verdict, service, one)))
            if len(begun) > _AHEAD:
                first, verdict = begun.popleft()
                yield first, verdict.result()
        for first, verdict in begun:
            yield first, verdict.result()


def _verdict(service: Service, one: Arrived) -> Verdict:
    context = service.of(one.notice_id).context if one.notice_id else service.every_notice()
    arrival = Arrival(now=one.at, internal_date=one.internal_date)
    verdict = service.sandbox.judge(service.store.path_of(one.sha256), context, arrival)
    return replace(verdict, notice="") if verdict.notice is None and context.others else verdict


def _known(old: Database) -> Iterator[Arrived]:
    first = select(Adhesion.entry_id, func.min(Adhesion.created_at).label("at")).group_by(Adhesion.entry_id).subquery()
    query = (
        select(Entry, first.c.at).outerjoin(first, first.c.entry_id == Entry.id).where(Entry.state == EntryState.DONE)
    )
    with old.reading() as session:
        for entry, recorded_at in session.execute(query.order_by(Entry.id)):
            yield Arrived(
                entry.id, entry.sha256, entry.size, recorded_at or entry.judged_at or entry.received_at,
                entry.received_at, entry.internal_date, entry.source, entry.notice_id, entry.mailbox,
            )  # fmt: skip


def _enter(db: Database, arrivals: list[Arrived]) -> None:
    """The ledger's rows, under their old numbers."""
    with db.transaction() as session:
        for one in sorted(arrivals, key=lambda one: one.id):
            session.add(
                Entry(
                    id=one.id,
                    sha256=one.sha256,
                    size=one.size,
                    source=one.source,
                    internal_date=one.internal_date,
                    received_at=one.received_at,
                    notice_id=one.notice_id,
                    mailbox=one.mailbox,
                    reasons=[],
                )
            )
        session.flush()
        after_explicit_ids(session, "entry")
