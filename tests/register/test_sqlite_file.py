"""The register's file on SQLite: how it is made, where it may lie, and how its loss is noticed."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from ingest.database import Database, code_of, unreachable
from ingest.sqlite_file import RegisterFile, RegisterLostError, UnsuitablePlaceError, cut_off, make, unsuitable
from models import Audit, schema
from tests.register_file import ROOT

SHARES = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
36 22 0:33 / /srv/dati rw,relatime - {kind} server:/dati rw
37 22 0:34 / /srv/dati/qui\\040accanto rw,relatime - ext4 /dev/vdb1 rw
"""


@pytest.fixture
def path(tmp_path, migrated_file):
    return Path(shutil.copy(migrated_file, tmp_path / "register.db"))


@pytest.fixture
def db(path):
    made = Database(f"sqlite:///{path}")
    yield made
    made.close()


def another_process(path: Path, statement: str) -> list[list[object]]:
    """What a process of its own sees, which opens the register and closes it again."""
    code = (
        "import json, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "print(json.dumps(c.execute(sys.argv[2]).fetchall())); c.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), statement], capture_output=True, text=True, check=True
    )
    seen: list[list[object]] = json.loads(done.stdout)
    return seen


def note(db: Database, number: int) -> None:
    at = datetime(2026, 10, 7, tzinfo=UTC)
    with db.transaction() as session:
        session.add(Audit(at=at, who="prova", what="nota", object=str(number), old=None, new=None))


def notes(path: Path) -> int:
    return int(str(another_process(path, "SELECT count(*) FROM audit WHERE who = 'prova'")[0][0]))


def test_what_one_process_commits_every_other_sees_whoever_opened_and_closed_the_register_in_between(path, db):
    """The console's Database is another one than the daemon's: its first use must take nothing from the first."""
    note(db, 1)
    console = Database(db.url)
    with console.reading() as session:
        session.execute(text("SELECT 1"))
    assert notes(path) == 1
    note(db, 2)
    assert notes(path) == 2
    note(console, 3)
    assert notes(path) == 3
    assert db.lost == console.lost == ""
    console.close()


def test_the_old_fault_is_noticed_by_the_guard(path, db):
    """A descriptor of the file opened and closed by hand: the next process removes the log; nothing more is written."""
    note(db, 1)
    os.close(os.open(path, os.O_RDWR))
    another_process(path, "SELECT 1 FROM entry")
    with pytest.raises(RegisterLostError, match="wal"):
        note(db, 2)
    assert "wal" in db.lost


def test_a_file_that_is_made_is_its_owner_s_alone_and_one_that_is_there_is_left_alone(tmp_path):
    file = tmp_path / "new" / "register.db"
    make(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    file.write_bytes(b"there")
    make(file)
    assert file.read_bytes() == b"there"
    assert [found.name for found in file.parent.iterdir()] == ["register.db"]


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs", "glusterfs"])
def test_a_network_file_system_is_refused_with_the_reason(tmp_path, kind):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(SHARES.format(kind=kind))
    assert kind in unsuitable(Path("/srv/dati/pec/register.db"), mounts)
    assert "PostgreSQL" in unsuitable(Path("/srv/dati/register.db"), mounts)
    assert unsuitable(Path("/srv/dati/qui accanto/register.db"), mounts) == ""
    assert unsuitable(Path("/var/lib/pec-ingest/register.db"), mounts) == ""


def test_where_the_system_tells_no_mounts_nothing_is_refused(tmp_path):
    assert unsuitable(tmp_path / "register.db", tmp_path / "nothing") == ""
    assert unsuitable(tmp_path / "register.db") == ""


def test_a_database_on_a_network_share_is_never_opened(path, monkeypatch):
    monkeypatch.setattr("ingest.database.unsuitable", lambda _path: "it lies on a share")
    db = Database(f"sqlite:///{path}")
    with pytest.raises(UnsuitablePlaceError, match="share"), db.transaction():
        raise AssertionError("opened")
    assert db.file is not None
    assert not db.file.in_use


def test_a_file_system_without_shared_memory_is_refused(path):
    """SQLite's own dot-file locking has no shared memory, as some file systems have none."""
    info: dict[str, Any] = {}
    file = RegisterFile(path)
    file.opening(info)
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?vfs=unix-dotfile", uri=True)) as connection,
        pytest.raises((UnsuitablePlaceError, sqlite3.OperationalError)),
    ):
        file.opened(connection, info)
    fresh = path.with_name("fresh.db")
    make(fresh)
    file = RegisterFile(fresh)
    file.opening(info)
    with (
        closing(sqlite3.connect(f"{fresh.as_uri()}?vfs=unix-dotfile", uri=True)) as connection,
        pytest.raises(UnsuitablePlaceError, match="local disk"),
    ):
        file.opened(connection, info)


