"""A program never changes a schema by starting: it stops and says which command does."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ingest.cli import main
from ingest.config import example_text
from models import schema


def a_configuration(folder: Path) -> list[str]:
    example = example_text()
    notice = example[example.index("\n[notice]") : example.index("\n[answers]")]
    for name in ("cur", "new", "tmp"):
        (folder / "Maildir" / name).mkdir(parents=True)
    (folder / "config.toml").write_text(
        f'[mailbox]\nmaildir = "{folder / "Maildir"}"\naddress = "comune@pec.example.it"\n'
        f'[database]\nurl = "sqlite:///{folder / "prova.db"}"\n[storage]\npath = "{folder / "originali"}"\n{notice}'
    )
    return ["--config", str(folder / "config.toml")]


@pytest.mark.parametrize("command", ["run", "once", "web"])
def test_an_older_schema_stops_the_start_and_names_the_command(tmp_path, capsys, command):
    chosen = a_configuration(tmp_path)
    schema.upgrade(f"sqlite:///{tmp_path / 'prova.db'}", "0001")
    assert main([*chosen, command]) == 2
    assert "pec-ingest db upgrade" in capsys.readouterr().err
    assert schema.current(f"sqlite:///{tmp_path / 'prova.db'}") == "0001"


def test_a_newer_schema_stops_the_start_and_is_left_alone(tmp_path, capsys):
    chosen, url = a_configuration(tmp_path), f"sqlite:///{tmp_path / 'prova.db'}"
    schema.upgrade(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert main([*chosen, "run"]) == 2
    assert "newer version" in capsys.readouterr().err
