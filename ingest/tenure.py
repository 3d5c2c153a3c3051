"""The lease of a mailbox as a process holds it: taken, kept by a thread of its own, checked in every transaction.

A round may last longer than the lease, so it cannot be the round that renews it. A process that slept past its end (a
suspended machine, SIGSTOP) is found out by `check`, in the very transaction that would have had the effect.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ingest import lease
from ingest.database import Database

LASTS = timedelta(seconds=90)

log = structlog.get_logger()


class Tenure:
    """One lease, by its name. Every method may be called from any thread."""

    def __init__(self, db: Database, name: str, holder: str, clock: Callable[[], datetime]) -> None:
        self.name = name
        self._db = db
        self._holder = holder
        self._clock = clock
        self._held: lease.Held | None = None
        self._given_back = threading.Event()

    @property
    def held(self) -> bool:
        """Whether the lease is ours, as far as we know."""
        return self._held is not None

    def take(self) -> bool:
        """Takes the lease and keeps it; False while another process holds it."""
        self._held = lease.acquire(self._db, self.name, self._holder, self._clock(), LASTS)
        if self._held is None:
            return False
        self._given_back = threading.Event()
        threading.Thread(target=self._keep, args=(self._held, self._given_back), name="lease", daemon=True).start()
        return True

    def renew(self) -> bool:
        """Holds the lease longer; False when another process took it over."""
        held = self._held
        return held is not None and self._renewed(held)

    def check(self, session: Session) -> None:
        """To be called first in a transaction. Raises LeaseLostError when the lease is not ours any more."""
        held = self._held
        if held is None:
            raise lease.LeaseLostError(f"the lease {self.name!r} is not held")
        lease.check(session, held)

    def give_back(self) -> None:
        """Frees the lease at once, so that the next process need not wait for its end."""
        held, self._held = self._held, None
        self._given_back.set()
        if held is not None:
            lease.release(self._db, held)

    def _renewed(self, held: lease.Held) -> bool:
        try:
            lease.renew(self._db, held, self._clock(), LASTS)
        except lease.LeaseLostError:
            log.warning("lease-lost", lease=self.name)
            if self._held == held:
                self._held = None
            return False
        return True

    def _keep(self, held: lease.Held, given_back: threading.Event) -> None:
        while not given_back.wait(LASTS.total_seconds() / 3) and self._held == held:
            try:
                self._renewed(held)
            except (OSError, SQLAlchemyError) as error:  # the database is away: the next try may find it
                log.warning("lease-not-renewed", error=type(error).__name__)
