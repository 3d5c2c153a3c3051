"""Handing one letter to the provider's submission server, and knowing what became of it.

The one thing that must never be guessed: from the first byte of the letter until the server's answer to its end, any
failure leaves it UNCERTAIN, because servers were seen to accept what they never confirmed. Whoever calls must then look
for the provider's receipt before thinking of sending again. Every other failure means that nothing was sent.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ingest.connection import Watch, fault, in_base64, unsaid, verifying_context
from ingest.keys import SmtpSettings, is_loopback

_LOGIN_FIRST = (530, 534, 535, 538)  # RFC 4954 §6: our account's trouble, not the letter's
_NAME = "[127.0.0.1]"  # EHLO with an address literal (RFC 5321 §4.1.3): no name look-up, nothing about our network


class SubmissionState(StrEnum):
    """What became of a letter at the submission server."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"  # nothing was sent: try again later
    PERMANENT = "permanent"  # refused: trying again is of no use
    UNCERTAIN = "uncertain"  # it may have been sent: look for its receipt, do not send again
    UNREACHABLE = "unreachable"  # nothing was sent, and no letter can be now: the server is away, or lets nobody in yet
    LOGIN_REFUSED = "login-refused"  # nothing was sent, and no letter will be: stop before the account is locked


@dataclass(frozen=True, slots=True)
class Refusal:
    """One recipient the server did not take."""

    address: str
    code: int
    detail: str


@dataclass(frozen=True, slots=True)
class Submission:
    """The outcome, the server's words for an operator, and recipients refused although others were accepted."""

    state: SubmissionState
    detail: str
    refused: tuple[Refusal, ...] = ()


class Sender(Protocol):
    """What the outbox needs of the post."""

    def submit(self, raw: bytes, sender: str, *to: str) -> Submission:
        """Hand over one letter."""

    def probe(self) -> Submission:
        """Whether a letter could be handed over now; UNREACHABLE when none could."""


@dataclass(frozen=True, slots=True)
class PostLimits:
    """Seconds: to connect, for a step, for the answer to the letter (RFC 5321 §4.5.3.2.6: ten minutes).

    After `before` a letter is not begun any more: who slept so long was given up, and a person may have sent a copy.
    """

    connect: float = 20.0
    step: float = 120.0
    answer: float = 600.0
    before: float = 300.0  # from taking up a letter to its first byte, the machine's sleep included


class _StepError(Exception):
    """The submission ended before the letter was begun."""

    def __init__(self, state: SubmissionState, detail: str, refused: tuple[Refusal, ...] = ()) -> None:
        super().__init__(detail)
        self.outcome = Submission(state, detail, refused)


