"""What a process does that lost its register: save what it can still read, leave without closing, and begin again."""

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from ingest.app import Service, utc_now
from ingest.rescue.lost_register import save
from ingest.sqlite_file import LEFT_OPEN, RegisterFile
from ingest.systemd import ALIVE, notify
from ingest.tenure import FORMER

_TRIES_EVERY = 5.0  # seconds, while the disk is full

log = structlog.get_logger()


def begin_again(services: Sequence[Service], file: RegisterFile, holders: Sequence[str] = ()) -> None:
    """Replaces this process by a new one with the same command line and process id. Does not return.

    `holders`: by what names it held its leases; the new one takes them over at once.

    Only so is nothing of the lost files left open, and nothing of them closed: an orderly close would write back and
    delete, by its name, a log that may be another's by now.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    for service in services:
        service.sandbox.abort()
    if file.written:
        _saved(file, tries=None)
    _flush()
    environment = {**os.environ, FORMER: " ".join(holders)}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - our own command line


def leave(code: int) -> None:
    """Ends a command that lost its register, without closing it; what it had committed is saved. Does not return."""
    for file in LEFT_OPEN:
        kept = _saved(file, tries=3) if file.written else None
        where = f"; what this command had written is saved in {kept}" if kept else ""
        print(f"pec-ingest: the register {file.path} was {file.lost}{where}; see docs/operate.md", file=sys.stderr)
    _flush()
    os._exit(code or 1)


def _saved(file: RegisterFile, tries: int | None) -> Path | None:
    """Tries until it is saved; `tries` None: as long as the process lives, for nobody else can read it."""
    while tries is None or tries > 0:
        try:
            kept = save(file, utc_now())
        except (OSError, sqlite3.Error) as error:
            log.error("register-not-saved", error=type(error).__name__)  # noqa: TRY400 - nothing to trace
            notify(ALIVE)
            time.sleep(_TRIES_EVERY)
            tries = tries and tries - 1
        else:
            log.warning("register-saved", copy=str(kept))
            return kept
    return None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
