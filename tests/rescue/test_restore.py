"""A restore verifies first, takes no other's place, and gives back exactly what was backed up."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ingest.app import store_at
from ingest.ledger import Origin, enter
from ingest.record import record
from ingest.rescue import dump
from ingest.rescue.backupset import LISTED, MANIFEST, ORIGINALS, BackupDamaged, sets
from ingest.rescue.restore import fill_originals, in_use, refuse, restore_database
from ingest.tenure import Tenure
from ingest.vocabulary import Reason
from models import Audit, Base, Letter, LetterState
from tests.register.builders import NOW, a_verdict, the_settings
from tests.rescue.conftest import Place
from tests.rescue.test_backup import backed_up, newest, quietly, restored

_CHANGED_BY_A_RESTORE = {"audit", "lease", "console_seat", "letter", "letter_recipient", "letter_event"}


def everything(place: Place) -> dict[str, list[Any]]:
    """Every row of every table."""
    with place.db.reading() as session:
        return {
            name: sorted(map(repr, session.execute(select(table)).all()))
            for name, table in Base.metadata.tables.items()
            if name not in _CHANGED_BY_A_RESTORE
        }


def test_what_comes_back_is_row_by_row_what_was_there(place, elsewhere, tmp_path):
    for number in range(4):
        place.receive(number)
    before = everything(place)
    backed_up(place, tmp_path / "backup")
    restored(tmp_path / "backup", elsewhere)
    assert everything(elsewhere) == before
    assert set(elsewhere.store) == set(place.store)


def _altered(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "database": lambda folder: _altered(next(folder.glob("database.*"))),
    "list": lambda folder: _altered(folder / LISTED),
    "database gone": lambda folder: next(folder.glob("database.*")).unlink(),
    "manifest": lambda folder: (folder / MANIFEST).write_text('{"at": "2021'),
    "manifest of another program": lambda folder: (folder / MANIFEST).write_text('{"format": 1}'),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_backup_is_refused(place, tmp_path, damage):
    place.receive(0)
    damage(backed_up(place, tmp_path / "backup").folder)
    with pytest.raises(BackupDamaged):
        newest(tmp_path / "backup")


def test_a_damaged_original_of_a_backup_is_named_before_anything_is_touched(place, tmp_path):
    place.receive(0)
    backed_up(place, tmp_path / "backup")
    (sha256,) = place.store
    _altered(store_at(tmp_path / "backup" / ORIGINALS).path_of(sha256))
    assert newest(tmp_path / "backup").damaged == (sha256,)


def test_a_folder_without_a_complete_backup_is_refused(tmp_path):
    with pytest.raises(BackupDamaged, match="no complete backup"):
        newest(tmp_path)


def test_a_place_that_is_not_empty_is_refused_without_force(place, elsewhere, tmp_path):
    place.receive(0)
    backed_up(place, tmp_path / "backup")
    found = newest(tmp_path / "backup")
    assert refuse(found, elsewhere.db, elsewhere.store, force=False) == []
    problems = refuse(found, place.db, place.store, force=False)
    assert ["--force" in problem for problem in problems] == [True, True]
    assert refuse(found, place.db, place.store, force=True) == []


def test_with_force_what_was_there_is_moved_aside_and_kept(place, tmp_path):
    place.receive(0)
    backed_up(place, tmp_path / "backup")
    place.receive(1)
    aside = dump.set_aside(place.db, "20210727T100000Z")
    assert dump.is_empty(place.db)
    found = newest(tmp_path / "backup")
    report = fill_originals(found, store_at(tmp_path / "backup" / ORIGINALS), place.store, quietly)
    restore_database(found, place.db, report, NOW)
    assert dump.rows_of(place.db)["entry"] == 1
    assert len(set(place.store)) == 2, "an original was taken away"
    assert "before_restore_" in aside
    backed_up(place, tmp_path / "backup", 5)  # what was moved aside is no part of later backups
    assert newest(tmp_path / "backup").manifest.rows["entry"] == 1


def test_a_database_that_a_daemon_works_on_is_told(place):
    tenure = Tenure(place.db, "mailbox:prova", "altrove:1", lambda: NOW)
    assert not in_use(place.db, NOW)
    assert tenure.take()
    try:
        assert in_use(place.db, NOW)
    finally:
        tenure.give_back()
    assert not in_use(place.db, NOW)


def test_the_lease_and_the_sessions_of_the_old_service_do_not_come_back(place, elsewhere, tmp_path):
    tenure = Tenure(place.db, "mailbox:prova", "altrove:1", lambda: NOW)
    assert tenure.take()
    try:
        backed_up(place, tmp_path / "backup")
    finally:
        tenure.give_back()
    restored(tmp_path / "backup", elsewhere)
    assert not in_use(elsewhere.db, NOW)


def test_a_message_that_had_arrived_before_the_restore_is_answered_only_by_a_person(place, elsewhere, tmp_path):
    backed_up(place, tmp_path / "backup")
    restored(tmp_path / "backup", elsewhere)  # an hour later
    after = NOW + timedelta(hours=2)
    for number, arrived in enumerate((NOW, NOW + timedelta(minutes=90))):
        stored = elsewhere.store.keep(b"Subject: %d\r\n\r\n" % number)
        entry = enter(elsewhere.db, stored, None, Origin("imap", arrived), after)
        form = {
            "organisation.fiscal_code": ("99900010150", "99900020159")[number],
            "organisation.name": f"Ente {number}",
        }
        record(elsewhere.db, entry, a_verdict(None, form), the_settings(), after)
    with elsewhere.db.reading() as session:
        letters = session.scalars(select(Letter).order_by(Letter.id)).all()
    assert [(letter.state, letter.reason) for letter in letters] == [
        (LetterState.WITHHELD, Reason.REGISTER_RESTORED),
        (LetterState.QUEUED, ""),
    ]


def test_a_restore_is_in_the_audit(place, elsewhere, tmp_path):
    place.receive(0)
    backed_up(place, tmp_path / "backup")
    restored(tmp_path / "backup", elsewhere)
    with elsewhere.db.reading() as session:
        (noted,) = session.scalars(select(Audit).where(Audit.what == "restored"))
    assert noted.new == {"backup": "2021-07-27T09:00:00+00:00", "uncertain": 1, "lost": 0}


def test_an_older_backup_can_be_chosen_by_its_name(place, elsewhere, tmp_path):
    place.receive(0)
    backed_up(place, tmp_path / "backup")
    place.receive(1)
    backed_up(place, tmp_path / "backup", 5)
    first = sets(tmp_path / "backup")[0]
    assert first.name == "20210727T090000Z"
    (tmp_path / "backup" / "20210727T090500Z" / MANIFEST).unlink()
    restored(tmp_path / "backup", elsewhere)
    assert dump.rows_of(elsewhere.db)["entry"] == 1
