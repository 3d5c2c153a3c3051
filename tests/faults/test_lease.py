"""Two daemons on one mailbox: whoever slept past its lease has no effect any more, and a long round keeps its own."""

import signal
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from ingest import ledger, tenure
from ingest.daemon import Daemon
from ingest.lease import LeaseLostError
from ingest.vocabulary import Outcome
from models import Entry, EntryState, Lease
from tests.faults.life import QuickJudge, a_service, live
from tests.faults.promises import broken
from tests.faults.traffic import an_advertisement, an_application


class Pausing(QuickJudge):
    """Judges, and before the n-th verdict does something else."""

    def __init__(self, number, act):
        super().__init__()
        self.left, self.act = number, act

    def judge(self, path, context, arrival):
        self.left -= 1
        if self.left == 0:
            self.act()
        return super().judge(path, context, arrival)


def test_a_process_that_was_overtaken_while_it_judged_records_nothing_more(grounds):
    with grounds.world() as world:
        world.receive(an_application(1), an_application(2), an_advertisement(1))
        second = a_service(world.sections, world.hand, QuickJudge())

        def overtaken():
            world.hand.now += timedelta(minutes=5)
            live(second, world.hand)

        first = a_service(world.sections, world.hand, Pausing(2, overtaken))
        assert Daemon(first).round() is None
        world.hand.now += timedelta(minutes=5)
        live(second, world.hand)
        assert broken(world, second) == []
        assert len(world.provider.letters()) == 2
        first.close()
        second.close()


def test_a_lost_lease_is_found_in_the_very_transaction(grounds):
    with grounds.world() as world:
        world.receive(an_advertisement(1))
        service = a_service(world.sections, world.hand, QuickJudge())
        first, second = Daemon(service), Daemon(service)
        assert first.keep_lease()
        world.hand.now += timedelta(minutes=5)
        assert second.round() is not None
        with pytest.raises(LeaseLostError):
            ledger.forgive_attempt(first.service.db, 1)
        assert first.round() is None
        second.give_back()
        service.close()


def test_a_long_round_keeps_its_lease(grounds, monkeypatch):
    """The lease is shortened to a second here; judging takes three."""
    monkeypatch.setattr(tenure, "LASTS", timedelta(seconds=1))
    with grounds.world() as world:
        world.receive(an_application(1))
        began = time.monotonic()
        clock_at = world.hand.now
        expired: list[bool] = []

        def clock():
            return clock_at + timedelta(seconds=time.monotonic() - began)

        def look():
            for _ in range(30):
                time.sleep(0.1)
                with service.db.reading() as session:
                    expired.append(session.scalars(select(Lease)).one().expires_at <= clock())

        service = a_service(world.sections, clock, Pausing(1, look))
        daemon = Daemon(service)
        assert daemon.round() is not None
        daemon.give_back()
        assert len(expired) == 30
        assert expired.count(True) <= 2  # a machine under load may be late once
        service.close()


def test_two_daemons_at_once_share_the_work_without_doubling_it(grounds):
    with grounds.world() as world:
        services = [a_service(world.sections, world.hand, QuickJudge()) for _ in range(2)]
        for number in range(12):
            world.receive(an_application(number), an_advertisement(number))
            threads = [threading.Thread(target=live, args=(service, world.hand, 1)) for service in services]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        live(services[0], world.hand)
        assert broken(world, services[0]) == []
        assert len(world.provider.letters()) == 12
        for service in services:
            service.close()


def test_a_message_that_kills_the_process_three_times_is_put_aside_and_stops_no_other(grounds, victim):
    with grounds.world() as world:
        world.receive(an_application(1))
        for _ in range(3):
            died = victim.live(world, fatal_effect="judge")
            assert died["status"] == signal.SIGKILL
        world.receive(an_application(2))
        assert victim.live(world)["status"] == 0
        service = a_service(world.sections, world.hand, None)
        with service.db.reading() as session:
            first, second = session.scalars(
                select(Entry).where(Entry.sha256.in_([p.stem for p in world.known])).order_by(Entry.id)
            )
            assert (first.outcome, first.reasons, first.state) == (
                Outcome.REVIEW,
                ["too-many-attempts"],
                EntryState.DONE,
            )
            assert second.outcome == Outcome.RECORDED
        assert world.inbox.arrived[0] in world.inbox.folders()["INBOX"]
        assert broken(world, service) == []
        service.close()
