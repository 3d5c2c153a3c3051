"""What was saved from a lost register: compared with what is there, brought back where that is safe, told otherwise."""

import fcntl
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ingest import lease
from ingest.database import Database
from ingest.rescue.dump import put_back, set_aside, take
from ingest.rescue.lost_register import bring_back, note_told, save, saved_beside, settle, untold
from ingest.sqlite_file import RegisterFile, RegisterLostError
from ingest.tenure import Tenure
from models import Audit, Entry, schema

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 10, 7, 9, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "register.db"
    schema.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def db(path):
    made = Database(f"sqlite:///{path}")
    yield made
    made.close()


def enter(db: Database, *numbers: int) -> None:
    with db.transaction() as session:
        for number in numbers:
            session.add(Entry(sha256=f"{number:064x}", size=1, source="import", received_at=NOW, reasons=[]))


def lose(db: Database) -> None:
    with pytest.raises(RegisterLostError), db.reading() as session:
        session.execute(text("SELECT 1"))


def saved(db: Database) -> Path:
    copy = save(a_file(db), NOW)
    assert copy is not None
    return copy


def a_file(db: Database) -> RegisterFile:
    assert db.file is not None
    return db.file


def entries(path: Path) -> int:
    with closing(sqlite3.connect(path)) as register:
        return int(register.execute("SELECT count(*) FROM entry").fetchone()[0])


