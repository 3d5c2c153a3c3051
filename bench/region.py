"""A whole region over one PostgreSQL: many mailboxes, workers in processes of their own, nothing done twice.

Also: what one further message costs when the register holds a million, on both databases. Full size:
`python -m bench region --mailboxes 100 --messages 1000`, some hours; with `--window 360` each number of workers works
so many seconds on what waits, and leaves the rest to the next.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bench import house
from bench.spent import of_ended_children, with_others
from bench.table import print_table
from ingest import ledger, receipts
from ingest.app import Service, build_all
from ingest.config import example_settings
from ingest.demo.facts import OFFICE
from ingest.demo.forms import typed_form
from ingest.demo.messages import an_envelope
from ingest.demo.originals import an_original
from ingest.demo.pki import authority
from ingest.demo.samples import CASA, GERMOGLIO, PONTE
from ingest.deployments import parse_all
from ingest.jobs import JudgeQueue, install
from ingest.judge import judge
from ingest.queries import LogFilter, log_rows
from ingest.record import record_once
from ingest.rounds import RoundReport, collect
from ingest.rules import Arrival
from ingest.verdict import Verdict
from models import Entry, Letter, Organisation, OrganisationVersion
from tests.servers.postgresql import PostgreSQL, running_postgresql

SIZE = (10, 20)  # mailboxes, messages in each
WINDOW = 0.0  # seconds for each number of workers; 0: until nothing is left
_WARM = 30.0  # seconds in which worker processes start, before a window begins
_WORKERS = (1, 2, 4)


def region(*, quick: bool) -> None:
    """Messages a second with 1, 2 and 4 worker processes on this machine, and what they left in the register."""
    mailboxes, messages = (3, 4) if quick else SIZE
    if WINDOW:
        _windows(mailboxes, messages)
        return
    rows = []
    with running_postgresql() as server, TemporaryDirectory(prefix="bench-") as folder:
        _deliver(Path(folder), mailboxes, messages)
        for workers in _WORKERS:
            with _handed_over(server, Path(folder), mailboxes) as (service, config):
                seconds, cpu = _worked(config, workers)
                effects = _effects(service)
            count = mailboxes * messages
            rows.append((workers, round(seconds, 1), round(count / seconds, 2), cpu / count * 1000, *effects))
    print(f"{mailboxes} mailboxes x {messages} messages; seconds hold the start of the worker processes\n")
    headings = ("worker processes", "seconds", "messages a second", "CPU ms a message")
    print_table((*headings, "recorded", "organisations", "versions", "letters"), rows)


def _windows(mailboxes: int, messages: int) -> None:
    """The same for a while each, on one register in which everything waits from the beginning."""
    rows = []
    with running_postgresql() as server, TemporaryDirectory(prefix="bench-") as folder:
        started = time.perf_counter()
        _deliver(Path(folder), mailboxes, messages)
        delivered = time.perf_counter()
        with _handed_over(server, Path(folder), mailboxes) as (service, config):
            taken_in = time.perf_counter()
            for workers in _WORKERS:
                before = _effects(service)[0]
                with _at_work(config, workers, forever=True) as ended:
                    time.sleep(_WARM)
                    begun, count = time.perf_counter(), _effects(service)[0]
                    time.sleep(WINDOW)
                    rate = (_effects(service)[0] - count) / (time.perf_counter() - begun)
                effects = _effects(service)
                rows.append((workers, round(rate, 2), ended.cpu / max(1, effects[0] - before) * 1000, *effects))
    print(
        f"{mailboxes} mailboxes x {messages} messages, composed in {delivered - started:.0f} s, fetched, stored and "
        f"handed over in {taken_in - delivered:.0f} s; then {WINDOW:.0f} s for each number of workers, in this order\n"
    )
    headings = ("worker processes", "messages a second", "CPU ms a message")
    print_table((*headings, "recorded so far", "organisations", "versions", "letters"), rows)


def _deliver(folder: Path, mailboxes: int, messages: int) -> None:
    """A maildir for each mailbox; every message is another body's."""
    authority()  # before the fork: all of them sign by the same one
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
        list(pool.map(partial(_deliver_to, folder, messages), range(mailboxes)))


def _deliver_to(folder: Path, messages: int, town: int) -> None:
    codes, start = house.codes(1 + town * messages), house.now() - timedelta(hours=6)
    for name in ("cur", "new", "tmp"):
        (folder / f"m{town}" / name).mkdir(parents=True)
    for number, code in enumerate(islice(codes, messages)):
        body = replace((PONTE, GERMOGLIO, CASA)[number % 3], code=code, mail=f"ente{town}x{number}")
        at = start + timedelta(seconds=number)
        original = an_original(
            sender=body.pec, recipients=(_address(town),), subject="Allegato 1", at=at,
            attachments=[("Allegato 1.pdf", "application/pdf", typed_form(body))],
            msgid=f"m{town}.{number}@pec.example",
        )  # fmt: skip
        file = folder / f"m{town}" / "new" / f"{1_700_000_000 + number}.M{number}.bench"
        file.write_bytes(an_envelope(original, at=at))


