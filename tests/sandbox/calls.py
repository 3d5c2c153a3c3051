"""Stand-ins for the judgement, importable by name in the worker, and quickly: each misbehaves in one way."""

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ingest.rules import Arrival, Context, Progress
from ingest.verdict import Document, Envelope, Verdict
from ingest.vocabulary import EnvelopeKind, Reason, Role, SignatureState, VerdictKind


def a_verdict(*documents: Document, subject: str = "") -> Verdict:
    envelope = Envelope(
        kind=EnvelopeKind.CERTIFIED,
        signature=SignatureState.VALID,
        subject=subject,
        accepted_at=datetime(2021, 7, 26, 10, 15, tzinfo=ZoneInfo("Europe/Rome")),
    )
    return Verdict(VerdictKind.NOTED, (Reason.CERTIFIED_ENVELOPE,), envelope, documents)


def by_the_letter(path: Path, context: Context, arrival: Arrival, progress: Progress) -> Verdict:
    """Each letter of the file is a document: `.` is sound, the others misbehave."""
    documents = []
    for index, letter in enumerate(path.read_text(encoding="ascii")):
        here = (index,)
        if here in progress.aside:
            documents.append(_document(here, Role.UNREADABLE, (progress.aside[here],)))
            continue
        progress.begin(here)
        _misbehave(letter)
        documents.append(_document(here, Role.OTHER))
    return a_verdict(*documents, subject=f"{os.getpid()}")


def before_any_document(path: Path, context: Context, arrival: Arrival, progress: Progress) -> Verdict:
    """Misbehaves by the first letter, whether documents are set aside or not."""
    _misbehave(path.read_text(encoding="ascii")[0])
    return a_verdict()


def after_the_documents(path: Path, context: Context, arrival: Arrival, progress: Progress) -> Verdict:
    """Fails when there is any document to speak of."""
    if (0,) not in progress.aside or (99,) not in progress.aside:
        progress.begin((0,))
        raise KeyError("a name that must not be logged")
    return a_verdict()


def surroundings(path: Path, context: Context, arrival: Arrival, progress: Progress) -> Verdict:
    """Reports what the worker can reach, in the subject."""
    try:
        with socket.create_connection(("127.0.0.1", int(path.read_text(encoding="ascii"))), timeout=2):
            network = "network"
    except OSError:
        network = "no network"
    secrets = [name for name in os.environ if name.startswith("PEC_INGEST")]
    return a_verdict(subject=f"{network}; secrets {secrets}")


def searched_for_garbage(path: Path, context: Context, arrival: Arrival, progress: Progress) -> Verdict:
    """Reports, in the subject, how many of the loaded objects a search for garbage has to look at."""
    return a_verdict(subject=f"{len(gc.get_objects())} of {gc.get_freeze_count()}")


def reach(path: Path, context: Context, arrival: Arrival, progress: Progress) -> Verdict:
    """Reports in the subject what a worker that was taken over could do; `path` names a port, beside a folder."""
    parent = os.getppid()
    attempts: dict[str, Callable[[], object]] = {
        "environment of the parent": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
        "memory of the parent": lambda: Path(f"/proc/{parent}/mem").open("rb").close(),
        "a file of the parent": lambda: (Path("/var/tmp") / path.stem).write_text("x"),
        "a signal to the parent": lambda: os.kill(parent, 0),
        "a connection": lambda: socket.create_connection(("127.0.0.1", int(path.read_text())), timeout=2).close(),
        "a temporary file": lambda: tempfile.NamedTemporaryFile().close(),
        "nothing": lambda: Path(os.devnull).write_text("x"),
    }
    done = []
    for name, attempt in attempts.items():
        with contextlib.suppress(OSError):
            attempt()
            done.append(name)
    return a_verdict(subject="; ".join(done))


def answers_with(path: Path, context: Context, arrival: Arrival, progress: Progress) -> Verdict:
    """A worker that was taken over: it writes whatever it likes to its parent."""
    os.write(int(sys.argv[1]), path.read_bytes())
    time.sleep(300)
    raise AssertionError


def _document(path: tuple[int, ...], role: Role, reasons: tuple[Reason, ...] = ()) -> Document:
    return Document("a.pdf", "00", "application/pdf", 1, role, reasons=reasons, path=path)


def _misbehave(letter: str) -> None:
    if letter == "A":
        os.abort()
    elif letter == "H":
        while True:
            time.sleep(0.01)
    elif letter == "C":
        subprocess.run(["sleep", "300"], check=False)
    elif letter == "M":
        bytearray(8_000_000_000)
    elif letter == "E":
        raise KeyError("a name that must not be logged")
    elif letter == "X":
        os.kill(os.getpid(), signal.SIGKILL)
