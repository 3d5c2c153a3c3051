"""What every message and every round asks finds its rows by an index, however long the register has grown."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, event, text

from ingest import ledger, receipts
from ingest.database import Database
from ingest.vocabulary import VerdictKind
from models import Base
from tests.register.builders import ACCOUNT, HOUR, NOW, Sending, a_verdict, recorded, the_settings

Asked = list[tuple[str, Any]]


@pytest.fixture
def db(migrated_file: Any, tmp_path: Any) -> Iterator[Database]:
    """SQLite, which says how it finds rows without a million of them to look for."""
    (tmp_path / "register.db").write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{tmp_path}/register.db")
    yield database
    database.close()


@contextmanager
def asked(db: Database) -> Iterator[Asked]:
    """The SELECTs of a block."""
    found: Asked = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


def ways(db: Database, statements: Asked) -> list[str]:
    """How each of them finds its rows, as SQLite tells."""
    with db.engine.connect() as connection:
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", given) for one, given in statements]
        return [str(step[3]) for plan in plans for step in plan]


def whole_tables(steps: list[str]) -> list[str]:
    return [step for step in steps if re.match(r"SCAN (?!CONSTANT)", step) and "USING" not in step]


def test_a_round_that_finds_nothing_reads_no_table_from_end_to_end(db):
    recorded(db, a_verdict())
    with asked(db) as statements:
        ledger.pending(db)
        ledger.to_file(db, ACCOUNT)
        receipts.match_orphans(db, NOW)
        receipts.overdue(db, NOW)

    assert len(statements) >= 6
    assert whole_tables(ways(db, statements)) == []


def test_recording_a_message_reads_no_table_from_end_to_end(db):
    recorded(db, a_verdict())
    with asked(db) as statements:
        recorded(db, a_verdict(), NOW + HOUR)

    assert len(statements) >= 10
    assert whole_tables(ways(db, statements)) == []
    joined = [one for one, _ in statements if "organisation_version JOIN adhesion" in one]
    assert joined == []  # prepared on a small register, PostgreSQL reads all forms for it on a large one


def copied(db: Database, table: Table, count: int, **changed: str) -> None:
    """So many more rows like the first of a table, but for what is changed; `n` numbers them in SQL."""
    columns = [column.name for column in table.columns if column.name != "id"]
    values = ", ".join(changed.get(name, f"one.{name}") for name in columns)
    numbers = f"WITH RECURSIVE k(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM k WHERE n < {count})"
    with db.transaction() as session:
        session.execute(
            text(
                f"{numbers} INSERT INTO {table.name} (id, {', '.join(columns)}) "
                f"SELECT n, {values} FROM k, (SELECT * FROM {table.name} WHERE id = 1) AS one"
            )
        )


@pytest.mark.parametrize("statistics", [False, True])
def test_whose_open_request_a_message_answers_is_found_by_its_sender_not_among_all_requests(db, statistics):
    recorded(db, a_verdict(Sending(), {"themes": None}))
    copied(db, Base.metadata.tables["entry"], 500, sha256="'h' || n", sender="'ente' || n")
    copied(db, Base.metadata.tables["integration"], 500, entry_id="n")
    if statistics:
        with db.transaction() as session:
            session.execute(text("ANALYZE"))
    with asked(db) as statements:
        recorded(db, a_verdict(kind=VerdictKind.NOTED, adhesions=()), NOW + HOUR)

    looking = [one for one in statements if "FROM integration" in one[0] and "sender" in one[0]]
    assert len(looking) == 1
    steps = ways(db, looking)
    assert any("ix_entry_sender" in step for step in steps)
    assert any(re.match(r"SEARCH integration .*\(entry_id=\?\)", step) for step in steps)


def test_the_letters_of_a_day_are_counted_without_reading_them(db):
    with asked(db) as statements:
        recorded(db, a_verdict(), NOW + timedelta(days=1), the_settings(daily_limit=5))
    (counting,) = [
        one for one in statements if "count(*)" in one[0] and "to_address" not in one[0] and "FROM letter" in one[0]
    ]

    assert [step for step in ways(db, [counting]) if "COVERING INDEX" not in step] == []
