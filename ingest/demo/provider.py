"""A certified mail provider on loopback: a real SMTP dialogue, real receipts (RFC 6109 §2.2).

`with Provider(accounts, deposit, now) as provider:` listens on `provider.port`. What it makes of a letter it hands to
`deposit(mailbox address, raw message, instant)`; receipts due later wait for `provider.deliver_due(now)`.
"""

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from ingest.demo.background import Background
from ingest.demo.conduct import Conduct, Fault, Step
from ingest.demo.consequences import Deposit, Submission, consequences

DepositInMailbox = Callable[[str, bytes, datetime], None]
_REFUSED = AuthResult(success=False, handled=False, message="535 5.7.8 Authentication failed")


@dataclass(frozen=True, slots=True)
class Channel:
    """How clients connect: `security` tls | starttls | none, with the server's TLS settings for the first two."""

    security: str = "none"
    context: ssl.SSLContext | None = None
    port: int = 0  # 0 = any free one


@dataclass
class Provider:
    """The provider. `submissions` is the wire log: every message a client sent to the end of DATA."""

    accounts: Mapping[str, str]  # login → password; the login is the address
    deposit: DepositInMailbox
    now: Callable[[], datetime]
    conduct: Conduct = field(default_factory=Conduct)
    channel: Channel = field(default_factory=Channel)
    style: dict[str, Any] = field(default_factory=dict)  # keywords of Facts: layout, authority, provider
    submissions: list[Submission] = field(default_factory=list)
    logins: list[tuple[str, bool]] = field(default_factory=list)  # (name, accepted), no passwords
    port: int = 0

    def __post_init__(self) -> None:
        self._background = Background()
        self._waiting: list[Deposit] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of itself at every login
        self._background.__enter__()
        tls = self.channel.context if self.channel.security == "tls" else None
        self.port = self._background.listen(self._dialogue, tls, self.channel.port)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._background.__exit__(kind, error, at)

    def letters(self) -> list[Submission]:
        """The submissions the provider took, whether or not the client was told."""
        return [found for found in self.submissions if found.accepted]

    def deliver_due(self, now: datetime) -> int:
        """Deposits what has become due by `now`; how many."""
        with self._lock:
            due = sorted((item for item in self._waiting if item.at <= now), key=lambda item: item.at)
            self._waiting = [item for item in self._waiting if item.at > now]
        for item in due:
            self.deposit(item.address, item.raw, item.at)
        return len(due)

    def _dialogue(self) -> SMTP:
        starttls = self.channel.security == "starttls"
        return SMTP(
            _Dialogue(self),
            hostname="smtp.gestore.example",
            ident="Gestore di prova",
            tls_context=self.channel.context if starttls else None,
            require_starttls=starttls,
            auth_require_tls=starttls,
            authenticator=self._authenticated,
            data_size_limit=self.conduct.size_limit,
            loop=self._background.loop,
        )

    def _authenticated(self, *dialogue: Any) -> AuthResult:
        """Whether name and password, the last of the five things aiosmtpd hands over, are those of an account."""
        given: LoginPassword = dialogue[-1]
        name, password = given.login.decode(), given.password.decode()
        fault = self.conduct.next_fault(Step.LOGIN)
        if fault:
            self.logins.append((name, False))
            return AuthResult(success=False, handled=False, message=fault.reply or _REFUSED.message)
        good = self.accounts.get(name) == password
        self.logins.append((name, good))
        return AuthResult(success=True, auth_data=given) if good else _REFUSED

    def take(self, submission: Submission) -> None:
        """Records an accepted submission and does what follows from it."""
        self.submissions.append(submission)
        for deposit in consequences(submission, self.conduct, **self.style):
            if deposit.at > submission.at:
                with self._lock:
                    self._waiting.append(deposit)
            else:
                self.deposit(deposit.address, deposit.raw, deposit.at)


class _Dialogue:
    """aiosmtpd's hooks: each answers with the SMTP reply."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The login's own address alone may send."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        fault = self.provider.conduct.next_fault(Step.MAIL)
        if fault:
            return await _struck(server, fault)
        if address.lower() != _login(session).lower():
            return f"553 5.7.1 <{address}>: Sender address rejected: not owned by user"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's names
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002 - aiosmtpd passes it
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Any address is taken; its fate shows in the receipts."""
        fault = self.provider.conduct.next_fault(Step.RCPT)
        if fault:
            return await _struck(server, fault)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The message is taken before the reply goes out: a connection lost between leaves doubt (RFC 5321 §6.1)."""
        provider = self.provider
        submission = Submission(
            _login(session),
            envelope.mail_from or "",
            tuple(envelope.rcpt_tos),
            envelope.original_content or b"",
            provider.now(),
        )
        fault = provider.conduct.next_fault(Step.DATA)
        if fault is None:
            reply = f"250 2.0.0 Ok: queued as {len(provider.submissions):05d}"
            await asyncio.to_thread(provider.take, replace(submission, reply=reply))
            return reply
        if fault.accepted:
            await asyncio.to_thread(provider.take, submission)
        else:
            provider.submissions.append(replace(submission, reply=fault.reply, accepted=fault.reply.startswith("250")))
        return await _struck(server, fault)


def _login(session: Session) -> str:
    given = session.auth_data
    return given.login.decode() if isinstance(given, LoginPassword) else ""


async def _struck(server: SMTP, fault: Fault) -> str:
    """The faulty reply, after its silence; or the connection's end."""
    await asyncio.sleep(fault.stall)
    if not fault.reply:
        if isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        await asyncio.sleep(60)  # cancelled by the loss of the connection
    return fault.reply
