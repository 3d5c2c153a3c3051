"""The loop and its clock: one worker thread that runs rounds, digest and watch, one instance per mailbox.

The scheduler keeps nothing: what is due is decided from the database, so that work missed while the daemon was down
is done late rather than never (misfire_grace_time=None) and once (coalesce).
"""

import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import FrameType
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from ingest import receipts
from ingest.alarms import queue_alarms
from ingest.app import Service
from ingest.digest_due import send_due_digests
from ingest.lease import LeaseLostError
from ingest.mailbox import LoginRefused, MailboxError
from ingest.roundlog import begin_round, end_round
from ingest.rounds import RoundReport, run_once, send
from ingest.tenure import Tenure
from ingest.watch import mailbox_watched, watch_room

log = structlog.get_logger()

STOPS_WITHIN = 8.0  # seconds a round may still take after SIGTERM


@dataclass(slots=True)
class Daemon:
    """A service with its rhythm. `stop` may be called from any thread or signal handler."""

    service: Service
    refused: bool = False  # the mailbox refused our login: no further try until a restart, it might lock the account
    stopping: threading.Event = field(default_factory=threading.Event)
    working: threading.Lock = field(default_factory=threading.Lock)
    tenure: Tenure = field(init=False)

    def __post_init__(self) -> None:
        service = self.service
        holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.tenure = Tenure(service.db, f"mailbox:{service.mailbox.account}", holder, service.clock)
        self.service = replace(service, db=service.db.fenced(self.tenure.check))

    def run(self) -> None:
        """Runs until `stop`, then gives the lease back and ends the workers."""
        scheduler = BackgroundScheduler(
            timezone=ZoneInfo(self.service.settings.digest.timezone),
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        every = self.service.settings.mailbox.poll_every.total_seconds()
        now = self.service.clock()
        scheduler.add_job(self._safely, "interval", seconds=every, args=[self.round], id="round", next_run_time=now)
        scheduler.add_job(self._safely, "interval", seconds=20, args=[self.mail], id="mail")
        close_console = self._open_console()
        scheduler.start()
        try:
            self.stopping.wait()
        finally:
            scheduler.pause()
            close_console()
            if not self.working.acquire(timeout=STOPS_WITHIN):
                self.service.sandbox.abort()
                self.working.acquire(timeout=1.0)
            scheduler.shutdown(wait=False)
            self.give_back()

    def give_back(self) -> None:
        """Gives the lease back, so that the next process need not wait for its end."""
        self.tenure.give_back()

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Asks for the end; `run` returns within ten seconds."""
        self.stopping.set()

    def listen_to_signals(self) -> None:
        """SIGTERM and SIGINT ask for the end."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def round(self) -> RoundReport | None:
        """One round with its watch; None when another instance holds the mailbox or the login was refused."""
        if self.refused or not self.keep_lease():
            return None
        service, now = self.service, self.service.clock()
        number = begin_round(service.db, now)
        try:
            with mailbox_watched(service.db, now):
                report = run_once(service)
        except (OSError, SQLAlchemyError, MailboxError) as error:
            self.refused = isinstance(error, LoginRefused)
            end_round(service.db, number, service.clock(), error=type(error).__name__)
            raise
        except LeaseLostError:
            log.warning("round-left", mailbox=service.mailbox.account)  # whoever took over does the rest
            return None
        watch_room(service.db, service.settings, report.quota, service.clock())
        receipts.overdue(service.db, service.clock())
        end_round(service.db, number, service.clock(), report=report)
        self.mail()
        return report

    def mail(self) -> None:
        """What is due of digest, alarms and letters."""
        if not self.keep_lease():
            return
        service, now = self.service, self.service.clock()
        queue_alarms(service.db, service.settings, now)
        send_due_digests(service, now)
        send(service, RoundReport())

    def keep_lease(self) -> bool:
        """True while this process is the one that works on the mailbox."""
        if self.tenure.held:
            return self.tenure.renew()
        if not self.tenure.take():
            log.info("standby", mailbox=self.service.mailbox.account)
            return False
        self.service.store.sweep()
        return True

    def _open_console(self) -> Callable[[], None]:
        """Serves the console beside the rounds, if it has an address; what comes back closes it."""
        listen = self.service.settings.console.listen
        if not listen:
            return lambda: None
        from ingest.console.serve import serve_in_background  # noqa: PLC0415 - a web framework `once` does not need

        return serve_in_background(self.service, listen)

    def _safely(self, job: Callable[[], object]) -> None:
        """Runs a job of the scheduler; a fault of the world is logged and the next run tries again."""
        if self.stopping.is_set():
            return
        with self.working:
            try:
                job()
            except (OSError, SQLAlchemyError, MailboxError, LeaseLostError) as error:
                log.error("round-failed", error=type(error).__name__)  # noqa: TRY400 - no traceback: personal data
