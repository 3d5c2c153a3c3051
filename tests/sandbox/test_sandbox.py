"""The keeper of the workers: whatever one document does, its message and the next one go on."""

import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest import landlock
from ingest.judge import judge_file
from ingest.rules import Arrival, Context, Limits, Notice
from ingest.sandbox import Judge, Sandbox, SandboxClosed
from ingest.verdict import Verdict
from ingest.vocabulary import Reason, Role, SignatureState, VerdictKind
from ingest.worker import Ended, HungUp, Job, Raised, Worker
from tests.documents.builders import a_deflate_bomb_pdf, a_mail, a_pdf
from tests.sandbox import calls

LIMITS = Limits(seconds=2.0, memory=600_000_000)
CONTEXT = Context(Notice("n", "t", datetime(2021, 7, 29, 21, 59, 59, tzinfo=UTC)), limits=LIMITS)
ARRIVAL = Arrival(now=datetime(2021, 7, 26, tzinfo=UTC))


@contextmanager
def a_sandbox(call: Judge, limits: Limits = LIMITS) -> Iterator[Sandbox]:
    with Sandbox(call, limits) as sandbox:
        yield sandbox


def judged(sandbox: Sandbox, folder: Path, letters: str) -> Verdict:
    path = folder / "message.eml"
    path.write_text(letters, encoding="ascii")
    return sandbox.judge(path, CONTEXT, ARRIVAL)


def reasons_by_document(verdict: Verdict) -> list[tuple[Reason, ...]]:
    return [document.reasons for document in verdict.documents]


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        ("A", Reason.PART_UNREADABLE),
        ("X", Reason.PART_UNREADABLE),
        ("H", Reason.PART_TIMED_OUT),
        ("C", Reason.PART_TIMED_OUT),
        ("M", Reason.PART_TOO_LARGE),
        ("E", Reason.CRASHED),
    ],
)
def test_a_document_that_misbehaves_costs_itself_alone(tmp_path, letter, reason):
    with a_sandbox(calls.by_the_letter) as sandbox:
        verdict = judged(sandbox, tmp_path, f".{letter}.")

    assert reasons_by_document(verdict) == [(), (reason,), ()]
    assert [document.role for document in verdict.documents] == [Role.OTHER, Role.UNREADABLE, Role.OTHER]


def test_several_bad_documents_are_set_aside_one_by_one(tmp_path):
    with a_sandbox(calls.by_the_letter) as sandbox:
        verdict = judged(sandbox, tmp_path, "A.E.X.")

    expected = [(Reason.PART_UNREADABLE,), (), (Reason.CRASHED,), (), (Reason.PART_UNREADABLE,), ()]
    assert reasons_by_document(verdict) == expected


def test_more_bad_documents_than_attempts_leave_the_envelope_judged(tmp_path):
    with a_sandbox(calls.by_the_letter) as sandbox:
        verdict = judged(sandbox, tmp_path, "AAAAAAAA")

    assert (verdict.kind, verdict.answer.why) == (VerdictKind.REVIEW, Reason.HELD_FOR_PERSON)
    assert Reason.CRASHED in verdict.reasons
    assert reasons_by_document(verdict) == [(Reason.CRASHED,)] * 8


def test_many_hanging_documents_are_bounded_in_time(tmp_path):
    with a_sandbox(calls.by_the_letter) as sandbox:
        started = time.monotonic()
        verdict = judged(sandbox, tmp_path, "HHHHHHHH")
        took = time.monotonic() - started

    assert Reason.TIMED_OUT in verdict.reasons
    assert took < 1.5 * LIMITS.seconds + 15  # room for a busy machine to start workers


@pytest.mark.parametrize(("letter", "reason"), [("A", Reason.CRASHED), ("E", Reason.CRASHED)])
def test_a_failure_outside_any_document_is_an_unreadable_message(tmp_path, letter, reason):
    with a_sandbox(calls.before_any_document) as sandbox:
        verdict = judged(sandbox, tmp_path, letter)
        after = judged(sandbox, tmp_path, ".")

    assert (verdict.kind, verdict.reasons) == (VerdictKind.UNREADABLE, (reason,))
    assert after.kind == VerdictKind.NOTED


