"""A backup is whole, taken at any moment, and grows only by what is new; what is damaged is told and never spread."""

import stat
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ingest.app import store_at
from ingest.rescue.backup import BackupBusy, BackupReport, Source, _alone, back_up, thin_out
from ingest.rescue.backupset import LISTED, ORIGINALS, read_list, read_manifest, sets
from ingest.rescue.restore import Backup, RestoreReport, fill_originals, restore_database, verified
from models import Adhesion, Entry, EntryState, Letter
from tests.register.builders import NOW
from tests.rescue.conftest import Place, sha256sum


def quietly(items: Sequence[str], _what: str) -> Iterator[str]:
    return iter(items)


def backed_up(place: Place, folder: Path, minutes: int = 0, *, reread: bool = False) -> BackupReport:
    target, now = store_at(folder / ORIGINALS), NOW + timedelta(minutes=minutes)
    return back_up(Source(place.db, place.store, quietly), folder, target, now, reread=reread)


def newest(folder: Path) -> Backup:
    return verified(folder, store_at(folder / ORIGINALS), quietly)


def restored(folder: Path, to: Place) -> RestoreReport:
    found = newest(folder)
    report = fill_originals(found, store_at(folder / ORIGINALS), to.store, quietly)
    restore_database(found, to.db, report, NOW + timedelta(hours=1))
    return report


def test_a_backup_holds_database_and_originals_and_is_for_its_owner_alone(place, tmp_path):
    for number in range(3):
        place.receive(number)
    report = backed_up(place, tmp_path / "backup")
    found = newest(tmp_path / "backup")
    assert (report.copied, report.present, report.damaged) == (3, 0, [])
    assert set(found.originals) == set(place.store)
    assert found.manifest.rows["entry"] == 3
    assert sha256sum(report.folder, LISTED).returncode == 0
    for path in [tmp_path / "backup", *(tmp_path / "backup").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.name == ".lock", path


def test_a_second_backup_copies_only_what_is_new(place, tmp_path):
    place.receive(0)
    backed_up(place, tmp_path / "backup")
    place.receive(1)
    report = backed_up(place, tmp_path / "backup", 5)
    assert (report.copied, report.present) == (1, 1)
    assert [len(read_list(folder)) for folder in sets(tmp_path / "backup")] == [1, 2]


def test_an_interrupted_backup_is_none_and_the_next_one_goes_on(place, tmp_path):
    for number in range(4):
        place.receive(number)

    def torn(items: Sequence[str], _what: str) -> Iterator[str]:
        yield from items[:2]
        raise OSError(28, "No space left on device")

    target = store_at(tmp_path / "backup" / ORIGINALS)
    with pytest.raises(OSError, match="No space left"):
        back_up(Source(place.db, place.store, torn), tmp_path / "backup", target, NOW)
    assert sets(tmp_path / "backup") == []
    report = backed_up(place, tmp_path / "backup", 5)
    assert (report.copied, report.present) == (2, 2)
    assert list((tmp_path / "backup").glob("*.unfinished")) == []


def test_two_backups_to_the_same_folder_never_run_at_once(place, tmp_path):
    (tmp_path / "backup").mkdir()
    with _alone(tmp_path / "backup"), pytest.raises(BackupBusy):
        backed_up(place, tmp_path / "backup")


def test_a_backup_taken_while_rounds_run_is_of_one_moment(place, elsewhere, tmp_path):
    stop, numbers = threading.Event(), iter(range(10_000))

    def rounds() -> None:
        while not stop.is_set():
            place.receive(next(numbers))

    thread = threading.Thread(target=rounds)
    thread.start()
    try:
        sizes = [read_manifest(backed_up(place, tmp_path / "backup", n).folder).rows["entry"] for n in range(5)]
    finally:
        stop.set()
        thread.join()
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0], "nothing was received meanwhile: the test shows nothing"
    found = newest(tmp_path / "backup")
    assert found.damaged == ()
    restored(tmp_path / "backup", elsewhere)
    with elsewhere.db.reading() as session:
        done = session.scalar(select(func.count()).select_from(Entry).where(Entry.state == EntryState.DONE))
        forms = session.scalar(select(func.count()).select_from(Adhesion))
        hashes = list(session.scalars(select(Entry.sha256)))
    assert done == forms  # each message wholly or not at all
    assert sizes[-1] - 1 <= (done or 0) <= sizes[-1]
    assert all(elsewhere.store.verify(sha256) for sha256 in hashes)