def without_its_log(path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink()


IMPORTS = "from ingest.rescue.lost_register import settle\nfrom ingest.sqlite_file import RegisterFile\n"


def next_process(code: str, path: Path) -> str:
    """Another process on the same register: within one, SQLite shares what is open between all connections."""
    return subprocess.check_output([sys.executable, "-c", f"{IMPORTS}{code}", str(path)], text=True, cwd=ROOT)


SETTLE = """
import sys
from pathlib import Path
for found in settle(RegisterFile(Path(sys.argv[1]))):
    print(found.open, found.said)
"""
CHECKPOINT = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as register:
    register.execute("PRAGMA wal_checkpoint(TRUNCATE)")
"""
COUNT = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM entry').fetchone()[0])"
WRITE = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as register:
    register.execute(
        "INSERT INTO audit (at, who, what, object, old, new) VALUES ('2026-01-01', 'a', 'b', 'c', 'null', 'null')"
    )
"""


def test_a_register_cut_off_from_its_log_gets_back_what_the_log_held(db, path):
    enter(db, 1)
    without_its_log(path)
    lose(db)
    copy = saved(db)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert int(next_process(COUNT, copy)) == 1
    assert int(next_process(COUNT, path)) == 0
    assert next_process(SETTLE, path).startswith("False parted from its wal file")
    assert int(next_process(COUNT, path)) == 1
    assert saved_beside(db.file) == []
    assert not copy.exists()


def test_a_register_written_to_since_it_was_cut_off_is_not_overwritten(db, path):
    enter(db, 1)
    without_its_log(path)
    lose(db)
    copy = saved(db)
    next_process(WRITE, path)
    said = next_process(SETTLE, path)
    assert said.startswith("True")
    assert "1 entry" in said
    assert str(copy) in said
    assert int(next_process(COUNT, path)) == 0
    assert len(saved_beside(db.file)) == 1


def test_a_register_replaced_by_one_that_lacks_rows_waits_and_one_that_has_them_all_does_not(db, path, tmp_path):
    older = shutil.copy(path, tmp_path / "older.db")
    enter(db, 1, 2)
    Path(older).replace(path)
    lose(db)
    copy = saved(db)
    assert not path.with_name(f"{path.name}-wal").exists(), "the log of the lost one would be read into this one"
    assert len(list(tmp_path.glob("register.db-*.left-*"))) == 2
    (found,) = settle(RegisterFile(path))
    assert (found.open, "2 entry" in found.said) == (True, True)
    assert entries(path) == 0, "nobody chose yet"
    shutil.copy(copy, tmp_path / "chosen.db")
    (tmp_path / "chosen.db").replace(path)
    (found,) = settle(RegisterFile(path))
    assert (found.open, "nothing" in found.said) == (False, True)
    assert list(tmp_path.glob("register.db.rescued-*")) == list(tmp_path.glob("register.db-*.left-*")) == []


def test_a_changed_row_is_as_good_as_a_missing_one(db, path, tmp_path):
    enter(db, 1)
    older = tmp_path / "older.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(older),))
    with db.transaction() as session:
        session.execute(text("UPDATE entry SET state = 'done'"))
    older.replace(path)
    lose(db)
    save(db.file, NOW)
    (found,) = settle(RegisterFile(path))
    assert (found.open, "1 entry" in found.said) == (True, True)


def test_what_is_only_of_the_moment_is_not_missed(db, path, tmp_path):
    older = shutil.copy(path, tmp_path / "older.db")
    assert lease.acquire(db, "mailbox:x", "me", NOW, timedelta(seconds=90)) is not None
    Path(older).replace(path)
    lose(db)
    save(db.file, NOW)
    assert [found.open for found in settle(RegisterFile(path))] == [False]


def test_a_register_that_is_gone_comes_back_from_the_newest_copy(db, path):
    enter(db, 1)
    path.unlink()
    lose(db)
    save(db.file, NOW)
    bring_back(RegisterFile(path))
    assert entries(path) == 1
    (found,) = settle(RegisterFile(path))
    assert (found.open, "put in its place" in found.said) == (False, True)
    assert saved_beside(RegisterFile(path)) == []
    bring_back(RegisterFile(path))


def test_a_saved_copy_frees_the_leases_that_stood_in_it(db, path):
    assert lease.acquire(db, "mailbox:x", "me", NOW, timedelta(seconds=90)) is not None
    path.unlink()
    lose(db)
    save(db.file, NOW)
    assert [found.open for found in settle(RegisterFile(path))] == [False]
    again = Database(f"sqlite:///{path}")
    taken = lease.acquire(again, "mailbox:x", "another", NOW, timedelta(seconds=90))
    assert taken is not None
    assert taken.token == 2
    again.close()


def test_nothing_is_saved_where_nothing_is_open_and_one_at_work_is_waited_for(db, path):
    with db.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        path.unlink()
        with pytest.raises(RegisterLostError):
            db.file.check(connection.connection.info)
        with pytest.raises(OSError, match="at work"):
            save(db.file, NOW)
    assert save(db.file, NOW) is not None
    other = Database(f"sqlite:///{path.with_name('other.db')}")
    assert save(a_file(other), NOW) is None


def test_one_process_at_a_time_saves_or_compares(db, path):
    enter(db, 1)
    path.unlink()
    lose(db)
    saved(db)
    with path.with_name("register.db.rescue-lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        other = subprocess.Popen(
            [sys.executable, "-c", f"{IMPORTS}{SETTLE}", str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(3)
        assert not path.exists()
    said, _ = other.communicate(timeout=60)
    assert said.startswith("False")


def test_a_loss_is_saved_once_by_whoever_notices_it_first(db, path):
    """The second comes when the register has gone on: an old copy must not hold it up."""
    second = Database(db.url)
    enter(db, 1)
    with second.reading() as session:
        session.execute(text("SELECT 1"))
    without_its_log(path)
    lose(db)
    saved(db)
    lose(second)
    assert save(a_file(second), NOW) is None, "the first copy waits still"
    assert next_process(SETTLE, path).startswith("False")
    next_process(WRITE, path)
    assert save(a_file(second), NOW) is None, "it was settled in the meantime"
    assert saved_beside(a_file(second)) == []
    assert not a_file(second).in_doubt


def test_another_loss_is_saved_too(db, path):
    enter(db, 1)
    without_its_log(path)
    lose(db)
    saved(db)
    next_process(SETTLE, path)
    third = Database(db.url + "?timeout=1")
    path.rename(path.with_name("away.db"))
    shutil.copy(path.with_name("away.db"), path)
    enter(third, 2)
    path.unlink()
    lose(third)
    assert save(a_file(third), NOW + timedelta(minutes=1)) is not None


def test_what_somebody_wrote_back_in_between_is_not_overwritten(db, path):
    """A commit by another process to the new log, already taken into the register: the log is empty again."""
    enter(db, 1)
    without_its_log(path)
    next_process(WRITE, path)
    next_process(CHECKPOINT, path)
    lose(db)
    saved(db)
    assert next_process(SETTLE, path).startswith("True")
    with closing(sqlite3.connect(path)) as register:
        assert register.execute("SELECT count(*) FROM audit").fetchone() == (1,)


def test_until_it_is_settled_nobody_writes_and_everybody_may_read(db, path, tmp_path):
    older = shutil.copy(path, tmp_path / "older.db")
    enter(db, 1)
    Path(older).replace(path)
    lose(db)
    saved(db)
    other = Database(f"sqlite:///{path}")
    with pytest.raises(RegisterLostError, match="A lost register"):
        enter(other, 2)
    with other.reading() as session:
        assert session.execute(text("SELECT count(*) FROM entry")).scalar() == 0
    with other.doubtful().transaction() as session:
        session.execute(text("SELECT 1"))
    for file in tmp_path.glob("register.db.rescued-*"):
        file.rename(file.with_name(f"elsewhere-{file.name}"))
    assert settle(a_file(other)) == []
    enter(other, 2)
    other.close()


def test_a_process_killed_while_it_saved_leaves_the_doubt(db, path):
    """What it alone could read may be gone: nobody goes on as if nothing had been."""
    enter(db, 1)
    file = RegisterFile(path)
    file.doubt = "saving"
    (found,) = settle(RegisterFile(path))
    assert (found.open, ".rescued-" in found.said) == (True, True)
    assert untold(file)
    note_told(file)
    assert not untold(file)
    (found,) = settle(RegisterFile(path))
    assert found.open
    assert file.in_doubt
    path.with_name("register.db.in-doubt").unlink()
    enter(db, 2)


def test_a_migration_writes_no_register_in_doubt(db, path):
    RegisterFile(path).doubt = "saved"
    with pytest.raises(RegisterLostError, match="pec-ingest once"):
        db.upgrade()


def test_a_restore_is_a_choice(db, path, tmp_path):
    backup = tmp_path / "backup.sqlite"
    take(db, backup)
    enter(db, 1)
    path.unlink()
    lose(db)
    saved(db)
    other = Database(f"sqlite:///{path}")
    put_back(other, backup)
    enter(other, 7)
    assert saved_beside(a_file(other)) == []
    assert len(list(tmp_path.glob("register.db.rescued-*.json.chosen"))) == 1
    other.close()


@pytest.mark.parametrize("written", ["", '{"why": "cut', "[]", '{"why": "x", "unknown": 1}'])
def test_a_note_that_cannot_be_read_is_no_reason_to_stop_asking(db, path, tmp_path, written):
    older = shutil.copy(path, tmp_path / "older.db")
    enter(db, 1)
    Path(older).replace(path)
    lose(db)
    saved(db)
    (one,) = saved_beside(a_file(db))
    one.note.write_text(written)
    (found,) = settle(RegisterFile(path))
    assert (found.open, "note" in found.said, "1 entry" in found.said) == (True, True, True)
    one.note.write_text(written)
    note_told(RegisterFile(path))
    assert [again.told for again in saved_beside(a_file(db))] == [True]


def test_a_copy_that_is_damaged_is_not_put_in_the_place_of_a_register_that_is_gone(db, path):
    enter(db, 1)
    path.unlink()
    lose(db)
    copy = saved(db)
    (one,) = saved_beside(a_file(db))
    one.note.write_text(one.note.read_text().replace('"whole": true', '"whole": false'))
    bring_back(RegisterFile(path))
    assert not path.exists()
    (found,) = settle(RegisterFile(path))
    assert (found.open, "damaged" in found.said, str(copy) in found.said) == (True, True, True)


def test_a_register_that_is_damaged_itself_is_kept_as_far_as_it_goes_and_not_used(db, path):
    enter(db, 1)
    next_process(CHECKPOINT, path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(RegisterLostError, match="damaged"):
        db.prove()
    saved(db)
    (one,) = saved_beside(a_file(db))
    assert not one.whole
    with pytest.raises(sqlite3.DatabaseError):
        settle(RegisterFile(path))
    assert RegisterFile(path).in_doubt


def test_a_copy_for_which_there_is_no_room_leaves_nothing(db, path):
    with db.transaction() as session:
        session.execute(text("CREATE TABLE filler (words TEXT)"))
        session.execute(text("INSERT INTO filler VALUES (:words)"), {"words": "x" * 3_000_000})
    path.unlink()
    lose(db)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises((OSError, sqlite3.Error)):
            save(a_file(db), NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(path.parent.glob("register.db.rescued-*")) == []
    assert saved(db).exists()


def test_that_the_office_was_told_is_noted_on_the_copy(db, path):
    enter(db, 1)
    path.unlink()
    lose(db)
    saved(db)
    (one,) = saved_beside(a_file(db))
    assert not one.told
    note_told(a_file(db))
    assert [one.told for one in saved_beside(a_file(db))] == [True]


def test_a_lease_older_than_its_holder_wrote_it_means_that_the_register_is_not_the_one_written(db, path):
    """As when an older copy was written over the register: the file is the same, what it says is not."""
    hand = [NOW]
    tenure = Tenure(db, "mailbox:x", "me", lambda: hand[0])
    assert tenure.take()
    hand[0] += timedelta(seconds=30)
    assert tenure.renew()
    with db.transaction() as session:
        session.execute(text("UPDATE lease SET expires_at = '2026-10-07 09:01:30.000000'"))
    with pytest.raises(RegisterLostError, match="older state"):
        tenure.renew()
    tenure._given_back.set()


def test_a_token_that_shrank_means_the_same_and_one_that_grew_a_takeover(db, path):
    hand = [NOW]
    first, second = (Tenure(db, "mailbox:x", name, lambda: hand[0]) for name in ("one", "two"))
    assert first.take()
    hand[0] += timedelta(minutes=5)
    assert second.take()
    with pytest.raises(lease.LeaseLostError), db.transaction() as session:
        first.check(session)
    assert db.lost == ""
    with db.transaction() as session:
        session.execute(text("UPDATE lease SET token = 1"))
    with pytest.raises(RegisterLostError, match="older state"), db.transaction() as session:
        second.check(session)
    for one in (first, second):
        one._given_back.set()


def test_a_lease_whose_renewal_was_committed_unheard_is_still_one_s_own(db, path):
    """The line broke after the commit: what stands there is later than what its holder knows."""
    hand = [NOW]
    tenure = Tenure(db, "mailbox:x", "me", lambda: hand[0])
    assert tenure.take()
    with db.transaction() as session:
        session.execute(text("UPDATE lease SET expires_at = '2026-10-07 09:05:00.000000'"))
    assert tenure.renew()
    tenure._given_back.set()


def test_an_audit_row_that_is_missing_is_missed(db, path, tmp_path):
    older = shutil.copy(path, tmp_path / "older.db")
    with db.transaction() as session:
        session.add(Audit(at=NOW, who="a", what="b", object="c", old=None, new=None))
    Path(older).replace(path)
    lose(db)
    save(db.file, NOW)
    (found,) = settle(RegisterFile(path))
    assert (found.open, "1 audit" in found.said) == (True, True)


def test_a_register_that_somebody_has_open_is_not_moved_aside(db, path):
    """What it committed afterwards would go to the file that was moved away."""
    enter(db, 1)
    ask = (
        "import sys\nfrom ingest.database import Database\nfrom ingest.rescue.dump import set_aside\n"
        "set_aside(Database('sqlite:///' + sys.argv[1]), 'S')"
    )
    refused = subprocess.run(
        [sys.executable, "-c", ask, str(path)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert "DumpError: another process has" in refused.stderr
    assert path.exists()
    db.close()
    away = Path(set_aside(db, "S"))
    assert entries(away) == 1
    assert [file.name for file in path.parent.iterdir()] == [away.name]


def test_a_damaged_register_is_moved_aside_as_it_is(db, path):
    path.write_bytes(b"no register" * 1000)
    path.with_name("register.db-wal").write_bytes(b"its log")
    away = Path(set_aside(db, "S"))
    assert away.read_bytes() == b"no register" * 1000
    assert away.with_name(f"{away.name}-wal").read_bytes() == b"its log"
    assert not path.exists()


def test_a_log_left_of_a_register_that_is_gone_is_not_read_into_the_one_put_back(db, path, tmp_path):
    enter(db, 1)
    backup = tmp_path / "backup.sqlite"
    take(db, backup)
    enter(db, 2)
    left = path.with_name("register.db-wal")
    log = left.read_bytes()
    db.close()
    path.unlink()
    left.write_bytes(log)
    put_back(db, backup)
    assert entries(path) == 1
    assert len(list(tmp_path.glob("register.db-wal.before_restore_*"))) == 1
