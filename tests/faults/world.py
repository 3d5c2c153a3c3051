"""A world for the service to die in: a mailbox, a certified provider that answers, a register; and the victim."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from itertools import count
from pathlib import Path
from typing import Any, Self

from ingest.demo.conduct import Conduct
from ingest.demo.facts import OFFICE
from ingest.demo.pki import authority
from ingest.demo.provider import Channel, Provider
from ingest.demo.tls import ServerCertificate
from tests.faults.life import Hand
from tests.servers.account import hand_over
from tests.servers.dovecot import Dovecot

PASSWORD = "parola-di-prova"
MORNING = datetime(2026, 10, 7, 7, 0, tzinfo=UTC)
AFTER_A_DEATH = timedelta(minutes=3)  # the dead process's lease has run out
ROOT = Path(__file__).parents[2]
_serial = count(1)


@dataclass
class Inbox:
    """The office's mailbox: an account of a real IMAP server, or a maildir; filled as a delivery agent does."""

    root: Path
    server: Dovecot | None = None
    user: str = ""
    arrived: list[bytes] = field(default_factory=list)

    def deliver(self, raw: bytes, at: datetime) -> None:
        """The file's time is what the server gives as INTERNALDATE."""
        self.arrived.append(raw)
        name = f"{1_790_000_000 + next(_serial)}.M1P1.prova"
        path = self.root / "tmp" / name
        path.write_bytes(raw)
        os.utime(path, (at.timestamp(), at.timestamp()))
        if self.server is not None:
            hand_over(path)
        path.rename(self.root / "new" / name)

    def folders(self) -> dict[str, list[bytes]]:
        """What lies where, read from the disk; folders by their Maildir++ names."""
        found = {"INBOX": self.root} | {path.name: path for path in self.root.glob(".*") if (path / "cur").is_dir()}
        return {
            name: [file.read_bytes() for part in ("new", "cur") for file in sorted((path / part).iterdir())]
            for name, path in found.items()
        }

    def keys(self) -> dict[str, Any]:
        """Of [mailbox]."""
        if self.server is None:
            return {"maildir": str(self.root), "address": OFFICE}
        return {
            "host": self.server.host, "port": self.server.port, "username": self.user, "address": OFFICE,
            "password": self.server.password, "ca_file": str(self.server.certificate),
        }  # fmt: skip


@dataclass
class World:
    """Everything around the service; `hand` is the time for all of them."""

    folder: Path
    inbox: Inbox
    provider: Provider
    hand: Hand
    sections: dict[str, dict[str, Any]]
    known: list[Path] = field(default_factory=list)  # messages whose verdict need not be found anew
    witness: Path | None = None  # where the service's processes note what they committed, for strangers to look for
    look: Callable[[], None] = lambda: None  # by another process, at the register: is all of that there?

    def receive(self, *raws: bytes) -> None:
        """Messages from outside arrive."""
        self.foresee(*raws)
        for raw in raws:
            self.inbox.deliver(raw, parsedate_to_datetime(message_from_bytes(raw)["Date"]))

    def foresee(self, *raws: bytes) -> None:
        """Messages that will arrive: a life that begins later knows their verdicts."""
        for raw in raws:
            path = self.folder / "known" / f"{hashlib.sha256(raw).hexdigest()}.eml"
            if path not in self.known:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(raw)
                self.known.append(path)

    def order(self, **how: Any) -> dict[str, Any]:
        """A life for a victim."""
        known, witness = [str(path) for path in self.known], str(self.witness) if self.witness else None
        now = self.hand.now.isoformat()
        return {"sections": self.sections, "now": now, "known": known, "witness": witness, **how}


@contextmanager
def a_world(
    folder: Path, url: str, *, server: Dovecot | None = None, certificate: ServerCertificate | None = None,
    **changes: dict[str, Any],
) -> Iterator[World]:  # fmt: skip
    """On a migrated register at `url`; without `server` the mailbox is a maildir, without `certificate` no TLS."""
    hand = Hand(MORNING)
    folder.mkdir(parents=True, exist_ok=True)
    inbox = _an_inbox(folder, server)

    def deposit(address: str, raw: bytes, at: datetime) -> None:
        if address == OFFICE:
            inbox.deliver(raw, at)

    channel = Channel("tls", certificate.context()) if certificate else Channel()
    with Provider({OFFICE: PASSWORD}, deposit, hand, Conduct(), channel) as provider:
        anchor = folder / "authority.pem"
        anchor.write_bytes(authority().ca_pem)
        sections: dict[str, dict[str, Any]] = {
            "mailbox": {**inbox.keys(), "after": "move", "idle": False},
            "smtp": {
                "host": "localhost", "port": provider.port, "username": OFFICE, "password": PASSWORD,
                **({"ca_file": str(certificate.ca_file)} if certificate else {"security": "none"}),
            },
            "pec": {"trust_anchors": [str(anchor)]},
            "database": {"url": url},
            "storage": {"path": str(folder / "originals")},
            "answers": {"per_address_limit": 1000, "daily_limit": 1000},
            "digest": {"to": []},
            "console": {"listen": ""},
        }  # fmt: skip
        merged = {name: {**sections.get(name, {}), **changes.get(name, {})} for name in {**sections, **changes}}
        yield World(folder, inbox, provider, hand, merged)


def _an_inbox(folder: Path, server: Dovecot | None) -> Inbox:
    if server is None:
        for part in ("new", "cur", "tmp"):
            (folder / "maildir" / part).mkdir(parents=True)
        return Inbox(folder / "maildir")
    user = server.new_user()
    server.deliver(user)
    return Inbox(server.dir / "mail" / user, server, user)


class Victim:
    """The process that bears the processes to kill (tests.faults.victim)."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.victim"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."},
        )  # fmt: skip
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(300)
        self._process.stdout.close()

    def live(self, world: World, **how: Any) -> dict[str, Any]:
        """One life, to its end or to its death; the world's time then is past the lease of the dead."""
        self._say(world.order(**how))
        return self._told(world)

    def begin(self, world: World, **how: Any) -> tuple[int, Callable[[], dict[str, Any]]]:
        """A life under way: its process id, and what waits for its end."""
        self._say(world.order(watched=True, **how))
        return int(self._line()), lambda: self._told(world)

    def ended(self) -> dict[str, Any]:
        """How a life that was begun ended, once it has; the world's time stays."""
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def _told(self, world: World) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._line())
        ended = datetime.fromisoformat(answer.get("now", world.hand.now.isoformat()))
        world.hand.now = max(ended, world.hand.now) + AFTER_A_DEATH
        world.look()
        return answer

    def _say(self, order: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()
