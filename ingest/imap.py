"""The certified mailbox over IMAP.

Connected anew for each round, over verified TLS. A refused login is told apart from a server in trouble: providers
lock a mailbox whose password is tried again and again.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from ingest.connection import Watch, fault, unsaid, verifying_context
from ingest.imap_box import NONSENSE, ImapBox, ImapLimits
from ingest.keys import MailboxSettings, is_loopback
from ingest.mailbox import (
    LoginRefused,
    MailboxUnavailable,
)

_TEMPORARY = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")  # RFC 5530; the password was not judged


class ImapMailbox:
    """An account on a server, connected anew for each round."""

    def __init__(self, settings: MailboxSettings, limits: ImapLimits | None = None, *, tls: bool = True) -> None:
        if not tls and not is_loopback(settings.host):
            raise ValueError("without TLS only towards this machine")
        self._settings = settings
        self._limits = limits or ImapLimits()
        self._tls = tls

    @property
    def account(self) -> str:
        """User, host and port."""
        return self._settings.account

    @property
    def folder(self) -> str:
        """The polled folder."""
        return self._settings.folder

    @contextmanager
    def open(self, folder: str | None = None) -> Iterator[ImapBox]:
        """A connection, logged in, with `folder` (or the polled one) examined."""
        watch = Watch()
        client = self._connected(watch)
        try:
            self._log_in(client, watch)
            yield ImapBox(client, watch, folder or self.folder, self._limits)
        finally:
            _close(client, watch)

    def _connected(self, watch: Watch) -> Any:
        settings, limits = self._settings, self._limits
        try:
            context = verifying_context(settings.ca_file) if self._tls else None
            with watch.limit(limits.connect * 2):
                client = IMAPClient(
                    settings.host,
                    settings.port,
                    ssl=self._tls,
                    ssl_context=context,
                    timeout=SocketTimeout(limits.connect, limits.silence),
                )
        except (OSError, IMAPClientError, *NONSENSE) as error:
            raise MailboxUnavailable(
                f"cannot connect to {settings.host}:{settings.port}: {fault(error, watch)}"
            ) from error
        watch.line = client.socket()
        client.normalise_times = False
        raw: Any = getattr(client, "_imap", None)
        if hasattr(raw, "debug"):
            raw.debug = 0  # imapclient formats every line for a log nobody reads: three times slower
        return client

    def _log_in(self, client: Any, watch: Watch) -> None:
        user, password = self._settings.username, self._settings.password.get_secret_value()
        try:
            with watch.limit(self._limits.call):
                if (user + password).isascii():
                    client.login(user, password)
                else:  # LOGIN knows ASCII only
                    client.plain_login(user, password)
        except (OSError, IMAPClientError, *NONSENSE) as error:
            # imapclient calls a line lost during login a LoginError as well
            broken = isinstance(error, IMAPClientAbortError) or isinstance(error.__context__, IMAPClientAbortError)
            if broken or not isinstance(error, IMAPClientError):
                raise MailboxUnavailable(f"login was cut short: {fault(error, watch)}") from None
            said = unsaid(str(error), user, password)
            if any(code in said for code in _TEMPORARY):
                raise MailboxUnavailable(f"login is not possible now: {said[:200]}") from None
            raise LoginRefused(f"the server refused the login of {user}: {said[:200]}") from None


def _close(client: Any, watch: Watch) -> None:
    try:
        with watch.limit(5.0):
            client.logout()
    except (OSError, IMAPClientError, *NONSENSE):
        with suppress(OSError, IMAPClientError, *NONSENSE):
            client.shutdown()
