"""What every conversation with a server needs: verified TLS, and an end.

A read timeout ends a silent server, not one that drips a byte now and then; a `Watch` does, by cutting the socket
under the conversation. The talking library then fails as if the line had dropped.
"""

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from threading import Timer
from typing import Any

_watching: ContextVar["Watch | None"] = ContextVar("watching", default=None)
_Stamp = tuple[str, int, int, int] | None


class Watch:
    """Cuts `line` when one step of a conversation lasts longer than it may.

    `expired` stays true from then on: the conversation cannot be taken up again.
    """

    def __init__(self, line: socket.socket | None = None) -> None:
        self.line = line
        self.expired = False

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """The body has this many seconds in all."""
        timer = Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        before = _watching.set(self)
        try:
            yield
        finally:
            _watching.reset(before)
            timer.cancel()

    def _cut(self) -> None:
        self.expired = True
        if self.line is not None:
            with suppress(OSError):
                # not SSLSocket.shutdown, which takes the TLS object away under the reading thread
                socket.socket.shutdown(self.line, socket.SHUT_RDWR)


class _WatchedSocket(ssl.SSLSocket):
    """Puts its handshake under the watch that is on."""

    def do_handshake(self, *args: Any, **kwargs: Any) -> None:
        watch = _watching.get()
        if watch is not None:
            watch.line = self
        super().do_handshake(*args, **kwargs)


def verifying_context(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or later, with certificate and host name verified against the system's authorities and `ca_file`.

    The same one until one of their files changes: reading them costs more than the whole login. Raises OSError when
    `ca_file` cannot be read or holds no certificate.
    """
    system = ssl.get_default_verify_paths()
    return _context(ca_file, tuple(_stamp(path) for path in (ca_file, system.cafile, system.capath)))


@lru_cache(maxsize=16)
def _context(ca_file: Path | None, _read_from: tuple[_Stamp, ...]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    context.sslsocket_class = _WatchedSocket
    return context


def _stamp(path: Path | str | None) -> _Stamp:
    """What changes when a file is written or put in another's place, or a folder gains or loses one."""
    with suppress(OSError):
        if path is not None:
            about = Path(path).stat()
            return str(path), about.st_ino, about.st_mtime_ns, about.st_size
    return None


def fault(error: Exception, watch: Watch) -> str:
    """What went wrong on the line, in words for an operator; never holds what was sent."""
    if watch.expired:
        return "the server took too long"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, socket.gaierror):
        return "the server's name is not known"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return f"{type(error).__name__}: the connection broke or the answer made no sense"


def unsaid(said: str, user: str, password: str) -> str:
    """A server's words without the password, in whichever form it was told: plain, quoted for IMAP, or in base64."""
    quoted = password.replace("\\", "\\\\").replace('"', '\\"')
    for form in (in_base64(f"\0{user}\0{password}"), in_base64(password), quoted, password):
        said = said.replace(form, "***") if password else said
    return said


def in_base64(text: str) -> str:
    """UTF-8 text in base64, as AUTH PLAIN and AUTH LOGIN send it."""
    return base64.b64encode(text.encode()).decode("ascii")
