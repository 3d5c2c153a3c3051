"""Listens to the mailbox (IDLE) so that a message is read within seconds. A hint only: the poll is the authority.

A connection that fails, stays silent or has served its time is closed and made anew, never mended. One that hears
nothing although messages arrive is called deaf by the round that found them, and is made anew too.
"""

import threading
import time
from collections.abc import Callable

import structlog

from ingest.mailbox import Box, LoginRefused, Mailbox, MailboxError

LISTENS = 240.0  # seconds a server may be silent before the line is tried: before a router forgets it
SERVES = 1500.0  # seconds a connection is used (RFC 2177: less than 29 minutes)
PAUSES = (5.0, 30.0, 120.0, 600.0)  # seconds before the next connection, after the first, second … failure in a row

log = structlog.get_logger()


class Listener:
    """Calls `wake` when the server tells of something new; from `start` to `stop` in a thread of its own."""

    def __init__(
        self,
        mailbox: Mailbox,
        wake: Callable[[], object],
        *,
        listens: float = LISTENS,
        serves: float = SERVES,
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        self._mailbox = mailbox
        self._wake = wake
        self._listens = listens
        self._serves = serves
        self._pauses = pauses
        self._stopped = threading.Event()
        self._deaf = threading.Event()
        self._thread: threading.Thread | None = None
        self.connections = 0

    def start(self) -> None:
        """Begins to listen; nothing when it does already, or gave up because the login was refused."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="idle", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends listening, within a second or two."""
        self._stopped.set()

    def missed(self) -> None:
        """A round found messages of which nothing was heard: the line may be deaf, and is made anew."""
        self._deaf.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            try:
                with self._mailbox.open() as box:
                    self.connections += 1
                    self._deaf.clear()
                    if failures:
                        self._wake()  # what came in the meantime was told to nobody
                    kept = self._listen(box)
            except LoginRefused:
                return  # the next round will say so; trying again might lock the account
            except MailboxError as error:
                log.info("idle-failed", error=type(error).__name__)
                kept = False
            failures = 0 if kept else failures + 1
            if not kept:
                self._stopped.wait(self._pauses[min(failures, len(self._pauses)) - 1])

    def _listen(self, box: Box) -> bool:
        """True when the connection served its time or was ended by us, False when it was lost or tells nothing."""
        begun = time.monotonic()
        while time.monotonic() - begun < self._serves and not self._ended():
            asked = time.monotonic()
            if box.wait(self._listens, self._ended):
                self._wake()
                self._stopped.wait(1.0)  # a server that never stops talking must not fill the day with rounds
            elif not self._ended() and (not box.alive or time.monotonic() - asked < self._listens / 2):
                return False  # lost, or a server without IDLE, which answers at once
        return True

    def _ended(self) -> bool:
        return self._stopped.is_set() or self._deaf.is_set()
