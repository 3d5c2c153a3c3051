"""One message that cannot be had, or cannot be moved, stops no other."""

import errno

import pytest

from ingest.app import Service
from ingest.mailbox import MailboxUnavailable
from ingest.reconcile import reconcile
from ingest.rounds import RoundReport, file_judged, run_once
from tests.register.builders import entries
from tests.rounds.conftest import mails


def states(service: Service) -> list[tuple[int, str | None]]:
    return [(entry.id, entry.outcome) for entry in entries(service.db)]


def test_a_message_at_which_the_server_hangs_up_stops_no_other_and_is_not_passed_over(service, mailbox):
    _, bad, _ = mailbox.deliver(*mails("uno", "due", "tre"))
    mailbox.on_fetch[bad] = MailboxUnavailable("the connection is lost")
    report = run_once(service)
    assert (report.collected, report.outcomes) == (2, {"noted": 2})
    assert report.unavailable == [bad]
    assert reconcile(service.db, mailbox).difference == 1
    mailbox.on_fetch.clear()
    assert run_once(service).collected == 1
    assert reconcile(service.db, mailbox).difference == 0


def test_a_line_lost_again_and_again_ends_the_round_and_what_was_kept_stays(service, mailbox):
    uids = mailbox.deliver(*mails("uno", "due", "tre", "quattro", "cinque"))
    mailbox.on_fetch |= dict.fromkeys(uids[1:], MailboxUnavailable("the connection is lost"))
    with pytest.raises(MailboxUnavailable):
        run_once(service)
    assert states(service) == [(1, None)]
    mailbox.on_fetch.clear()
    run_once(service)
    assert len(entries(service.db)) == 5


def test_a_message_the_server_does_not_move_stays_and_is_tried_again(service, mailbox):
    mailbox.deliver(*mails("uno", "due"))
    mailbox.on_move = MailboxUnavailable("the server answered: NO")
    report = run_once(service)
    assert (report.outcomes, report.filed) == ({"noted": 2}, 0)
    mailbox.on_move = None
    report = RoundReport()
    file_judged(service, report)
    assert report.filed == 2


def test_a_message_the_disk_has_no_room_for_costs_none_of_those_before_it(service, mailbox):
    *_, large = mailbox.deliver(*mails("uno", "due", "tre"))
    mailbox.on_fetch[large] = OSError(errno.ENOSPC, "no space left on device")
    with pytest.raises(OSError, match="no space"):
        run_once(service)
    assert states(service) == [(1, None), (2, None)]
    mailbox.on_fetch.clear()
    assert run_once(service).outcomes == {"noted": 3}
