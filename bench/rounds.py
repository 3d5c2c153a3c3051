"""The whole round: against a plain loop, with a very large message, when idle, and as the register grows."""

import io
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import mailparser
import pdfplumber
from imapclient import IMAPClient, SocketTimeout

from bench import house
from bench.peaks import peaks_of
from bench.spent import with_workers
from bench.table import print_table
from ingest import ledger
from ingest.app import Service
from ingest.entries import stored_verdict
from ingest.judging import judged
from ingest.record import record
from ingest.rounds import RoundReport, collect, file_judged, judge_pending, run_once
from ingest.rules import Arrival
from ingest.verdict import Verdict
from tests.servers.dovecot import Dovecot


def whole_round(*, quick: bool) -> None:
    """Processor ms a message for a round and its stages; baseline: imapclient, mail-parser, pdfplumber in a loop."""
    count = 20 if quick else 200
    with house.world() as (server, folder):
        user = server.new_user()
        server.deliver(user, *house.messages(count))
        made = house.service(server, user, folder)
        warm_up(made, server, folder)
        report = RoundReport()
        stages = {
            "fetch, store, ledger": _spent(lambda: collect(made, report)),
            "judge": 0.0,
            "record, queue the letter": 0.0,
        }
        for entry_id in ledger.pending(made.db):
            ledger.begin_attempt(made.db, entry_id, house.now())
            started = with_workers()
            verdict = judged(made, entry_id, house.now())
            stages["judge"] += with_workers() - started
            stages["record, queue the letter"] += _spent(
                lambda: record(made.db, entry_id, verdict, made.settings, house.now())  # noqa: B023 - called at once
            )
        stages["file"] = _spent(lambda: file_judged(made, report))
        plain = _spent(lambda: plain_loop(server, user))
        made.close()
    whole = sum(stages.values())
    rows = [(name, seconds / count * 1000, seconds / plain) for name, seconds in stages.items()]
    rows += [("whole round", whole / count * 1000, whole / plain), ("plain loop (baseline)", plain / count * 1000, 1.0)]
    print(f"{count} messages\n")
    print_table(("stage", "CPU ms a message", "of the plain loop"), rows)


def by_workers(*, quick: bool) -> None:
    """Messages a second of one whole round, by how many processes judge beside the daemon; SQLite, one machine."""
    count = 20 if quick else 200
    rows: list[tuple[object, ...]] = []
    with house.world() as (server, folder):
        for workers in (1, 2, 4):
            user = server.new_user()
            made = house.service(server, user, folder / str(workers), workers=workers)
            every = house.messages(count + 2 * workers)
            server.deliver(user, *islice(every, 2 * workers))
            run_once(made)  # the workers start
            server.deliver(user, *every)
            started = time.perf_counter()
            done = run_once(made).collected
            seconds = time.perf_counter() - started
            made.close()
            rate = done / seconds
            rows.append(
                (workers, done, round(seconds, 1), round(rate, 1), rate / float(str(rows[0][3])) if rows else 1.0)
            )
    print_table(("workers", "messages", "seconds", "messages a second", "of one worker"), rows)


def warm_up(made: Service, server: Dovecot, folder: Path) -> None:
    """One message through another register, so that neither side pays for imports in the measured run."""
    user = server.new_user()
    server.deliver(user, *house.messages(1))
    other = house.service(server, user, folder / "warm")
    run_once(other)
    other.close()
    plain_loop(server, user)
    first = made.store.keep(next(house.messages(1)))
    made.sandbox.judge(first.path, made.context, house_arrival())


def house_arrival() -> Arrival:
    return Arrival(now=house.now())


def plain_loop(server: Dovecot, user: str) -> int:
    """What a script does: fetch, parse, take the words of every PDF; no signature, no form, no record."""
    context = ssl.create_default_context(cafile=str(server.certificate))
    words = 0
    with IMAPClient(server.host, server.port, ssl_context=context, timeout=SocketTimeout(10, 60)) as client:
        client.login(user, server.password)
        client.select_folder("INBOX", readonly=True)
        for uid in client.search(["ALL"]):
            raw = client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
            outer = mailparser.parse_from_bytes(raw).message
            inner = next(part for part in outer.walk() if part.get_content_type() == "message/rfc822").get_payload(0)
            for part in inner.walk():
                content = part.get_payload(decode=True)
                if content and content.startswith(b"%PDF"):
                    with pdfplumber.open(io.BytesIO(content)) as pdf:
                        for page in pdf.pages:
                            words += len(page.extract_words())
                            page.close()
    return words


