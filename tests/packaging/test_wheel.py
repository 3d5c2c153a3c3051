"""The wheel carries everything: installed in an empty environment it works from any folder, without the repository."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.demo.forms import typed_form
from ingest.demo.samples import PONTE

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installed:
    """A fresh environment with the wheel in it, and a folder far from the repository."""

    environment: Path
    elsewhere: Path

    def command(self, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PEC_INGEST"))}
        return subprocess.run(
            [self.environment / "bin" / "pec-ingest", *arguments], cwd=self.elsewhere, env={**kept, **environ},
            check=False, capture_output=True, text=True, timeout=120,
        )  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(to)]
    built = subprocess.run(build, cwd=ROOT, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (made,) = to.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel by pip, without an index; what it needs is lent by the environment the tests run in."""
    folder = tmp_path_factory.mktemp("vuoto")
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    site = folder / "venv" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (folder / "altrove").mkdir()
    return Installed(folder / "venv", folder / "altrove")


def test_the_wheel_holds_templates_migrations_data_and_the_example(wheel: Path):
    held = set(zipfile.ZipFile(wheel).namelist())
    for folder, inside in (("templates", "ingest/templates"), ("models", "models"), ("ingest", "ingest")):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"{inside}/{path.relative_to(ROOT / folder)}" in held, path
    assert "ingest/data/config.example.toml" in held


def test_explain_reads_a_form_far_from_the_repository(installed: Installed):
    (installed.elsewhere / "Allegato 1.pdf").write_bytes(typed_form(PONTE))
    done = installed.command("explain", "--json", "Allegato 1.pdf")
    assert done.returncode == 0, done.stderr
    (adhesion,) = json.loads(done.stdout)["adhesions"]
    assert adhesion["fields"]["organisation.fiscal_code"]["value"] == PONTE.code


def test_the_blank_form_is_written_far_from_the_repository(installed: Installed):
    done = installed.command("form", "-o", "modulo.pdf")
    assert done.returncode == 0, done.stderr
    assert (installed.elsewhere / "modulo.pdf").read_bytes().startswith(b"%PDF")


def test_database_check_and_a_round_work_far_from_the_repository(installed: Installed):
    for folder in ("cur", "new", "tmp"):
        (installed.elsewhere / "Maildir" / folder).mkdir(parents=True)
    example = (ROOT / "config.example.toml").read_text()
    notice = example[example.index("\n[notice]") : example.index("\n[answers]")]
    (installed.elsewhere / "config.toml").write_text(
        '[mailbox]\nmaildir = "Maildir"\naddress = "comune@pec.example.it"\n' + notice
    )
    for command in (["db", "upgrade"], ["check"], ["once"], ["digest", "--preview", "digest.html"]):
        done = installed.command(*command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_what_runs_is_the_installed_package(installed: Installed):
    code = "import ingest, models; print(ingest.__file__, models.__file__)"
    python = installed.environment / "bin" / "python"
    said = subprocess.run([python, "-c", code], cwd=installed.elsewhere, check=True, capture_output=True, text=True)
    assert all(path.startswith(str(installed.environment)) for path in said.stdout.split())
