"""The mailboxes one contract is tested on; each can be changed behind the back of the program under test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from imapclient import IMAPClient

from ingest.connection import verifying_context
from ingest.imap import ImapMailbox
from ingest.imap_box import ImapLimits
from ingest.keys import MailboxSettings
from ingest.mailbox import Mailbox
from ingest.maildir import Maildir
from tests.fakes import FakeMailbox
from tests.servers.dovecot import Dovecot


class House(Protocol):
    """A mailbox with a back door."""

    mailbox: Any

    def deliver(self, *raws: bytes, seen: bool = False) -> None: ...
    def as_given(self, raw: bytes) -> bytes:
        """The bytes this server gives for a message delivered as `raw`."""

    def marks(self) -> object:
        """All flags of all messages, comparable."""

    def seen(self, folder: str) -> list[bool]:
        """Which messages of a folder carry the read mark."""

    def remove(self, uid: int) -> None: ...
    def renumber(self) -> None:
        """Give the folder a new uidvalidity."""

    def contents(self, folder: str) -> list[bytes]: ...


@dataclass
class FakeHouse:
    mailbox: FakeMailbox

    def deliver(self, *raws: bytes, seen: bool = False) -> None:
        self.mailbox.deliver(*raws, seen=seen)

    def as_given(self, raw: bytes) -> bytes:
        return raw

    def marks(self) -> object:
        return {uid: message.seen for uid, message in self.mailbox.messages["INBOX"].items()}

    def seen(self, folder: str) -> list[bool]:
        return [message.seen for message in self.mailbox.messages[folder].values()]

    def remove(self, uid: int) -> None:
        del self.mailbox.messages["INBOX"][uid]

    def renumber(self) -> None:
        self.mailbox.uidvalidity += 1

    def contents(self, folder: str) -> list[bytes]:
        return [message.raw for message in self.mailbox.messages.get(folder, {}).values()]


@dataclass
class MaildirHouse:
    path: Path
    mailbox: Mailbox
    delivered: int = 0

    def deliver(self, *raws: bytes, seen: bool = False) -> None:
        for raw in raws:
            self.delivered += 1
            name = f"{1_790_000_000 + self.delivered}.M1P1.prova"
            (self.path / (f"cur/{name}:2,S" if seen else f"new/{name}")).write_bytes(raw)

    def as_given(self, raw: bytes) -> bytes:
        return raw

    def marks(self) -> object:
        return sorted(str(path) for part in ("new", "cur") for path in (self.path / part).iterdir())

    def seen(self, folder: str) -> list[bool]:
        return [path.name.endswith(":2,S") for path in self.path.glob(f".{folder}/[cn][ue][rw]/*")]

    def remove(self, uid: int) -> None:
        files = sorted((path.name, path) for part in ("new", "cur") for path in (self.path / part).iterdir())
        files[uid - 1][1].unlink()

    def renumber(self) -> None:
        (self.path / ".pec-ingest-uids").unlink()

    def contents(self, folder: str) -> list[bytes]:
        return [path.read_bytes() for path in self.path.glob(f".{folder}/[cn][ue][rw]/*")]


@dataclass
class DovecotHouse:
    server: Dovecot
    user: str
    mailbox: Mailbox

    def deliver(self, *raws: bytes, seen: bool = False) -> None:
        self.server.deliver(self.user, *raws, seen=seen)

    def as_given(self, raw: bytes) -> bytes:
        """Dovecot gives every line its CRLF."""
        return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def marks(self) -> object:
        with self._client() as client:
            client.select_folder("INBOX", readonly=True)
            # \Recent belongs to the session that looks first, not to the message
            answers = client.fetch(client.search(), ["FLAGS"])
            return {uid: set(each[b"FLAGS"]) - {rb"\Recent"} for uid, each in answers.items()}

    def seen(self, folder: str) -> list[bool]:
        with self._client() as client:
            client.select_folder(folder, readonly=True)
            return [rb"\Seen" in each[b"FLAGS"] for each in client.fetch(client.search(), ["FLAGS"]).values()]

    def remove(self, uid: int) -> None:
        with self._client() as client:
            client.select_folder("INBOX")
            client.delete_messages([uid])
            client.uid_expunge([uid])

    def renumber(self) -> None:
        box = self.server.dir / "mail" / self.user
        for path in [*box.glob("dovecot.index*"), box / "dovecot-uidlist"]:
            path.unlink(missing_ok=True)

    def contents(self, folder: str) -> list[bytes]:
        with self._client() as client:
            client.select_folder(folder, readonly=True)
            return [each[b"BODY[]"] for each in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]

    def _client(self) -> Any:
        context = verifying_context(self.server.certificate)
        client = IMAPClient(self.server.host, self.server.port, ssl_context=context, timeout=10)
        client.login(self.user, self.server.password)
        return client


def a_maildir_house(path: Path) -> MaildirHouse:
    for part in ("new", "cur", "tmp"):
        (path / part).mkdir(parents=True)
    return MaildirHouse(path, Maildir(path))


def a_dovecot_house(server: Dovecot, limits: ImapLimits | None = None) -> DovecotHouse:
    user = server.new_user()
    server.deliver(user)  # an empty inbox
    return DovecotHouse(server, user, ImapMailbox(settings_for(server, user), limits))


def settings_for(server: Any, user: str = "comune@pec.example", **changes: Any) -> MailboxSettings:
    given = {"host": server.host, "port": server.port, "username": user, "ca_file": server.certificate}
    return MailboxSettings(**{**given, "password": server.password, **changes})
