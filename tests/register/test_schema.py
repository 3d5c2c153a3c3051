"""The schema: the same on both databases, reached from nothing and from the revision before."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

import models
from ingest.database import Database
from models import Audit, Base, Entry, schema
from tests.register.builders import a_message


def test_models_and_migrations_say_the_same(db):
    ours = db.engine.dialect.name

    def has(thing, _name, _type, _reflected, _other):
        return thing.info.get("dialect", ours) == ours

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": has})
        assert compare_metadata(context, Base.metadata) == []


def test_an_empty_database_becomes_a_complete_one(database_url):
    database = Database(database_url)
    assert database.revision() is None
    database.upgrade()
    assert database.revision() == schema.head()
    database.close()


def test_a_database_of_the_previous_revision_keeps_its_rows(database_url):
    database = Database(database_url)
    database.upgrade("0001")
    with database.transaction() as session:
        session.execute(text(
            "INSERT INTO entry (id, sha256, size, notice_id, source, state, attempts, reasons, sender, subject,"
            " identifier, message_id, provider, search, received_at, needs_review)"
            " VALUES (7, 'ab', 9, '', 'imap', 'pending', 0, '[]', '', '', '', '', '', '', '2021-07-01 09:00', false)"
        ))  # fmt: skip
        session.execute(text(
            "INSERT INTO location (account, folder, uidvalidity, uid, entry_id, seen_at)"
            " VALUES ('comune@pec', 'INBOX', 1, 1, 7, '2021-07-01 09:00')"
        ))  # fmt: skip
    database.upgrade()
    with database.transaction() as session:
        entry = session.get_one(Entry, 7)
        assert (entry.state, entry.mailbox) == ("pending", "comune@pec")
        session.add(Audit(at=datetime(2021, 7, 1, tzinfo=UTC), who="prova", what="x", old=None, new={"a": 1}))
    database.close()


def test_two_processes_that_migrate_together_end_with_one_schema(database_url):
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(schema.upgrade, database_url) for _ in range(2)]:
            done.result()
    assert schema.current(database_url) == schema.head()


def test_a_migration_that_fails_leaves_nothing_behind(database_url):
    database = Database(database_url)
    with database.transaction() as session:
        session.execute(text("CREATE TABLE receipt (id INTEGER)"))  # in the way of revision 0001
    with pytest.raises(Exception, match="receipt"):
        database.upgrade()
    assert database.revision() is None
    with database.engine.connect() as connection:
        assert database.engine.dialect.get_table_names(connection) == ["receipt"]
    database.close()


def test_the_package_is_ours():
    assert models.OWNER == "pec-ingest"


def test_a_naive_instant_is_refused_and_an_aware_one_comes_back_in_utc(db):
    entry_id = a_message(db, at=datetime.fromisoformat("2021-07-26T10:15:00.123456+02:00"))
    with db.reading() as session:
        received = session.get_one(Entry, entry_id).received_at
    assert received.isoformat() == "2021-07-26T08:15:00.123456+00:00"
    with pytest.raises(StatementError, match="zone"):
        a_message(db, at=datetime(2021, 7, 26))  # noqa: DTZ001 - the refusal is the point


def test_text_no_database_can_hold_and_keys_no_index_can_hold_are_stored_all_the_same(db):
    entry_id = a_message(db)
    noise = "".join(chr(0x4E00 + number * 37 % 20000) for number in range(9000))
    with db.transaction() as session:
        entry = session.get_one(Entry, entry_id)
        entry.subject, entry.identifier, entry.sender = "a\0b\ud800c", noise, noise[::-1]
    with db.reading() as session:
        entry = session.scalars(select(Entry).where(Entry.identifier == noise)).one()
        assert entry.subject == "a�b�c"
        assert len(entry.identifier.encode()) <= 320
        assert session.scalar(select(Entry.id).where(Entry.identifier == noise + "x")) is None


def test_sqlite_keeps_its_file_to_its_owner(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'new' / 'register.db'}")
    database.upgrade()
    with database.transaction() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
    assert stat.S_IMODE((tmp_path / "new" / "register.db").stat().st_mode) == 0o600
    database.close()
