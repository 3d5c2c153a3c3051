"""An IMAP server over TLS that answers word for word what a test tells it, and breaks the line where it is told to."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.certificate import write_certificate

CUT = b"<cut the line>"
DRIP = b"<a byte every 50 ms>"

_ANSWERS = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS\r\n{tag} OK done\r\n",
    "LOGIN": b"{tag} OK logged in\r\n",
    "EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 2] x\r\n{tag} OK [READ-ONLY] done\r\n",
    "NOOP": b"{tag} OK done\r\n",
    "UID SEARCH": b"* SEARCH 1\r\n{tag} OK done\r\n",
    "IDLE": b"+ idling\r\n",
    "DONE": b"{idle} OK done\r\n",
    "LOGOUT": b"* BYE\r\n{tag} OK done\r\n",
}


@dataclass
class ScriptedImap:
    """Answers by the longest matching beginning of a command; a list gives one answer after the other."""

    certificate: Path
    port: int
    answers: dict[str, bytes | list[bytes]]
    host: str = "localhost"
    password: str = "parola-di-prova"
    commands: list[str] = field(default_factory=list)

    def answer(self, command: str) -> bytes:
        known = sorted((key for key in self.answers if command.startswith(key)), key=len)
        if not known:
            return b"{tag} BAD unknown\r\n"
        given = self.answers[known[-1]]
        if isinstance(given, bytes):
            return given
        return given.pop(0) if len(given) > 1 else given[0]


@contextmanager
def scripted_imap(
    folder: Path, *, greeting: bytes = b"* OK ready\r\n", named: str = "localhost", **answers: bytes
) -> Iterator[ScriptedImap]:
    """A server on a free port, its certificate for `named`; keywords name commands ("uid_fetch" for UID FETCH)."""
    certificate, key = write_certificate(folder, named)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    given: dict[str, bytes | list[bytes]] = {**_ANSWERS}
    given |= {name.upper().replace("_", " "): answer for name, answer in answers.items()}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        server = ScriptedImap(certificate, listener.getsockname()[1], given)
        stop = threading.Event()
        thread = threading.Thread(target=_serve, args=(listener, context, server, greeting, stop))
        thread.start()
        try:
            yield server
        finally:
            stop.set()
            thread.join(10)


def _serve(
    listener: socket.socket, context: ssl.SSLContext, server: ScriptedImap, greeting: bytes, stop: threading.Event
) -> None:
    while not stop.is_set():
        with suppress(OSError):
            plain, _ = listener.accept()
            plain.settimeout(5)
            with plain, context.wrap_socket(plain, server_side=True) as line:
                _converse(line, server, greeting, stop)


def _converse(line: ssl.SSLSocket, server: ScriptedImap, greeting: bytes, stop: threading.Event) -> None:
    if not _say(line, greeting, stop):
        return
    idle = b""
    with line.makefile("rb") as lines:
        for raw in lines:
            text = raw.decode().rstrip("\r\n")
            tag, _, command = text.partition(" ") if text != "DONE" else ("", "", text)
            server.commands.append(command)
            if command == "IDLE":
                idle = tag.encode()
            if not _say(line, server.answer(command).replace(b"{tag}", tag.encode()).replace(b"{idle}", idle), stop):
                return


def _say(line: ssl.SSLSocket, answer: bytes, stop: threading.Event) -> bool:
    """False when the line is to be cut."""
    before, drip, slowly = answer.partition(DRIP)
    text, cut, _ = before.partition(CUT)
    line.sendall(text)
    while drip and not stop.is_set():
        line.sendall(slowly[:1])
        time.sleep(0.05)
    return not cut
