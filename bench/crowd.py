"""A register as it would be after years: 100,000 messages, 20,000 bodies, their letters, receipts and rounds.

The first rows are samples, judged and recorded as in the service; every other row is a copy of one of them under a
name, code, address and hour of its own, so that sizes and shapes are real. The mix: 22 % of the messages bring or
renew a form, half are receipts of the letters that answered, the rest was noted, or was looked at by a person.
"""

import json
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, insert, select, text

from bench.house import codes
from ingest.app import Service
from ingest.form.fold import fold
from ingest.wording import LEGAL_NATURES
from models import (
    Adhesion,
    Base,
    Document,
    Entry,
    Letter,
    LetterEvent,
    LetterRecipient,
    Organisation,
    OrganisationVersion,
    ReceiptRow,
    Round,
)

Row = dict[str, Any]
_SHARES = (("new", 200), ("updated", 22), ("duplicate", 8), ("form-review", 15), ("no-form", 21), ("unreadable", 4))
_SAMPLES = {
    "new": (1, 2, 3, 4, 5, 6, 7, 8), "updated": (10,), "duplicate": (12,), "form-review": (9, 15, 23, 24, 25),
    "no-form": (11, 13), "unreadable": (14,), "noted": (17, 19, 20, 22), "receipt": (27,), "delivery": (30,),
}  # fmt: skip
_WAIT = 150  # the newest messages for a person that nobody has looked at yet
_WORDS = (
    "Il Ponte", "La Rete", "Girasole", "Aurora", "Orizzonte", "Insieme", "La Quercia", "Il Faro", "Radici", "Primavera",
)  # fmt: skip
_FORMS = (
    "Associazione {} ODV", "Cooperativa sociale {}", "{} APS", "Fondazione {} ETS", "Comitato {}", "Polisportiva {}",
)  # fmt: skip
_TABLES: tuple[type[Base], ...] = (
    Entry, Organisation, Document, Adhesion, OrganisationVersion, Letter, LetterRecipient, ReceiptRow, LetterEvent,
)  # fmt: skip


@dataclass
class Crowd:
    """Rows on their way into the database, and what the next ones refer to."""

    connection: Connection
    samples: dict[str, dict[int, list[Row]]]  # table -> id of the entry (or letter) -> rows
    municipalities: tuple[str, ...]
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    ids: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    bodies: list[tuple[int, str, str]] = field(default_factory=list)  # id, name, code
    receipts: deque[tuple[int, str, str]] = field(default_factory=deque)  # letter, message id, sort

    def add(self, table: type[Base], row: Row, **changes: Any) -> int:
        """Queues a copy of a row; its id."""
        name = table.__tablename__
        self.ids[name] = number = self.ids.get(name, 1000) + 1
        self.rows.setdefault(name, []).append({**row, **changes, "id": number})
        return number

    def write(self) -> None:
        """What is queued goes into the database."""
        for table in _TABLES:
            rows = self.rows.pop(table.__tablename__, [])
            if rows:
                self.connection.execute(insert(_table(table)), rows)


