"""The databases other tests run on."""

import sqlalchemy as sa


def test_each_test_has_an_empty_database_of_its_own(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text("CREATE TABLE prova (id INTEGER PRIMARY KEY)"))
        assert connection.execute(sa.text("SELECT count(*) FROM prova")).scalar() == 0
    engine.dispose()


def test_and_the_next_test_finds_it_empty_again(database_url: str) -> None:
    test_each_test_has_an_empty_database_of_its_own(database_url)
