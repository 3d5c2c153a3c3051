"""A convocation to many, killed twice in the middle: each adherent is written to once, each failure is listed."""

from collections import Counter
from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy import select

from ingest.convocations.state import Reach, lines
from ingest.demo.conduct import Fate, Fault, Step
from ingest.outbox import recover
from ingest.release import release
from models import Letter, schema
from tests.faults.life import a_service
from tests.faults.world import World, a_world
from tests.later.builders import adherents, confirmed

SIGKILL = 9
_DEAD = (Fate.UNKNOWN, Fate.FULL)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("kind", "sizes"), [("sqlite", (500, 20, 10)), ("postgresql", (60, 4, 2))])
def test_a_convocation_killed_twice_reaches_each_once_and_lists_each_failure(request, tmp_path, victim, kind, sizes):
    count, dead, refused = sizes
    url = f"sqlite:///{tmp_path / 'register.db'}" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    schema.upgrade(url)
    limits: dict[str, Any] = {
        "answers": {"daily_limit": 5000, "per_address_limit": 3},
        "convocations": {"per_hour": 4000},
    }
    with a_world(tmp_path / "world", url, **limits) as world:
        number = _a_convocation(world, count)
        conduct = world.provider.conduct
        for one in range(dead):
            conduct.fates[f"ente{count - 1 - one:04d}@pec.example"] = _DEAD[one % 2]
        conduct.faults += [Fault(Step.RCPT, reply="550 5.1.1 casella inesistente")] * refused
        for fatal in (count // 3, count):
            assert victim.live(world, fatal=fatal + 40)["status"] == SIGKILL
        _settle(world, victim)
        doubtful = [one for one in _lines(world, number) if one.state == "uncertain"]
        assert len(doubtful) <= 2  # what was in the process's hands when it died, and no receipt tells
        for one in doubtful:
            assert one.reach is Reach.NOT_REACHED
            _release(world, one.letter)
        _settle(world, victim)
        found = _lines(world, number)
        wire = Counter(str(message_from_bytes(one.raw)["To"]) for one in world.provider.letters())
    assert set(wire.values()) == {1}
    assert len(wire) == count - refused
    assert Counter(one.reach for one in found) == {
        Reach.REACHED: count - dead - refused, Reach.NOT_REACHED: dead + refused,
    }  # fmt: skip
    missed = [one for one in found if one.reach is Reach.NOT_REACHED]
    assert all(one.why and one.state == "failed" for one in missed)
    assert {one.address for one in missed if one.address in wire} == set(conduct.fates)


def _a_convocation(world: World, count: int) -> int:
    service = a_service(world.sections, world.hand, None)
    try:
        adherents(service.db, count, notice_id=service.settings.notice.id)
        return confirmed(service.db, service.settings, now=world.hand.now)
    finally:
        service.close()


def _settle(world: World, victim) -> None:
    """Lives until nothing is queued and no receipt lies unread."""
    for _ in range(12):
        assert victim.live(world)["status"] == 0
        service = a_service(world.sections, world.hand, None)
        with service.db.reading() as session:
            left = session.scalars(select(Letter.id).where(Letter.state.in_(("queued", "submitted", "accepted")))).all()
        service.close()
        if not left:
            return
    raise AssertionError(f"{len(left)} letters are not settled")


def _lines(world: World, number: int):
    service = a_service(world.sections, world.hand, None)
    try:
        with service.db.reading() as session:
            return lines(session, number)
    finally:
        service.close()


def _release(world: World, letter: int) -> None:
    service = a_service(world.sections, world.hand, None)
    recover(service.db, world.hand.now)
    assert release(service.db, letter, "carlo", world.hand.now)
    service.close()