class Post:
    """The submission server of [smtp] or [alerts]; one connection per letter."""

    def __init__(self, settings: SmtpSettings, limits: PostLimits | None = None) -> None:
        if not settings.host:
            raise ValueError("no submission server is configured")
        if settings.security == "none" and not is_loopback(settings.host):
            raise ValueError("without TLS only towards this machine")
        self._settings = settings
        self._limits = limits or PostLimits()

    def submit(self, raw: bytes, sender: str, *to: str) -> Submission:
        """Hand over `raw` (a complete message) from `sender` to each of `to`; never raises for what the server does.

        ACCEPTED when at least one recipient was taken: see `refused`.
        """
        if not to:
            raise ValueError("a letter without recipient")
        watch, begun = Watch(), _uptime()
        try:
            with self._connected(watch) as smtp:
                refused = self._addressed(smtp, watch, sender, to)
                self._in_time(smtp, begun)
                return self._handed_over(smtp, watch, raw, refused)
        except _StepError as error:
            return error.outcome

    def probe(self) -> Submission:
        """Connect, log in, leave: ACCEPTED when a letter could be handed over now."""
        try:
            with self._connected(Watch()):
                return Submission(SubmissionState.ACCEPTED, "login accepted")
        except _StepError as error:
            return error.outcome

    @contextmanager
    def _connected(self, watch: Watch) -> Iterator[smtplib.SMTP]:
        smtp = None
        try:
            with self._before(watch, "connecting", SubmissionState.UNREACHABLE):
                smtp = self._greeted(watch)
            with self._before(watch, "login", SubmissionState.UNREACHABLE):
                self._log_in(smtp)
            yield smtp
        finally:
            if smtp is not None:
                with suppress(OSError, smtplib.SMTPException), watch.limit(5.0):
                    smtp.quit()  # what was answered stands, however the farewell goes
                smtp.close()

    def _greeted(self, watch: Watch) -> smtplib.SMTP:
        settings, limits = self._settings, self._limits
        host, port = settings.host, settings.port
        context = verifying_context(settings.ca_file) if settings.security != "none" else None
        smtp: smtplib.SMTP
        if settings.security == "tls" and context is not None:
            smtp = smtplib.SMTP_SSL(host, port, _NAME, timeout=limits.connect, context=context)
        else:
            smtp = smtplib.SMTP(host, port, _NAME, timeout=limits.connect)
        try:
            self._introduce(smtp, watch, context if settings.security == "starttls" else None)
        except (OSError, smtplib.SMTPException, ValueError):
            smtp.close()
            raise
        return smtp

    def _introduce(self, smtp: smtplib.SMTP, watch: Watch, starttls: ssl.SSLContext | None) -> None:
        assert smtp.sock is not None
        watch.line = smtp.sock
        smtp.sock.settimeout(self._limits.step)
        smtp.ehlo_or_helo_if_needed()
        if starttls is not None:
            smtp.starttls(context=starttls)  # raises if the server has none: never on in clear text
            smtp.ehlo()

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        """One attempt with one mechanism: smtplib's own login tries each in turn, and a lock-out counts them all."""
        user, password = self._settings.username, self._settings.password.get_secret_value()
        if not user:
            return
        offered = str(smtp.esmtp_features.get("auth", "")).upper().split()
        if "PLAIN" in offered:
            code, said = smtp.docmd("AUTH", "PLAIN " + in_base64(f"\0{user}\0{password}"))
        elif "LOGIN" in offered:
            code, said = smtp.docmd("AUTH", "LOGIN")
            for secret in (user, password):
                if code == 334:
                    code, said = smtp.docmd(in_base64(secret))
        else:
            raise _StepError(SubmissionState.LOGIN_REFUSED, "the server offers no login by password")
        if code == 235:
            return
        state = SubmissionState.LOGIN_REFUSED if code >= 500 else SubmissionState.UNREACHABLE
        told = unsaid(said.decode("utf-8", "replace"), user, password)
        raise _StepError(state, f"login of {user} refused: {_words(code, told)}")

    def _addressed(self, smtp: smtplib.SMTP, watch: Watch, sender: str, to: Sequence[str]) -> tuple[Refusal, ...]:
        """The recipients refused while others were taken. Raises _StepError when the letter cannot go."""
        if not all(address.isascii() and address.isprintable() for address in (sender, *to)):
            raise _StepError(SubmissionState.PERMANENT, "an address holds characters that cannot be sent")
        with self._before(watch, "addressing"):
            code, said = smtp.mail(sender)
            if code != 250:
                hint = f"the server does not let this login send as {sender}: " if code == 553 else "sender refused: "
                raise _StepError(_state_of(code), hint + _words(code, said))
            refused = []
            for address in to:
                code, said = smtp.rcpt(address)
                if code not in (250, 251):
                    refused.append(Refusal(address, code, _words(code, said)))
            if len(refused) == len(to):
                worst = next((each for each in refused if each.code < 500), refused[0])
                raise _StepError(_state_of(worst.code), f"recipient refused: {worst.detail}", tuple(refused))
            code, said = smtp.docmd("DATA")
            if code != 354:
                raise _StepError(_state_of(code), f"letter refused: {_words(code, said)}")
        return tuple(refused)

    def _in_time(self, smtp: smtplib.SMTP, begun: float) -> None:
        """Raises _StepError when the letter was taken up too long ago."""
        if _uptime() - begun > self._limits.before:
            smtp.close()  # no farewell: after DATA it would be part of a letter
            raise _StepError(SubmissionState.TEMPORARY, "it took too long to come to the letter")

    def _handed_over(self, smtp: smtplib.SMTP, watch: Watch, raw: bytes, refused: tuple[Refusal, ...]) -> Submission:
        assert smtp.sock is not None
        smtp.sock.settimeout(self._limits.answer)
        try:
            with watch.limit(self._limits.answer):
                smtp.send(_wire(raw))
                code, said = smtp.getreply()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            smtp.close()  # no farewell: QUIT into an unfinished letter would become part of it
            return Submission(SubmissionState.UNCERTAIN, f"no answer to the letter: {fault(error, watch)}", refused)
        if watch.expired:  # smtplib takes what stood on the cut line for the answer
            return Submission(SubmissionState.UNCERTAIN, "no answer to the letter: the server took too long", refused)
        if 200 <= code < 300:
            return Submission(SubmissionState.ACCEPTED, _words(code, said), refused)
        if not 400 <= code < 600:
            return Submission(SubmissionState.UNCERTAIN, f"an answer without sense: {_words(code, said)}", refused)
        return Submission(_state_of(code), f"letter refused: {_words(code, said)}", refused)

    @contextmanager
    def _before(self, watch: Watch, step: str, failed: SubmissionState = SubmissionState.TEMPORARY) -> Iterator[None]:
        """A step in which nothing of the letter is sent: a failure of the line is temporary, or the server's alone."""
        try:
            with watch.limit(self._limits.step):
                yield
        except smtplib.SMTPResponseException as error:
            detail = f"{step}: {_words(error.smtp_code, error.smtp_error)}"
            raise _StepError(failed, detail) from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise _StepError(failed, f"{step}: {fault(error, watch)}") from None


def _uptime() -> float:
    """Seconds, while the process was stopped and while the machine slept as well."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _state_of(code: int) -> SubmissionState:
    if code in _LOGIN_FIRST:
        return SubmissionState.LOGIN_REFUSED
    return SubmissionState.PERMANENT if 500 <= code < 600 else SubmissionState.TEMPORARY


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:300]


def _wire(raw: bytes) -> bytes:
    """The letter as it goes over the line: CRLF, dots doubled, closing dot (RFC 5321 §4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines) + b".\r\n"
