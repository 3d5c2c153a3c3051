"""The daemons of one process: one for each mailbox, each with its own rhythm and its own lease.

With a single mailbox this is that daemon and nothing else.
"""

import signal
import threading
from collections.abc import Sequence
from types import FrameType

from ingest.app import Service
from ingest.daemon import Daemon


class Fleet:
    """Daemons that are started and stopped together. The first serves the console for all."""

    def __init__(self, services: Sequence[Service]) -> None:
        self.asked_to_end = False
        self.daemons = [Daemon(service, leads=number == 0) for number, service in enumerate(services)]

    def run(self) -> None:
        """Runs until `stop`."""
        leader, *others = self.daemons
        threads = [threading.Thread(target=daemon.run, name=f"daemon:{daemon.tenure.name}") for daemon in others]
        for thread in threads:
            thread.start()
        try:
            leader.run()
        finally:
            self._stop()
            for thread in threads:
                thread.join()

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Asks for the end; `run` returns within ten seconds."""
        self.asked_to_end = True
        self._stop()

    def _stop(self) -> None:
        for daemon in self.daemons:
            daemon.stop()

    def listen_to_signals(self) -> None:
        """SIGTERM and SIGINT ask for the end."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
