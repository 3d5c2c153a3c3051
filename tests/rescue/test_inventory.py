"""Originals that a register lost are found by name, entered once, judged at the next round, and answered by nobody."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ingest.app import Service, build
from ingest.config import example_settings
from ingest.database import Database
from ingest.demo.conduct import Conduct
from ingest.demo.consequences import Submission, consequences
from ingest.demo.facts import OFFICE
from ingest.demo.pki import authority
from ingest.demo.samples import samples
from ingest.ledger import Origin, enter
from ingest.release import release
from ingest.rescue.inventory import SETTLING, Inventory, enter_originals, inventory
from ingest.rounds import RoundReport, judge_pending
from ingest.vocabulary import Outcome, Reason, ReceiptType
from models import Audit, Entry, EntryState, Letter, LetterState, Organisation, ReceiptRow
from tests.e2e.house import Clock
from tests.register.builders import NOW
from tests.rescue.conftest import Place

ACCOUNT = "comune@imaps.example:993"
LATER = NOW + timedelta(days=1)


def kept(place: Place, raw: bytes, came: datetime = NOW) -> str:
    """An original on disk, without a row, whose file is of a certain time."""
    stored = place.store.keep(raw)
    os.utime(stored.path, (came.timestamp(), came.timestamp()))
    return stored.sha256


def entered(place: Place, found: Inventory, now: datetime = LATER) -> list[str]:
    return [one.stored.sha256 for one in enter_originals(place.store, place.db, found.unentered, ACCOUNT, now).entered]


def rows(db: Database) -> list[Entry]:
    with db.reading() as session:
        return list(session.scalars(select(Entry).order_by(Entry.id)))


def restores(db: Database) -> list[Audit]:
    with db.reading() as session:
        return list(session.scalars(select(Audit).where(Audit.what == "restored").order_by(Audit.id)))


def test_originals_without_an_entry_are_found_with_size_and_time_in_the_order_in_which_they_came(place):
    place.receive(0)
    younger, older = kept(place, b"due", NOW + timedelta(hours=1)), kept(place, b"uno")
    found = inventory(place.store, place.db, LATER)
    assert (found.originals, found.entries, found.settling) == (3, 1, 0)
    assert [one.stored.sha256 for one in found.unentered] == [older, younger]
    assert (found.unentered[0].stored.size, found.unentered[0].came) == (3, NOW)
    assert found.unentered[0].stored.path == place.store.path_of(older)


def test_without_a_lost_one_nothing_is_found_and_nothing_is_noted(place):
    place.receive(0)
    found = inventory(place.store, place.db, LATER)
    assert (found.originals, found.entries, found.unentered) == (1, 1, ())
    assert entered(place, found) == []
    assert restores(place.db) == []


def test_an_entry_is_made_of_the_file_s_own_time_for_the_mailbox_and_waits_to_be_judged(place):
    sha256 = kept(place, b"uno")
    assert entered(place, inventory(place.store, place.db, LATER)) == [sha256]
    (row,) = rows(place.db)
    assert (row.sha256, row.size, row.source, row.internal_date, row.mailbox, row.received_at, row.state) == (
        sha256, 3, "import", NOW, ACCOUNT, LATER, EntryState.PENDING,
    )  # fmt: skip


def test_a_second_time_enters_and_notes_nothing(place):
    kept(place, b"uno")
    entered(place, inventory(place.store, place.db, LATER))
    again = inventory(place.store, place.db, LATER + timedelta(hours=1))
    assert (again.entries, again.unentered) == (1, ())
    assert entered(place, again) == []
    assert (len(rows(place.db)), len(restores(place.db))) == (1, 1)


def test_one_that_got_its_entry_meanwhile_keeps_it(place):
    sha256 = kept(place, b"uno")
    found = inventory(place.store, place.db, LATER)
    first = enter(place.db, found.unentered[0].stored, None, Origin("imap", NOW, "altra"), LATER)
    entered(place, found)
    (row,) = rows(place.db)
    assert (row.id, row.sha256, row.source, row.mailbox) == (first, sha256, "imap", "altra")


def test_a_message_that_is_being_stored_is_left_out_and_counted(place):
    kept(place, b"adesso", LATER - timedelta(seconds=3))
    kept(place, b"orologio avanti", LATER + timedelta(seconds=3))
    old = kept(place, b"prima", LATER - SETTLING)
    found = inventory(place.store, place.db, LATER)
    assert ([one.stored.sha256 for one in found.unentered], found.settling) == ([old], 2)


def test_a_file_of_the_future_is_found_and_came_now_so_that_nobody_answers_it(place):
    kept(place, b"domani", LATER + timedelta(days=400))
    entered(place, inventory(place.store, place.db, LATER))
    assert rows(place.db)[0].internal_date == LATER


def test_a_damaged_original_is_told_and_gets_no_entry(place):
    damaged, whole = kept(place, b"rotto"), kept(place, b"sano")
    place.store.path_of(damaged).write_bytes(b"rotta")
    os.utime(place.store.path_of(damaged), (NOW.timestamp(), NOW.timestamp()))
    report = enter_originals(place.store, place.db, inventory(place.store, place.db, LATER).unentered, ACCOUNT, LATER)
    assert [one.stored.sha256 for one in report.entered] == [whole]
    assert [one.stored.sha256 for one in report.damaged] == [damaged]
    assert [row.sha256 for row in rows(place.db)] == [whole]
    assert [one.stored.sha256 for one in inventory(place.store, place.db, LATER).unentered] == [damaged]


def test_when_all_are_damaged_the_register_did_not_begin_anew(place):
    place.store.path_of(kept(place, b"rotto")).write_bytes(b"")
    assert entered(place, inventory(place.store, place.db, datetime.now(UTC) + 2 * SETTLING)) == []
    assert (rows(place.db), restores(place.db)) == ([], [])


def test_a_file_of_another_name_among_the_originals_is_none(place):
    sha256 = kept(place, b"uno")
    path: Path = place.store.path_of(sha256)
    path.with_name(f"{sha256} (copia).eml").write_bytes(b"uno")
    path.with_name("appunti.eml").write_bytes(b"")
    found = inventory(place.store, place.db, LATER)
    assert (found.originals, [one.stored.sha256 for one in found.unentered]) == (1, [sha256])


def test_more_than_fit_in_one_transaction_are_all_entered_in_order(place):
    hashes = [kept(place, b"%d" % number, NOW + timedelta(seconds=number)) for number in range(1203)]
    assert entered(place, inventory(place.store, place.db, LATER)) == hashes
    assert [row.sha256 for row in rows(place.db)] == hashes
    assert [noted.new for noted in restores(place.db)] == [{"originals": 1203}]


@pytest.fixture
def service(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Service]:
    """A service that trusts the demo's authority, with an empty register; the clock is the test's."""
    (tmp_path / "authority.pem").write_bytes(authority().ca_pem)
    settings = example_settings(
        mailbox={"host": "imaps.example", "username": OFFICE, "address": OFFICE}, smtp={"host": ""},
        pec={"trust_anchors": [str(tmp_path / "authority.pem")]},
        database={"url": new_url("servizio")}, storage={"path": str(tmp_path / "originali")},
        notice={"works_start": "2021-09-15T23:59:59+02:00"},
    )  # fmt: skip
    made = build(settings, Clock())
    made.db.upgrade()
    yield made
    made.close()


def lost(service: Service, raw: bytes) -> None:
    """An original an hour old of which the register knows nothing any more."""
    stored = service.store.keep(raw)
    at = (service.clock() - timedelta(hours=1)).timestamp()
    os.utime(stored.path, (at, at))


def found_again(service: Service) -> None:
    """What `originals --enter` does, and the judging of the next round."""
    found = inventory(service.store, service.db, service.clock())
    enter_originals(service.store, service.db, found.unentered, service.mailbox.account, service.clock())
    report = RoundReport()
    judge_pending(service, report)
    assert not report.failed


def letters(service: Service) -> list[Letter]:
    with service.db.reading() as session:
        return list(session.scalars(select(Letter).order_by(Letter.id)))


def test_an_entered_original_is_recorded_at_the_next_round_and_its_letter_waits_for_a_person(service):
    lost(service, samples()[0].raw)
    found_again(service)
    (row,) = rows(service.db)
    with service.db.reading() as session:
        names = list(session.scalars(select(Organisation.name)))
    assert (row.state, row.outcome, len(names)) == (EntryState.DONE, Outcome.RECORDED, 1)
    assert [(one.state, one.reason) for one in letters(service)] == [(LetterState.WITHHELD, Reason.REGISTER_RESTORED)]


def test_what_arrives_after_that_is_answered_by_itself_again(service):
    lost(service, samples()[0].raw)
    found_again(service)
    service.clock.advance(minutes=10)
    came = service.clock()
    enter(service.db, service.store.keep(samples()[1].raw), None, Origin("imap", came, service.mailbox.account), came)
    judge_pending(service, RoundReport())
    assert [one.state for one in letters(service)] == [LetterState.WITHHELD, LetterState.QUEUED]


def test_the_receipt_of_a_letter_that_had_gone_out_is_kept_and_moves_no_letter_until_a_person_decides(service):
    """docs/operate.md: the mailbox's acceptances tell what went out; the new letter has another Message-ID."""
    lost(service, samples()[0].raw)
    lost(service, an_acceptance(service, "ack.perduta@pec.example"))
    found_again(service)
    (letter,) = letters(service)
    with service.db.reading() as session:
        (receipt,) = session.scalars(select(ReceiptRow))
        reasons = session.get_one(Entry, receipt.entry_id).reasons
    assert (receipt.type, receipt.about, receipt.letter_id) == (
        ReceiptType.ACCEPTANCE, "ack.perduta@pec.example", None,
    )  # fmt: skip
    assert Reason.RECEIPT_ORPHAN in reasons
    assert (letter.state, letter.reason) == (LetterState.WITHHELD, Reason.REGISTER_RESTORED)
    release(service.db, letter.id, "anna", service.clock())
    assert [one.state for one in letters(service)] == [LetterState.QUEUED]


def an_acceptance(service: Service, message_id: str) -> bytes:
    """The provider's acceptance of a letter that the register had sent before it lost it."""
    raw = (
        f"From: {OFFICE}\r\nTo: ente@pec.example\r\nSubject: Ricevuta\r\nMessage-ID: <{message_id}>\r\n\r\nciao\r\n"
    ).encode()
    sent = Submission(OFFICE, OFFICE, ("ente@pec.example",), raw, service.clock() - timedelta(hours=1))
    return next(one.raw for one in consequences(sent, Conduct()) if one.address == OFFICE)