@contextmanager
def _handed_over(server: PostgreSQL, folder: Path, mailboxes: int) -> Iterator[tuple[Service, Path]]:
    """A register in which every message waits as a job, and the configuration of its workers."""
    database = server.create_database()
    config = folder / f"{database}.toml"
    config.write_text(_toml(_sections(folder, server.url(database), mailboxes)))
    services = build_all(parse_all(_sections(folder, server.url(database), mailboxes), {}))
    services[0].db.upgrade()
    install(server.url(database))
    jobs = JudgeQueue(server.url(database))
    for service in services:
        collect(service, RoundReport())
    jobs.hand_over(ledger.pending(services[0].db, limit=10**6))
    jobs.close()
    yield services[0], config
    services[0].close()
    server.drop_database(database)


def _worked(config: Path, workers: int) -> tuple[float, float]:
    """Seconds until the last of some worker processes finds nothing left, and processor time of them all."""
    started = time.perf_counter()
    with _at_work(config, workers, forever=False) as ended:
        pass
    return time.perf_counter() - started, ended.cpu


@dataclass
class _Ended:
    cpu: float = 0.0  # seconds of the processor that ended workers took


@contextmanager
def _at_work(config: Path, workers: int, *, forever: bool) -> Iterator[_Ended]:
    """Worker processes, ended at last as systemd ends them; those not `forever` end when nothing is left."""
    command = [sys.executable, "-m", "ingest", "--config", str(config), "work", *([] if forever else ["--until-done"])]
    before, ended = of_ended_children(), _Ended()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(workers)]
    try:
        yield ended
    finally:
        for process in running if forever else ():
            process.terminate()
        codes = [process.wait() for process in running]
    if any(codes):
        raise RuntimeError("a worker failed")
    ended.cpu = of_ended_children() - before


def _effects(service: Service) -> tuple[int, ...]:
    """Recorded messages, organisations, versions, letters: each as many as there are messages, if nothing doubled."""
    with service.db.reading() as session:
        recorded = session.scalar(select(func.count()).where(Entry.outcome == "recorded")) or 0
        made = [
            session.scalar(select(func.count()).select_from(t)) or 0
            for t in (Organisation, OrganisationVersion, Letter)
        ]
    return (recorded, *made)


def _sections(folder: Path, url: str, mailboxes: int) -> dict[str, Any]:
    (folder / "authority.pem").write_bytes(authority().ca_pem)
    return {
        "mailboxes": [
            {"name": f"m{town}", "maildir": str(folder / f"m{town}"), "address": _address(town)}
            for town in range(mailboxes)
        ],
        "notices": [
            {"id": f"avviso-{town}", "title": f"Avviso {town}", "deadline": "2030-07-29", "mailboxes": [f"m{town}"]}
            for town in range(mailboxes)
        ],
        "pec": {"trust_anchors": [str(folder / "authority.pem")]}, "database": {"url": url},
        "storage": {"path": str(folder / "originals")}, "console": {"listen": ""},
        "judge": {"by": "workers", "workers": 1},
        "answers": {"daily_limit": 10**6, "per_address_limit": 10**6},
    }  # fmt: skip


def _address(town: int) -> str:
    return f"comune{town}@pec.example.it"


