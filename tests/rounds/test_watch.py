"""One alarm and one all-clear for each thing that is wrong, however many rounds see it; and which thing it is."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from ingest.daemon import Daemon
from ingest.mailbox import FolderMissing, LoginRefused, MailboxError, MailboxUnavailable, Quota
from ingest.trouble import Trouble
from models import Condition, Letter
from tests.register.builders import NOW


@pytest.fixture
def told(service):
    """The service of an office that reads alarms; a round of it, two minutes later."""
    alerts = service.settings.alerts.model_copy(update={"host": "smtp.example", "to": ["tecnico@posta.example"]})
    now = [NOW]
    made = replace(service, settings=service.settings.model_copy(update={"alerts": alerts}), clock=lambda: now[-1])
    daemon = Daemon(made)

    def a_round():
        now.append(now[-1] + timedelta(minutes=2))
        daemon.refused = False  # as a restart does
        try:
            daemon.round()
        except MailboxError:
            daemon.mail()
        finally:
            daemon.give_back()

    return made, a_round


def story(service):
    """(code, whether it is over) in order, and the letters about them."""
    with service.db.reading() as session:
        found = [
            (one.code, one.cleared_at is not None) for one in session.scalars(select(Condition).order_by(Condition.id))
        ]
        letters = list(session.scalars(select(Letter.key).where(Letter.kind == "alarm").order_by(Letter.id)))
    return found, [key.split(":")[2] for key in letters]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (MailboxUnavailable("away"), Trouble.MAILBOX_UNREACHABLE),
        (LoginRefused("no"), Trouble.LOGIN_REFUSED),
        (FolderMissing("INBOX"), Trouble.FOLDER_MISSING),
    ],
)
def test_a_fault_of_the_mailbox_is_told_once_by_its_own_name_and_its_end_once(told, mailbox, fault, code):
    service, a_round = told
    mailbox.on_open = fault
    for _ in range(4):
        a_round()
    assert story(service) == ([(code, False)], ["open"])
    mailbox.on_open = None
    for _ in range(4):
        a_round()
    assert story(service) == ([(code, True)], ["open", "over"])


def test_a_fault_that_comes_back_is_told_again(told, mailbox):
    service, a_round = told
    for fault in (MailboxUnavailable("away"), None, MailboxUnavailable("away"), None):
        mailbox.on_open = fault
        a_round()
        a_round()
    assert story(service) == ([(Trouble.MAILBOX_UNREACHABLE, True)] * 2, ["open", "over", "open", "over"])


def test_a_mailbox_nearly_full_is_told_once_and_its_end_once(told, mailbox):
    service, a_round = told
    mailbox.room = Quota(95, 100)
    a_round()
    mailbox.room = Quota(96, 100)
    a_round()
    mailbox.room = Quota(10, 100)
    a_round()
    a_round()
    assert story(service) == ([(Trouble.MAILBOX_FULL, True)], ["open", "over"])


def test_a_refused_login_is_not_tried_again_by_the_daemon(service, mailbox):
    daemon = Daemon(service)
    mailbox.on_open = LoginRefused("no")
    with pytest.raises(LoginRefused):
        daemon.round()
    mailbox.on_open = None
    assert daemon.round() is None
    assert mailbox.opened == []
    daemon.give_back()
