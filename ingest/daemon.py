"""The loop and its clock: one worker thread that runs rounds, digest and watch, one instance per mailbox.

The scheduler keeps nothing: what is due is decided from the database, so that work missed while the daemon was down
is done late rather than never (misfire_grace_time=None) and once (coalesce).
"""

import os
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ingest import receipts
from ingest.app import Service, utc_now
from ingest.database import code_of
from ingest.decisions import Deciding
from ingest.lease import LeaseLostError
from ingest.letters_due import queue_letters
from ingest.mailbox import LoginRefused, MailboxError
from ingest.register_watch import RegisterWatch
from ingest.roundlog import begin_round, end_round
from ingest.rounds import RoundReport, run_once, send
from ingest.systemd import ALIVE, READY, STOPPING, notify
from ingest.tenure import Tenure
from ingest.terms import BY, keep_terms
from ingest.upkeep import ORIGINALS_READ, RECONCILED, due, prove_mailbox, prove_originals
from ingest.wakeup import Listener
from ingest.watch import mailbox_watched, watch_messages, watch_room, watch_rounds

log = structlog.get_logger()

AGAIN = 2.0  # seconds after a round that the database failed, then twice as many each time, up to the interval
STOPS_WITHIN = 7.0  # seconds a round may still take after SIGTERM


