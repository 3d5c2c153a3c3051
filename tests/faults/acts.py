"""What strangers do to a register while the service works on it: each act as a whole process does it, by the real CLI.

An act runs in a fresh process, opens the register itself and closes it. Most only look; one decides as a clerk does in
the console, which must break no promise and must leave its line in the audit.
"""

import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, select

from ingest import decisions
from ingest.cli import main as command_line
from ingest.config import PREFIX, example_text
from ingest.database import Database
from ingest.decisions import Deciding
from ingest.vocabulary import Outcome
from models import Audit, Entry, EntryState, Organisation, OrganisationStatus
from tests.faults.witness import invisible, told_by

WHO = "estraneo"  # in the audit, with a number
_SHORT, _OF_EVERY_DAY = 0.3, 15  # seconds to wait for whoever writes to SQLite
_ABOVE = 40  # entries have numbers up to about this in the worlds of the tests

# What an act that failed may have said. Nothing else: above all no "disk I/O error", "malformed" or "no such table".
_LOCKED = (
    "database is locked",
    "due to lock timeout",
    "FAIL database: OperationalError;",
)  # only where who waits gives up within a second
_FAULTS = {
    "show": ("there is no entry",),
    "check": ("FAIL smtp:",),  # the provider is at fault just now, or a kill took the login's other half
}
_LOCKED_MAILBOX = ("another process holds the index of the maildir",)  # it stands still


@dataclass(frozen=True)
class Place:
    """A world as strangers know it: where its register lies, and how it is configured."""

    folder: Path  # of the strangers' own
    witness: Path
    sections: dict[str, dict[str, Any]]
    impatient: bool = False

    def prepare(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.configuration.write_text(example_text(), encoding="utf-8")

    @property
    def configuration(self) -> Path:
        return self.folder / "config.toml"

    @property
    def url(self) -> str:
        url = make_url(self.sections["database"]["url"])
        if url.get_backend_name() != "sqlite":
            return url.render_as_string(hide_password=False)
        patience = _SHORT if self.impatient else _OF_EVERY_DAY
        return url.update_query_dict({"timeout": str(patience)}).render_as_string()

    def environment(self) -> dict[str, str]:
        """The world's configuration, as the environment overrides the example's."""
        sections = {**self.sections, "database": {"url": self.url}}
        return {
            f"{PREFIX}{section}__{key}".upper(): _text(value)
            for section, keys in sections.items()
            for key, value in keys.items()
        }


def acts_of(place: Place) -> list[str]:
    """The names of what can be done there."""
    possible = ["log", "outgoing", "organisations", "show", "check", "backup", "digest", "decide", "look"]
    postgresql = not place.url.startswith("sqlite")
    return [one for one in possible if one != "backup" or not postgresql or shutil.which("pg_dump")]


def perform(act: str, place: Place, slot: int, number: int) -> int:
    """Does it, in this process; the exit code. `slot`: which of those side by side it is, `number`: of the act."""
    os.environ.update(place.environment())
    own: dict[str, Callable[[Place, int], int]] = {"decide": _decide, "look": _look}
    if act in own:
        return own[act](place, number)
    words = {
        "show": ["show", str(random.Random(number).randint(1, _ABOVE)), "--json"],
        "organisations": ["organisations", "--format", "json"],
        "check": ["check"],
        "backup": ["backup", str(place.folder / f"backup{number}")],
        "digest": ["digest", "--preview", str(place.folder / f"digest{slot}.html")],
    }
    return command_line(["--config", str(place.configuration), *words.get(act, [act, "--json"])])


def excused(act: str, said: str, place: Place) -> bool:
    """Whether an act that failed said a legitimate reason."""
    reasons = [*_FAULTS.get(act, ()), *((*_LOCKED, *_LOCKED_MAILBOX) if place.impatient else ())]
    failures = [line for line in said.splitlines() if line.startswith("FAIL")] if act == "check" else []
    return all(any(reason in line for reason in reasons) for line in failures or [said])


def look(place: Place, decided: list[str]) -> list[str]:
    """What was committed and cannot be seen from here; `decided`: who decided something and was told it was done."""
    witnessed = told_by(place.witness)  # first
    with _register(place) as db:
        with db.reading() as session:
            found = set(session.scalars(select(Audit.who).where(Audit.who.startswith(WHO))))
        return [
            *invisible(witnessed, db),
            *[f"invisible: the audit's line of {who}" for who in decided if who not in found],
        ]


def _look(place: Place, _number: int) -> int:
    sys.stdout.writelines(f"{words}\n" for words in look(place, []))
    return 0


def _decide(place: Place, number: int) -> int:
    """One decision at random; says who made it once it is done, and nothing when there was nothing to decide."""
    dice, by = random.Random(number), Deciding(f"{WHO}-{number}", datetime.now(UTC))
    with _register(place) as db:
        with db.reading() as session:
            noted = list(
                session.scalars(
                    select(Entry.id).where(
                        Entry.state == EntryState.DONE, Entry.outcome.in_((Outcome.NOTED, Outcome.RECEIPT))
                    )
                )
            )
            organisations = list(session.scalars(select(Organisation.id)))
        kinds: list[Callable[[], object]] = []
        if noted:
            kinds.append(lambda: decisions.mark_reviewed(db, dice.choice(noted), by))
        if organisations:
            one = dice.choice(organisations)
            phone = f"029{number:07d}"
            kinds += [
                lambda: decisions.set_status(db, one, OrganisationStatus.ACTIVE, by),
                lambda: decisions.correct(db, one, "contact.phone", phone, by),
            ]
        if kinds:
            dice.choice(kinds)()
            sys.stdout.write(f"{by.who}\n")
    return 0


@contextmanager
def _register(place: Place) -> Iterator[Database]:
    db = Database(place.url)
    try:
        yield db
    finally:
        db.close()


def _text(value: Any) -> str:
    """As an environment variable says it."""
    if isinstance(value, list):
        return "[" + ", ".join(f'"{one}"' for one in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
