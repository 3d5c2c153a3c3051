"""One configuration, many deployments: lists of mailboxes and notices in place of one of each."""

import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ingest.config import ConfigError, example_text
from ingest.deployments import load_all, parse_all
from ingest.keys import Settings

EXAMPLE = tomllib.loads(example_text())


def a_mailbox(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "host": "imaps.example.it", "username": f"{name}@pec.example.it", **keys}


def a_notice(notice_id: str, **keys: Any) -> dict[str, Any]:
    return {"id": notice_id, "title": f"Avviso {notice_id}", "deadline": "2021-07-29", **keys}


def a_region(mailboxes: list[Any], notices: list[Any], **sections: Any) -> dict[str, Any]:
    shared = {key: value for key, value in EXAMPLE.items() if key not in ("mailbox", "notice")}
    return deepcopy({**shared, "mailboxes": mailboxes, "notices": notices, **sections})


def pairs(found: tuple[Settings, ...]) -> list[tuple[str, str]]:
    return [(settings.mailbox.own_address.partition("@")[0], settings.notice.id) for settings in found]


def test_a_configuration_for_one_is_one_deployment_beside_nothing():
    (only,) = parse_all(deepcopy(EXAMPLE), {})
    assert only.notice.id == "piano-di-zona-2021-2023"
    assert (only.beside.notices, only.beside.accounts, only.beside.name) == ((), (), "")
    assert only.context().addresses == ("comune@pec.example.it",)


def test_the_example_shows_how_lists_are_written(tmp_path: Path):
    shown = example_text().partition("# Several mailboxes")[2]
    lists = "\n".join(line.removeprefix("# ") for line in shown.splitlines()[2:])
    text = lists.replace("/run/secrets/comune", str(tmp_path / "secret"))
    (tmp_path / "secret").write_text("segreta")
    added = tomllib.loads(text)
    added["mailboxes"][0]["username"] = "comune@pec.example.it"
    added["notices"][0] |= {"deadline": "2024-07-29"}
    (only,) = parse_all(a_region(added["mailboxes"], added["notices"]), {})
    assert only.smtp.password.get_secret_value() == "segreta"
    assert only.digest.to == ("pianodizona@example.it",)


def test_every_mailbox_takes_every_notice_that_names_none():
    found = parse_all(
        a_region([a_mailbox("a"), a_mailbox("b")], [a_notice("uno"), a_notice("due", mailboxes=["b"])]), {}
    )
    assert pairs(found) == [("a", "uno"), ("b", "uno"), ("b", "due")]


def test_one_mailbox_may_take_several_notices_without_a_list_of_mailboxes():
    raw = {key: value for key, value in EXAMPLE.items() if key != "notice"}
    found = parse_all({**raw, "notices": [a_notice("uno"), a_notice("due")]}, {})
    assert pairs(found) == [("comune", "uno"), ("comune", "due")]


def test_a_deployment_knows_what_belongs_to_the_others():
    notices = [a_notice("uno", mailboxes=["a"]), a_notice("due", mailboxes=["b", "c"])]
    first, second, _ = parse_all(a_region([a_mailbox(name) for name in "abc"], notices), {})
    assert first.beside.notices == ("due",)
    assert first.beside.addresses == ("b@pec.example.it", "c@pec.example.it")
    assert set(first.beside.names) == {"b", "c"}
    assert second.beside.names == ("a",), "the third mailbox takes the same notice"
    assert set(first.context().addresses) == {f"{name}@pec.example.it" for name in "abc"}


def test_a_mailbox_has_its_own_smtp_and_a_notice_its_own_readers():
    mailboxes = [a_mailbox("a", smtp={"username": "a@pec.example.it"}), a_mailbox("b")]
    notices = [a_notice("uno", digest={"to": ["uno@example.it"]}, answers={"daily_limit": 7})]
    first, second = parse_all(a_region(mailboxes, notices), {})
    assert first.smtp.username == "a@pec.example.it"
    assert second.smtp.username == EXAMPLE["smtp"]["username"]
    assert first.smtp.host == EXAMPLE["smtp"]["host"]
    assert first.digest.to == ("uno@example.it",)
    assert first.answers.daily_limit == 7


def test_a_secret_of_the_list_comes_from_the_environment_or_a_file(tmp_path: Path):
    (tmp_path / "b").write_text("di-b\n")
    environ = {
        "PEC_INGEST__MAILBOXES__COMUNE_A__PASSWORD": "di-a",
        "PEC_INGEST__MAILBOXES__COMUNE_A__SMTP__PASSWORD": "smtp-di-a",
    }
    mailboxes = [a_mailbox("comune-a"), a_mailbox("b", password_file=str(tmp_path / "b"))]
    first, second = parse_all(a_region(mailboxes, [a_notice("uno")]), environ)
    assert first.mailbox.password.get_secret_value() == "di-a"
    assert first.smtp.password.get_secret_value() == "smtp-di-a"
    assert second.mailbox.password.get_secret_value() == "di-b"


def test_every_problem_is_reported_once_under_the_key_as_it_is_written():
    mailboxes = [a_mailbox("a", port=99999, smtp={"security": "none"}), a_mailbox("b", pasword="x")]
    notices = [a_notice("uno", clock="moon", digest={"schedule": "later"}), a_notice("due", mailboxes=["z"])]
    with pytest.raises(ConfigError) as caught:
        parse_all(a_region(mailboxes, notices, limits={"nesting": 0}), {})
    keys = [problem.split(":")[0] for problem in caught.value.problems]
    assert len(keys) == len(set(keys))
    assert {"mailboxes.a.port", "mailboxes.a.smtp", "mailboxes.b.pasword", "notices.uno.clock",
            "notices.uno.digest.schedule", "notices.due.mailboxes", "limits.nesting"} <= set(keys)  # fmt: skip


@pytest.mark.parametrize(
    ("mailboxes", "notices", "sections", "key"),
    [
        ([a_mailbox("a"), a_mailbox("a")], [a_notice("uno")], {}, "mailboxes.a"),
        ([a_mailbox("a"), a_mailbox("b", username="a@pec.example.it")], [a_notice("uno")], {}, "mailboxes.a"),
        ([{"host": "x"}], [a_notice("uno")], {}, r"mailboxes\[1\].name"),
        ([a_mailbox("a")], [a_notice("uno"), a_notice("uno")], {}, "notices.uno"),
        ([a_mailbox("a"), a_mailbox("b")], [a_notice("uno", mailboxes=["a"])], {}, "mailboxes.b"),
        ([a_mailbox("a")], [a_notice("uno")], {"mailbox": {}}, "mailbox"),
        (7, [a_notice("uno")], {}, "mailboxes"),
    ],
)
def test_what_would_mix_two_deployments_is_refused(mailboxes: Any, notices: Any, sections: Any, key: str):
    with pytest.raises(ConfigError, match=f"(?m)^{key}: "):
        parse_all(a_region(mailboxes, notices, **sections), {})


def test_a_file_is_read_like_the_file_for_one(tmp_path: Path):
    file = tmp_path / "config.toml"
    file.write_text(example_text())
    assert pairs(load_all(file, {})) == [("comune", "piano-di-zona-2021-2023")]


def test_a_day_opens_with_its_first_and_closes_with_its_last_second_in_rome():
    (only,) = parse_all(a_region([a_mailbox("a")], [a_notice("uno", opens="2021-06-18", closes="2022-01-31")]), {})
    assert str(only.notice.opens) == "2021-06-18 00:00:00+02:00"
    assert str(only.notice.closes) == "2022-01-31 23:59:59+01:00"
