"""A register is rebuilt from its originals: the same row by row, with what people decided, and without a letter."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ingest import decisions
from ingest.app import Service, build
from ingest.config import example_settings
from ingest.database import Database
from ingest.decisions import Deciding
from ingest.demo.facts import OFFICE
from ingest.demo.pki import authority
from ingest.demo.samples import samples
from ingest.judging import judge_entry
from ingest.ledger import Origin, enter
from ingest.mailbox import Place
from ingest.rescue import dump
from ingest.rescue.carry import Carrier
from ingest.rescue.likeness import Difference, differences
from ingest.rescue.rebuild import arrived, rebuild
from models import Adhesion, AdhesionState, Correction, Entry, Letter, LetterState, Organisation, OrganisationStatus
from tests.e2e.house import Clock

ACCOUNT = "comune@imaps.example:993"


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The demo's messages, judged and recorded as rounds do it; then people work on them."""
    folder = tmp_path_factory.mktemp("prima")
    (folder / "authority.pem").write_bytes(authority().ca_pem)
    clock = Clock()
    settings = example_settings(
        mailbox={"host": "imaps.example", "username": OFFICE, "address": OFFICE}, smtp={"host": ""},
        pec={"trust_anchors": [str(folder / "authority.pem")]},
        database={"url": f"sqlite:///{folder / 'register.db'}"}, storage={"path": str(folder / "originals")},
        notice={"works_start": "2021-09-15T23:59:59+02:00"},
    )  # fmt: skip
    service = build(settings, clock)
    service.db.upgrade()
    for uid, sample in enumerate(samples(), start=1):
        clock.advance(seconds=7)
        place = Place(ACCOUNT, "INBOX", 7, uid)
        entry = enter(service.db, service.store.keep(sample.raw), place, Origin("imap", sample.at), clock())
        assert judge_entry(service, entry) is not None
    yield service
    service.close()


@pytest.fixture
def before(ingested: Service, tmp_path: Path) -> Iterator[Service]:
    """A copy of that register, for a test to change."""

    dump.take(ingested.db, tmp_path / "prima.db")
    db = Database(f"sqlite:///{tmp_path / 'prima.db'}")
    yield replace(ingested, db=db)
    db.close()


def made_anew(old: Service, folder: Path, *, known: bool = True) -> tuple[Database, Carrier | None]:
    new = Database(f"sqlite:///{folder / 'nuovo.db'}")
    new.upgrade()
    carrier = Carrier(old.db, new, old.settings) if known else None
    arrivals = arrived(old.store, old.db if known else None)
    rebuild(replace(old, db=new), arrivals, carrier, iter)
    return new, carrier


def unlike(old: Service, folder: Path) -> list[Difference]:
    new, carrier = made_anew(old, folder)
    assert carrier is not None
    assert carrier.undone == []
    compared, found = differences(old.db, new)
    assert compared["entry"] == len(samples())
    assert compared["organisation"] > 5
    assert compared["letter"] > 5
    new.close()
    return found


def a_form(service: Service, state: str) -> Adhesion:
    with service.db.reading() as session:
        return session.scalars(select(Adhesion).where(Adhesion.state == state).order_by(Adhesion.id)).first()  # type: ignore[return-value]


def by(service: Service, minutes: int = 60) -> Deciding:
    return Deciding("anna", service.clock() + timedelta(minutes=minutes))


def test_the_rebuilt_register_is_the_same_row_by_row(before, tmp_path):
    assert unlike(before, tmp_path) == []


def test_what_people_decided_and_corrected_is_in_the_rebuilt_register(before, tmp_path):
    form = a_form(before, AdhesionState.RECORDED)
    assert form.organisation_id is not None
    decisions.correct(before.db, form.organisation_id, "organisation.name", "Nome corretto a mano", by(before))
    waiting = a_form(before, AdhesionState.REVIEW)
    accepted = decisions.accept(before.db, waiting.id, None, before.settings, by(before, 61))
    assert accepted is not None
    decisions.set_status(before.db, accepted.organisation_id, OrganisationStatus.WITHDRAWN, by(before, 62))
    decisions.mark_reviewed(before.db, form.entry_id, by(before, 63))
    assert unlike(before, tmp_path) == []
    new = Database(f"sqlite:///{tmp_path / 'nuovo.db'}")
    with new.reading() as session:
        assert session.scalars(select(Correction.new)).all() == ["Nome corretto a mano"]
        assert "Nome corretto a mano" in session.scalars(select(Organisation.name)).all()
        assert OrganisationStatus.WITHDRAWN in session.scalars(select(Organisation.status)).all()
    new.close()


def test_letters_keep_their_numbers_and_how_far_they_got_and_none_is_written_anew(before, tmp_path):
    with before.db.transaction() as session:
        sent = session.scalars(select(Letter).order_by(Letter.id)).all()
        sent[0].state, sent[0].submitted_at = LetterState.SUBMITTED, before.clock()
        written = {letter.key: letter.message_id for letter in sent}
    assert unlike(before, tmp_path) == []
    new = Database(f"sqlite:///{tmp_path / 'nuovo.db'}")
    with new.reading() as session:
        assert {letter.key: letter.message_id for letter in session.scalars(select(Letter))} == written
    new.close()


def test_a_value_that_is_not_the_same_is_named_with_its_row(before, tmp_path):
    with before.db.transaction() as session:
        body = session.scalars(select(Organisation).order_by(Organisation.id)).first()
        assert body is not None
        body.municipality = "Altrove"
    (found,) = unlike(before, tmp_path)
    assert (found.table, found.column, found.old) == ("organisation", "municipality", "Altrove")


def test_without_the_old_database_everything_is_read_and_nobody_is_answered(before, tmp_path):
    new, _ = made_anew(before, tmp_path, known=False)
    with new.reading() as session:
        assert len(session.scalars(select(Entry)).all()) == len(samples())
        states = set(session.scalars(select(Letter.state)))
        names = set(session.scalars(select(Organisation.name)))
    with before.db.reading() as session:
        assert names == set(session.scalars(select(Organisation.name)))
    assert states == {LetterState.WITHHELD}
    new.close()