@dataclass(slots=True)
class Daemon:
    """A service with its rhythm. `stop` may be called from any thread or signal handler."""

    service: Service
    refused: bool = False  # the mailbox refused our login: no further try until a restart, it might lock the account
    stopping: threading.Event = field(default_factory=threading.Event)
    working: threading.Lock = field(default_factory=threading.Lock)
    tenure: Tenure = field(init=False)
    heard: int = 0  # news since the last round
    polls: int = 0
    listener: Listener = field(init=False)
    began: datetime | None = None
    news: threading.Event = field(default_factory=threading.Event)  # something arrived while a round was under way
    _poll_in: Callable[[float], object] = lambda _seconds: None
    failed: int = 0  # rounds in a row that the database failed
    register: RegisterWatch = field(init=False)
    office: Service = field(init=False)  # the same without the fence, for the console
    terms_kept: bool = False
    leads: bool = True  # of several mailboxes in one process: the one that serves the console and re-reads originals

    def __post_init__(self) -> None:
        service = self.office = self.service
        self.register = RegisterWatch(service)
        holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.tenure = Tenure(service.db, f"mailbox:{service.mailbox.account}", holder, service.clock)
        self.service = replace(service, db=service.db.fenced(self._may_write))
        self.listener = Listener(service.mailbox, self.wake)
        if service.db.file is not None:
            service.db.file.when_lost(self._register_lost)

    def run(self) -> None:
        """Runs until `stop`, or until the register is lost; then gives the lease back and ends the workers."""
        scheduler = BackgroundScheduler(
            timezone=ZoneInfo(self.service.settings.digest.timezone),
            executors={"default": ThreadPoolExecutor(1), "originals": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        every = self.service.settings.mailbox.poll_every.total_seconds()
        now = utc_now()  # the scheduler's own clock
        scheduler.add_job(self._safely, "interval", seconds=every, args=[self.poll], id="round", next_run_time=now)
        scheduler.add_job(self._safely, "interval", seconds=20, args=[self.mail], id="mail")
        scheduler.add_job(
            self.read_originals, "interval", hours=1, id="originals", executor="originals", next_run_time=now
        )
        scheduler.add_listener(_say_what_broke, EVENT_JOB_ERROR)
        self.began, self._poll_in = self.service.clock(), partial(_advance_round, scheduler)
        close_console = self._open_console()
        scheduler.start()
        notify(READY)
        try:
            self._watch_over(scheduler, every)
        finally:
            if not self.service.db.lost:  # else the same process begins again
                notify(STOPPING)
            self.listener.stop()
            scheduler.pause()
            close_console()
            if not self.working.acquire(timeout=STOPS_WITHIN):
                self.service.sandbox.abort()
                self.working.acquire(timeout=1.0)
            scheduler.shutdown(wait=False)
            self.give_back()

    def _watch_over(self, scheduler: BackgroundScheduler, every: float) -> None:
        """Waits for `stop`. A clock that was set back would let the scheduler sleep until it is the same hour again."""
        seen = self.polls
        while not self.stopping.wait(2 * every):
            if self.polls == seen and not self.working.locked():
                log.warning("clock-set-back")
                for job in scheduler.get_jobs():
                    job.modify(next_run_time=utc_now())
            seen = self.polls

    def give_back(self) -> None:
        """Gives the lease back, so that the next process need not wait for its end."""
        self.tenure.give_back()

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Asks for the end; `run` returns within ten seconds."""
        self.stopping.set()

    def poll(self) -> None:
        """Rounds until there is no news. One that the database failed is tried again within seconds."""
        self.polls += 1
        try:
            self._poll()
        except SQLAlchemyError:
            self._poll_in(min(AGAIN * 2**self.failed, self.service.settings.mailbox.poll_every.total_seconds()))
            self.failed = min(self.failed + 1, 10)
            raise
        self.failed = 0

    def _poll(self) -> None:
        """The listener begins once the mailbox let us in."""
        self.news.set()
        while self.news.is_set() and not self.stopping.is_set():
            heard = self.heard
            self.news.clear()
            report = self.round()
            if report is not None and self.service.settings.mailbox.idle:
                if report.collected and self.heard == heard == 0:
                    self.listener.missed()
                self.heard = 0
                self.listener.start()
            if report is not None:
                self.prove()

    def wake(self) -> None:
        """Something may have arrived: a round now, or right after the one under way. From any thread."""
        self.heard += 1
        self.news.set()
        self._poll_in(0)

    def round(self) -> RoundReport | None:
        """One round with its watch; None when another instance holds the mailbox or the login was refused."""
        if self.refused or not self.keep_lease():
            return None
        try:
            return self._watched_round()
        except LeaseLostError:
            log.warning("round-left", mailbox=self.service.mailbox.account)  # whoever took over does the rest
            return None

    def _watched_round(self) -> RoundReport:
        service, now = self.service, self.service.clock()
        self._keep_terms(now)
        name = service.settings.beside.name
        number = begin_round(service.db, now, name)
        try:
            with mailbox_watched(service.db, now, name):
                report = run_once(service)
        except (OSError, SQLAlchemyError, MailboxError) as error:
            self.refused = isinstance(error, LoginRefused)
            end_round(service.db, number, service.clock(), error=type(error).__name__)
            raise
        self.register.ended()
        watch_room(service.db, service.settings, report.quota, service.clock())
        watch_messages(service.db, report.failed, report.unavailable, service.clock(), name)
        receipts.overdue(service.db, service.clock())
        end_round(service.db, number, service.clock(), report=report)
        self.mail()
        return report

    def _keep_terms(self, now: datetime) -> None:
        """Once, before the first round: the classes follow the terms that the configuration now says."""
        if not self.terms_kept:
            for one in self.service.deployments:
                changed = keep_terms(self.service.db, one.notice.rules(), Deciding(BY, now))
                if changed:
                    log.warning("terms-changed", notice=one.notice.id, adhesions=changed)
            self.terms_kept = True

    def mail(self) -> None:
        """What is due of digest, alarms and letters."""
        if not self.keep_lease():
            return
        service, now = self.service, self.service.clock()
        try:
            watch_rounds(service.db, service.settings, now, self.began)
            queue_letters(service, now)
        finally:  # an answer must not stay behind because another letter cannot be written
            send(service, RoundReport())

    def prove(self) -> None:
        """Each day, after a round that let us in: server against register."""
        if due(self.service.db, RECONCILED, self.service.clock(), self.service.settings.beside.name):
            prove_mailbox(self.service, self.round)

    def read_originals(self) -> None:
        """Each month: every original read again, beside the rounds."""
        with self._world():
            if self.leads and self.tenure.held and due(self.service.db, ORIGINALS_READ, self.service.clock()):
                prove_originals(self.service, self.stopping.is_set)

    def _may_write(self, session: Session) -> None:
        """Begins every transaction: a sign of life, and the fence."""
        notify(ALIVE)
        self.tenure.check(session)

    def keep_lease(self) -> bool:
        """True while this process is the one that works on the mailbox."""
        if not self.register.whole():
            return False
        if self.tenure.held:
            return self.tenure.renew()
        if not self.tenure.take():
            log.info("standby", mailbox=self.service.mailbox.account)
            return False
        self.service.store.sweep()
        return True

    def _register_lost(self) -> None:
        log.critical("register-lost", why=self.service.db.lost)
        self.stopping.set()

    def _open_console(self) -> Callable[[], None]:
        """Serves the console beside the rounds, if it has an address; what comes back closes it.

        It writes what people decide, so it works on the register whether or not this process holds the mailbox. An
        address that is taken stops no round.
        """
        listen = self.service.settings.console.listen
        if not listen or not self.leads:
            return lambda: None
        from ingest.console.serve import serve_in_background  # noqa: PLC0415 - a web framework `once` does not need

        try:
            return serve_in_background(self.office, listen)
        except OSError as error:
            log.error("console-not-served", listen=listen, error=error.strerror)  # noqa: TRY400 - nothing to trace
            return lambda: None

    def _safely(self, job: Callable[[], object]) -> None:
        """Runs a job of the scheduler; a fault of the world is logged and the next run tries again."""
        if not self.stopping.is_set():
            with self.working, self._world():
                job()

    @contextmanager
    def _world(self) -> Iterator[None]:
        try:
            yield
        except (OSError, SQLAlchemyError, MailboxError, LeaseLostError) as error:
            said = {"code": code_of(error)} if code_of(error) else {}
            log.error("round-failed", error=type(error).__name__, **said)  # noqa: TRY400 - no traceback: personal data


def _advance_round(scheduler: BackgroundScheduler, seconds: float) -> None:
    """A round in so many seconds; nothing once the scheduler has ended, which the listener may not know yet."""
    with suppress(JobLookupError):
        scheduler.modify_job("round", next_run_time=utc_now() + timedelta(seconds=seconds))


def _say_what_broke(event: JobExecutionEvent) -> None:
    """An error that no rule foresaw: the scheduler would swallow it, and its text may hold personal data."""
    last = traceback.extract_tb(event.exception.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    log.error("job-broken", job=event.job_id, error=type(event.exception).__name__, at=where)
