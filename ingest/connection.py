"""What every conversation with a server needs: verified TLS, and an end.

A read timeout ends a silent server, not one that drips a byte now and then; a `Watch` does, by cutting the socket
under the conversation. The talking library then fails as if the line had dropped.
"""

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import Any


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
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self.expired = True
        if self.line is not None:
            with suppress(OSError):
                # not SSLSocket.shutdown, which takes the TLS object away under the reading thread
                socket.socket.shutdown(self.line, socket.SHUT_RDWR)


def verifying_context(ca_file: Path | None, watch: Watch) -> ssl.SSLContext:
    """TLS 1.2 or later, with certificate and host name verified against the system's authorities and `ca_file`.

    The handshake itself is put under `watch`. Raises OSError when `ca_file` cannot be read or holds no certificate.
    """

    class Watched(ssl.SSLSocket):
        def do_handshake(self, *args: Any, **kwargs: Any) -> None:
            watch.line = self
            super().do_handshake(*args, **kwargs)

    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    context.sslsocket_class = Watched
    return context


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
