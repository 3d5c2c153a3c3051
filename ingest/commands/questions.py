"""What `init` asks for, in order, and the configuration file made of the answers.

The file is config.example.toml with the answers in place of its values, so that every key keeps its line of why.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.config import example_text


@dataclass(frozen=True, slots=True)
class Question:
    """One key to be answered. `same_as`: the key whose answer is proposed; `secret`: goes into a file of its own."""

    key: str
    text: str
    default: str = ""
    same_as: str = ""
    secret: bool = False
    many: bool = False  # several, separated by commas


@dataclass(frozen=True, slots=True)
class Step:
    """Questions that are tested together; `test` names the parts of `check`; not asked without `needs`."""

    title: str
    questions: tuple[Question, ...]
    test: tuple[str, ...] = ()
    needs: str = ""


STEPS = (
    Step("The certified mailbox (IMAP)", (
        Question("mailbox.host", "IMAP server of the provider, e.g. imaps.pec.aruba.it"),
        Question("mailbox.port", "port", "993"),
        Question("mailbox.address", "certified address, e.g. comune@pec.example.it"),
        Question("mailbox.username", "login; with some providers not the address", same_as="mailbox.address"),
        Question("mailbox.password", "password", secret=True),
        Question("mailbox.folder", "folder the applications arrive in", "INBOX"),
    ), ("mailbox",)),
    Step("Sending letters (SMTP of the same provider)", (
        Question("smtp.host", "SMTP server; empty: letters wait in the queue"),
    )),
    Step("", (
        Question("smtp.port", "port", "465"),
        Question("smtp.security", "tls (465) or starttls (587)", "tls"),
        Question("smtp.username", "login", same_as="mailbox.username"),
        Question("smtp.password", "password", same_as="mailbox.password", secret=True),
    ), ("smtp",), needs="smtp.host"),
    Step("Database and originals", (
        Question("database.url", "SQLite file, or postgresql+psycopg://user:password@host/name",
                 "sqlite:////var/lib/pec-ingest/pec-ingest.db", secret=True),
        Question("storage.path", "folder of the original messages", "/var/lib/pec-ingest/originals"),
    ), ("database", "storage")),
    Step("Who is told", (
        Question("digest.to", "addresses that get the weekly digest", many=True),
        Question("alerts.to", "addresses that get alarms", same_as="digest.to", many=True),
        Question("alerts.host", "ordinary SMTP server for digest and alarms; empty: the digest goes by PEC, no alarms"),
    )),
    Step("", (
        Question("alerts.port", "port", "465"),
        Question("alerts.security", "tls (465) or starttls (587)", "tls"),
        Question("alerts.username", "login"),
        Question("alerts.password", "password", secret=True),
        Question("alerts.sender", "sender of these mails", same_as="alerts.username"),
    ), ("smtp",), needs="alerts.host"),
)  # fmt: skip

KEYS = {question.key: question for step in STEPS for question in step.questions}


def value_of(question: Question, answer: str) -> object:
    """An answer as the configuration holds it."""
    if question.many:
        return [one.strip() for one in answer.split(",") if one.strip()]
    return int(answer) if question.key.endswith(".port") and answer.isdigit() else answer


def is_secret(question: Question, answer: str) -> bool:
    """Whether an answer needs a file of its own: a database's url only when it holds a password."""
    return question.secret and bool(answer) and not answer.startswith("sqlite:")


def written(answers: Mapping[str, str], secrets: Path) -> str:
    """The text of the configuration; secrets are named by their files in the folder `secrets`."""
    lines, section = [], ""
    for line in example_text().splitlines():
        head = re.match(r"\[(\w+)\]", line)
        section = head[1] if head else section
        found = re.match(r"(\w+) = ([^#]*?)\s*(#.*)?$", line)
        key = f"{section}.{found[1]}" if found else ""
        if found is None or key not in answers:
            lines.append(line)
            continue
        name, value = found[1], json.dumps(value_of(KEYS[key], answers[key]), ensure_ascii=False)
        if is_secret(KEYS[key], answers[key]):
            name, value = f"{name}_file", json.dumps(str(secrets / key.replace(".", "_")))
        lines.append(f"{name} = {value}".ljust(37) + f" {found[3] or ''}".rstrip())
    return "\n".join(lines) + "\n"


def write_private(path: Path, text: str) -> None:
    """Writes a file for its owner alone, whole or not at all; its folder is made likewise."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
    new.replace(path)
