"""A small region: two towns with a maildir each, three notices, one register; letters stay with a post of each town."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ingest.app import Service, build_all
from ingest.daemon import Daemon
from ingest.demo.forms import Body, filled_form
from ingest.demo.messages import an_envelope
from ingest.demo.originals import an_original
from ingest.demo.pki import authority
from ingest.demo.samples import CASA, PONTE
from ingest.deployments import parse_all
from ingest.rounds import RoundReport
from models import Base, Entry, Letter, Organisation
from tests.fakes import FakePost
from tests.rounds.conftest import InThisProcess

AT = datetime(2021, 7, 20, 10, 0, tzinfo=UTC)
PLAN, HOMES, OTHER = "piano-di-zona-2021-2023", "contributi-affitto", "impianti-sportivi"
HOME = {"a": "a@pec.example.it", "b": "b@pec.example.it"}
BODIES = (PONTE, CASA)


@dataclass
class Region:
    """The services of both towns, and what each sent."""

    services: dict[str, Service]
    posts: dict[str, FakePost]
    folder: Path
    counted: int = 0
    reports: list[RoundReport] = field(default_factory=list)

    @property
    def db(self) -> Any:
        return self.services["a"].db

    def deliver(self, town: str, raw: bytes) -> None:
        self.counted += 1
        (self.folder / town / "new" / f"{1_700_000_000 + self.counted}.M{self.counted}.host").write_bytes(raw)

    def round(self, town: str) -> RoundReport:
        daemon = Daemon(self.services[town])
        try:
            report = daemon.round()
        finally:
            daemon.give_back()
        assert report is not None
        return report

    def rows(self, table: type[Base]) -> list[Any]:
        with self.db.reading() as session:
            return list(session.scalars(select(table).order_by(table.id)))  # type: ignore[attr-defined]

    def entries(self) -> list[Entry]:
        return self.rows(Entry)

    def letters(self) -> list[Letter]:
        return self.rows(Letter)

    def organisations(self) -> list[Organisation]:
        return self.rows(Organisation)


def a_message(town: str, body: Body = PONTE, subject: str = "Allegato 1", **facts: Any) -> bytes:
    """A certified message with a form of the plan, sent to a town."""
    known = {"sender": body.pec, "msgid": f"{town}.{body.code}.{len(subject)}@pec.example", **facts}
    given = {"attachments": [("Allegato 1.pdf", "application/pdf", filled_form(body))], "at": AT, **known}
    return an_envelope(an_original(recipients=(HOME[town],), subject=subject, **given), at=given["at"])


def sections(folder: Path, url: str) -> dict[str, Any]:
    """The configuration: the plan arrives at both towns, the homes' notice at a, the sports' at b."""
    (folder / "authority.pem").write_bytes(authority().ca_pem)
    for town in HOME:
        for name in ("cur", "new", "tmp"):
            (folder / town / name).mkdir(parents=True, exist_ok=True)
    title = "Avviso pubblico per la co-programmazione del Piano Sociale di Zona 2021-2023"
    return {
        "mailboxes": [
            {"name": town, "maildir": str(folder / town), "address": address, "smtp": {"username": address}}
            for town, address in HOME.items()
        ],
        "notices": [
            {"id": PLAN, "title": title, "deadline": "2021-07-29", "digest": {"to": ["piano@example.it"]}},
            {"id": HOMES, "title": "Contributi per l'affitto", "deadline": "2021-07-29", "mailboxes": ["a"],
             "named_by": ["bando case"], "digest": {"to": ["case@example.it"]}},
            {"id": OTHER, "title": "Impianti sportivi", "deadline": "2021-07-29", "mailboxes": ["b"]},
        ],
        "pec": {"trust_anchors": [str(folder / "authority.pem")]},
        "database": {"url": url}, "storage": {"path": str(folder / "originals")}, "console": {"listen": ""},
        "smtp": {"host": "localhost"},
    }  # fmt: skip


@contextmanager
def a_region(folder: Path, url: str, **changes: Any) -> Iterator[Region]:
    given = {**sections(folder, url), **changes}
    built = build_all(parse_all(given, {}), lambda: AT)
    posts = {town: FakePost() for town in HOME}
    services = {
        one.settings.beside.name: replace(
            one,
            post=posts[one.settings.beside.name],  # type: ignore[arg-type]
            sandbox=InThisProcess(),  # type: ignore[arg-type]
        )
        for one in built
    }
    built[0].db.upgrade()
    yield Region(services, posts, folder)
    built[0].close()
