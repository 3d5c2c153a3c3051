"""What a process does that lost its register: save what it can still read, leave without closing, and begin again."""

import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from ingest.app import Service, utc_now
from ingest.rescue.lost_register import save
from ingest.sqlite_file import LEFT_OPEN, RegisterFile
from ingest.systemd import ALIVE, notify
from ingest.tenure import FORMER

_WORKERS_END_WITHIN = 0.5  # seconds
_TRIES_EVERY = 5.0  # seconds, while the disk is full

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Loss:
    """What is to be known of a process that lost its register.

    `holders`: by what names it held its leases, which the new one takes over at once; `in_doubt`: a copy waited for a
    person when it lost the register, so that what it lost was never its own.
    """

    holders: tuple[str, ...] = ()
    asked_to_end: bool = False
    in_doubt: bool = False


def begin_again(services: Sequence[Service], file: RegisterFile, loss: Loss) -> None:
    """Replaces this process by a new one with the same command line and process id. Does not return.

    Only so is nothing of the lost files left open, and nothing of them closed: an orderly close would write back and
    delete, by its name, a log that may be another's by now. Asked to end, it ends when all is saved.
    """
    asked = [1] if loss.asked_to_end else []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.append(1))
    for service in services:
        service.sandbox.abort()
    if file.written and not loss.in_doubt:
        _saved(file, tries=None)
    threading.Thread(target=services[0].sandbox.close, daemon=True).start()
    time.sleep(_WORKERS_END_WITHIN)
    _flush()
    if asked:
        os._exit(0)
    environment = {**os.environ, FORMER: " ".join(loss.holders)}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - our own command line


def leave(code: int) -> None:
    """Ends a command that lost its register, without closing it; what it had committed is saved. Does not return."""
    for file in LEFT_OPEN:
        kept = _saved(file, tries=3) if file.written else None
        where = f"; what had been written is saved in {kept}" if kept else ""
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