def moved(path: Path) -> None:
    path.rename(path.with_name("away.db"))


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_name("other.db"))
    path.with_name("other.db").replace(path)


def without_its_log(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


def without_its_index(path: Path) -> None:
    path.with_name(f"{path.name}-shm").unlink()


ACTS = (moved, deleted, replaced, without_its_log, without_its_index)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_a_register_that_is_no_longer_what_is_open_is_neither_read_nor_written(path, db, act):
    told = []
    db.file.when_lost(lambda: told.append(1))
    note(db, 1)
    act(path)
    with pytest.raises(RegisterLostError):
        note(db, 2)
    with pytest.raises(RegisterLostError), db.reading() as session:
        session.execute(text("SELECT 1"))
    assert told == [1]
    assert db.lost
    assert unreachable(RegisterLostError())


def test_a_log_that_was_emptied_in_place_is_noticed(path, db):
    """What is written to it afterwards would not be read by whoever opens the register after a crash."""
    for number in range(3):
        note(db, number)
    os.truncate(path.with_name(f"{path.name}-wal"), 0)
    with pytest.raises(RegisterLostError, match="cut short"):
        note(db, 4)
    with pytest.raises(RegisterLostError, match="cut short"), db.reading() as session:
        session.execute(text("SELECT 1"))


def test_a_new_log_that_bears_the_number_of_the_one_before_is_no_loss(path, db):
    """File systems give numbers out again: after the last connection is closed the log begins anew."""
    for number in range(3):
        note(db, number)
    _, length = db.file._log
    db.close()
    log = path.with_name(f"{path.name}-wal")
    assert not log.exists()
    note(db, 4)
    found = log.stat()
    assert found.st_size < length
    for _ in range(20):  # until a number is given out again, where the file system does
        db.close()
        note(db, 5)
        note(db, 6)
        note(db, 7)
    assert db.lost == ""


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_is_under_way_when_the_register_is_lost_is_not_committed(path, db, act):
    note(db, 1)
    with pytest.raises(RegisterLostError), db.transaction() as session:  # noqa: PT012 - it is raised at the end
        session.execute(text("DELETE FROM audit"))
        act(path)
    connection, _ = db.file.quiet_connection()
    assert connection.execute("SELECT count(*) FROM audit").fetchone() == (1,)


def test_a_register_that_is_gone_is_not_made_anew_by_looking_for_it(path, db):
    note(db, 1)
    db.engine.dispose()
    path.unlink()
    with pytest.raises(RegisterLostError, match="not there"):
        note(db, 2)
    assert not path.exists()


def test_a_copy_written_over_the_register_in_place_is_noticed(path, db):
    """The same file by its number: only what is read tells. The log holds nothing by then, all was written back."""
    old = path.with_name("old.db")
    shutil.copy(path, old)
    for number in range(50):
        note(db, number)
    db.prove()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(RESTART)")
        connection.exec_driver_sql("BEGIN")
    db.prove()
    assert db.lost == ""
    with old.open("rb") as source, path.open("r+b") as target:
        shutil.copyfileobj(source, target)
        target.truncate()
    with pytest.raises(RegisterLostError, match="written over"):
        db.prove()


@pytest.mark.parametrize("other", ["nothing", "another database"])
def test_what_is_no_register_written_over_it_in_place_is_noticed(path, db, other):
    note(db, 1)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(RESTART)")
        connection.exec_driver_sql("BEGIN")
    strange = path.with_name("strange.db")
    with closing(sqlite3.connect(strange)) as made:
        made.execute("CREATE TABLE something (else_ TEXT)")
        made.commit()
    with path.open("r+b") as target:
        target.write(b"" if other == "nothing" else strange.read_bytes())
        target.truncate()
    with pytest.raises(RegisterLostError, match="damaged or written over"):
        db.prove()


def test_a_damaged_page_is_noticed_by_whoever_comes_to_it(path, db):
    note(db, 1)
    db.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(RegisterLostError, match="damaged"):
        note(db, 2)
    assert db.lost


def test_a_register_that_is_only_copied_by_hand_goes_on(path, db):
    note(db, 1)
    subprocess.run(["cp", str(path), str(path.with_name("copy.db"))], check=True)
    note(db, 2)
    assert notes(path) == 2
    db.prove()
    assert db.lost == ""


@contextmanager
def files_no_larger_than(size: int):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_processes_that_end_while_they_are_looked_through_hide_no_other(tmp_path):
    register = tmp_path / "register.db"
    for number, target in (("12", f"{register}-wal (deleted)"), ("7", f"{register}-wal"), ("9", str(register))):
        (tmp_path / number / "fd").mkdir(parents=True)
        (tmp_path / number / "fd" / "3").symlink_to(target)
        (tmp_path / number / "fd" / "4").write_text("closed meanwhile")
    (tmp_path / "8").mkdir()  # ended: its descriptors are gone
    (tmp_path / "5").write_text("ended")
    (tmp_path / "self").symlink_to("12")
    assert cut_off(register, tmp_path) == [12]
    assert cut_off(register) == []


def test_a_disk_that_is_full_while_the_log_is_written_back_loses_nothing(path, db):
    """Every thousand pages the log is written back into the register; here the register cannot grow that far."""
    kept = 0
    refused: list[str] = []
    with db.transaction() as session:
        session.execute(text("CREATE TABLE filler (words TEXT)"))
    with files_no_larger_than(6_000_000):
        while len(refused) < 5:
            try:
                with db.transaction() as session:
                    session.execute(text("INSERT INTO filler VALUES (:words)"), {"words": "x" * 40_000})
                kept += 1
            except OperationalError as error:
                refused.append(code_of(error))
    assert path.stat().st_size > 4_000_000, "nothing was ever written back"
    assert kept * 40_000 > 7_000_000, "the log was never written back in part"
    assert set(refused) <= {"SQLITE_FULL", "SQLITE_IOERR_WRITE"}
    assert another_process(path, "SELECT count(*) FROM filler") == [[kept]]
    with db.transaction() as session:
        session.execute(text("INSERT INTO filler VALUES ('room again')"))
    assert another_process(path, "SELECT count(*) FROM filler") == [[kept + 1]]
    assert another_process(path, "PRAGMA integrity_check") == [["ok"]]
    assert db.lost == ""


def test_a_module_that_opened_the_register_s_file_would_be_found_out(path, db, opened_files):
    note(db, 1)
    for suffix, act in (("", "os.close(os.open(path, os.O_RDONLY))"), ("-wal", "open(path, 'rb').close()")):
        code = compile(f"import os; {act}", str(ROOT / "ingest" / "sqlite_file.py"), "exec")
        exec(code, {"path": f"{path}{suffix}"})
    wrong = opened_files.wrong[:]
    opened_files.wrong.clear()
    assert len(wrong) == 2
    assert all(one.startswith("ingest/sqlite_file.py") for one in wrong)


def test_an_error_of_the_database_bears_its_own_code(path, db):
    impatient = Database(f"{db.url}?timeout=0.1")
    with db.transaction() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(OperationalError) as caught, impatient.transaction() as other:
            other.execute(text("SELECT 1"))
    assert code_of(caught.value) == "SQLITE_BUSY"
    assert code_of(ValueError()) == ""
    impatient.close()


def without_a_log(path: Path) -> None:
    """As a migration by an earlier release, or a restore by hand, leaves it."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)


def test_a_register_s_first_opening_waits_for_who_writes_to_it(path, db):
    without_a_log(path)
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM audit")
        freed = threading.Timer(0.5, other.execute, ["ROLLBACK"])
        freed.start()
        note(db, 1)
        freed.join()
    assert notes(path) == 1


def test_asking_for_the_schema_waits_for_nobody(path, db):
    """`log` and `show` ask for it: they only read."""
    with db.transaction() as session:
        session.execute(text("SELECT 1"))
        assert schema.current(f"{db.url}?timeout=0.1") == schema.head()


def test_a_new_register_has_its_log_from_the_beginning(tmp_path):
    db = Database(f"sqlite:///{tmp_path / 'new.db'}")
    db.upgrade()
    db.close()
    assert another_process(tmp_path / "new.db", "PRAGMA journal_mode") == [["wal"]]
