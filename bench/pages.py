"""Every page of the console over a large register, on both databases: milliseconds, and the first page's weight.

Pages are asked for over loopback from the server that serves them in production; the baseline is an empty answer of
Starlette behind the same server.
"""

import http.client
import os
import re
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bench.crowd import crowd
from bench.table import print_table
from ingest.app import Service, build
from ingest.console.desk import Needs
from ingest.console.serve import taken
from ingest.console.sessions import COOKIE, open_session
from ingest.console.site import PAGES, site
from ingest.digest_due import queue_digest
from ingest.week import Week
from models import Adhesion, AdhesionState, Letter, Organisation, User
from tests.console.filled import NOW, Clock, fill, the_settings
from tests.fakes import FakeMailbox
from tests.servers.postgresql import running_postgresql

_ALSO = (
    "/registro?cerca=aurora", "/registro?cerca=nessuno-si-chiama-cosi", "/registro?esito=unreadable",
    "/registro?motivo=low-confidence", "/registro?esame=1", "/registro?tipo=ordinary", "/registro?prima=40000",
    "/registro?dal=2021-03-01&al=2021-03-02", "/enti?cerca=aurora", "/enti?cerca=nessuno", "/enti?comune=Gessate",
    "/enti?tema=abitare&dopo=9000", "/lettere?stato=da-decidere", "/convocazioni/3", "/convocazioni/3/foglio",
    "/riepiloghi/2021-W29", "/health", "/metrics",
)  # fmt: skip
_FILES = re.compile(
    r"esporta|/relazione/|/tavoli/.+/|originale|fascicolo|/immagine|/misure|/foglio$|/allegato$|contenuto"
)
_SLOWEST = 150  # ms, what every page is held to


def pages(*, quick: bool) -> None:
    """ms a page at the median and at worst, of 15 askings after one that warms up; then the weight of the first.

    CPU is that of this process, mean of all askings: on SQLite all the work, on PostgreSQL the part outside the server.
    """
    messages = 3_000 if quick else 100_000
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}\n")
    with TemporaryDirectory(prefix="bench-") as folder, running_postgresql() as server:
        urls = {"SQLite": f"sqlite:///{folder}/register.db", "PostgreSQL": server.url(server.create_database())}
        for name, url in urls.items():
            place = Path(folder) / name
            place.mkdir()
            settings = the_settings(place, database={"url": url})
            service = replace(build(settings, Clock()), mailbox=FakeMailbox())
            started = time.perf_counter()
            fill(service)
            crowd(service, messages, NOW)
            with service.db.transaction() as session:
                queue_digest(session, service, Week(2021, 29), NOW)
            print(f"{name}: {messages} messages, filled in {time.perf_counter() - started:.0f} s\n")
            _measured(service, 3 if quick else 15)
            service.close()


def _measured(service: Service, times: int) -> None:
    with service.db.reading() as session:
        admin = session.scalars(select(User.id).where(User.name == "anna")).one()
    cookie = {"Cookie": f"{COOKIE}={open_session(service.db, admin, service.clock())}"}
    with _served(_empty()) as connection:
        base = statistics.median(_asked(connection, "/", {}, 200)[0])
    with _served(site(service)) as connection:
        rows: list[tuple[object, ...]] = []
        files: list[tuple[object, ...]] = []
        for path in (*_paths(service), *_ALSO):
            began = time.process_time()
            spans, size = _asked(connection, path, cookie, times)
            cpu = (time.process_time() - began) * 1000 / (len(spans) + 1)
            median = statistics.median(spans)
            row = (path, median, max(spans), cpu, median / base, round(size / 1000))
            (files if _FILES.search(path.partition("?")[0]) else rows).append(row)
        weight = _weight(connection, cookie)
    rows.sort(key=lambda row: float(str(row[1])), reverse=True)
    headings = ("page", "median, ms", "worst, ms", "CPU, ms", "of an empty answer", "KB")
    print_table(headings, [*rows, ("empty answer (baseline)", base, "", "", 1.0, 0)])
    slow = [str(row[0]) for row in rows if float(str(row[1])) > _SLOWEST]
    print(f"\nover {_SLOWEST} ms: {', '.join(slow) or 'none'}\n\nFiles, made whole when asked for:\n")
    print_table(headings, files)
    print(f"\nFirst page with everything it loads: {weight / 1000:.1f} KB\n")


def _paths(service: Service) -> Iterator[str]:
    """The address of every page, with a number from the middle of the register in each of its places."""
    with service.db.reading() as session:
        waiting = session.scalars(select(Adhesion.id).where(Adhesion.state == AdhesionState.REVIEW)).first()
        form = session.scalars(select(Adhesion).where(Adhesion.state == AdhesionState.VERSION)).all()[-1]
        body = session.scalars(select(Organisation.id).order_by(Organisation.id)).all()
        letter = session.scalars(select(Letter.id).order_by(Letter.id)).all()
    middle = {"/enti": body[len(body) // 2], "/lettere": letter[len(letter) // 2], "/messaggi": form.entry_id,
              "/adesioni": form.id}  # fmt: skip
    for page in PAGES:
        if page.method != "GET" or page.needs is Needs.NOTHING:
            continue
        number = 1 if _FILES.search(page.path) else next((n for at, n in middle.items() if page.path.startswith(at)), 1)
        path = page.path.replace("{id:int}", str(number)).replace("{theme}", "abitare").replace("{week}", "2021-W30")
        path = path.replace("{kind}", "adhesion-received" if "modelli" in path else "elenco")
        path = path.replace("{formato}", "xlsx")
        path = re.sub(r"\{pagina:int\}", "1", path)
        path = re.sub(r"\{\w+(:int)?\}", "0", path)
        yield path + ("?formato=xlsx" if path.endswith("esporta") else "")
    yield f"/adesioni/{waiting}"
    yield f"/enti/{body[0]}/decisioni?con={body[1]}"


def _asked(connection: http.client.HTTPConnection, path: str, headers: dict[str, str], times: int) -> tuple[
    list[float], int
]:  # fmt: skip
    """Milliseconds of each asking, and the bytes of the answer. Raises AssertionError for an answer of failure."""
    spans: list[float] = []
    size = 0
    for number in range(times + 1):
        started = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        size = len(answer.read())
        if number:
            spans.append((time.perf_counter() - started) * 1000)
        assert answer.status in (200, 303, 404, 503), (path, answer.status)
        if answer.status == 404:
            print(f"not there: {path}", file=sys.stderr)
        if answer.will_close or sum(spans) > 30_000:
            break
    return spans or [0.0], size


def _weight(connection: http.client.HTTPConnection, headers: dict[str, str]) -> int:
    """Bytes of the first page and of each file it names."""
    connection.request("GET", "/", headers=headers)
    page = connection.getresponse().read()
    files = set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', page))
    total = len(page)
    for name in files:
        connection.request("GET", name.decode(), headers=headers)
        total += len(connection.getresponse().read())
    return total


def _empty() -> Starlette:
    async def nothing(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("")

    return Starlette(routes=[Route("/", nothing)])


@contextmanager
def _served(app: Starlette) -> Iterator[http.client.HTTPConnection]:
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
    place = taken("127.0.0.1:0")
    run: Callable[[], None] = lambda: server.run(sockets=[place])  # noqa: E731 - what the thread does
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    with closing(http.client.HTTPConnection("127.0.0.1", place.getsockname()[1], timeout=120)) as connection:
        yield connection
    server.should_exit = True
    thread.join(5)
    place.close()
