"""`init` asks, tests against real servers, and writes a configuration that works; wrong answers lead to what to do."""

import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ingest.demo.facts import OFFICE
from tests.e2e.house import PASSWORD, House


@pytest.fixture
def trusted(house: House) -> dict[str, str]:
    """An environment that believes the certificates of the test's servers."""
    both = house.inbox.server.certificate.read_text() + (house.folder / "server.pem").read_text()
    (house.folder / "both.pem").write_text(both)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PEC_INGEST")}
    return {**kept, "SSL_CERT_FILE": str(house.folder / "both.pem")}


def init(
    house: House, env: dict[str, str], *arguments: str, lines: tuple[str, ...] = ()
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "ingest", "init", "-o", str(target(house)), *arguments]
    said = "".join(f"{line}\n" for line in lines)
    return subprocess.run(command, check=False, capture_output=True, text=True, input=said, env=env, timeout=120)


def target(house: House) -> Path:
    return house.folder / "etc" / "config.toml"


def answers(house: House, **changed: str) -> tuple[str, ...]:
    """A person's answers in the order of the questions; an empty one takes what is proposed."""
    server = house.inbox.server
    given = {
        "host": server.host, "port": str(server.port), "address": OFFICE, "username": house.inbox.user,
        "password": server.password, "folder": "", "smtp": "localhost", "smtp_port": str(house.provider.port),
        "security": "", "smtp_username": OFFICE, "smtp_password": PASSWORD,
        "url": f"sqlite:///{house.folder / 'nuovo.db'}", "path": str(house.folder / "originali"),
        "digest": "ufficio@example.org, capo@example.org", "alerts_to": "", "alerts": "",
    }  # fmt: skip
    return tuple((given | changed).values())


def as_settings(house: House, **changed: str) -> list[str]:
    """The same answers as --set."""
    keys = ("mailbox.host", "mailbox.port", "mailbox.address", "mailbox.username", "mailbox.password", "mailbox.folder",
            "smtp.host", "smtp.port", "smtp.security", "smtp.username", "smtp.password", "database.url", "storage.path",
            "digest.to", "alerts.to", "alerts.host")  # fmt: skip
    pairs = zip(keys, answers(house, **changed), strict=True)
    return [word for key, value in pairs if value for word in ("--set", f"{key}={value}")]


def test_what_init_writes_works(house, trusted):
    done = init(house, trusted, lines=answers(house))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok   mailbox: logged in" in done.stdout
    assert "ok   smtp: logged in" in done.stdout
    run = [sys.executable, "-m", "ingest", "--config", str(target(house))]
    assert subprocess.run([*run, "db", "upgrade"], check=False, env=trusted, capture_output=True).returncode == 0
    checked = subprocess.run([*run, "check"], check=False, env=trusted, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_secrets_lie_in_files_for_their_owner_alone_and_nowhere_else(house, trusted):
    done = init(house, trusted, lines=answers(house))
    text = target(house).read_text()
    assert PASSWORD not in text + done.stdout + done.stderr
    secrets = target(house).parent / "secrets"
    assert {path.name for path in secrets.iterdir()} == {"mailbox_password", "smtp_password"}
    for path in (target(house), *secrets.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert (secrets / "smtp_password").read_text() == PASSWORD + "\n"


def test_every_key_keeps_its_line_of_why(house, trusted):
    init(house, trusted, lines=answers(house))
    text = target(house).read_text()
    written = tomllib.loads(text)
    assert written["digest"]["to"] == ["ufficio@example.org", "capo@example.org"]
    assert written["alerts"]["to"] == written["digest"]["to"]
    example = (Path(__file__).parents[2] / "config.example.toml").read_text()
    assert text.count("#") == example.count("#")


def test_a_wrong_answer_says_what_to_do_and_is_asked_again(house, trusted):
    wrong = answers(house, folder="Posta")[:6]
    right = ("a", "", "", "", "", "", "INBOX")
    done = init(house, trusted, lines=(*wrong, *right, *answers(house)[6:]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the folder 'Posta' does not exist; correct [mailbox] folder; there are: INBOX" in done.stdout


WRONG = {
    "login": ({"password": "sbagliata"}, "correct [mailbox] username and password"),
    "port": ({"port": "1"}, "nothing listens there"),
    "name": ({"host": "imaps.invalid"}, "correct host (a typing error?)"),
    "port that is none": ({"port": "posta"}, "mailbox.port"),
    "smtp login": ({"smtp_password": "sbagliata"}, "correct [smtp] username and password"),
    "smtp port": ({"smtp_port": "1"}, "nothing listens there"),
    "smtp security": ({"security": "ssl"}, "smtp.security"),
    "database": ({"url": "postgresql+psycopg://pec@127.0.0.1:1/pec"}, "start PostgreSQL, or correct host and port"),
    "database of another kind": ({"url": "mysql://pec@db/pec"}, "url begins with sqlite:///"),
}


@pytest.mark.parametrize(("changed", "advice"), WRONG.values(), ids=WRONG)
def test_every_wrong_step_leads_to_what_to_do_and_nothing_is_written(house, trusted, changed, advice):
    done = init(house, trusted, "--non-interactive", *as_settings(house, **changed))
    assert done.returncode == 1, done.stdout + done.stderr
    assert advice in done.stdout
    assert "sbagliata" not in done.stdout + done.stderr
    assert not target(house).exists()


def test_answers_come_from_the_environment_as_well(house, trusted):
    given = as_settings(house)
    at = given.index(f"mailbox.password={house.inbox.server.password}")
    left = given[: at - 1] + given[at + 1 :]
    env = {**trusted, "PEC_INGEST__MAILBOX__PASSWORD": house.inbox.server.password}
    assert init(house, env, "--non-interactive", *left).returncode == 0


def test_an_existing_file_is_left_alone_unless_a_person_agrees(house, trusted):
    target(house).parent.mkdir()
    target(house).write_text("# mia\n")
    assert init(house, trusted, "--non-interactive", *as_settings(house)).returncode == 2
    assert init(house, trusted, lines=("n",)).returncode == 2
    assert target(house).read_text() == "# mia\n"
    assert init(house, trusted, lines=("y", *answers(house))).returncode == 0
    assert target(house).with_name("config.toml.old").read_text() == "# mia\n"


def test_what_cannot_be_reached_may_be_kept_all_the_same(house, trusted):
    unreachable = answers(house, host="imaps.invalid")
    done = init(house, trusted, lines=(*unreachable[:6], "k", *unreachable[6:]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert tomllib.loads(target(house).read_text())["mailbox"]["host"] == "imaps.invalid"


def test_answers_that_end_too_early_are_wrong_use(house, trusted):
    done = init(house, trusted, lines=("imaps.invalid",))
    assert done.returncode == 2
    assert not target(house).exists()
