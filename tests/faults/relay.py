"""A relay on loopback between the service and a server, which breaks the line once: after so many bytes, or turns.

A turn is a change of who speaks: every command and every answer of a protocol begins with one.
"""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Break(StrEnum):
    CUT = "cut"  # the line ends in order
    RESET = "reset"  # the line is torn
    STALL = "stall"  # silence for a while, then the line ends
    DRIP = "drip"  # a byte at a time for a while, then as before


@dataclass
class Relay:
    """`after` bytes in both directions together, or at turn `at_turn`, `how` strikes, once; None: never."""

    target: tuple[str, int] | Path
    port: int = 0
    after: int | None = None
    at_turn: int | None = None
    how: Break = Break.CUT
    silence: float = 1.0
    refusing: bool = False  # nobody listens: connections are closed at once
    passed: int = 0  # bytes
    turns: int = 0
    struck: int = 0
    _last: bool | None = None  # whether the client spoke last
    _open: list[socket.socket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, how: Break, *, after: int | None = None, at_turn: int | None = None) -> None:
        """Counts anew, and strikes when it is told to."""
        with self._lock:
            self.passed, self.turns, self.struck, self._last = 0, 0, 0, None
            self.how, self.after, self.at_turn = how, after, at_turn

    def strikes(self, count: int, *, by_client: bool) -> int | None:
        """How many of the next `count` bytes still pass before the break; None when all do."""
        with self._lock:
            self.turns += by_client != self._last
            self._last = by_client
            if self.at_turn is not None and self.turns > self.at_turn:
                self.at_turn = None
                self.struck += 1
                return 0
            before, self.passed = self.passed, self.passed + count
            if self.after is None or self.passed <= self.after:
                return None
            left, self.after = max(0, self.after - before), None
            self.struck += 1
            return left

    def hang_up(self) -> None:
        """Ends every line there is."""
        with self._lock:
            lines, self._open = self._open, []
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def upstream(self) -> socket.socket:
        if isinstance(self.target, Path):
            line = socket.socket(socket.AF_UNIX)
            line.connect(str(self.target))
            return line
        return socket.create_connection(self.target, timeout=10)


@contextmanager
def a_relay(target: tuple[str, int] | Path) -> Iterator[Relay]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = Relay(target, listener.getsockname()[1])
        threading.Thread(target=_accept, args=(listener, relay), daemon=True).start()
        yield relay


def _accept(listener: socket.socket, relay: Relay) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            if relay.refusing:
                client.close()
                continue
            try:
                server = relay.upstream()
            except OSError:
                client.close()
                continue
            relay._open += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=_pass_on, args=(one, other, relay, one is client), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, relay: Relay, by_client: bool) -> None:  # noqa: FBT001
    with suppress(OSError):
        while data := source.recv(4096):
            left = relay.strikes(len(data), by_client=by_client)
            if left is None:
                target.sendall(data)
                continue
            target.sendall(data[:left])
            if relay.how is Break.DRIP:
                for byte in data[left : left + 40]:
                    target.sendall(bytes([byte]))
                    time.sleep(0.01)
                target.sendall(data[left + 40 :])
                continue
            _break(source, target, relay)
            break
    for line in (source, target):
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
    source.close()  # the other direction closes its own


def _break(source: socket.socket, target: socket.socket, relay: Relay) -> None:
    if relay.how is Break.STALL:
        time.sleep(relay.silence)
    for line in (source, target):
        with suppress(OSError):
            if relay.how is Break.RESET:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.shutdown(socket.SHUT_RDWR)
            line.close()
