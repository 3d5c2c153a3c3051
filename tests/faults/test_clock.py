"""Clocks that step and nights that have 23 or 25 hours: no message is lost, no letter doubled, one digest a week."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from ingest.daemon import Daemon
from models import Digest
from tests.faults.life import QuickJudge, a_service, live
from tests.faults.promises import broken
from tests.faults.traffic import an_advertisement, an_application

READER = "pianodizona@posta.example"
WHILE_JUDGING = (timedelta(days=1), timedelta(minutes=-1), timedelta(hours=2))
STEPS = (timedelta(hours=-2), timedelta(days=1), timedelta(days=-3), timedelta(minutes=-1), timedelta(days=9))


class Stepping(QuickJudge):
    """The clock steps while a message is judged, too.

    Not far back: what then bears a signature of days to come is put before a person.
    """

    def __init__(self, hand, steps):
        super().__init__()
        self.hand, self.steps = hand, list(steps)

    def judge(self, path, context, arrival):
        if self.steps:
            self.hand.now += self.steps.pop(0)
        return super().judge(path, context, arrival)


def test_a_clock_that_steps_back_and_forward_doubles_nothing(grounds):
    with grounds.world() as world:
        service = a_service(world.sections, world.hand, Stepping(world.hand, WHILE_JUDGING))
        for number, step in enumerate(STEPS):
            world.receive(an_application(number), an_advertisement(number))
            live(service, world.hand)
            world.hand.now += step
        world.hand.now += timedelta(days=10)
        live(service, world.hand)
        assert broken(world, service) == []
        assert len(world.provider.letters()) == len(STEPS)
        service.close()


@pytest.mark.parametrize("grounds", ["sqlite"], indirect=True)  # nothing here asks the database for the time
@pytest.mark.parametrize("schedule", ["sun 02:30", "sun 02:00", "mon 08:00"])
@pytest.mark.parametrize(
    "night",
    [datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2027, 3, 27, 22, 0, tzinfo=UTC)],
    ids=["of 25 hours", "of 23 hours"],
)
def test_the_night_the_clocks_change_has_one_digest(grounds, night, schedule):
    with grounds.world() as world:
        world.hand.now = night - timedelta(days=5)
        sections = {**world.sections, "digest": {"to": [READER], "schedule": schedule}}
        service = a_service(sections, world.hand, QuickJudge())
        daemon = Daemon(service)
        daemon.round()  # installed after that Monday: the first digest is the one of that night
        before = digests(world)
        world.hand.now = night
        while world.hand.now < night + timedelta(hours=34):
            daemon.mail()
            world.hand.now += timedelta(minutes=20)
        daemon.give_back()
        with service.db.reading() as session:
            weeks = Counter(row.week for row in session.query(Digest))
        assert set(weeks.values()) == {1}
        assert digests(world) - before == 1
        service.close()


def digests(world):
    return sum(sent.recipients == (READER,) for sent in world.provider.letters())
