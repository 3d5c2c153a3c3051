"""The lease of a mailbox as a process holds it: taken, kept by a thread of its own, checked in every transaction.

A round may last longer than the lease, so it cannot be the round that renews it. A process that slept past its end (a
suspended machine, SIGSTOP) is found out by `check`, in the very transaction that would have had the effect.
"""

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ingest import lease
from ingest.database import Database, code_of

LASTS = timedelta(seconds=90)
FORMER = "PEC_INGEST_FORMER_HOLDERS"  # environment: who held leases in this process before it began again

log = structlog.get_logger()


class Tenure:
    """One lease, by its name. Every method may be called from any thread."""

    def __init__(self, db: Database, name: str, holder: str, clock: Callable[[], datetime]) -> None:
        self.name = name
        self.holder = holder
        self._db = db
        self._clock = clock
        self._held: lease.Held | None = None
        self._given_back = threading.Event()
        self._renewing = threading.Lock()

    @property
    def held(self) -> bool:
        """Whether the lease is ours, as far as we know."""
        return self._held is not None

    def take(self) -> bool:
        """Takes the lease and keeps it; False while another process holds it."""
        with self._renewing:
            former = os.environ.get(FORMER, "").split()
            if former:
                lease.free_former(self._db, self.name, former)
            self._held = held = lease.acquire(self._db, self.name, self.holder, self._clock(), LASTS)
        if held is None:
            return False
        self._given_back = threading.Event()
        threading.Thread(target=self._keep, args=(held.token, self._given_back), name="lease", daemon=True).start()
        return True

    def renew(self) -> bool:
        """Holds the lease longer; False when another process took it over. Raises RegisterLostError.

        The register is proved with it: what this process last wrote is there, and whoever comes now sees it.
        """
        with self._renewing:
            held = self._held
            if held is None:
                return False
            try:
                self._held = lease.renew(self._db, held, self._clock(), LASTS)
            except lease.LeaseLostError as error:
                self._held = None
                self._went_back(error)
                log.warning("lease-lost", lease=self.name)
                return False
        self._db.prove()
        return True

    def check(self, session: Session) -> None:
        """To be called first in a transaction. Raises LeaseLostError when the lease is not ours any more."""
        held = self._held
        if held is None:
            raise lease.LeaseLostError(f"the lease {self.name!r} is not held")
        try:
            lease.check(session, held)
        except lease.LeaseWentBackError as error:
            self._went_back(error)
            raise

    def give_back(self) -> None:
        """Frees the lease at once, so that the next process need not wait for its end."""
        with self._renewing:
            held, self._held = self._held, None
        self._given_back.set()
        if held is not None and not self._db.lost:
            lease.release(self._db, held)

    def _went_back(self, error: lease.LeaseLostError) -> None:
        """A lease that is older than its holder wrote it: somebody put an older register in the place of ours."""
        if isinstance(error, lease.LeaseWentBackError) and self._db.file is not None:
            self._db.file.lose("put back to an older state")

    def _keep(self, token: int, given_back: threading.Event) -> None:
        while not given_back.wait(LASTS.total_seconds() / 3) and self._held is not None and self._held.token == token:
            try:
                self.renew()
            except (OSError, SQLAlchemyError) as error:  # the database is away: the next try may find it
                log.warning("lease-not-renewed", error=type(error).__name__, code=code_of(error))
