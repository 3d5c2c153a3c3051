"""A whole house for end-to-end tests: the real service between a real IMAP server and a provider that answers.

Everything speaks TLS over loopback. What the provider makes of a letter is APPENDed to the mailbox with its own
INTERNALDATE; the clock is the test's.
"""

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from imapclient import IMAPClient
from sqlalchemy import func, select

from ingest.app import Service
from ingest.config import example_settings, example_text
from ingest.daemon import Daemon
from ingest.database import Database
from ingest.demo.conduct import Conduct
from ingest.demo.consequences import Submission
from ingest.demo.facts import OFFICE
from ingest.demo.pki import authority
from ingest.demo.provider import Channel, Provider
from ingest.demo.tls import ServerCertificate
from ingest.imap import ImapMailbox
from ingest.keys import Settings
from ingest.post import Post
from ingest.queries import LogFilter, LogRow, OutgoingRow, log_rows, outgoing_rows
from ingest.rounds import RoundReport
from ingest.sandbox import Sandbox
from ingest.store import Store
from models import Base, Letter
from tests.servers.dovecot import Dovecot

PASSWORD = "parola-di-prova"
MORNING = datetime(2026, 10, 7, 7, 0, tzinfo=UTC)  # a Wednesday, after every message of the gallery
_MOST_ROUNDS = 8
_NOT_THE_REGISTER = {"round", "lease", "condition", "alembic_version"}  # rows about the service's own life


@dataclass
class Clock:
    """The time as the test sets it, always aware."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Inbox:
    """The office's mailbox as a clerk's own mail program sees it."""

    server: Dovecot
    user: str

    @contextmanager
    def client(self, folder: str = "", *, readonly: bool = True) -> Iterator[Any]:
        context = _trusting(self.server.certificate)
        with IMAPClient(self.server.host, self.server.port, ssl=True, ssl_context=context) as client:
            client.login(self.user, self.server.password)
            if folder:
                client.select_folder(folder, readonly=readonly)
            yield client

    def append(self, raw: bytes, at: datetime, *flags: str, folder: str = "INBOX") -> None:
        with self.client() as client:
            client.append(folder, raw, flags, at)

    def append_all(self, messages: list[tuple[bytes, datetime, tuple[str, ...]]]) -> None:
        """Many messages over one connection."""
        with self.client() as client:
            for raw, at, flags in messages:
                client.append("INBOX", raw, flags, at)

    def flags(self, folder: str = "INBOX") -> dict[int, frozenset[bytes]]:
        r"""The flags of every message by UID; without \Recent, which belongs to a session and not to a message."""
        with self.client(folder) as client:
            listed = client.search()
            found = client.fetch(listed, ["FLAGS"]) if listed else {}
            return {uid: frozenset(given[b"FLAGS"]) - {b"\\Recent"} for uid, given in found.items()}

    def uids(self, folder: str = "INBOX") -> list[int]:
        with self.client(folder) as client:
            return sorted(client.search())

    def folders(self) -> set[str]:
        with self.client() as client:
            return {name for _, _, name in client.list_folders()}

    def messages(self, folder: str = "INBOX") -> dict[int, bytes]:
        with self.client(folder) as client:
            found = client.search()
            fetched = client.fetch(found, ["BODY.PEEK[]"]) if found else {}
            return {uid: given[b"BODY[]"] for uid, given in fetched.items()}

    def delete(self, *uids: int, folder: str = "INBOX") -> None:
        """As a clerk deletes in the webmail."""
        with self.client(folder, readonly=False) as client:
            client.delete_messages(list(uids))
            client.expunge(list(uids))


@dataclass(frozen=True)
class Premises:
    """What the offices of a session share, because it takes long to make."""

    server: Dovecot
    certificate: ServerCertificate  # of the provider
    sandbox: Sandbox
    register: Path  # an empty one, on SQLite


@dataclass
class House:
    """Service, mailbox and provider of one office."""

    folder: Path
    inbox: Inbox
    provider: Provider
    service: Service
    clock: Clock

    def to_the_present(self) -> None:
        """Sets the clock to the real time, for work shared with processes, which read the real one."""
        self.clock.now = datetime.now(UTC) + timedelta(seconds=5)

    @property
    def db(self) -> Database:
        return self.service.db

    @property
    def sent(self) -> list[Submission]:
        """The wire log: every message a client gave to the end of DATA."""
        return self.provider.submissions

    def round(self) -> RoundReport:
        """One round as the daemon does it, then the lease is given back."""
        daemon = Daemon(self.service)
        try:
            report = daemon.round()
        finally:
            daemon.give_back()
        assert report is not None, "another process holds the mailbox"
        return report

    def settle(self) -> list[RoundReport]:
        """Rounds, a minute apart, until one finds nothing to do."""
        reports: list[RoundReport] = []
        for _ in range(_MOST_ROUNDS):
            reports.append(self.round())
            self.clock.advance(minutes=1)
            if not (reports[-1].collected or reports[-1].submitted or reports[-1].failed):
                return reports
        raise AssertionError(f"not quiet after {_MOST_ROUNDS} rounds: {reports[-1]}")

    def log(self) -> list[LogRow]:
        with self.db.reading() as session:
            return log_rows(session, LogFilter(limit=10_000))[::-1]

    def letters(self) -> list[OutgoingRow]:
        with self.db.reading() as session:
            return outgoing_rows(session)[::-1]

    def letter_of(self, entry: int) -> Letter:
        with self.db.reading() as session:
            return session.scalars(select(Letter).where(Letter.entry_id == entry)).one()

    def rows(self) -> dict[str, int]:
        """The number of rows of every table of the register."""
        with self.db.reading() as session:
            return {
                name: session.scalar(select(func.count()).select_from(table)) or 0
                for name, table in Base.metadata.tables.items()
                if name not in _NOT_THE_REGISTER
            }

    def environment(self) -> dict[str, str]:
        """The configuration of this house for a process of its own: a file in PEC_INGEST_CONFIG, the rest by name."""
        file = self.folder / "config.toml"
        file.write_text(example_text(), encoding="utf-8")
        given = {"PEC_INGEST_CONFIG": str(file)}
        for section, keys in self.sections().items():
            for key, value in keys.items():
                text = str(list(value)).replace("'", '"') if isinstance(value, list) else str(value)
                given[f"PEC_INGEST__{section.upper()}__{key.upper()}"] = text
        return {**os.environ, **given}

    def sections(self) -> dict[str, dict[str, Any]]:
        return _sections(self.folder, self.inbox, self.provider.port, self.service.db.url)

    def command(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """`pec-ingest …` as a process of its own, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "ingest", *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            env={**self.environment(), **environment},
        )


