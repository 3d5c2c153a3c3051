"""The daemon: one works and others stand by, it stops when asked, and does not storm a server that says no."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from pydantic import SecretStr
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select

from ingest.daemon import Daemon
from ingest.demo.facts import AT
from ingest.imap import ImapMailbox
from ingest.trouble import Trouble
from ingest.watch import open_conditions
from models import Entry, EntryState, Lease
from tests.e2e.house import House, another
from tests.e2e.mailbag import a_body, an_application
from tests.gallery.attachments import zipped

STOPS_WITHIN = 10.0


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


@contextmanager
def at_work(*daemons: Daemon) -> Iterator[None]:
    """Each daemon in a thread of its own."""
    threads = [threading.Thread(target=daemon.run) for daemon in daemons]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for daemon in daemons:
            daemon.stop()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)


@contextmanager
def running(house: House) -> Iterator["subprocess.Popen[str]"]:
    """`pec-ingest run` as a process of its own."""
    with (house.folder / "service.log").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ingest", "run"], env=house.environment(), stdout=output, stderr=output, text=True
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)


def stopped(process: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> tuple[float, int]:
    """Seconds until the process ended after the signal, and its exit code."""
    begun = time.monotonic()
    process.send_signal(number)
    code = process.wait(STOPS_WITHIN + 20)
    return time.monotonic() - begun, code


def lease_is_free(house: House) -> bool:
    with house.db.reading() as session:
        return all(lease.expires_at <= datetime.now(UTC) for lease in session.scalars(select(Lease)))


def a_slow_form() -> bytes:
    """A ZIP of PDFs of so many words that they take a minute to read."""
    buffer = BytesIO()
    page = Canvas(buffer)
    for number in range(195):
        page.setFont("Helvetica", 4)
        for line in range(160):
            page.drawString(20, 820 - line * 5, f"denominazione {number} comune {line} " + "parola di prova " * 18)
        page.showPage()
    page.save()
    content = buffer.getvalue()
    return zipped({f"documento {number}.pdf": content + b"\n%%%d\n" % number for number in range(8)})


def test_of_two_daemons_one_works_and_the_other_stands_by(house):
    second = another(house)
    try:
        first, other = Daemon(house.service), Daemon(second)
        house.inbox.append(an_application(80), AT)
        assert first.round() is not None
        assert other.round() is None
        other.mail()
        first.give_back()
        report = other.round()
        assert report is not None
        assert report.submitted == 0
        assert first.round() is None
        other.give_back()
    finally:
        second.close()
    assert len(house.sent) == 1


def test_two_daemons_at_work_at_once_do_everything_once_and_the_second_takes_over(house):
    second = another(house)
    first, other = Daemon(house.service), Daemon(second)
    try:
        with at_work(other):
            with at_work(first):
                for number in range(80, 83):
                    house.inbox.append(an_application(number), AT)
                until(lambda: len(house.sent) == 3)
            house.inbox.append(an_application(83), AT)
            until(lambda: len(house.sent) == 4)
            until(lambda: {letter.state for letter in house.letters()} == {"delivered"})
    finally:
        second.close()
    assert max(Counter(one.recipients for one in house.sent).values()) == 1
    assert Counter(row.outcome for row in house.log()) == {"recorded": 4, "receipt": 8}


def test_a_daemon_whose_lease_ran_out_while_it_slept_does_not_send(house):
    second = another(house)
    try:
        first, other = Daemon(house.service), Daemon(second)
        assert first.round() is not None
        house.clock.advance(minutes=10)
        house.inbox.append(an_application(80), AT)
        assert other.round() is not None
        assert first.round() is None
        first.mail()
        other.give_back()
    finally:
        second.close()
    assert len(house.sent) == 1


def test_news_that_comes_after_the_end_is_nobodys_error(house):
    daemon = Daemon(house.service)
    with at_work(daemon):
        until(lambda: daemon.polls)
    daemon.wake()  # as the listener does, which ends a second or two later
    assert daemon.news.is_set()


def test_a_refused_login_is_not_tried_again_and_again(house):
    shut = house.service.settings.mailbox.model_copy(update={"password": SecretStr("x")})
    daemon = Daemon(replace(house.service, mailbox=ImapMailbox(shut)))
    with at_work(daemon):
        until(lambda: daemon.refused)
        time.sleep(3.5)  # poll_every is one second
    said = (house.inbox.server.dir / "log").read_text(encoding="utf-8", errors="replace")
    tries = [line for line in said.splitlines() if "auth failed" in line and house.inbox.user in line]
    assert len(tries) == 1
    assert [condition.code for condition in open_conditions(house.db)] == [Trouble.LOGIN_REFUSED]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_service_stops_when_asked_and_gives_the_mailbox_back(house, number):
    house.inbox.append(an_application(80), AT)
    with running(house) as process:
        until(lambda: [row for row in house.log() if row.outcome] and house.sent)
        took, code = stopped(process, number)
    assert (code, took < STOPS_WITHIN) == (0, True), f"{code} after {took:.1f} s"
    assert lease_is_free(house)
    house.to_the_present()
    assert house.round() is not None


def test_the_service_stops_in_time_while_a_slow_document_is_judged(house):
    raw = an_application(80, form=a_slow_form(), kind=("application/zip", "documenti.zip"))
    house.inbox.append(raw, AT)

    def being_judged() -> bool:
        with house.db.reading() as session:
            return bool(session.scalar(select(Entry.attempts).where(Entry.state == EntryState.PENDING)))

    with running(house) as process:
        until(being_judged)
        time.sleep(1.5)
        assert being_judged(), "the document is not slow enough for this test"
        took, code = stopped(process)
    assert (code, took < STOPS_WITHIN) == (0, True), f"{code} after {took:.1f} s"
    assert lease_is_free(house)
    with house.db.reading() as session:
        entry = session.scalars(select(Entry)).one()
    assert (entry.state, entry.attempts, entry.reasons) == (EntryState.PENDING, 0, [])
    assert house.sent == []


def test_the_log_of_the_service_holds_nothing_of_a_form_and_no_password(house):
    house.inbox.append(an_application(80), AT)
    with running(house) as process:
        until(lambda: house.sent)
        stopped(process)
    said = (house.folder / "service.log").read_text(encoding="utf-8")
    body = a_body(80)
    for secret in (body.name, body.code, body.pec, body.person, house.inbox.server.password):
        assert secret not in said
    assert "message-recorded" in said