def test_a_failure_after_the_documents_still_gives_the_envelope(tmp_path):
    with a_sandbox(calls.after_the_documents) as sandbox:
        verdict = judged(sandbox, tmp_path, "x")

    assert verdict.reasons == (Reason.CERTIFIED_ENVELOPE, Reason.CRASHED)
    assert (verdict.kind, verdict.answer.send) == (VerdictKind.REVIEW, False)


def test_the_log_names_the_exception_and_never_quotes_it(tmp_path, caplog):
    with a_sandbox(calls.by_the_letter) as sandbox:
        judged(sandbox, tmp_path, "E")

    assert "KeyError" in caplog.text
    assert "must not be logged" not in caplog.text


def test_a_worker_is_used_again_and_times_keep_their_zone(tmp_path):
    with a_sandbox(calls.by_the_letter) as sandbox:
        first, second = judged(sandbox, tmp_path, "."), judged(sandbox, tmp_path, "..")

    assert first.envelope.subject == second.envelope.subject
    assert first == calls.a_verdict(*first.documents, subject=first.envelope.subject)


def test_what_is_loaded_is_not_searched_for_garbage_after_every_message(tmp_path):
    with a_sandbox(calls.searched_for_garbage) as sandbox:
        judged(sandbox, tmp_path, ".")
        searched, loaded = map(int, judged(sandbox, tmp_path, "..").envelope.subject.split(" of "))

    assert searched < loaded / 10


def test_a_worker_is_replaced_after_its_share_of_messages(tmp_path):
    with Sandbox(calls.by_the_letter, LIMITS, messages_per_worker=2) as sandbox:
        subjects = [judged(sandbox, tmp_path, ".").envelope.subject for _ in range(3)]

    assert subjects[0] == subjects[1] != subjects[2]


def test_closing_leaves_no_process(tmp_path):
    with a_sandbox(calls.by_the_letter) as sandbox:
        pid = int(judged(sandbox, tmp_path, ".").envelope.subject)
        assert Path(f"/proc/{pid}").exists()

    assert not Path(f"/proc/{pid}").exists()


def test_what_a_hanging_document_started_is_ended_too(tmp_path):
    before = sleepers()
    with a_sandbox(calls.by_the_letter) as sandbox:
        judged(sandbox, tmp_path, "C")

    assert sleepers() <= before


def sleepers() -> set[str]:
    """Processes `sleep 300`, by id."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if entry.read_bytes() == b"sleep\x00300\x00":
                found.add(entry.parent.name)
        except OSError:
            continue
    return found


def test_the_worker_sees_no_secret_and_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("PEC_INGEST__MAILBOX__PASSWORD", "segreta")
    with socket.create_server(("127.0.0.1", 0)) as server, a_sandbox(calls.surroundings) as sandbox:
        verdict = judged(sandbox, tmp_path, str(server.getsockname()[1]))

    assert "secrets []" in verdict.envelope.subject
    if can_leave_the_network():
        assert "no network" in verdict.envelope.subject


@pytest.mark.skipif(landlock.version() < 6, reason="the kernel lets no process give that up")
def test_a_worker_that_was_taken_over_reaches_neither_its_parent_nor_its_files(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server, a_sandbox(calls.reach) as sandbox:
        verdict = judged(sandbox, tmp_path, str(server.getsockname()[1]))

    assert verdict.envelope.subject == "a temporary file; nothing"


def can_leave_the_network() -> bool:
    """Whether this system lets a process go without network."""
    flags = ["-n"] if os.geteuid() == 0 else ["-U", "-n"]
    return subprocess.run(["unshare", *flags, "true"], check=False, capture_output=True).returncode == 0


def test_a_killed_parent_takes_a_busy_worker_with_it(tmp_path):
    (tmp_path / "message.eml").write_text("H", encoding="ascii")
    program = f"""
from pathlib import Path
from dataclasses import replace
from ingest.rules import Limits
from ingest.worker import Job, Worker
from tests.sandbox import calls
from tests.sandbox.test_sandbox import CONTEXT, ARRIVAL
worker = Worker(calls.by_the_letter, Limits())
print(worker._process.pid, flush=True)
worker.run(Job(Path({str(tmp_path / "message.eml")!r}), CONTEXT, ARRIVAL), 300, 300)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        time.sleep(0.3)
        assert alive(worker)
        parent.kill()

    assert eventually(lambda: not alive(worker))


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def eventually(holds) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


