"""Builders of adherents and convocations. Every body is invented."""

from datetime import datetime
from typing import Any

from ingest.config import parse
from ingest.convocations.audience import Audience
from ingest.convocations.drafts import Author, Writing, confirm, write
from ingest.database import Database
from ingest.keys import Settings
from ingest.matching import match_name
from models import Entry, EntryState, Organisation, Via
from tests.register.builders import NOW, OURS, a_message

BY = Author("carlo", NOW)
NOTICE: dict[str, Any] = {
    "id": "piano-di-zona", "title": "Avviso di co-programmazione", "deadline": "2021-07-29T23:59:59+02:00",
    "themes": {"abitare": "la tematica dell'abitare", "occupazione": "la tematica dell'occupazione"},
    "municipalities": ["Gessate", "Gorgonzola"],
}  # fmt: skip


def the_settings(**sections: dict[str, Any]) -> Settings:
    mailbox = {"host": "imaps.example.it", "username": OURS}
    return parse({"mailbox": mailbox, "notice": NOTICE, **sections}, {})


def adherents(db: Database, count: int, **values: Any) -> list[int]:
    """The ids of new organisations, each with a PEC of its own; `values` are columns of all of them."""
    entry = a_message(db)
    with db.transaction() as session:
        first = session.get_one(Entry, entry)
        first.notice_id, first.state, first.outcome = NOTICE["id"], EntryState.DONE, "recorded"
        bodies = []
        for number in range(count):
            name = f"Associazione {number:04d}"
            columns: dict[str, Any] = {
                "notice_id": NOTICE["id"], "name": name, "match_name": match_name(name), "themes": ["abitare"],
                "pec": f"ente{number:04d}@pec.example", "emails": [f"ente{number:04d}@posta.example"],
                "municipality": "Gessate", "legal_nature": "odv", "role": "operative", "timeliness": "on-time",
                "values": {"contact.name": {"value": f"Paola Colombo {number}"}}, "first_entry_id": entry,
                "first_accepted_at": NOW, "created_at": NOW, "updated_at": NOW, **values,
            }  # fmt: skip
            bodies.append(Organisation(**columns))
        session.add_all(bodies)
        session.flush()
        return [body.id for body in bodies]


def a_writing(via: Via = Via.PEC, **audience: str) -> Writing:
    body = "Gentile {{ referente }},\n\n{{ ente }} è invitato al tavolo.\n\nCordiali saluti"
    return Writing("Invito: {{ ente }}", body, Audience(**audience), via)


def confirmed(db: Database, settings: Settings, writing: Writing | None = None, now: datetime = NOW) -> int:
    """The id of a convocation that a person confirmed."""
    number = write(db, settings.notice.id, writing or a_writing(), BY)
    assert confirm(db, number, settings, Author("carlo", now)) is not None
    return number
