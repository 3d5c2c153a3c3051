"""What a process does that lost its register: save what it can still read, leave without closing, and begin again."""

import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import structlog

from ingest.app import Service, utc_now
from ingest.database import code_of
from ingest.register_watch import tell_at_once
from ingest.rescue.lost_register import save
from ingest.sqlite_file import LEFT_OPEN, RegisterFile
from ingest.systemd import ALIVE, notify
from ingest.tenure import FORMER

_WORKERS_END_WITHIN = 0.5  # seconds
_TRIES = 3  # before a command gives up, and before the office is told
_TRIES_EVERY = 5.0  # seconds, while the disk is full

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Loss:
    """What is to be known of a process that lost its register.

    `holders`: by what names it held its leases, which the new one takes over at once; `in_doubt`: it waited for a
    person's choice already, so that what it lost was never its own.
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
    if not loss.in_doubt:
        _save_at_last(services[0], file, asked)
    threading.Thread(target=services[0].sandbox.close, daemon=True).start()
    time.sleep(_WORKERS_END_WITHIN)
    _flush()
    if asked:
        os._exit(0)
    environment = {**os.environ, FORMER: " ".join(loss.holders)}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - our own command line


def leave(code: int) -> None:
    """Ends a command that lost its register, without closing it; what it could read is saved. Does not return."""
    for file in LEFT_OPEN:
        for _ in range(_TRIES):
            kept, failed = _saved(file)
            if not failed:
                break
            time.sleep(_TRIES_EVERY)
        where = f"; what was committed is saved in {kept}" if kept else ""
        print(f"pec-ingest: the register {file.path} was {file.lost}{where}; see docs/operate.md", file=sys.stderr)
    _flush()
    os._exit(code or 1)


def _save_at_last(service: Service, file: RegisterFile, asked: list[int]) -> None:
    """Tries as long as the process may live: nobody else can read it. The office is told when it will not go."""
    mailed: set[str] = set()
    for number in count(1):
        _, failed = _saved(file)
        if not failed or (asked and number >= _TRIES):
            return
        notify(ALIVE)
        if number >= _TRIES:
            with suppress(OSError):
                tell_at_once(service, f"what was committed cannot be saved ({failed}); it is tried again", mailed)
        time.sleep(_TRIES_EVERY)


def _saved(file: RegisterFile) -> tuple[Path | None, str]:
    """Where it is saved, if there was anything to save; and what failed."""
    try:
        kept = save(file, utc_now())
    except (OSError, sqlite3.Error) as error:
        failed = code_of(error) or type(error).__name__
        log.error("register-not-saved", error=failed)  # noqa: TRY400 - nothing to trace
        return None, failed
    log.warning("register-saved", copy=str(kept))
    return kept, ""


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