def test_a_damaged_original_is_told_and_does_not_replace_the_whole_one(place, tmp_path):
    entry = place.receive(0)
    backed_up(place, tmp_path / "backup")
    with place.db.reading() as session:
        sha256 = session.get_one(Entry, entry).sha256
    file = place.store.path_of(sha256)
    file.write_bytes(file.read_bytes()[:-1])
    report = backed_up(place, tmp_path / "backup", 5)
    assert (report.healed, report.damaged) == ([sha256], [])
    assert store_at(tmp_path / "backup" / ORIGINALS).verify(sha256)
    found = newest(tmp_path / "backup")
    assert fill_originals(found, store_at(tmp_path / "backup" / ORIGINALS), place.store, quietly).copied == 1
    assert place.store.verify(sha256)
    assert file.with_suffix(".damaged").exists()


def test_an_original_that_is_gone_everywhere_is_named(place, tmp_path):
    place.receive(0)
    (sha256,) = place.store
    place.store.path_of(sha256).unlink()
    assert backed_up(place, tmp_path / "backup").damaged == [sha256]
    assert newest(tmp_path / "backup").damaged == (sha256,)


def test_rereading_finds_what_rotted_in_the_backup_and_replaces_it(place, tmp_path):
    place.receive(0)
    backed_up(place, tmp_path / "backup")
    (sha256,) = place.store
    kept = store_at(tmp_path / "backup" / ORIGINALS)
    rotten = bytearray(kept.path_of(sha256).read_bytes())
    rotten[5] ^= 1
    kept.path_of(sha256).write_bytes(rotten)
    assert backed_up(place, tmp_path / "backup", 5).copied == 0
    assert backed_up(place, tmp_path / "backup", 10, reread=True).copied == 1
    assert kept.verify(sha256)


def test_thinning_out_removes_old_database_copies_and_no_original(place, tmp_path):
    for number in range(4):
        place.receive(number)
        backed_up(place, tmp_path / "backup", number)
    assert len(thin_out(tmp_path / "backup", 2)) == 2
    assert len(sets(tmp_path / "backup")) == 2
    assert len(list(store_at(tmp_path / "backup" / ORIGINALS))) == 4


def test_the_time_an_original_came_is_kept(place, elsewhere, tmp_path):
    place.receive(0)
    (sha256,) = place.store
    came = place.store.path_of(sha256).stat().st_mtime_ns
    backed_up(place, tmp_path / "backup")
    restored(tmp_path / "backup", elsewhere)
    assert elsewhere.store.path_of(sha256).stat().st_mtime_ns == came


def test_letters_that_waited_do_not_go_out_by_themselves_after_a_restore(place, elsewhere, tmp_path):
    place.receive(0)
    backed_up(place, tmp_path / "backup")
    assert restored(tmp_path / "backup", elsewhere).uncertain == 1
    with elsewhere.db.reading() as session:
        (letter,) = session.scalars(select(Letter))
        assert letter.state == "uncertain"


def test_two_backups_within_one_second_are_two(place, tmp_path):
    place.receive(0)
    first, second = (backed_up(place, tmp_path / "backup").folder.name for _ in range(2))
    assert first < second
    assert [folder.name for folder in sets(tmp_path / "backup")] == [first, second]
    assert [folder for folder in (tmp_path / "backup").iterdir() if folder.suffix == ".unfinished"] == []
