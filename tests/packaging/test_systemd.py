"""The files of deploy/ hold together: systemd itself reads them, and they name only what we have."""

import configparser
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.cli import parser
from ingest.post import PostLimits
from tests.servers.account import program

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("*.service"))
MOST_EXPOSED = 2.0


def values(unit: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", (DEPLOY / unit).read_text(), re.MULTILINE)


@pytest.fixture
def runnable(tmp_path: Path) -> Path:
    """The units with a program that exists: systemd looks whether it can be run."""
    for path in DEPLOY.glob("*.[st]*e*"):
        if path.suffix in (".service", ".timer"):
            (tmp_path / path.name).write_text(path.read_text().replace("/opt/pec-ingest/bin/pec-ingest", "/bin/true"))
    return tmp_path


def test_systemd_finds_nothing_wrong_with_the_units(runnable: Path):
    analyze = program("systemd-analyze")
    for path in sorted(runnable.iterdir()):
        done = subprocess.run([analyze, "verify", "--man=no", str(path)], check=False, capture_output=True, text=True)
        complaints = [line for line in done.stderr.splitlines() if path.stem in line]
        assert (done.returncode, complaints) == (0, []), (path.name, done.stderr)


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_little_exposed(unit: str):
    analyze = program("systemd-analyze")
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", str(DEPLOY / unit)], check=False, capture_output=True,
        text=True,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_runs_a_command_we_have_as_an_ordinary_user(unit: str):
    for line in values(unit, "ExecStart"):
        command = line.split()
        assert command[0] == "/opt/pec-ingest/bin/pec-ingest"
        assert parser().parse_args(command[1:]).function
    assert values(unit, "User") == ["pec-ingest"]


def test_the_daemon_tells_systemd_it_is_ready_and_is_given_more_time_than_its_longest_step():
    assert values("pec-ingest.service", "Type") == ["notify"]
    (watchdog,) = values("pec-ingest.service", "WatchdogSec")
    assert timedelta(minutes=int(watchdog.removesuffix("min"))) > timedelta(seconds=PostLimits().answer)


def test_a_wrong_configuration_is_not_tried_again():
    assert values("pec-ingest.service", "RestartPreventExitStatus") == ["2"]


def test_user_and_folders_are_made_by_systemds_own_tools(tmp_path: Path):
    for folder in ("etc", "usr", "var/lib"):
        (tmp_path / folder).mkdir(parents=True)
    for tool, file in (("systemd-sysusers", "sysusers.conf"), ("systemd-tmpfiles", "tmpfiles.conf")):
        create = ["--create"] if "tmpfiles" in tool else ["--dry-run"]
        done = subprocess.run(
            [program(tool), f"--root={tmp_path}", *create, str(DEPLOY / file)],
            check=False,
            capture_output=True,
            text=True,
        )
        assert "rror" not in done.stderr or "Failed to resolve user" in done.stderr, done.stderr
    assert "u pec-ingest" in (DEPLOY / "sysusers.conf").read_text()


def test_every_timer_has_its_service():
    for timer in DEPLOY.glob("*.timer"):
        assert timer.with_suffix(".service").exists()
        sections = configparser.ConfigParser(strict=False, interpolation=None)
        sections.read(timer)
        assert sections["Timer"]["OnCalendar"]
        assert sections["Timer"]["Persistent"] == "yes"
