"""Breaks the line to a server at every step of the conversation or at random bytes, and looks what became of it all."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from itertools import count, cycle
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from ingest.app import Service
from ingest.daemon import Daemon
from ingest.database import Database
from ingest.imap import ImapMailbox
from ingest.imap_box import ImapLimits
from ingest.mailbox import MailboxError
from ingest.post import Post, PostLimits
from models import Entry, EntryState
from tests.faults.killing import Grounds, Toll
from tests.faults.life import QuickJudge, a_service, live
from tests.faults.promises import broken, told
from tests.faults.relay import Break, Relay, a_relay
from tests.faults.traffic import an_advertisement, an_application
from tests.faults.witness import testify
from tests.faults.world import World

_HASTY = (ImapLimits(connect=0.5, silence=0.5, call=2.0), PostLimits(connect=0.5, step=0.5, answer=0.5))
_USUAL = (ImapLimits(), PostLimits())
_WORLD_LASTS = 40  # strikes: what is looked at after each of them grows
_FAULTS = (MailboxError, OSError, SQLAlchemyError)


_EVERY, _LETTERS_EVERY = timedelta(minutes=2), timedelta(seconds=20)


class Line(StrEnum):
    """Which of the service's lines passes through the relay."""

    IMAP = "imap"
    SMTP = "smtp"
    POSTGRESQL = "postgresql"


class Relayed(ImapMailbox):
    """A mailbox reached through the relay, known by the name it has without."""

    named: str = ""

    @property
    def account(self) -> str:
        return self.named


@dataclass(frozen=True)
class Broken:
    """A world whose service has one line through a relay."""

    world: World
    service: Service  # gives up within seconds, so that a strike lasts no longer
    patient: Service  # the same with the limits of every day: between strikes a slow machine is no fault
    plain: Service
    relay: Relay


@contextmanager
def through(grounds: Grounds, line: Line, found: list[str] | None = None) -> Iterator[Broken]:
    """A new world with its relay; `found` as for `Grounds.world`."""
    with grounds.world(found) as world:
        plain = a_service(world.sections, world.hand, QuickJudge(), world.witness)
        with a_relay(_target(line, plain)) as relay:
            patient = _relayed(plain, relay, line)
            testify(patient.db, world.witness)
            service = patient if line is Line.POSTGRESQL else _relayed(plain, relay, line, _HASTY)
            try:
                yield Broken(world, service, patient, plain, relay)
            finally:
                service.db.close()
                plain.close()


def struck_lines(
    grounds: Grounds, line: Line, strikes: int, seed: int, *, every_step: bool = False, first: int = 0
) -> Toll:
    """One strike in each round, of each kind in turn: at random bytes, or at one turn of the talk after another.

    The next rounds must complete. `toll.effects`: turns of a whole conversation.
    """
    dice, toll, number, kinds = random.Random(seed), Toll(), count(1), cycle(Break)
    while toll.kills < strikes:
        with through(grounds, line, toll.broken) as one:
            one.world.receive(an_application(0))
            live(one.patient, one.world.hand)
            whole, toll.effects = one.relay.passed, max(toll.effects, one.relay.turns)
            for _ in range(min(_WORLD_LASTS, strikes - toll.kills)):
                fresh, how = next(number), next(kinds)
                one.world.receive(an_application(fresh), an_advertisement(fresh))
                turn = first % toll.effects if every_step else None
                first += 1
                one.relay.begin(how, after=None if every_step else dice.randrange(1, whole), at_turn=turn)
                when = f"{line} {how} at {turn if every_step else one.relay.after}"
                _one_round(one)
                toll.kills += 1
                toll.where[how] += one.relay.struck
                one.relay.begin(how)
                live(one.patient, one.world.hand)
                toll.broken += [f"{when}: {words}" for words in broken(one.world, one.plain)]
            toll.add(told(one.plain))
    return toll


def _one_round(one: Broken) -> None:
    daemon = Daemon(one.service)
    with suppress(*_FAULTS):
        daemon.round()
        daemon.mail()
    with suppress(*_FAULTS):
        daemon.give_back()  # by itself: what broke above must not leave its thread renewing
    one.world.hand.now += timedelta(minutes=3)  # past its lease, and past the first wait of a letter


def recovery(grounds: Grounds, line: Line, outage: timedelta) -> timedelta:
    """How long after a server came back a message that arrived meanwhile is recorded and its letter has left.

    The daemon's rhythm by a clock moved by hand: a round every two minutes, or when it asks for one sooner, letters
    every twenty seconds. The outage begins with a round, and the message comes with it.
    """
    with through(grounds, line) as one:
        live(one.patient, one.world.hand)
        one.world.receive(an_application(1))
        daemon, hand = Daemon(one.patient), one.world.hand
        sent, back = len(one.world.provider.letters()), hand.now + outage
        due, every = {"round": hand.now, "mail": hand.now + _LETTERS_EVERY}, {"round": _EVERY, "mail": _LETTERS_EVERY}
        daemon._poll_in = lambda seconds: due.update(round=hand.now + timedelta(seconds=seconds))
        while True:
            what = min(due, key=lambda one: due[one])
            hand.now = max(hand.now, due[what])
            due[what] += every[what]
            one.relay.refusing = hand.now < back
            if one.relay.refusing:
                one.relay.hang_up()
            with suppress(*_FAULTS):
                daemon.poll() if what == "round" else daemon.mail()
            if not one.relay.refusing and len(one.world.provider.letters()) > sent and _all_judged(one.plain):
                with suppress(*_FAULTS):
                    daemon.give_back()
                return hand.now - back


def _all_judged(service: Service) -> bool:
    with service.db.reading() as session:
        found = select(func.count()).select_from(Entry)
        return not session.scalar(found.where(Entry.state == EntryState.PENDING)) and bool(session.scalar(found))


def _relayed(plain: Service, relay: Relay, line: Line, limits: tuple[ImapLimits, PostLimits] = _USUAL) -> Service:
    settings, (imap, smtp) = plain.settings, limits
    if line is Line.IMAP:
        mailbox = Relayed(settings.mailbox.model_copy(update={"port": relay.port}), imap)
        mailbox.named = settings.mailbox.account
        return replace(plain, mailbox=mailbox)
    if line is Line.SMTP:
        return replace(plain, post=Post(settings.smtp.model_copy(update={"port": relay.port}), smtp))
    name = plain.db.url.partition("@/")[2].partition("?")[0]
    return replace(plain, db=Database(f"postgresql+psycopg://pec@127.0.0.1:{relay.port}/{name}?sslmode=disable"))


def _target(line: Line, plain: Service) -> tuple[str, int] | Path:
    if line is Line.SMTP:
        return ("127.0.0.1", plain.settings.smtp.port)
    if line is Line.IMAP:
        return ("127.0.0.1", plain.settings.mailbox.port)
    return Path(plain.db.url.partition("host=")[2].partition("&")[0]) / ".s.PGSQL.5432"
