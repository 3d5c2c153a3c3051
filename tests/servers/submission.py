"""A submission server for tests (aiosmtpd) that takes letters, or fails at the step it is told to."""

import asyncio
import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.account import free_port
from tests.servers.certificate import write_certificate

LOST = "lost"  # instead of an answer, the line is cut
SILENCE = "silence"  # instead of an answer, nothing


@dataclass
class Office:
    """Answers per step ("mail", "rcpt", an address, "data"), and what was taken."""

    answers: dict[str, str] = field(default_factory=dict)
    user: str = "comune@pec.example"
    password: str = "parola-di-prova"
    taken: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)
    logins: list[tuple[str, bool]] = field(default_factory=list)
    with_login: bool = True
    host: str = "localhost"
    port: int = 0
    certificate: Path = Path()

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.with_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return await self._said(server, "mail")

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = await self._said(server, address if address in self.answers else "rcpt")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append((str(envelope.mail_from), tuple(envelope.rcpt_tos), envelope.content))
        said = await self._said(server, "data")
        if said[0] in "45":
            self.taken.pop()
        return said

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        right = (given.login.decode(), given.password.decode()) == (self.user, self.password)
        self.logins.append((mechanism, right))
        plain = base64.b64encode(b"\0" + given.login + b"\0" + given.password).decode()
        told = {"plain": plain, "login": base64.b64encode(given.password).decode(), "itself": given.password.decode()}
        message = self.answers["auth"].format(**told) if "auth" in self.answers else None
        return AuthResult(success=right, handled=False, message=message)

    async def _said(self, server: SMTP, step: str) -> str:
        answer = self.answers.get(step, "250 OK")
        if answer == LOST:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        if answer == SILENCE:
            await asyncio.sleep(5)
        return answer if answer[0].isdigit() else "250 OK"


@contextmanager
def running_office(
    folder: Path, answers: dict[str, str] | None = None, *, security: str = "tls", with_login: bool = True
) -> Iterator[Office]:
    """The office on a free port of this machine; `security` as in the configuration."""
    certificate, key = write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    office = Office(answers or {}, with_login=with_login, certificate=certificate)
    options: dict[str, Any] = {"authenticator": office.authenticate} if with_login else {}
    if security == "tls":
        options |= {"ssl_context": context, "auth_require_tls": False}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    office.port = free_port()
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
