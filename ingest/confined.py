"""The inside of a worker process: gives up what it does not need, then judges what it is told to.

Started as `python -m ingest.confined PIPE LIFELINE` (file descriptors) by `ingest.worker`.
"""

import ctypes
import fcntl
import gc
import importlib
import json
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ingest.landlock import confine
from ingest.rules import Limits, Progress
from ingest.verdict import Unreadable, Verdict
from ingest.wire import verdict_to_json

_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_OPEN_FILES = 256
_CPU_PER_SECOND = 2  # OCR works on two cores


def main(pipe: int, lifeline: int) -> None:
    """Serves jobs until the parent closes its end."""
    _die_with_parent(lifeline)
    _without_network()
    with Connection(pipe) as parent:
        _, module, name, limits = pickle.loads(parent.recv_bytes())  # noqa: S301 - our parent's own words
        try:
            call: Callable[..., Verdict] = getattr(importlib.import_module(module), name)
            _limit(limits)
            confine()
        except (ImportError, AttributeError, OSError, ValueError) as error:
            _send(parent, "raised", f"{type(error).__name__}: {error}")
            return
        gc.freeze()
        _send(parent, "ready", "")
        context = None
        while True:
            try:
                kind, *values = pickle.loads(parent.recv_bytes())  # noqa: S301 - as above
            except EOFError:
                return
            if kind == "context":
                context = values[0]
                continue
            path, arrival, aside, seconds = values
            _allow_cpu(seconds)
            progress = Progress(begin=partial(_send, parent, "begin"), aside=aside)
            _send(parent, *_answer(partial(call, path, context, arrival, progress)))
            gc.collect()
            gc.freeze()  # what stays is not searched again: with all that is loaded it took longer than a form


def give_up(limits: Limits) -> None:
    """Leaves network, others and all resources beyond `limits`: for another process of ours that opens what came in."""
    _without_network()
    _limit(limits)
    confine()
    _allow_cpu(limits.seconds)


def _answer(judged: Callable[[], Verdict]) -> tuple[str, Any]:
    """The verdict as it is stored, or the type of what the core raised: its text may quote the message."""
    try:
        return "verdict", verdict_to_json(judged())
    except Unreadable as found:
        return "raised", f"Unreadable({found.reason})"
    except Exception as error:  # noqa: BLE001 - the one boundary between a message and the daemon
        return "raised", type(error).__name__


def _send(parent: Connection, kind: str, value: Any) -> None:
    """Plain text: whoever takes this process over can tell the parent nothing but a verdict (see `ingest.worker`)."""
    parent.send_bytes(f"{kind}\n{json.dumps(value)}".encode())


def _die_with_parent(lifeline: int) -> None:
    """The kernel ends us when the parent's end of the pipe closes, even inside a library that never returns.

    (The usual parent-death signal follows the starting thread, not the process.)
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def _without_network() -> None:
    """No new privileges, and no network where the system lets us leave it; never an error where not."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        user, group = os.geteuid(), os.getegid()
        if user == 0:
            libc.unshare(_CLONE_NEWNET)
        elif libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
            for name, line in (
                ("setgroups", "deny"),
                ("uid_map", f"{user} {user} 1"),
                ("gid_map", f"{group} {group} 1"),
            ):
                Path("/proc/self", name).write_text(line, encoding="ascii")
    except (AttributeError, OSError):
        return


def _limit(limits: Limits) -> None:
    """Memory beyond what is loaded now, file sizes, open files; no core dumps (they would hold the message)."""
    for kind, value in (
        (resource.RLIMIT_AS, _mapped() + limits.memory),
        (resource.RLIMIT_FSIZE, limits.unpacked_bytes),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))


def _allow_cpu(seconds: float) -> None:
    """Processor time for one more message: a second bound, should the parent fail to count."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    allowed = int(used.ru_utime + used.ru_stime + _CPU_PER_SECOND * seconds) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (allowed if hard == resource.RLIM_INFINITY else min(allowed, hard), hard))


def _mapped() -> int:
    """Bytes of address space in use; a generous guess where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 1_000_000_000


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
