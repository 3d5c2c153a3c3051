"""Listening: a connection is made anew when it ends, falls silent or turns deaf, and never while a login is refused."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.daemon import Daemon
from ingest.imap import ImapMailbox
from ingest.imap_box import ImapLimits
from ingest.mailbox import LoginRefused, MailboxUnavailable
from ingest.wakeup import Listener
from tests.edge.houses import settings_for
from tests.rounds.conftest import mails
from tests.servers.scripted import scripted_imap

NEWS, SILENCE, LOST, NO_IDLE = "news", "silence", "lost", "no idle"


@dataclass
class Line:
    """A mailbox of which only listening matters: each wait ends as `script` says, then in silence."""

    script: list[str | Exception] = field(default_factory=list)
    opened: int = 0
    alive: bool = True

    @contextmanager
    def open(self, folder: str | None = None) -> Iterator["Line"]:
        if self.script and isinstance(self.script[0], Exception):
            self.opened += 1
            raise self.script.pop(0)  # type: ignore[misc]
        self.opened += 1
        self.alive = True
        yield self

    def wait(self, seconds: float, stopped: Callable[[], bool]) -> bool:
        what = self.script.pop(0) if self.script and isinstance(self.script[0], str) else SILENCE
        if what == SILENCE:
            end = time.monotonic() + seconds
            while time.monotonic() < end and not stopped():
                time.sleep(0.005)
        self.alive = what != LOST
        return what == NEWS


@contextmanager
def listening(line: Line, **how: Any) -> Iterator[tuple[Listener, list[float]]]:
    woken: list[float] = []
    options = {"listens": 0.05, "pauses": (0.01, 0.2), **how}
    listener = Listener(line, lambda: woken.append(time.monotonic()), **options)  # type: ignore[arg-type]
    listener.start()
    try:
        yield listener, woken
    finally:
        listener.stop()


def until(holds: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


def test_news_wakes_and_the_same_connection_goes_on_listening():
    line = Line([NEWS, SILENCE])
    with listening(line) as (_, woken):
        until(lambda: woken)
        until(lambda: not line.script)
    assert (len(woken), line.opened) == (1, 1)


def test_a_connection_that_served_its_time_is_made_anew_without_a_pause():
    line = Line()
    with listening(line, serves=0.1, pauses=(60.0,)):
        until(lambda: line.opened >= 3)


def test_a_lost_line_is_made_anew_after_a_pause_and_what_came_meanwhile_is_looked_for():
    line = Line([LOST, SILENCE])
    with listening(line) as (listener, woken):
        until(lambda: listener.connections == 2)
        until(lambda: woken)
    assert len(woken) == 1


def test_a_server_in_trouble_is_asked_less_and_less_often():
    line = Line([MailboxUnavailable("away")] * 4)
    begun = time.monotonic()
    with listening(line) as (listener, _):
        until(lambda: listener.connections == 1)
    assert line.opened == 5
    assert time.monotonic() - begun >= 0.01 + 3 * 0.2


def test_a_line_called_deaf_is_made_anew():
    line = Line()
    with listening(line, listens=60.0) as (listener, _):
        until(lambda: listener.connections == 1)
        listener.missed()
        until(lambda: listener.connections == 2)


def test_a_server_without_idle_is_not_asked_in_a_loop():
    line = Line([NO_IDLE] * 50)
    with listening(line, listens=5.0, pauses=(0.2,)):
        time.sleep(0.7)
    assert line.opened <= 5


def test_a_refused_login_ends_listening():
    line = Line([LoginRefused("no")])
    with listening(line):
        time.sleep(0.3)
    assert line.opened == 1


def test_a_server_that_dies_without_a_word_while_it_is_listened_to_is_found_out(tmp_path):
    """After IDLE it says nothing any more, not even to DONE: as a router that forgot the line."""
    with scripted_imap(tmp_path, done=b"") as server:
        impatient = ImapLimits(connect=2, silence=1, call=1)
        mailbox = ImapMailbox(settings_for(server), impatient)
        with listening(mailbox, listens=0.5) as (listener, woken):  # type: ignore[arg-type]
            until(lambda: listener.connections >= 2)
            until(lambda: woken)


def test_a_round_that_finds_what_nobody_heard_of_calls_the_line_deaf(service, mailbox):
    service = replace(service, settings=_with_idle(service.settings))
    daemon = Daemon(service)
    called = threading.Event()
    daemon.listener = Quiet(called)  # type: ignore[assignment]
    daemon.poll()
    assert not called.is_set()
    mailbox.deliver(*mails("uno"))
    daemon.poll()
    assert called.is_set()
    called.clear()
    daemon.heard = 1
    mailbox.deliver(*mails("due"))
    daemon.poll()
    assert not called.is_set()
    daemon.give_back()


@dataclass
class Quiet:
    called: threading.Event

    def start(self) -> None: ...

    def missed(self) -> None:
        self.called.set()


def _with_idle(settings):
    return settings.model_copy(update={"mailbox": settings.mailbox.model_copy(update={"idle": True})})
