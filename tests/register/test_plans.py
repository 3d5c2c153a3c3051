"""That questions about many rows are answered without reading long ones: SQLite's plans, which need no statistics."""

from typing import Any

import pytest
from sqlalchemy import Select, select

from ingest.console.lists import BodyFilter, _conditions
from ingest.convocations.audience import STANDING
from ingest.database import Database
from ingest.queries import LISTED_BODY, LogFilter, _log_conditions
from models import Entry, Organisation

NOTICE = "piano-di-zona"


@pytest.fixture
def sqlite(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'register.db'}")
    database.upgrade()
    yield database
    database.close()


def plan(db: Database, query: Select[Any]) -> str:
    written = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
    with db.engine.connect() as connection:
        return "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}"))


def test_a_search_of_the_log_reads_the_texts_alone(sqlite):
    query = select(Entry.id).where(*_log_conditions(LogFilter(search="aurora"))).order_by(Entry.id.desc())
    assert "SCAN entry USING COVERING INDEX ix_entry_search" in plan(sqlite, query)


def test_a_search_among_bodies_reads_their_names_and_codes_alone(sqlite):
    query = select(Organisation.id).where(*_conditions(NOTICE, BodyFilter(search="aurora")))
    assert "USING COVERING INDEX ix_organisation_lists" in plan(sqlite, query)


def test_a_page_of_a_list_is_read_in_its_order_whatever_is_asked_for(sqlite):
    for asked in (Organisation.status == "active", Organisation.status.in_(STANDING), Organisation.role == "operative"):
        query = select(*LISTED_BODY).where(Organisation.notice_id == NOTICE, asked)
        found = plan(sqlite, query.order_by(Organisation.match_name, Organisation.id).limit(50))
        assert "USING INDEX ix_organisation_lists (notice_id=?)" in found
        assert "FOR ORDER BY" not in found
