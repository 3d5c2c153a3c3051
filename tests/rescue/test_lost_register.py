"""What was saved from a lost register: compared with what is there, brought back where that is safe, told otherwise."""

import fcntl
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
from ingest.rescue.lost_register import bring_back, note_told, save, saved_beside, settle
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


def next_process(code: str, path: Path) -> str:
    """Another process on the same register: within one, SQLite shares what is open between all connections."""
    given = f"from ingest.rescue.lost_register import settle\nfrom ingest.sqlite_file import RegisterFile\n{code}"
    return subprocess.check_output([sys.executable, "-c", given, str(path)], text=True, cwd=ROOT)


SETTLE = """
import sys
from pathlib import Path
for found in settle(RegisterFile(Path(sys.argv[1]))):
    print(found.open, found.said)
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
    assert list(tmp_path.glob("register.db.*")) == list(tmp_path.glob("register.db-*.left-*")) == []


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
    bring_back(RegisterFile(path))
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


def test_a_copy_that_another_process_compares_just_now_is_left_to_it(db, path):
    enter(db, 1)
    path.unlink()
    lose(db)
    save(db.file, NOW)
    (one,) = saved_beside(db.file)
    with one.note.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert list(settle(RegisterFile(path))) == []
    assert [found.open for found in settle(RegisterFile(path))] == [False]


def test_that_the_office_was_told_is_noted_on_the_copy(db, path):
    enter(db, 1)
    path.unlink()
    lose(db)
    save(db.file, NOW)
    (one,) = saved_beside(db.file)
    assert not one.told
    note_told(one)
    assert [one.told for one in saved_beside(db.file)] == [True]


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
