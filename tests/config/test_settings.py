"""The configuration: one example that is true, errors that help, secrets that stay secret."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from ingest.config import ConfigError, built_in_notice, load, parse
from ingest.keys import Settings

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
ELSEWHERE = {"host", "username", "address", "maildir", "to", "title", "themes", "municipalities", "own_values", "id"}


def example() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text())


def sections() -> dict[str, type[BaseModel]]:
    return {name: info.annotation for name, info in Settings.model_fields.items()}  # type: ignore[misc]


def test_the_example_loads():
    assert load(EXAMPLE, {}).notice.id == "piano-di-zona-2021-2023"


def test_the_example_holds_every_key_and_no_other():
    keys = {f"{section}.{key}" for section, table in example().items() for key in table}
    known = {f"{section}.{key}" for section, model in sections().items() for key in model.model_fields}
    assert keys == known - {"mailbox.maildir"}


def test_the_example_shows_the_defaults():
    shown = load(EXAMPLE, {})
    for section, model in sections().items():
        for key, info in model.model_fields.items():
            if key not in ELSEWHERE and not info.is_required():
                assert getattr(getattr(shown, section), key) == info.default, f"{section}.{key}"


def test_every_key_of_the_example_has_its_line_of_why():
    lines = EXAMPLE.read_text().splitlines()
    explained = {line.split("=")[0].strip() for line in lines if "=" in line.split("#")[0] and "#" in line}
    multiline = {"themes", "title", "municipalities", "own_values"}
    for table in example().values():
        assert set(table) - multiline <= explained


def test_every_problem_is_reported_at_once_by_its_key():
    raw = example()
    raw["mailbox"]["port"] = 99999
    raw["limits"]["nesting"] = 0
    raw["digest"]["schedule"] = "monday at eight"
    with pytest.raises(ConfigError) as caught:
        parse(raw, {})
    assert {problem.split(":")[0] for problem in caught.value.problems} == {
        "mailbox.port",
        "limits.nesting",
        "digest.schedule",
    }


def test_an_unknown_key_names_the_nearest_known_one():
    raw = example()
    raw["mailbox"]["pasword"] = "x"
    with pytest.raises(ConfigError, match=r"mailbox\.pasword: unknown key; the nearest known key is mailbox\.password"):
        parse(raw, {})


def test_a_wrongly_typed_password_is_never_printed():
    raw = example()
    raw["mailbox"]["password"] = ["gelsomino77"]
    with pytest.raises(ConfigError) as caught:
        parse(raw, {})
    assert "gelsomino77" not in str(caught.value)
    assert "gelsomino77" not in repr(
        parse({**example(), "mailbox": {**example()["mailbox"], "password": "gelsomino77"}}, {})
    )


def test_the_environment_wins_over_the_file():
    environ = {"PEC_INGEST__MAILBOX__PORT": "1993", "PEC_INGEST__ALERTS__TO": '["a@example.org"]'}
    settings = load(EXAMPLE, environ)
    assert settings.mailbox.port == 1993
    assert settings.alerts.to == ("a@example.org",)


def test_a_secret_is_read_from_its_file(tmp_path: Path):
    secret = tmp_path / "password"
    secret.write_text("gelsomino77\n")
    settings = load(EXAMPLE, {"PEC_INGEST__MAILBOX__PASSWORD_FILE": str(secret)})
    assert settings.mailbox.password.get_secret_value() == "gelsomino77"


def test_a_missing_secret_file_is_a_problem_of_its_key(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"smtp\.password_file"):
        load(EXAMPLE, {"PEC_INGEST__SMTP__PASSWORD_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("written", "bytes_"),
    [("100 MB", 100_000_000), ("2 GB", 2_000_000_000), ("1 KB", 1000), ("10 M", 10_000_000), (7, 7)],
)
def test_sizes_are_written_with_their_unit(written: str | int, bytes_: int):
    raw = example()
    raw["limits"]["unpacked_bytes"] = written
    assert parse(raw, {}).limits.unpacked_bytes == bytes_


@pytest.mark.parametrize(("written", "span"), [("90s", 90), ("2m", 120), ("1h", 3600)])
def test_durations_are_written_with_their_unit(written: str, span: int):
    raw = example()
    raw["mailbox"]["poll_every"] = written
    assert parse(raw, {}).mailbox.poll_every == timedelta(seconds=span)


@pytest.mark.parametrize("written", ["0s", 0, -5])
def test_a_mailbox_is_not_polled_without_a_pause(written: str | int):
    raw = example()
    raw["mailbox"]["poll_every"] = written
    with pytest.raises(ConfigError, match="poll_every"):
        parse(raw, {})


def test_readers_are_a_list_or_one_text_with_commas_and_each_is_an_address():
    readers = ("a@example.it", "Ufficio di Piano <b@example.it>")
    for written in (list(readers), ", ".join(readers)):
        raw = example()
        raw["digest"]["to"] = written
        assert parse(raw, {}).digest.to == readers
    assert parse(example(), {"PEC_INGEST__ALERTS__TO": "a@example.it"}).alerts.to == ("a@example.it",)
    raw = example()
    raw["digest"]["to"], raw["alerts"]["to"] = ["ufficio"], "pippo"
    with pytest.raises(ConfigError) as told:
        parse(raw, {})
    assert [problem.partition(":")[0] for problem in told.value.problems] == ["alerts.to", "digest.to"]


def test_where_the_console_listens_is_checked_with_the_rest_of_the_configuration():
    for listen in ("", "127.0.0.1:8080", "[::1]:8080", ":8080"):
        raw = example()
        raw["console"]["listen"] = listen
        assert parse(raw, {}).console.listen == listen
    for listen in ("pippo", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:http"):
        raw["console"]["listen"] = listen
        with pytest.raises(ConfigError, match=r"console\.listen"):
            parse(raw, {})


def test_clear_text_submission_is_only_for_this_machine():
    raw = example()
    raw["smtp"].update(security="none", host="smtp.example.it")
    with pytest.raises(ConfigError, match="smtp"):
        parse(raw, {})
    raw["smtp"]["host"] = "127.0.0.1"
    assert parse(raw, {}).smtp.security == "none"


def test_a_deadline_without_its_offset_is_refused():
    raw = example()
    raw["notice"]["deadline"] = "2021-07-29T23:59:59"
    with pytest.raises(ConfigError, match="offset"):
        parse(raw, {})


def test_a_mailbox_without_an_address_is_refused():
    raw = example()
    raw["mailbox"].update(username="M1234567", address="")
    with pytest.raises(ConfigError, match="address"):
        parse(raw, {})


def test_the_built_in_notice_is_the_example_s():
    assert built_in_notice() == load(EXAMPLE, {}).notice.rules()


@pytest.mark.parametrize("url", ["mysql://utente:segretissima@host/nome", "postgresql://host/nome", "data/registro.db"])
def test_a_database_of_another_kind_is_refused_and_its_password_never_printed(url: str):
    example = tomllib.loads(EXAMPLE.read_text())
    with pytest.raises(ConfigError) as refused:
        parse(example | {"database": {"url": url}}, {})
    (problem,) = refused.value.problems
    assert problem.startswith("database")
    assert "segretissima" not in problem


@pytest.mark.parametrize(
    ("section", "changes", "said"),
    [
        ("smtp", {"port": 99999, "security": "none", "host": "smtps.example.it"}, "smtp: security"),
        ("mailbox", {"port": 99999, "address": "", "username": "comune"}, "mailbox: set address"),
        ("mailbox", {"host": "", "poll_evry": "2m"}, "mailbox: set host"),
        ("notice", {"deadline": "2021-07-29T23:59:59", "late_role": "boss"}, "notice: deadline needs its offset"),
        ("notice", {"deadline": "soon", "works_start": "2021-09-15T10:00:00"}, "notice: works_start needs its offset"),
        ("digest", {"schedule": "monday", "timezone": "Europe/Cernusco"}, "digest: timezone is not a known zone"),
    ],
)
def test_a_wrong_key_does_not_hide_what_its_section_says_as_a_whole(section, changes, said):
    raw = example()
    raw[section] |= changes
    with pytest.raises(ConfigError) as caught:
        parse(raw, {})
    assert len(caught.value.problems) == 2
    assert any(problem.startswith(said) for problem in caught.value.problems)


def test_a_section_is_not_blamed_for_the_key_that_was_already_named():
    raw = example()
    raw["notice"]["deadline"] = "soon"
    raw["mailbox"]["host"] = 5
    with pytest.raises(ConfigError) as caught:
        parse(raw, {})
    assert sorted(problem.split(":")[0] for problem in caught.value.problems) == ["mailbox.host", "notice.deadline"]