def crowd(service: Service, messages: int, now: datetime) -> None:
    """Fills a register that holds the samples (`tests.console.filled.fill`) up to so many messages."""
    with service.db.engine.connect() as connection, connection.begin():
        made = Crowd(connection, _samples(connection), service.settings.notice.municipalities)
        code = codes()
        for number, kind in enumerate(_kinds(messages, made)):
            at = now - timedelta(seconds=(messages - number) * 200)
            _message(made, kind, at, code, waits=messages - number < _WAIT * messages // 2500)
            if number % 2000 == 0:
                made.write()
        made.write()
        _rounds(connection, messages, now)
    if service.db.engine.dialect.name == "postgresql":
        with service.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # what autovacuum does by itself within minutes


def _kinds(messages: int, made: Crowd) -> Iterator[str]:
    """What each message is, in the order of arrival; receipts follow their letters within hours."""
    forms = [kind for kind, share in _SHARES for _ in range(share)]
    for _ in range(messages):
        roll = made.dice.random()
        if made.receipts and (roll < 0.6 or len(made.receipts) > 400):
            yield made.receipts[0][2]
        elif roll < 0.82 or not made.bodies:
            yield made.dice.choice(forms) if made.bodies else "new"
        else:
            yield "noted"


def _message(made: Crowd, kind: str, at: datetime, code: Iterator[str], *, waits: bool) -> None:
    sample = made.dice.choice(_SAMPLES[kind])
    template = made.samples["entry"][sample][0]
    number = made.ids.get("entry", 1000) + 1
    body = None if kind in ("new", "noted", "receipt", "delivery") else made.dice.choice(made.bodies)
    if kind == "new":
        wanted = made.dice.choice(_FORMS).format(f"{made.dice.choice(_WORDS)} {made.dice.choice(_WORDS)} {number}")
        body = (0, wanted, next(code))
    sender = f"ente{number}@pec.example" if body else template["sender"]
    old = _own(made, sample)
    said = [(old[1], body[1]), (old[2], body[2])] if body and old else []
    reviewed = at + timedelta(hours=5) if template["needs_review"] and not waits else None
    entry = made.add(
        Entry, template, sha256=sha256(b"%d" % number).hexdigest(), sender=sender, received_at=at, internal_date=at,
        accepted_at=at if template["accepted_at"] else None, judged_at=at, identifier=f"opec{number}@pec.example",
        message_id=f"m{number}@pec.example", verdict=_said(template["verdict"], said), needs_review=
        template["needs_review"] and waits, reviewed_at=reviewed, reviewed_by="anna" if reviewed else None,
        search=fold(f"{template['subject']} {sender} {' '.join(text for _, text in said)}"), duplicate_of=None,
    )  # fmt: skip
    for row in made.samples["document"].get(sample, []):
        made.add(Document, row, entry_id=entry)
    if kind in ("receipt", "delivery"):
        _receipt(made, kind, entry, at)
    for row in made.samples["adhesion"].get(sample, []):
        _form(made, row, (entry, kind, body), said, at)
    for row in made.samples["letter"].get(sample, []):
        _letter(made, row, (entry, sender), at)


def _form(made: Crowd, row: Row, whose: tuple[int, str, Any], said: list[tuple[str, str]], at: datetime) -> None:
    entry, kind, body = whose
    number = body[0] if kind in ("updated", "duplicate") else None
    changed = {"entry_id": entry, "accepted_at": at, "created_at": at, "fields": _said(row["fields"], said)}
    adhesion = made.ids.get("adhesion", 1000) + 1
    if kind == "new":
        template = made.samples["organisation"][row["organisation_id"]][0]
        natures, towns = list(LEGAL_NATURES), (*made.municipalities, "Milano", None)
        number = made.add(
            Organisation, template, name=body[1], match_name=fold(body[1]), fiscal_code=body[2], first_entry_id=entry,
            values=_said(template["values"], said), legal_nature=made.dice.choice(natures),
            municipality=made.dice.choice(towns), first_accepted_at=at, created_at=at, updated_at=at, versions=1,
            current_version=1, status="active",
        )  # fmt: skip
        made.bodies.append((number, body[1], body[2]))
    form = made.add(Adhesion, row, organisation_id=number, form_sha256=sha256(b"f%d" % adhesion).hexdigest(), **changed)
    if kind in ("new", "updated"):
        version = made.samples["organisation_version"][row["id"]][0]
        made.add(
            OrganisationVersion, version, organisation_id=number, adhesion_id=form, number=1 if kind == "new" else form,
            values=_said(version["values"], said), accepted_at=at, created_at=at,
        )  # fmt: skip


def _letter(made: Crowd, row: Row, about: tuple[int, str], at: datetime) -> None:
    entry, to = about
    state = made.dice.choices(("delivered", "failed", "late"), (997, 2, 1))[0]
    letter = made.add(
        Letter, row, key=f"entry:{entry}:reply", entry_id=entry, to_address=to, message_id=f"r{entry}@pec.example",
        identifier=f"risposta{entry}@pec.example", state=state, created_at=at, next_try_at=at, submitted_at=at,
    )  # fmt: skip
    made.add(LetterRecipient, {}, letter_id=letter, address=to, state=state, notices=0, certified=True)
    for step in ("queued", "submitting", "submitted"):
        made.add(LetterEvent, {}, letter_id=letter, at=at, state=step, receipt_id=None, note="")
    made.receipts.extend((letter, f"r{entry}@pec.example", sort) for sort in ("receipt", "delivery"))


def _receipt(made: Crowd, kind: str, entry: int, at: datetime) -> None:
    letter, about, _ = made.receipts.popleft()
    word, state = ("acceptance", "accepted") if kind == "receipt" else ("delivery", "delivered")
    row = made.samples["receipt"][27][0]
    receipt = made.add(ReceiptRow, row, type=word, identifier=f"opec{entry}", recipient=f"{letter}@pec.example", at=at,
                       entry_id=entry, about=about, letter_id=letter, matched_at=at)  # fmt: skip
    made.add(LetterEvent, {}, letter_id=letter, at=at, state=state, receipt_id=receipt, note="")


def _rounds(connection: Connection, messages: int, now: datetime) -> None:
    """A round every two minutes."""
    starts = (now - timedelta(minutes=2 * (messages // 2 - number)) for number in range(messages // 2))
    rows = [{"started_at": at, "finished_at": at + timedelta(seconds=2), "ok": True, "error": "", "counts": {}}
            for at in starts]  # fmt: skip
    connection.execute(insert(_table(Round)), rows)


def _own(made: Crowd, entry: int) -> tuple[int, str, str] | None:
    """The body whose form a sample holds: id, name, code."""
    for form in made.samples["adhesion"].get(entry, []):
        fields = form["fields"]
        name, code = (str(fields.get(f"organisation.{key}", {}).get("value") or "-") for key in ("name", "fiscal_code"))
        return (0, name, code)
    return None


def _said(value: Any, changes: list[tuple[str, str]]) -> Any:
    """A JSON value or text with names and codes exchanged."""
    if value is None:
        return None
    written: str = value if isinstance(value, str) else json.dumps(value)
    for old, new in changes:
        if old not in ("", "-"):
            written = written.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
    return written if isinstance(value, str) else json.loads(written)


def _samples(connection: Connection) -> dict[str, dict[int, list[Row]]]:
    """The rows to copy: those of an entry by its id, an organisation by its own, a version by its adhesion."""
    keys = {"entry": "id", "organisation": "id", "organisation_version": "adhesion_id"}
    found: dict[str, dict[int, list[Row]]] = {}
    for table in (Entry, Organisation, Document, Adhesion, OrganisationVersion, Letter, ReceiptRow):
        held = found.setdefault(table.__tablename__, {})
        for row in connection.execute(select(_table(table))).mappings():
            held.setdefault(row[keys.get(table.__tablename__, "entry_id")], []).append(dict(row))
    return found


def _table(model: type[Base]) -> Table:
    found = model.__table__
    assert isinstance(found, Table)
    return found
