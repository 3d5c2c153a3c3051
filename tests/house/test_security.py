"""What docs/security.md promises, held against the source: its tests exist, and no dangerous call stands anywhere."""

import argparse
import ast
import os
import re
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ingest.cli import parser
from ingest.config import ConfigError, parse
from ingest.connection import verifying_context
from ingest.database import Database

ROOT = Path(__file__).parents[2]
THREATS = (ROOT / "docs/security.md").read_text()
SOURCES = [*sorted((ROOT / "ingest").rglob("*.py")), *sorted((ROOT / "models").rglob("*.py"))]
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(test_\w+)`", THREATS)))
# what runs text as a program, reads objects out of bytes, opens a shell, believes any certificate
FORBIDDEN = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.loads", "pickle.load", "marshal.loads",
    "yaml.load", "shelve.open", "ssl._create_unverified_context", "ssl.SSLContext", "tempfile.mktemp",
    "from_string", "Template",
}  # fmt: skip
REASONED = {
    # a clerk's own text, in a sandbox, after its tree was held against a list of allowed nodes
    "ingest/convocations/letter.py": ["_environment().from_string"],
    # the worker believes the parent that started it; the parent reads the worker's answers as text
    "ingest/confined.py": ["pickle.loads", "pickle.loads"],
}


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_control_names_a_test_that_exists(path: str, name: str):
    assert f"def {name}(" in (ROOT / "tests" / path).read_text()


def test_every_row_of_the_threats_names_its_test():
    rows = [line for line in THREATS.splitlines() if line.startswith("| ") and "---" not in line]
    told = [row for row in rows if not row.startswith("| who") and not row.startswith("| what")]
    assert len(told) >= 25
    assert [row for row in told if not re.search(r"`[\w/]+\.py::test_\w+`", row)] == []


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_call_runs_text_believes_anybody_or_opens_a_shell(path: Path):
    found = []
    for name, call in calls(path):
        last = name.rpartition(".")[2]
        plain = {name, last if last in ("from_string", "Template") else name}
        shell = any(key.arg == "shell" or (key.arg == "verify" and _is_false(key.value)) for key in call.keywords)
        if plain & FORBIDDEN or shell:
            found.append(name)
    assert found == REASONED.get(str(path.relative_to(ROOT)), [])


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_xml_is_read_by_the_hardened_parser_alone(path: Path):
    source = path.read_text()
    assert not re.search(r"\b(?:ET|etree|ElementTree|minidom|sax)\.(?:parse|fromstring|XML|iterparse)\w*\(", source)
    assert "import lxml" not in source
    assert "from lxml" not in source
    for names in re.findall(r"from xml\.\S+ import ([^\n]+)", source):
        assert not re.search(r"parse|fromstring|XML\b|Parser\b", names), names


def options(commands: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in commands._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from options(inner)


def test_no_secret_is_ever_given_on_a_command_line_where_every_user_of_the_machine_reads_it():
    secret = [option for action in options(parser()) for option in action.option_strings if "password" in option]
    assert set(secret) == {"--password-file"}
    assert not [
        option
        for action in options(parser())
        for option in action.option_strings
        if re.search("secret|token|key", option)
    ]


def test_every_conversation_is_at_least_tls_1_2_with_certificate_and_name_verified():
    context = verifying_context(None)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.options & ssl.OP_NO_COMPRESSION


SECRET = "parola-segretissima"


def given() -> dict[str, Any]:
    return {
        "mailbox": {"host": "imaps.example.it", "username": "u@pec.example.it", "password": SECRET},
        "smtp": {"host": "smtps.example.it", "username": "u@pec.example.it", "password": SECRET},
        "alerts": {"host": "smtp.example.it", "username": "u", "password": SECRET},
        "database": {"url": f"postgresql+psycopg://u:{SECRET}@db.example/r"},
        "notice": {"id": "avviso", "title": "Avviso", "deadline": "2021-07-29T23:59:59+02:00"},
    }


def test_no_secret_shows_when_the_configuration_is_printed_or_stored():
    settings = parse(given(), {})
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()


@pytest.mark.parametrize("section", ["mailbox", "smtp", "alerts"])
def test_no_secret_shows_when_its_section_is_wrong(section):
    wrong = given()
    wrong[section] |= {"port": "abc", "passwort": SECRET}
    with pytest.raises(ConfigError) as found:
        parse(wrong, {})
    assert SECRET not in str(found.value)
    assert section in str(found.value)


def test_what_lies_beside_the_database_file_is_its_owner_s_too(tmp_path):
    before = os.umask(0)
    try:
        database = Database(f"sqlite:///{tmp_path / 'new' / 'register.db'}")
        database.upgrade()
        with database.transaction() as session:
            session.execute(text("CREATE TABLE x (y INTEGER)"))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("register.db", "register.db-wal", "register.db-shm"), 0o600)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
