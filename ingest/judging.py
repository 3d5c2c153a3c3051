"""The judgement of what waits: side by side where there are several workers, recorded one by one in order of arrival.

A message that was tried before is judged alone: if it is the one that kills this process, no other loses an attempt.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError

from ingest import ledger
from ingest.app import Service
from ingest.database import unreachable
from ingest.lease import LeaseLostError
from ingest.record import record_once
from ingest.rules import Arrival
from ingest.sandbox import SandboxClosed
from ingest.verdict import Verdict
from ingest.vocabulary import Outcome
from ingest.watch import note_rem

_AHEAD = 4  # messages a worker may be ahead of the one that is recorded next

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Begun:
    """An entry whose attempt is counted and whose verdict is on its way."""

    id: int
    now: datetime
    verdict: Future[Verdict]


def judge_all(service: Service, entries: Iterable[int]) -> Iterator[tuple[int, Outcome | None]]:
    """Judges and records entries, each with its outcome; None when that broke and will be tried again.

    A fault of the world propagates; what was begun beside it gets its attempt back.
    """
    entries = list(entries)
    if service.sandbox.workers == 1:
        yield from ((entry_id, judge_entry(service, entry_id)) for entry_id in entries)
        return
    tried = ledger.tried(service.db, entries)
    begun: deque[_Begun] = deque()
    with ThreadPoolExecutor(service.sandbox.workers, thread_name_prefix="judge") as threads:
        try:
            for entry_id in entries:
                while begun and (entry_id in tried or len(begun) > _AHEAD * service.sandbox.workers):
                    yield _next(service, begun)
                if entry_id in tried:
                    yield entry_id, judge_entry(service, entry_id)
                    continue
                now = service.clock()
                if ledger.begin_attempt(service.db, entry_id, now):
                    begun.append(_Begun(entry_id, now, threads.submit(judged, service, entry_id, now)))
            while begun:
                yield _next(service, begun)
        finally:
            _give_back(service, begun)


def _next(service: Service, begun: deque[_Begun]) -> tuple[int, Outcome | None]:
    one = begun.popleft()
    return one.id, _recorded(service, one.id, one.verdict.result, one.now)


def _give_back(service: Service, begun: Iterable[_Begun]) -> None:
    """What is still on its way when a round is cut short was not the messages' fault."""
    left = list(begun)
    for one in left:
        one.verdict.cancel()
    for one in left:
        ledger.forgive_attempt(service.db, one.id)


def judge_entry(service: Service, entry_id: int) -> Outcome | None:
    """Judges and records one entry: its outcome, or None when that broke and will be tried again."""
    now = service.clock()
    if not ledger.begin_attempt(service.db, entry_id, now):
        log.warning("message-not-judged", entry=entry_id)  # put aside for a person, or recorded by another process
        return ledger.outcome_of(service.db, entry_id)
    return _recorded(service, entry_id, lambda: judged(service, entry_id, now), now)


def _recorded(service: Service, entry_id: int, judge: Callable[[], Verdict], now: datetime) -> Outcome | None:
    try:
        verdict = judge()
        settings = service.of(verdict.notice).settings
        outcome = record_once(service.db, entry_id, verdict, settings, now)
    except LeaseLostError:
        raise  # whoever took over judges it
    except (OSError, SandboxClosed) as error:
        if isinstance(error, OSError) and _original_is_lost(service, entry_id):
            log.error("original-lost", entry=entry_id)  # noqa: TRY400 - this message's trouble, and no other's
            return None
        ledger.forgive_attempt(service.db, entry_id)  # the world failed, not the message
        raise
    except Exception as error:  # the one boundary: a message never stops the next one
        if unreachable(error):
            ledger.forgive_attempt(service.db, entry_id)
            raise
        detail = type(error.orig).__name__ if isinstance(error, DBAPIError) else type(error).__name__
        log.error("message-failed", entry=entry_id, error=detail)  # noqa: TRY400 - a traceback may hold personal data
        return None
    note_rem(service.db, entry_id, verdict.reasons, now)
    log.info("message-recorded", entry=entry_id, outcome=str(outcome), reasons=[str(r) for r in verdict.reasons])
    return outcome


def judged(service: Service, entry_id: int, now: datetime) -> Verdict:
    """The verdict on a stored original, as its bytes and the rules give it now; under the notice it has, if any."""
    sha256, internal_date = ledger.original_of(service.db, entry_id)
    arrival = Arrival(now=now, internal_date=internal_date)
    assigned = ledger.notice_of(service.db, entry_id)
    context = service.of(assigned).context if assigned else service.every_notice()
    verdict = service.sandbox.judge(service.store.path_of(sha256), context, arrival)
    unsaid = verdict.notice is None and bool(context.others)
    return replace(verdict, notice="") if unsaid else verdict


def _original_is_lost(service: Service, entry_id: int) -> bool:
    """True when this one original cannot be read, or not as it came, although the store is there."""
    try:
        return service.store.path.is_dir() and not service.store.verify(ledger.original_of(service.db, entry_id)[0])
    except OSError:
        return True  # a bad sector, rights taken away
