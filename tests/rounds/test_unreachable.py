"""A submission server that is away: one alarm, no letter spoilt, and all leave soon after it is back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from ingest.app import Service
from ingest.rounds import AWAY_RESTS, REFUSAL_RESTS, RoundReport, send
from ingest.trouble import Trouble, told
from ingest.watch import open_conditions
from models import Letter, LetterEvent
from tests.fakes import FakePost
from tests.register.builders import CODES, NOW, Sending, a_verdict, recorded

LETTERS = 3


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def waiting(service: Service) -> tuple[Service, FakePost, Clock]:
    """Three letters, and a server that is away."""
    post, clock = FakePost(away=True), Clock()
    for number in range(LETTERS):
        form = {"organisation__fiscal_code": CODES[number], "organisation__name": f"Ente {number}"}
        recorded(service.db, a_verdict(Sending(sender=f"ente{number}@pec.example.org"), form))
    return replace(service, post=post, clock=clock), post, clock  # type: ignore[arg-type]


def letters(service: Service) -> list[Letter]:
    with service.db.reading() as session:
        return list(session.scalars(select(Letter).order_by(Letter.id)))


def go_on(service: Service, clock: Clock, span: timedelta) -> None:
    """The daemon's rhythm: letters are looked at every twenty seconds."""
    end = clock.now + span
    while clock.now < end:
        clock.now += timedelta(seconds=20)
        send(service, RoundReport())


def test_letters_wait_without_losing_an_attempt_and_leave_within_a_minute_of_its_return(waiting):
    service, post, clock = waiting
    go_on(service, clock, timedelta(days=3))
    assert [(one.state, one.attempts) for one in letters(service)] == [("queued", 0)] * LETTERS
    (condition,) = open_conditions(service.db)
    assert condition.code == f"{Trouble.SMTP_UNREACHABLE}:pec"
    assert "server di invio" in told(condition.code).title
    post.away = False
    go_on(service, clock, AWAY_RESTS)
    assert [one.state for one in letters(service)] == ["submitted"] * LETTERS
    assert len(post.handed) == LETTERS
    assert open_conditions(service.db) == []


def test_the_server_is_asked_no_oftener_than_once_a_minute_and_no_letter_is_taken_up_to_ask(waiting):
    service, post, clock = waiting
    go_on(service, clock, timedelta(hours=1))
    assert 50 <= post.probed <= 60
    with service.db.reading() as session:
        taken_up = session.scalars(select(LetterEvent).where(LetterEvent.state == "submitting")).all()
    assert len(taken_up) == 1


def test_a_process_that_dies_meanwhile_leaves_nothing_uncertain(waiting):
    service, post, clock = waiting
    go_on(service, clock, timedelta(minutes=5))
    restarted = replace(service, post=(again := FakePost()))
    go_on(restarted, clock, timedelta(minutes=1))
    assert len(again.handed) == LETTERS
    assert post.handed == []


def test_a_server_that_comes_back_and_refuses_the_login_is_asked_once_and_then_rests(waiting):
    service, post, clock = waiting
    go_on(service, clock, timedelta(minutes=5))
    post.away, post.refusing = False, True
    go_on(service, clock, REFUSAL_RESTS - AWAY_RESTS)
    assert post.logins == 1
    assert [one.code for one in open_conditions(service.db)] == [f"{Trouble.SMTP_LOGIN_REFUSED}:pec"]
    assert [(one.state, one.attempts) for one in letters(service)] == [("queued", 0)] * LETTERS
    post.refusing = False
    go_on(service, clock, 2 * AWAY_RESTS)
    assert [one.state for one in letters(service)] == ["submitted"] * LETTERS
    assert open_conditions(service.db) == []
