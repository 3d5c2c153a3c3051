"""Kills the service again and again, at every boundary or at random instants, and looks what became of the promises."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ingest.database import Database
from ingest.demo.conduct import Fault, Step
from ingest.demo.tls import ServerCertificate
from models import Entry, schema
from tests.faults.life import a_service
from tests.faults.promises import Told, broken, told
from tests.faults.strangers import Strangers
from tests.faults.traffic import an_advertisement, an_application
from tests.faults.world import Victim, World, a_world
from tests.servers.dovecot import Dovecot
from tests.servers.postgresql import PostgreSQL

SIGKILL = 9
_IMPATIENT = "-c%20lock_timeout=300%20-c%20idle_in_transaction_session_timeout=1500%20-c%20timezone=UTC"
PROVIDER_FAULTS = (
    Fault(Step.LOGIN, reply="454 4.7.0 riprovare"),
    Fault(Step.MAIL, reply="421 4.3.2 servizio sospeso"),
    Fault(Step.RCPT),
    Fault(Step.DATA, reply="451 4.3.0 riprovare"),
    Fault(Step.DATA, accepted=True),  # taken, and the line lost before the answer
    Fault(Step.DATA),
)


@dataclass
class Grounds:
    """Where worlds are made: on SQLite, or on `postgresql`; with a maildir, or with an account of `dovecot`."""

    folder: Path
    postgresql: PostgreSQL | None = None
    dovecot: Dovecot | None = None
    certificate: ServerCertificate | None = None
    impatient: bool = False  # who waits for the register gives up within a second, and so does the database
    strangers: Strangers | None = None  # other processes at the register, as long as each world lasts
    _template: str = ""
    _serial: Iterator[int] = field(default_factory=lambda: count(1))

    @contextmanager
    def world(self, told: list[str] | None = None) -> Iterator[World]:
        """A new world, gone afterwards. What strangers found broken in it is added to `told`, or raised without one."""
        folder = self.folder / f"world{next(self._serial)}"
        folder.mkdir(parents=True)
        name = self._register(folder)
        url = self.postgresql.url(name) if self.postgresql else f"sqlite:///{name}"
        if self.impatient:
            url += f"&options={_IMPATIENT}" if self.postgresql else "?timeout=0.3"
        try:
            with a_world(folder, url, server=self.dovecot, certificate=self.certificate) as world:
                with self._visited(world, [] if told is None else told) as broken:
                    yield world
                assert told is not None or not broken, broken
        finally:
            if self.postgresql:
                self.postgresql.drop_database(name)
            shutil.rmtree(folder)

    @contextmanager
    def _visited(self, world: World, broken: list[str]) -> Iterator[list[str]]:
        """The world with its strangers; what they found broken is in the list afterwards."""
        if self.strangers is None:
            yield broken
            return
        world.witness, world.look = world.folder / "witness", self.strangers.look
        self.strangers.begin(world.folder / "strangers", world.witness, world.sections, impatient=self.impatient)
        try:
            yield broken
        finally:
            broken += self.strangers.end()

    def _register(self, folder: Path) -> str:
        """An empty migrated register: a copy, which takes milliseconds."""
        if self.postgresql:
            if not self._template:
                self._template = self.postgresql.create_database()
                schema.upgrade(self.postgresql.url(self._template))
            return self.postgresql.create_database(self._template)
        if not self._template:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._template = str(self.folder / "migrated.db")
            made = Database(f"sqlite:///{self._template}")
            made.upgrade()
            made.close()
        return str(shutil.copy(self._template, folder / "register.db"))


@dataclass
class Toll:
    """What a series of kills came to."""

    kills: int = 0
    effects: int = 0  # boundaries of a whole life
    shorter: int = 0  # lives that had fewer, and ended before the one they should have died at
    messages: int = 0
    letters: int = 0
    uncertain: int = 0
    broken: list[str] = field(default_factory=list)
    where: Counter[str] = field(default_factory=Counter)  # boundary → kills

    def add(self, found: Told) -> None:
        self.messages += found.messages
        self.letters += found.letters
        self.uncertain += found.uncertain


def killed_everywhere(grounds: Grounds, victim: Victim, *, step: int = 1, first: int = 0) -> Toll:
    """One death before each effect of a whole life (each `step`-th, from `first` on), each in a world of its own."""
    toll = Toll()
    with grounds.world(toll.broken) as world:
        small_post(world)
        met = victim.live(world)["met"]
        expected = outcomes(world, toll)
    toll.effects = len(met)
    for fatal in range(first, len(met), step):
        with grounds.world(toll.broken) as world:
            small_post(world)
            died = victim.live(world, fatal=fatal)
            if died["status"] != SIGKILL:
                if died["status"] or len(died["met"]) > fatal:
                    toll.broken.append(f"boundary {fatal} did not kill: status {died['status']}")
                toll.shorter += 1
                continue  # two originals shared a folder that another life makes twice: this one had fewer effects
            after = victim.live(world)
            if after["status"]:
                toll.broken.append(f"the life after boundary {fatal} ended with {after['status']}")
            toll.kills += 1
            toll.where[met[fatal]] += 1
            found = outcomes(world, toll, f"killed before effect {fatal} ({met[fatal]})")
            if found != expected:
                toll.broken.append(f"killed before effect {fatal} ({met[fatal]}): {found}, not {expected}")
    return toll


def killed_at_random(
    grounds: Grounds, victim: Victim, kills: int, seed: int, *, workers: bool = False, **how: Any
) -> Toll:
    """Deaths at random instants while mail keeps arriving, ten in each world (with real workers three).

    `how` they live beyond that: see tests.faults.victim.
    """
    dice = random.Random(seed)
    toll, lives = Toll(), 3 if workers else 10
    while toll.kills < kills:
        with grounds.world(toll.broken) as world:
            for number in range(lives):
                world.receive(an_application(number % 40), an_application(number % 7, 2), an_advertisement(number))
                died = victim.live(world, seconds=dice.uniform(0.02, 6.0 if workers else 1.2), workers=workers, **how)
                toll.kills += died["status"] == SIGKILL
                if died["status"] not in (0, SIGKILL):
                    toll.broken.append(f"seed {seed}, kill {toll.kills}: a life ended by itself with {died['status']}")
            after = victim.live(world, workers=workers)
            if after["status"]:
                toll.broken.append(f"seed {seed}, kill {toll.kills}: the last life ended with {after['status']}")
            outcomes(world, toll, f"seed {seed}, kill {toll.kills}")
    return toll


def a_day(grounds: Grounds, victim: Victim, seed: int, *, step: timedelta = timedelta(minutes=30)) -> Toll:
    """24 hours of the world's clock: mail at random, a provider at fault, the clock set back, deaths; then quiet."""
    dice = random.Random(seed)
    toll = Toll()
    with grounds.world(toll.broken) as world:
        for number in range(int(timedelta(days=1) / step)):
            some = (an_application(number % 40), an_application(number % 9, 2), an_advertisement(number))
            world.receive(*(raw for raw in some if dice.random() < 0.4))
            if dice.random() < 0.3:
                world.provider.conduct.faults.append(dice.choice(PROVIDER_FAULTS))
            lethal = dice.uniform(0.02, 1.2) if dice.random() < 0.4 else None
            status = victim.live(world, seconds=lethal)["status"]
            toll.kills += status == SIGKILL
            if status not in (0, SIGKILL):
                toll.broken.append(f"the day of seed {seed}: a life ended by itself with {status}")
            world.hand.now += step if dice.random() < 0.9 else -step / 2
            world.provider.deliver_due(world.hand.now)
        world.provider.conduct.faults.clear()
        world.hand.now += timedelta(hours=3)
        after = victim.live(world)
        if after["status"]:
            toll.broken.append(f"the day of seed {seed} ended with {after['status']}")
        outcomes(world, toll, f"the day of seed {seed}")
    return toll


def small_post(world: World) -> None:
    """An application, the same form sent again, and an advertisement."""
    world.receive(an_application(1), an_application(1, 2), an_advertisement(1))


def outcomes(world: World, toll: Toll, when: str = "") -> Counter[str]:
    """What became of the messages from outside; what is broken goes to the toll."""
    service = a_service(world.sections, world.hand, None)
    try:
        toll.broken += [f"{when}: {words}" for words in broken(world, service)]
        toll.add(told(service))
        with service.db.reading() as session:
            outside = Entry.sha256.in_([path.stem for path in world.known])
            return Counter(str(outcome) for outcome in session.scalars(select(Entry.outcome).where(outside)))
    finally:
        service.close()
