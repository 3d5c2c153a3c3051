"""The proofs made by themselves: a difference and a damaged original are told once, and again when they are over."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from ingest.daemon import Daemon
from ingest.digest_queries import open_conditions
from ingest.mailbox import MessageUnavailable
from ingest.trouble import Trouble
from ingest.upkeep import ORIGINALS_READ, RECONCILED, due, prove_originals
from models import Audit, Condition, Letter
from tests.register.builders import NOW
from tests.rounds.conftest import mails

WATCHER = "tecnico@posta.example"


@pytest.fixture
def told(service):
    """The service of an office that reads alarms, with a clock to set."""
    alerts = service.settings.alerts.model_copy(update={"host": "smtp.example", "to": [WATCHER]})
    leaving = service.settings.mailbox.model_copy(update={"after": "keep"})
    settings = service.settings.model_copy(update={"alerts": alerts, "mailbox": leaving})
    now = [NOW]
    made = replace(service, settings=settings, clock=lambda: now[-1])
    return made, lambda span: now.append(now[-1] + span)


def audited(service, what):
    with service.db.reading() as session:
        return list(session.scalars(select(Audit).where(Audit.what == what).order_by(Audit.id)))


def alarms(service):
    with service.db.reading() as session:
        return list(session.scalars(select(Letter.key).where(Letter.kind == "alarm").order_by(Letter.id)))


def conditions(service):
    with service.db.reading() as session:
        return open_conditions(session)


def polled(daemon):
    daemon.poll()
    daemon.mail()
    daemon.give_back()


def test_server_and_register_are_compared_once_a_day(told, mailbox):
    service, later = told
    daemon = Daemon(service)
    mailbox.deliver(*mails("uno", "due"))
    polled(daemon)
    later(timedelta(hours=23))
    polled(daemon)
    assert [row.new for row in audited(service, RECONCILED)] == [{"received": 2, "recorded": 2}]
    later(timedelta(hours=2))
    polled(daemon)
    assert len(audited(service, RECONCILED)) == 2
    assert conditions(service) == ()


def test_a_difference_is_an_alarm_once_stands_in_the_digest_and_ends_with_its_cause(told, mailbox):
    service, later = told
    daemon = Daemon(service)
    _, bad = mailbox.deliver(*mails("uno", "due"))
    mailbox.on_fetch[bad] = MessageUnavailable("not given")
    polled(daemon)
    assert Trouble.RECONCILE_DIFFERENCE in conditions(service)  # what the digest is made of
    counted = audited(service, RECONCILED)[0].new
    assert counted["missing"]["uids"] == [bad]
    for _ in range(3):
        later(timedelta(minutes=2))
        polled(daemon)
    (number,) = _numbers(service, Trouble.RECONCILE_DIFFERENCE)
    assert alarms(service).count(f"alarm:{number}:open:{WATCHER}") == 1
    mailbox.on_fetch.clear()
    later(timedelta(days=1))
    for _ in range(3):
        later(timedelta(minutes=2))
        polled(daemon)
    assert conditions(service) == ()
    assert alarms(service).count(f"alarm:{number}:over:{WATCHER}") == 1


def test_an_altered_original_is_found_told_and_looked_at_daily_until_it_is_repaired(told, mailbox):
    service, later = told
    daemon = Daemon(service)
    mailbox.deliver(*mails("uno", "due"))
    polled(daemon)
    daemon.keep_lease()
    daemon.read_originals()
    assert not due(service.db, ORIGINALS_READ, service.clock())
    sha256 = next(iter(service.store))
    path, raw = service.store.path_of(sha256), service.store.read(sha256)
    path.write_bytes(raw.replace(b"ciao", b"cibo"))
    later(timedelta(days=29))
    assert not due(service.db, ORIGINALS_READ, service.clock())
    later(timedelta(days=1))
    daemon.keep_lease()
    daemon.read_originals()
    polled(daemon)
    assert conditions(service) == (Trouble.ORIGINAL_DAMAGED,)
    (number,) = _numbers(service, Trouble.ORIGINAL_DAMAGED)
    assert alarms(service).count(f"alarm:{number}:open:{WATCHER}") == 1
    path.write_bytes(raw)
    later(timedelta(days=1))
    daemon.keep_lease()
    daemon.read_originals()
    polled(daemon)
    assert conditions(service) == ()
    assert alarms(service).count(f"alarm:{number}:over:{WATCHER}") == 1


def test_a_missing_original_is_damage_too(service, mailbox):
    mailbox.deliver(*mails("uno"))
    Daemon(service).round()
    service.store.path_of(next(iter(service.store))).unlink()
    assert prove_originals(service) == [1]


def _numbers(service, trouble):
    with service.db.reading() as session:
        return list(session.scalars(select(Condition.id).where(Condition.code == trouble)))
