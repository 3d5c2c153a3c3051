"""Tells systemd that the service is ready and that it gets on with its work (sd_notify(3)); nothing without systemd.

A sign of life is a committed step, not a living process: give WatchdogSec more than the longest single step, which
is ten minutes of waiting for a submission server.
"""

import os
import socket
from contextlib import suppress

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"
WAITS = 2.0  # seconds for a queue that nobody empties; a sign of life waits not at all, the next one follows


def notify(state: str) -> None:
    """Sends one state to the socket that systemd named, if it named one. Who does not listen holds nothing up."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.settimeout(0 if state == ALIVE else WAITS)
            line.connect("\0" + address[1:] if address.startswith("@") else address)
            line.sendall(state.encode())
