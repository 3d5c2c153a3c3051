"""What no rule foresaw ends a round, not the service, and is said without a word of what it was about."""

import threading
import time

from structlog.testing import capture_logs

from ingest.daemon import Daemon
from tests.rounds.conftest import mails


def test_an_error_nobody_foresaw_is_in_the_log_by_its_type_and_place_alone(service, mailbox):
    mailbox.deliver(*mails("uno"))
    mailbox.on_uids = KeyError("Bianchi Luigi")
    daemon = Daemon(service)
    with capture_logs() as logged:
        thread = threading.Thread(target=daemon.run)
        thread.start()
        until = time.monotonic() + 20
        while time.monotonic() < until and not _broken(logged):
            time.sleep(0.05)
        daemon.stop()
        thread.join(15)
    (broken,) = _broken(logged)
    assert broken["error"] == "KeyError"
    assert broken["at"].startswith("fakes.py:")
    assert "Bianchi" not in str(logged)


def _broken(logged):
    return [line for line in logged if line["event"] == "job-broken" and line["job"] == "round"]
