"""A database that failed is told apart from a statement it refused."""

import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ingest.database import Database, unreachable


@pytest.fixture
def impatient(postgresql_url):
    db = Database(f"{postgresql_url}&options=-c%20idle_in_transaction_session_timeout=500")
    yield db
    db.close()


def test_a_session_ended_while_its_process_slept_is_the_databases_fault(impatient):
    def work():
        with impatient.transaction() as session:
            session.execute(text("SELECT 1"))
            time.sleep(1.5)
            session.execute(text("SELECT 1"))

    with pytest.raises(SQLAlchemyError) as ended:
        work()
    assert unreachable(ended.value)


def test_a_statement_the_database_refuses_is_not(impatient):
    with pytest.raises(DBAPIError) as refused, impatient.transaction() as session:
        session.execute(text("SELECT 1/0"))
    assert not unreachable(refused.value)


def test_a_register_somebody_else_holds_is(tmp_path):
    url = f"sqlite:///{tmp_path / 'prova.db'}?timeout=0.1"
    one, other = Database(url), Database(url)
    with one.transaction() as held:
        held.execute(text("SELECT 1"))
        with pytest.raises(SQLAlchemyError) as locked, other.transaction() as session:
            session.execute(text("SELECT 1"))
    assert unreachable(locked.value)
    one.close()
    other.close()
