"""The promises, held against what really lies on disk, server, wire and in the register after faults."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes

from sqlalchemy import select

from ingest.app import Service
from ingest.reconcile import reconcile
from models import Entry, EntryState, Letter, LetterState, Organisation, OrganisationVersion
from tests.faults.world import World

_SETTLED = (LetterState.DELIVERED, LetterState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Told:
    """What was found, for the tables."""

    messages: int
    letters: int
    uncertain: int  # letters that never left: a person decides


def broken(world: World, service: Service) -> list[str]:
    """Every promise that does not hold, in words; none when all is well."""
    with service.db.reading() as session:
        entries = list(session.scalars(select(Entry)))
        letters = list(session.scalars(select(Letter)))
        organisations = list(session.scalars(select(Organisation)))
        versions = list(session.scalars(select(OrganisationVersion)))
    return [
        *_of_messages(world, service, entries),
        *_of_organisations(organisations, versions),
        *_of_letters(world, letters),
        *_of_counts(world, service),
    ]


def told(service: Service) -> Told:
    with service.db.reading() as session:
        states = Counter(session.scalars(select(Letter.state)))
        messages = len(list(session.scalars(select(Entry.id))))
    return Told(messages, sum(states.values()), states[LetterState.UNCERTAIN])


def _of_messages(world: World, service: Service, entries: list[Entry]) -> list[str]:
    came = Counter(hashlib.sha256(raw).hexdigest() for raw in world.inbox.arrived)
    recorded = Counter(entry.sha256 for entry in entries)
    lie = Counter(hashlib.sha256(raw).hexdigest() for raws in world.inbox.folders().values() for raw in raws)
    return [
        *[f"lost: {one}" for one in came if one not in recorded],
        *[f"twice in the ledger: {one}" for one, times in recorded.items() if times > 1],
        *[f"not stored as it came: {one}" for one in recorded if not service.store.verify(one)],
        *[f"{lie[one]} times on the server, came {times}: {one}" for one, times in came.items() if lie[one] != times],
        *[f"no terminal state: entry {one.id}" for one in entries if one.state != EntryState.DONE or not one.outcome],
    ]


def _of_organisations(organisations: list[Organisation], versions: list[OrganisationVersion]) -> list[str]:
    codes = Counter(one.fiscal_code for one in organisations)
    made = Counter((one.organisation_id, one.adhesion_id) for one in versions)
    return [
        *[f"{times} organisations {code}" for code, times in codes.items() if times > 1],
        *[f"{times} versions of one message: {one}" for one, times in made.items() if times > 1],
    ]


def _of_letters(world: World, letters: list[Letter]) -> list[str]:
    wire = [message_from_bytes(one.raw) for one in world.provider.letters()]
    about = Counter(str(one["In-Reply-To"]) for one in wire)
    ids = {str(one["Message-ID"]).strip("<> ") for one in wire}
    per_entry = Counter(letter.entry_id for letter in letters)
    return [
        *[f"{times} letters on the wire about {one}" for one, times in about.items() if times > 1],
        *[f"{times} letters for entry {one}" for one, times in per_entry.items() if times > 1],
        *[f"letter {one.id} is {one.state}" for one in letters if one.state not in _SETTLED],
        *[
            f"letter {one.id} is {one.state}, on the wire: {one.message_id in ids}"
            for one in letters
            if (one.message_id in ids) != (one.state == LetterState.DELIVERED)
        ],
    ]


def _of_counts(world: World, service: Service) -> list[str]:
    found = reconcile(service.db, service.mailbox)
    left = list((world.folder / "originals" / "incoming").glob("*"))
    return [
        *([f"difference {found.difference}, waiting {found.waiting}"] if found.difference or found.waiting else []),
        *([f"{len(left)} pieces of interrupted arrivals"] if left else []),
    ]
