"""The databases other tests run on."""

import pytest
import sqlalchemy as sa

from tests.servers.account import program


def test_each_test_has_an_empty_database_of_its_own(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text("CREATE TABLE prova (id INTEGER PRIMARY KEY)"))
        assert connection.execute(sa.text("SELECT count(*) FROM prova")).scalar() == 0
    engine.dispose()


def test_and_the_next_test_finds_it_empty_again(database_url: str) -> None:
    test_each_test_has_an_empty_database_of_its_own(database_url)


def test_a_server_that_is_not_installed_skips_its_tests_and_fails_them_in_continuous_integration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="not installed"):
        program("nessun-programma")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="not installed"):
        program("nessun-programma")