TAKEN_OVER = b"cos\nsystem\n(S'touch /tmp/taken-over'\ntR."  # a pickle that runs a command where it is read
# and one that would teach every later message that a broken signature is valid
POISONED = (
    b"\x80\x04\x8c\x07verdictcingest.vocabulary\nSignatureState\nN}\x8c\x12_value2member_map_}\x8c\x06broken"
    b"cingest.vocabulary\nSignatureState\n\x8c\x05valid\x85Rss\x86b\x86."
)
FRAMED = [
    TAKEN_OVER, POISONED, b"verdict\n" + TAKEN_OVER, b"verdict\n[]", b"verdict\n{}", b'begin\n["x"]', b"begin\n7", b"",
    b"verdict\n" + b"[" * 100_000, b'verdict\n{"verdict": "noted", "reasons": [], "envelope": {"kind": "certified"}}',
]  # fmt: skip


def answered(tmp_path: Path, raw: bytes, seconds: float = 5) -> Ended:
    path = tmp_path / "message.eml"
    path.write_bytes(raw)
    worker = Worker(calls.answers_with, LIMITS)
    try:
        return worker.run(Job(path, CONTEXT, ARRIVAL), seconds, seconds)
    finally:
        worker.kill()


@pytest.mark.parametrize("answer", FRAMED, ids=range(len(FRAMED)))
def test_a_worker_can_tell_its_parent_nothing_but_a_verdict(tmp_path, answer):
    end = answered(tmp_path, struct.pack("!i", len(answer)) + answer)

    assert isinstance(end, Raised)
    assert not Path("/tmp/taken-over").exists()
    with pytest.raises(ValueError, match="no such"):
        SignatureState("no such")
    assert SignatureState("broken") is SignatureState.BROKEN


@pytest.mark.parametrize("size", [-1, 2**31 - 1])
def test_an_answer_of_an_impossible_size_is_none(tmp_path, size):
    assert answered(tmp_path, struct.pack("!i", size)) == Raised(None, "ValueError")


@pytest.mark.parametrize("begun", [b"\0", b"\0\0\0\x09verdict"])
def test_a_worker_that_stops_in_the_middle_of_an_answer_is_not_waited_for(tmp_path, begun):
    started = time.monotonic()

    assert answered(tmp_path, begun, seconds=1) == HungUp(None)
    assert time.monotonic() - started < 30


def test_a_file_that_is_not_there_is_the_world_s_fault(tmp_path):
    with a_sandbox(calls.by_the_letter) as sandbox, pytest.raises(FileNotFoundError):
        sandbox.judge(tmp_path / "missing.eml", CONTEXT, ARRIVAL)


def test_an_aborted_sandbox_lets_go_at_once_and_blames_no_message(tmp_path):
    with Sandbox(calls.by_the_letter, Limits(seconds=300)) as sandbox, ThreadPoolExecutor(1) as pool:
        judging = pool.submit(judged, sandbox, tmp_path, "H")
        assert eventually(lambda: bool(sandbox._runs))
        time.sleep(0.3)
        sandbox.abort()
        with pytest.raises(SandboxClosed):
            judging.result(timeout=5)
        with pytest.raises(SandboxClosed):
            judged(sandbox, tmp_path, ".")


def test_a_judgement_that_cannot_be_imported_says_so(tmp_path):
    path = tmp_path / "message.eml"
    path.write_text(".", encoding="ascii")

    def local(path, context, arrival, progress):
        raise NotImplementedError

    with a_sandbox(local) as sandbox, pytest.raises(OSError, match="did not start: AttributeError"):
        sandbox.judge(path, CONTEXT, ARRIVAL)


def test_the_whole_judgement_runs_in_the_worker_and_a_bad_document_costs_itself_alone(tmp_path):
    path = tmp_path / "message.eml"
    path.write_bytes(a_mail(("bomba.pdf", a_deflate_bomb_pdf()), ("modulo.pdf", a_pdf())))
    with Sandbox(judge_file, LIMITS) as sandbox:
        verdict = sandbox.judge(path, CONTEXT, ARRIVAL)

    assert [document.role for document in verdict.documents] == [Role.UNREADABLE, Role.FORM]
    assert verdict.kind == VerdictKind.REVIEW
