"""What systemd is told: ready once the work begins, alive with every committed step, stopping at the end."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.daemon import Daemon
from ingest.systemd import ALIVE, READY, notify
from tests.rounds.conftest import mails


@contextmanager
def systemd(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind("\0" + address[1:] if address.startswith("@") else address)
        line.settimeout(20)
        yield line


def heard(line: socket.socket, last: str) -> list[str]:
    said: list[str] = []
    while last not in said:
        said.append(line.recv(100).decode())
    return said


def test_the_daemon_says_when_it_is_ready_alive_and_stopping(service, mailbox, monkeypatch, tmp_path):
    mailbox.deliver(*mails("uno", "due"))
    address = os.path.relpath(tmp_path / "notify", Path.cwd())  # short: a socket's path has 108 characters
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with systemd(address) as line:
        daemon = Daemon(service)
        thread = threading.Thread(target=daemon.run)
        with ThreadPoolExecutor(1) as listener:
            hearing = listener.submit(heard, line, "STOPPING=1")
            thread.start()
            try:
                end = time.monotonic() + 30
                while daemon.polls == 0 or daemon.working.locked():
                    assert time.monotonic() < end
                    time.sleep(0.02)
            finally:
                daemon.stop()
                thread.join(20)
            said = hearing.result(20)
    assert said.count("READY=1") == 1
    assert said.count("WATCHDOG=1") > 4
    assert said.count("STOPPING=1") == 1
    assert said.index("READY=1") <= 1  # the first round may have begun


def test_a_systemd_that_does_not_listen_holds_no_work_up(monkeypatch, tmp_path):
    address = os.path.relpath(tmp_path / "notify", Path.cwd())
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with systemd(address) as line:
        for _ in range(600):  # more than any system's queue holds
            notify(ALIVE)
        assert line.recv(100) == b"WATCHDOG=1"


def test_an_abstract_socket_is_spoken_to_as_well(monkeypatch):
    address = f"@pec-ingest-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with systemd(address) as line:
        notify(READY)
        assert line.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["", "/nowhere/notify"])
def test_without_systemd_nothing_happens(monkeypatch, address):
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify(READY)