@contextmanager
def a_house(folder: Path, premises: Premises, url: str = "", **changes: dict[str, Any]) -> Iterator[House]:
    """An office with an empty mailbox and an empty register, on SQLite without `url`.

    `changes` are keys of sections of the configuration.
    """
    clock, inbox = Clock(), Inbox(premises.server, premises.server.new_user())
    premises.server.deliver(inbox.user)
    shutil.copy(premises.register, folder / "prova.db")

    def deposit(address: str, raw: bytes, at: datetime) -> None:
        if address == OFFICE:  # the applicants' own mailboxes are nobody's here
            inbox.append(raw, at)

    channel = Channel("tls", premises.certificate.context())
    with Provider({OFFICE: PASSWORD}, deposit, clock, Conduct(), channel) as provider:
        (folder / "authority.pem").write_bytes(authority().ca_pem)
        (folder / "server.pem").write_bytes(premises.certificate.ca_file.read_bytes())
        given = _sections(folder, inbox, provider.port, url or f"sqlite:///{folder / 'prova.db'}")
        service = _service(_settings(given, changes), clock, premises.sandbox)
        try:
            if url:
                service.db.upgrade()
            yield House(folder, inbox, provider, service, clock)
        finally:
            service.db.close()


def another(house: House) -> Service:
    """A second service on the same mailbox and register, as a second daemon would build it."""
    return _service(house.service.settings, house.clock, house.service.sandbox)


def _service(settings: Settings, clock: Callable[[], datetime], sandbox: Sandbox) -> Service:
    return Service(
        settings=settings,
        context=settings.context(),
        db=Database(settings.database.url.get_secret_value()),
        store=Store(settings.storage.path),
        mailbox=ImapMailbox(settings.mailbox),
        post=Post(settings.smtp),
        alerts=None,
        sandbox=sandbox,
        clock=clock,
    )


def _sections(folder: Path, inbox: Inbox, smtp_port: int, url: str) -> dict[str, dict[str, Any]]:
    return {
        "mailbox": {
            "host": inbox.server.host, "port": inbox.server.port, "username": inbox.user, "address": OFFICE,
            "password": inbox.server.password, "ca_file": str(inbox.server.certificate), "poll_every": "1s",
        },
        "smtp": {
            "host": "localhost", "port": smtp_port, "username": OFFICE, "password": PASSWORD,
            "ca_file": str(folder / "server.pem"),
        },
        "pec": {"trust_anchors": [str(folder / "authority.pem")]},
        "database": {"url": url},
        "storage": {"path": str(folder / "originals")},
        "notice": {"works_start": "2021-09-15T23:59:59+02:00"},
        "answers": {"per_address_limit": "1000", "daily_limit": "1000"},
        "digest": {"to": []},
        "console": {"listen": ""},
    }  # fmt: skip


def _settings(given: Mapping[str, dict[str, Any]], changes: Mapping[str, dict[str, Any]]) -> Settings:
    names = [*given, *(name for name in changes if name not in given)]
    return example_settings(**{name: {**given.get(name, {}), **changes.get(name, {})} for name in names})


def _trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))
