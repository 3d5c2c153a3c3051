"""An IMAP mailbox on loopback, in memory: pymap as a library, with TLS from the first byte.

`with Mailbox(address, password) as mailbox:` serves one user on `mailbox.port`; `mailbox.deposit(raw, at)` lays a
message there byte for byte, as a provider does. Needs no system package; it has IDLE, MOVE and UIDPLUS, no CONDSTORE.
"""

import asyncio
import ssl
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pysasl.hashing import BuiltinHash

from ingest.demo.background import Background

FOLDERS = ("Elaborati", "Da verificare")


@dataclass
class Mailbox:
    """The server of one certified mailbox."""

    address: str  # also the login
    password: str
    tls: ssl.SSLContext | None = None  # None: no TLS, for loopback only
    folders: Sequence[str] = FOLDERS  # beside INBOX
    port: int = 0  # 0 = any free one; the real one once entered
    _background: Background = field(default_factory=Background, repr=False)
    _boxes: Any = field(default=None, repr=False)  # pymap's MailboxSet
    _context: Any = field(default=None, repr=False)  # pymap's configuration

    def __enter__(self) -> Self:
        self._background.__enter__()
        try:
            serve = self._background.run(self._opened())
            loop = self._background.loop

            def dialogue() -> asyncio.StreamReaderProtocol:
                return asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), serve, loop=loop)

            self.port = self._background.listen(dialogue, self.tls, self.port)
        except BaseException:
            self._background.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._background.__exit__(kind, error, at)

    def deposit(self, raw: bytes, at: datetime, folder: str = "INBOX") -> None:
        """Lays `raw` in the folder with INTERNALDATE `at` (aware). From any thread but the server's own."""
        self._background.run(self._append(raw, at, folder))

    async def _append(self, raw: bytes, at: datetime, folder: str) -> None:
        self._context.apply_context()
        box = await self._boxes.get_mailbox(folder)
        await box.append(AppendMessage(raw, at.astimezone(UTC)), recent=True)

    async def _opened(self) -> Any:
        """The backend with its folders; returns the callback that serves one connection."""
        options = Namespace(
            host="127.0.0.1", port=0, debug=False, cert=None, key=None, tls=False, passlib_cfg=None,
            proxy_protocol=None, inherited_sockets=None,
            demo_data=False, demo_user=self.address, demo_password=self.password,
        )  # fmt: skip
        backend, self._context = await DictBackend.init(
            options,
            cpu_subsystem=Subsystem.for_asyncio(),  # no thread pool that outlives the server
            hash_context=BuiltinHash(rounds=1),  # the password lives in memory beside its hash
            reject_dnsbl=False,
        )
        self._context.apply_context()
        self._boxes = MailboxSet()
        for folder in self.folders:
            await self._boxes.add_mailbox(folder)
        self._context.set_cache[self.address] = (self._boxes, FilterSet())
        reader = ProxyProtocolReader(self._context.proxy_protocol)
        dialogue = reader.get_callback(IMAPServer(backend.login, self._context))

        async def served(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
            self._context.apply_context()  # a context variable: each connection is a task of its own
            self._background.remember(outgoing)
            try:
                await dialogue(incoming, outgoing)
            except (ConnectionError, asyncio.CancelledError):
                outgoing.transport.abort()  # the client went away, or we are closing

        return served
