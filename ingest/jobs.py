"""Judging as jobs of a PostgreSQL queue (procrastinate; extra `workers`), for workers on several hosts.

The queue only says who may judge what next. Truth stays in the ledger: an entry waits until it is recorded, a job that
is lost is handed over again by the next round, and one that runs twice records once (`record_once`).
"""

from collections.abc import Sequence
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from ingest import ledger
from ingest.app import Service
from ingest.judging import judge_entry
from ingest.sandbox import SandboxClosed

QUEUE = "judge"
_STALLED = 60.0  # seconds without a sign of life, after which another worker takes a job over

log = structlog.get_logger()


class JudgeQueue:
    """The jobs, seen from the daemon that collects. Opened when first used."""

    def __init__(self, url: str) -> None:
        self._app = _app(url)
        self._open = False

    def hand_over(self, entries: Sequence[int]) -> int:
        """Makes a job of every entry that has none; how many were made."""
        if not self._open:
            self._app.open()
            self._open = True
        known = {job.queueing_lock for status in ("todo", "doing") for job in self._jobs(status)}
        fresh = [{"entry_id": entry} for entry in entries if _lock(entry) not in known]
        for args in fresh:
            task = self._app.configure_task(QUEUE, queue=QUEUE, queueing_lock=_lock(args["entry_id"]))
            try:
                task.defer(**args)
            except AlreadyEnqueued:
                continue  # by the daemon of another mailbox
        return len(fresh)

    def close(self) -> None:
        """Gives back the connections."""
        if self._open:
            self._app.close()
            self._open = False

    def _jobs(self, status: str) -> list[Any]:
        return self._app.job_manager.list_jobs(queue=QUEUE, status=status)


def install(url: str) -> bool:
    """Makes the queue's tables in the register's database; False when they are there."""
    app = _app(url)
    with app.open():
        if app.check_connection():
            return False
        app.schema_manager.apply_schema()
        return True


def is_installed(url: str) -> bool:
    """Whether the queue's tables are there."""
    app = _app(url)
    with app.open():
        return app.check_connection()


def work(services: Sequence[Service], *, forever: bool = True) -> None:
    """Judges what daemons hand over, several at a time, until SIGTERM; or, with `forever` False, until none is left."""
    of = {service.mailbox.account: service for service in services}
    first = services[0]
    app = _app(first.db.url)

    @app.task(name=QUEUE)
    def judge(entry_id: int) -> None:
        service = of.get(ledger.mailbox_of(first.db, entry_id), first)
        try:
            judge_entry(service, entry_id)
        except (OSError, SQLAlchemyError, SandboxClosed) as error:  # the entry waits on, and is handed over again
            log.error("judging-failed", entry=entry_id, error=type(error).__name__)  # noqa: TRY400 - personal data

    @app.periodic(cron="* * * * *")
    @app.task(name="take-over", queue=QUEUE, queueing_lock="take-over", pass_context=True)
    async def take_over(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - the library's own argument
        """Jobs of workers that died go back to the queue."""
        jobs = context.app.job_manager
        for job in await jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=_STALLED):
            await jobs.retry_job(job)

    app.run_worker(queues=[QUEUE], concurrency=first.sandbox.workers, wait=forever, delete_jobs="always")


def _app(url: str) -> App:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return App(connector=PsycopgConnector(conninfo=plain, kwargs={"application_name": "pec-ingest-jobs"}))


def _lock(entry_id: int) -> str:
    return f"entry:{entry_id}"
