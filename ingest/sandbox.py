"""Judges messages in a worker process with limits, so that no file can stop the daemon.

A document that kills, hangs or exhausts the worker costs itself alone: the message is judged again with that document
set aside. What fails outside any document is judged once more without documents; then a person looks.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.rules import Arrival, Context, DocumentPath, Limits, Progress
from ingest.verdict import Answer, Envelope, Verdict
from ingest.vocabulary import EnvelopeKind, Reason, SignatureState, VerdictKind
from ingest.worker import Died, Ended, Finished, HungUp, Job, Raised, Worker

Judge = Callable[[Path, Context, Arrival, Progress], Verdict]

MAX_ATTEMPTS = 5  # documents set aside one by one; then all of them
MESSAGES_PER_WORKER = 200  # then a fresh one: libraries leak
DOCUMENT_SHARE = 0.5  # of the message's time, for one document
TOTAL_SHARE = 1.5  # of the message's time, for all attempts together
ENVELOPE_SECONDS = 30.0  # for the last attempt, without documents

_log = logging.getLogger(__name__)


class SandboxClosed(Exception):  # noqa: N818 - it says what happened
    """The service stops: this message was not judged, and it is not the message's fault."""


class Everything(Mapping[DocumentPath, Reason]):
    """Sets every document aside, whatever its path."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason

    def __getitem__(self, path: DocumentPath) -> Reason:
        return self.reason

    def __iter__(self) -> Iterator[DocumentPath]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Sandbox:
    """A few warm workers. `call` must be importable by name: it is looked up again in the worker.

    `judge` may be called from several threads; each waits for a free worker.
    """

    def __init__(
        self, call: Judge, limits: Limits, workers: int = 1, *, messages_per_worker: int = MESSAGES_PER_WORKER
    ) -> None:
        self._call = call
        self._limits = limits
        self._free: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        self.workers = workers  # how many messages are judged at the same time
        self._messages_per_worker = messages_per_worker
        self._aborted = threading.Event()
        self._runs: set[_Run] = set()
        for _ in range(workers):
            self._free.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def judge(self, path: Path, context: Context, arrival: Arrival) -> Verdict:
        """The verdict on the message in `path`.

        Takes at most one and a half times the message's time and half a minute, workers' starts not counted.
        Never raises for what the message holds. Raises OSError when the file cannot be read or no worker started,
        SandboxClosed after `abort`.
        """
        path.open("rb").close()
        slot = self._free.get()
        try:
            slot = slot or self._started()
            run = _Run(slot, self._started, Job(path, context, arrival), self._limits)
            self._runs.add(run)
            try:
                self._refuse_if_aborted()
                return run.verdict()
            except BaseException:
                run.worker.kill()  # busy with a message nobody waits for
                raise
            finally:
                self._runs.discard(run)
                slot = run.worker
        finally:
            self._free.put(self._kept(slot))

    def abort(self) -> None:
        """Ends what is being judged at once: those calls raise SandboxClosed. For a service that must stop."""
        self._aborted.set()
        for run in tuple(self._runs):
            run.worker.strike()

    def close(self) -> None:
        """Ends all workers, waiting for messages being judged. The sandbox can be used again afterwards."""
        taken = [self._free.get() for _ in range(self.workers)]
        for worker in taken:
            if worker is not None:
                worker.kill()
            self._free.put(None)

    def _started(self) -> Worker:
        self._refuse_if_aborted()
        return Worker(self._call, self._limits)

    def _refuse_if_aborted(self) -> None:
        if self._aborted.is_set():
            raise SandboxClosed

    def _kept(self, worker: Worker | None) -> Worker | None:
        """The worker if it may go on, else nothing: the next message starts a new one."""
        if worker is not None and (worker.served >= self._messages_per_worker or worker.tired()):
            worker.kill()
            return None
        return worker


class _Run:
    """One message, judged until there is a verdict."""

    def __init__(self, worker: Worker, start: Callable[[], Worker], job: Job, limits: Limits) -> None:
        self.worker = worker
        self._start = start
        self._job = job
        self._limits = limits
        self._aside: dict[DocumentPath, Reason] = {}
        self._left = limits.seconds * TOTAL_SHARE  # seconds of judging; starting a worker is not the message's fault

    def verdict(self) -> Verdict:
        """The verdict, with the documents that had to be set aside as its unreadable ones."""
        reason = Reason.TIMED_OUT
        for _ in range(MAX_ATTEMPTS):
            if self._left <= 0:
                return self._without_documents(Reason.TIMED_OUT)
            end = self._attempt(self._aside, min(self._left, self._limits.seconds))
            if isinstance(end, Finished):
                return end.verdict
            reason = _reason_for_message(end)
            if end.path is None or end.path in self._aside:
                break  # not that document's fault
            self._aside[end.path] = _reason_for_part(end)
        return self._without_documents(reason)

    def _attempt(self, aside: Mapping[DocumentPath, Reason], seconds: float) -> Ended:
        if not self.worker.alive():
            self.worker.kill()
            self.worker = self._start()
        job = replace(self._job, aside=aside)
        begun = time.monotonic()
        end = self.worker.run(job, seconds, self._limits.seconds * DOCUMENT_SHARE)
        self._left -= time.monotonic() - begun
        if not isinstance(end, Finished):
            self.worker.kill()
            self.worker = self._start()  # raises when it was no document but our own end that ended it
            _log.warning("a worker was ended: %s at document %s", end.what(), end.path)
        return end

    def _without_documents(self, reason: Reason) -> Verdict:
        """The envelope alone, judged; or, when even that fails, what can be said without reading anything."""
        end = self._attempt(Everything(reason), ENVELOPE_SECONDS)
        if isinstance(end, Finished):
            return _for_a_person(end.verdict, reason)
        envelope = Envelope(kind=EnvelopeKind.ORDINARY, signature=SignatureState.UNREADABLE)
        return Verdict(kind=VerdictKind.UNREADABLE, reasons=(_reason_for_message(end),), envelope=envelope)


def _for_a_person(verdict: Verdict, reason: Reason) -> Verdict:
    """A verdict reached without its documents: never filed as of no interest, never answered by itself."""
    kind = VerdictKind.REVIEW if verdict.kind == VerdictKind.NOTED else verdict.kind
    held = Answer(send=False, letter=None, to="", why=Reason.HELD_FOR_PERSON)
    reasons = tuple(dict.fromkeys((*verdict.reasons, reason)))
    return replace(verdict, kind=kind, reasons=reasons, answer=held)


def _reason_for_part(end: Died | HungUp | Raised) -> Reason:
    if isinstance(end, HungUp):
        return Reason.PART_TIMED_OUT
    if isinstance(end, Died):
        return Reason.PART_UNREADABLE
    return Reason.PART_TOO_LARGE if end.error == "MemoryError" else Reason.CRASHED


def _reason_for_message(end: Died | HungUp | Raised) -> Reason:
    return Reason.TIMED_OUT if isinstance(end, HungUp) else Reason.CRASHED
