"""`init`: asks for what is needed, tests each part against the real servers, and writes the configuration.

Answers come from --set and the environment first, then from the terminal (or standard input, a line each).
"""

import argparse
import getpass
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from ingest.app import Service, build
from ingest.cli import config_path
from ingest.commands import check
from ingest.commands.advice import for_database
from ingest.commands.check import Finding
from ingest.commands.questions import KEYS, STEPS, Question, Step, is_secret, value_of, write_private, written
from ingest.commands.tables import harmless
from ingest.config import PREFIX, ConfigError, example_settings

_MARKS = {True: "ok  ", False: "FAIL", None: "warn"}


def init(args: argparse.Namespace) -> int:
    """Writes a configuration that was seen to work; exit code 1, and nothing written, when it does not."""
    path = args.output or config_path(args) or Path("config.toml")
    if path.exists() and not args.overwrite and (args.non_interactive or not _agreed(f"{path} exists. Replace it?")):
        raise ConfigError([f"{path} exists and is left as it is; --overwrite replaces it, keeping it as {path}.old"])
    answers: dict[str, str] = {}
    for step in STEPS:
        if (not step.needs or answers.get(step.needs)) and not _answered(step, answers, args):
            print("nothing was written", file=sys.stderr)
            return 1
    secrets = path.absolute().parent / "secrets"
    if path.exists():
        path.rename(path.with_name(path.name + ".old"))
    for key, answer in answers.items():
        if is_secret(KEYS[key], answer):
            write_private(secrets / key.replace(".", "_"), answer + "\n")
    write_private(path, written(answers, secrets))
    print(f"written: {path}, secrets in {secrets}. Every other key has its default and its line of why; read [notice].")
    print(f"next: export PEC_INGEST_CONFIG={path.absolute()}; pec-ingest db upgrade; pec-ingest check")
    return 0


def _answered(step: Step, answers: dict[str, str], args: argparse.Namespace) -> bool:
    """Asks and tests until it works, or a person wants it kept all the same. False: given up."""
    if step.title and not args.non_interactive:
        print(f"\n{step.title}")
    given = _given(args)
    while True:
        for question in step.questions:
            answers[question.key] = _answer(question, answers, given, args)
        failed = [] if args.no_test else [one for one in _tested(step, answers) if one.good is False]
        if not failed:
            return True
        if args.non_interactive:
            return False
        given = {}  # now everything is asked, with what was said as the proposal
        choice = _line("[a]gain, [k]eep it all the same, [q]uit? [a] ").lower()[:1]
        if choice in ("k", "q"):
            return choice == "k"


def _given(args: argparse.Namespace) -> dict[str, str]:
    given = {key: os.environ[name] for key in KEYS if (name := PREFIX + key.upper().replace(".", "__")) in os.environ}
    for one in args.set or ():
        key, equals, value = one.partition("=")
        if not equals or key not in KEYS:
            raise ConfigError([f"--set {key}: give one of {', '.join(KEYS)}, as KEY=VALUE"])
        given[key] = value
    return given


def _answer(question: Question, answers: dict[str, str], given: dict[str, str], args: argparse.Namespace) -> str:
    if question.key in given:
        return given[question.key]
    proposed = answers.get(question.key) or answers.get(question.same_as, "") or question.default
    if args.non_interactive:
        return proposed
    shown = ("the same" if proposed else "") if question.secret and not proposed.startswith("sqlite:") else proposed
    prompt = f"{question.key}: {question.text}{f' [{shown}]' if shown else ''}: "
    secret = question.secret and question.key.endswith("password")
    said = getpass.getpass(prompt) if secret and sys.stdin.isatty() else _line(prompt)
    return said or proposed


def _tested(step: Step, answers: dict[str, str]) -> Iterator[Finding]:
    """What the parts of `check` say of the answers so far, printed as they come."""
    if not step.test:
        return
    sections: dict[str, dict[str, object]] = {}
    for key, answer in answers.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value_of(KEYS[key], answer)
    for section in ("smtp", "alerts"):
        sections.setdefault(section, {"host": ""})
    try:
        service = build(example_settings(**sections))
    except ConfigError as error:
        for problem in error.problems:
            print(f"FAIL {problem}")
            yield Finding("configuration", False, problem)
        return
    try:
        for name in step.test:
            for finding in _PARTS[name](service):
                print(f"{_MARKS[finding.good]} {finding.what}: {harmless(finding.said)}")
                yield finding
    finally:
        service.close()


def _mailbox(service: Service) -> Iterator[Finding]:
    return check.opened(service)


def _database(service: Service) -> Iterator[Finding]:
    """A database that can be reached, or a file that can be made."""
    file = service.db.missing_file()
    if file is not None:
        folder = next(parent for parent in file.absolute().parents if parent.exists())
        good = os.access(folder, os.W_OK)
        said = f"{file} will be made by: pec-ingest db upgrade" if good else f"{folder} cannot be written by this user"
        yield Finding("database", good, said)
        return
    try:
        yield Finding("database", True, f"reached; schema {service.db.revision() or 'empty'}")
    except (SQLAlchemyError, OSError) as error:
        yield Finding("database", False, for_database(error))


_PARTS = {"mailbox": _mailbox, "smtp": check.smtp, "database": _database, "storage": check.storage}


def _agreed(question: str) -> bool:
    return _line(f"{question} [y/N] ").lower().startswith("y")


def _line(prompt: str) -> str:
    """A line from standard input, without echo of the prompt where it is no terminal."""
    try:
        return input(prompt).strip()
    except EOFError:
        raise ConfigError(["init: the answers ended before the questions; give --set or --non-interactive"]) from None