def _toml(sections: dict[str, Any]) -> str:
    lines = []
    for name, content in sections.items():
        for table in content if isinstance(content, list) else [content]:
            lines.append(f"[[{name}]]" if isinstance(content, list) else f"[{name}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def million(*, quick: bool) -> None:
    """Processor ms for one further message, and for what a round asks, with 1,000 and with 1,000,000 recorded.

    The register is filled by SQL with slim rows (no verdict, no fields); the further messages are whole.
    """
    many = 100_000 if quick else 1_000_000
    rows: list[tuple[Any, ...]] = []
    with running_postgresql() as server, TemporaryDirectory(prefix="bench-") as folder:
        for name, url in (
            ("SQLite", f"sqlite:///{folder}/million.db"), ("PostgreSQL", server.url(server.create_database()))
        ):  # fmt: skip
            measured = _growth(Path(folder) / name, url, many)
            rows += [(name, what, *pair, pair[1] / pair[0]) for what, pair in measured.items()]
    print_table(("database", "what, in CPU ms", "1,000 recorded", f"{many:,} recorded", "of the first"), rows)


def _growth(folder: Path, url: str, many: int) -> dict[str, tuple[float, float]]:
    folder.mkdir()
    (folder / "authority.pem").write_bytes(authority().ca_pem)
    settings = example_settings(
        mailbox={"address": OFFICE}, pec={"trust_anchors": [str(folder / "authority.pem")]}, database={"url": url},
        storage={"path": str(folder / "originals")}, notice={"deadline": "2030-07-29"},
        answers={"daily_limit": 10**6, "per_address_limit": 10**6},
    )  # fmt: skip
    (service,) = build_all((settings,))
    service.db.upgrade()
    (raw,) = house.messages(1)
    pattern = judge(raw, service.context, Arrival(now=house.now()))
    _record(service, raw, pattern)
    found, codes = [], islice(house.codes(), 10, None)
    for begin, end in ((2, 1_000), (1_000_000, 1_000_000 + many)):
        _bulk(service, begin, end)
        found.append(_measured(service, pattern, codes, begin))
    service.close()
    return {what: (found[0][what], found[1][what]) for what in found[0]}


def _measured(service: Service, pattern: Verdict, codes: Iterator[str], seed: int) -> dict[str, float]:
    messages = [(f"Subject: {seed}.{code}\r\n\r\n".encode(), _variant(pattern, code)) for code in islice(codes, 60)]
    ms = partial(_ms, _processor(service))
    return {
        "enter, begin, record, queue the letter": ms([partial(_record, service, *one) for one in messages]),
        "what an idle round asks": ms([partial(_asked, service)] * 30),
        "first page of the log": ms([partial(_page, service)] * 30),
    }


def _record(service: Service, raw: bytes, verdict: Verdict) -> None:
    entry_id = ledger.enter(service.db, service.store.keep(raw), None, ledger.Origin("import"), house.now())
    ledger.begin_attempt(service.db, entry_id, house.now())
    record_once(service.db, entry_id, verdict, service.settings, house.now())


def _asked(service: Service) -> None:
    ledger.pending(service.db)
    ledger.to_file(service.db, service.mailbox.account)
    receipts.match_orphans(service.db, house.now())
    receipts.overdue(service.db, house.now())


def _page(service: Service) -> None:
    with service.db.reading() as session:
        log_rows(session, LogFilter(limit=50))


def _ms(spent: Callable[[], float], works: Sequence[Callable[[], object]]) -> float:
    """The median of some pieces of work, after one that warms up."""
    spans = []
    for work in works:
        started = spent()
        work()
        spans.append((spent() - started) * 1000)
    return statistics.median(spans[1:])


def _processor(service: Service) -> Callable[[], float]:
    """A clock of the processor: seconds of this process and of the server that works for it, and of nothing else."""
    if service.db.engine.dialect.name == "sqlite":
        return time.process_time
    with service.db.reading() as session:
        ours = "datname = current_database() AND backend_type = 'client backend'"  # not autovacuum
        own = text(f"SELECT pid FROM pg_stat_activity WHERE {ours}")
        return partial(with_others, tuple(session.scalars(own)))


def _variant(pattern: Verdict, code: str) -> Verdict:
    """The same message from another body."""
    (adhesion,) = pattern.adhesions
    fields = dict(adhesion.fields)
    for key, value in (("organisation.fiscal_code", code), ("organisation.name", f"Ente della prova {code}")):
        fields[key] = replace(fields[key], value=value, raw=value)
    envelope = replace(pattern.envelope, identifier=f"{code}@gestore.example", sender=f"e{code}@pec.example")
    return replace(pattern, envelope=envelope, adhesions=(replace(adhesion, fields=fields),))


_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT {begin} UNION ALL SELECT i + 1 FROM n WHERE i < {end} - 1) ",
    "postgresql": "WITH n(i) AS (SELECT generate_series({begin}, {end} - 1)) ",
}
_SEQUENCES = ("entry", "organisation", "adhesion", "organisation_version", "letter", "answered", "receipt")


def _bulk(service: Service, begin: int, end: int) -> None:
    """Rows with these ids in every table a message leaves some in.

    PostgreSQL's statistics are renewed, as it does by itself; SQLite's are not, for nobody makes them in service.
    """
    kind = service.db.engine.dialect.name
    lite = kind == "sqlite"
    words = {"n": _NUMBERS[kind].format(begin=begin, end=end), "notice": service.settings.notice.id,
             "false": "0" if lite else "false", "raw": "x'00'" if lite else "'x'::bytea"}  # fmt: skip
    with service.db.transaction() as session:
        _unhurried(session)
        for statement in Path(__file__).with_name("bulk.sql").read_text(encoding="utf-8").split(";"):
            session.execute(text(statement.format(**words).replace(":reply", r"\:reply")))
        for table in _SEQUENCES if kind == "postgresql" else ():
            session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {end})"))
        if not lite:
            session.execute(text("ANALYZE"))


def _unhurried(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL statement_timeout = 0"))