def large_message(*, quick: bool) -> None:
    """Peak memory of the daemon's own process and of its worker for one round with a 100 MB message."""
    size = 10_000_000 if quick else 70_000_000  # base64 makes 100 MB of it
    rows = []
    with house.world() as (server, folder):
        for name, padding in (("a small message", 0), ("the large message", size)):
            user = server.new_user()
            server.deliver(user, *house.messages(1, padding=padding))
            rows.append((name, *peaks_of(_one_round, server, user, folder / name)))
    print(f"attachment of {size / 1e6:.0f} MB\n")
    print_table(("one round with", "seconds, start included", "daemon peak MiB", "worker peak MiB"), rows)


def _one_round(server: Dovecot, user: str, folder: Path) -> None:
    house.quiet()
    made = house.service(server, user, folder)
    report = run_once(made)
    made.close()
    if sum(report.outcomes.values()) != 1:
        raise RuntimeError("the round did not record its message")


def idle_poll(*, quick: bool) -> None:
    """A round that finds nothing new; baseline: connect, log in, select, log out."""
    polls = 5 if quick else 50
    with house.world() as (server, folder):
        user = server.new_user()
        server.deliver(user, *house.messages(10))
        made = house.service(server, user, folder)
        run_once(made)
        idle = _timed(lambda: [run_once(made) for _ in range(polls)]) / polls
        bare = _timed(lambda: _connect(server, user, polls)) / polls
        made.close()
    print_table(
        ("what", "ms", "of the bare login"),
        [("idle round", idle * 1000, idle / bare), ("connect, log in, select, log out", bare * 1000, 1.0)],
    )


def growth(*, quick: bool) -> None:
    """Cost of a further message when 100, 1,000 and 10,000 are recorded already: it must stay flat.

    The register is filled by recording variants of one verdict; the probes are whole messages.
    """
    steps = (20, 100) if quick else (100, 1_000, 10_000)
    probe = 10 if quick else 40
    rows = []
    with house.world() as (server, folder):
        made = house.service(server, server.new_user(), folder)
        supply = house.messages(probe * (len(steps) + 1))
        _import(made, [next(supply) for _ in range(probe)])  # warm
        pattern = stored_verdict(made.db, ledger.judged(made.db)[0])
        assert pattern is not None
        recorded = probe
        for step in steps:
            _fill(made, pattern, range(recorded, step))
            seconds = _import(made, [next(supply) for _ in range(probe)]) / probe
            rows.append((step, seconds * 1000))
            recorded = max(step, recorded) + probe
        made.close()
    base = rows[0][1]
    print_table(("recorded before", "ms a message", "of the first row"), [(n, ms, ms / base) for n, ms in rows])


def _fill(made: Service, pattern: Verdict, numbers: range) -> None:
    for number, code in zip(numbers, islice(house.codes(), 50_000 + numbers.start, None), strict=False):
        stored = made.store.keep(f"Subject: riempimento {number}\r\n\r\n".encode())
        entry_id = ledger.enter(made.db, stored, None, ledger.Origin("import"), house.now())
        ledger.begin_attempt(made.db, entry_id, house.now())
        (adhesion,) = pattern.adhesions
        fields = dict(adhesion.fields)
        for key, value in (("organisation.fiscal_code", code), ("organisation.name", f"Ente numero {number}")):
            fields[key] = replace(fields[key], value=value, raw=value)
        envelope = replace(pattern.envelope, identifier=f"riempimento{number}@gestore.example",
                           sender=f"riempimento{number}@pec.example")  # fmt: skip
        verdict = replace(pattern, envelope=envelope, adhesions=(replace(adhesion, fields=fields),))
        record(made.db, entry_id, verdict, made.settings, house.now())


def _import(made: Service, raws: list[bytes]) -> float:
    """Seconds to keep, enter, judge and record these messages."""
    started = time.perf_counter()
    for raw in raws:
        ledger.enter(made.db, made.store.keep(raw), None, ledger.Origin("import"), house.now())
    judge_pending(made, RoundReport())
    return time.perf_counter() - started


def _connect(server: Dovecot, user: str, times: int) -> None:
    for _ in range(times):
        context = ssl.create_default_context(cafile=str(server.certificate))
        with IMAPClient(server.host, server.port, ssl_context=context, timeout=SocketTimeout(10, 60)) as client:
            client.login(user, server.password)
            client.select_folder("INBOX", readonly=True)


def _spent(work: Callable[[], object]) -> float:
    started = with_workers()
    work()
    return with_workers() - started


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
