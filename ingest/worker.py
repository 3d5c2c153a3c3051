"""One worker process, seen from its parent: started, given jobs, watched, killed with all its children.

What comes back is text, checked against the shape of a verdict and awaited no longer than the job may last: the worker
reads hostile files and may be theirs.
"""

import contextlib
import json
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ingest.rules import Arrival, Context, DocumentPath, Limits
from ingest.verdict import Verdict
from ingest.vocabulary import Reason
from ingest.wire import verdict_from_json

START_SECONDS = 60.0
MAX_ANSWER = 64_000_000  # bytes of one verdict
_SENDS = struct.pack("ll", 60, 0)  # seconds for a job to be taken
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Job:
    """One message to judge."""

    path: Path
    context: Context
    arrival: Arrival
    aside: Mapping[DocumentPath, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """The core came to a verdict."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Died:
    """The process ended by itself; `status` as of `Popen.returncode` (negative: a signal)."""

    path: DocumentPath | None
    status: int | None

    def what(self) -> str:
        """What happened, for the service log."""
        return f"died with status {self.status}"


@dataclass(frozen=True, slots=True)
class HungUp:
    """Time ran out."""

    path: DocumentPath | None

    def what(self) -> str:
        """What happened, for the service log."""
        return "out of time"


@dataclass(frozen=True, slots=True)
class Raised:
    """The core raised; only the exception's type is known, its text may quote the message."""

    path: DocumentPath | None
    error: str

    def what(self) -> str:
        """What happened, for the service log."""
        return f"raised {self.error}"


Ended = Finished | Died | HungUp | Raised


class Worker:
    """A process that has imported everything and waits for messages."""

    def __init__(self, call: Callable[..., Verdict], limits: Limits) -> None:
        self.served = 0
        self._limits = limits
        self._context: Context | None = None
        self._pipe, theirs = _pipe()
        lifeline, self._lifeline = os.pipe()  # its closing, at our death, kills the worker
        command = [sys.executable, "-m", "ingest.confined", str(theirs.fileno()), str(lifeline)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                pass_fds=(theirs.fileno(), lifeline),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what libraries print there may quote a message
                env=environment(),
                start_new_session=True,
            )
        finally:
            theirs.close()
            os.close(lifeline)
        self._send(("start", call.__module__, call.__qualname__, limits))
        self._resting = self._ready()

    def run(self, job: Job, seconds: float, document_seconds: float) -> Ended:
        """Judges one message within `seconds`, at most `document_seconds` of them on one document."""
        self.served += 1
        path: DocumentPath | None = None
        try:
            if job.context != self._context:
                self._send(("context", job.context))
                self._context = job.context
            self._send(("judge", job.path, job.arrival, job.aside, seconds))
            deadline = time.monotonic() + seconds
            until = deadline
            while True:
                kind, value = self._received(until)
                if kind == "begin":
                    path = value
                    until = min(deadline, time.monotonic() + document_seconds)
                elif kind == "verdict":
                    return Finished(value)
                else:
                    return Raised(path, str(value))
        except TimeoutError:
            return HungUp(path)
        except (EOFError, OSError):
            return Died(path, self._status())
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            return Raised(path, type(error).__name__)  # an answer that is none

    def alive(self) -> bool:
        """Whether it can take another job."""
        return self._process.poll() is None

    def tired(self) -> bool:
        """Whether it should be replaced: ended, or grown by half of the memory it may use (OCR alone takes a third)."""
        return not self.alive() or _resident(self._process.pid) > self._resting + self._limits.memory // 2

    def strike(self) -> None:
        """Ends the process from another thread; whoever waits for its answer learns that it died."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """Ends the process and everything it started. May be repeated."""
        if self._lifeline < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._pipe.close()
        os.close(self._lifeline)
        self._lifeline = -1

    def _ready(self) -> int:
        """Waits until everything is imported; returns the resident bytes then. Raises OSError if it cannot start."""
        why = "it died"
        try:
            kind, why = self._received(time.monotonic() + START_SECONDS)
            if kind == "ready":
                return _resident(self._process.pid)
        except TimeoutError:
            why = "it took too long"
        except (EOFError, OSError, ValueError) as error:
            why = type(error).__name__
        self.kill()
        raise OSError(f"the worker process did not start: {why}")

    def _send(self, message: tuple[Any, ...]) -> None:
        self._pipe.send_bytes(pickle.dumps(message))

    def _received(self, until: float) -> tuple[str, Any]:
        """The next answer: its kind and its value. Raises TimeoutError after `until`, ValueError for no answer."""
        (size,) = struct.unpack("!i", self._read(4, until))
        if not 0 <= size <= MAX_ANSWER:
            raise ValueError("an answer of an impossible size")
        kind, _, body = self._read(size, until).partition(b"\n")
        told = json.loads(body)
        if kind == b"verdict":
            return "verdict", verdict_from_json(told)
        if kind == b"begin":
            return "begin", tuple(map(int, told))
        return kind.decode("ascii"), str(told)

    def _read(self, size: int, until: float) -> bytes:
        """That many bytes; one that stops in the middle of them is waited for no longer than one that is silent."""
        pieces = bytearray()
        while len(pieces) < size:
            if not self._pipe.poll(max(0.0, until - time.monotonic())):
                raise TimeoutError
            piece = os.read(self._pipe.fileno(), size - len(pieces))
            if not piece:
                raise EOFError
            pieces += piece
        return bytes(pieces)

    def _status(self) -> int | None:
        try:
            return self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return None


def _pipe() -> tuple[Connection, Connection]:
    """Our end and the worker's; a worker that takes nothing is not waited for without end either."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SENDS)
    return Connection(ours.detach()), Connection(theirs.detach())


def environment() -> dict[str, str]:
    """What the worker needs of our environment: no passwords."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry), "OMP_THREAD_LIMIT": "1"}


def _resident(pid: int) -> int:
    """Resident bytes of a process; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError, ValueError):
        return 0
