"""One configuration file, one or many deployments: every mailbox with every notice that arrives at it.

`[mailbox]` and `[notice]` describe one; `[[mailboxes]]` and `[[notices]]` in their place describe many. A mailbox of
the list has a `name` and may carry its own `smtp` table, a notice names its `mailboxes` (default: all) and may carry
its own `answers` and `digest` tables; what they do not say, the tables at the top level say for all.
"""

import os
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any

from ingest.beside import Beside
from ingest.config import PREFIX, ConfigError, from_text, parse, read
from ingest.keys import Settings

Table = dict[str, Any]
_OF_MAILBOX = ("smtp",)
_OF_NOTICE = ("answers", "digest")


def load_all(path: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[Settings, ...]:
    """Every deployment of a file, mailbox by mailbox. Raises ConfigError with every problem found."""
    return parse_all(read(path), environ)


def parse_all(raw: Table, environ: Mapping[str, str] = os.environ) -> tuple[Settings, ...]:
    """Every deployment of a parsed TOML table. Raises ConfigError with every problem found."""
    if not raw.keys() & {"mailboxes", "notices"}:
        return (parse(raw, environ),)
    problems: list[str] = []
    mailboxes = _listed(raw, "mailbox", "name", environ, problems)
    notices = _listed(raw, "notice", "id", environ, problems)
    if problems:
        raise ConfigError(problems)
    shared = {key: value for key, value in raw.items() if key not in ("mailbox", "mailboxes", "notice", "notices")}
    ours = {name: value for name, value in environ.items() if not re.match(f"{PREFIX}(MAILBOXES|NOTICES)__", name)}
    made: list[tuple[str, Settings]] = []
    for name, notice_id, table in _tables(mailboxes, notices, shared):
        try:
            made.append((name, parse(table, ours)))
        except ConfigError as error:
            at, of = (name, mailboxes[name]), (notice_id, notices[notice_id])
            problems += [_located(problem, at, of) for problem in error.problems]
    problems += _unused(mailboxes, notices) + _shared_accounts(dict(made))
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return tuple(settings.placed(_beside(name, settings, made)) for name, settings in made)


def _listed(raw: Table, one: str, key: str, environ: Mapping[str, str], problems: list[str]) -> dict[str, Table]:
    """The tables of a list by their name, with what the environment adds; a single table has the name ""."""
    several = "mailboxes" if one == "mailbox" else "notices"
    if several not in raw:
        return {"": deepcopy(raw.get(one, {}))}
    if one in raw:
        problems.append(f"{one}: give either [{one}] or [[{several}]]")
    listed = raw[several]
    if not isinstance(listed, list) or not all(isinstance(table, dict) for table in listed):
        problems.append(f"{several}: a list of tables is expected: [[{several}]]")
        return {}
    found: dict[str, Table] = {}
    for number, table in enumerate(listed, start=1):
        name = table.get(key)
        if not isinstance(name, str) or not name:
            problems.append(f"{several}[{number}].{key}: each needs its own")
        elif name in found:
            problems.append(f"{several}.{name}: given twice")
        else:
            found[name] = _with_environment(deepcopy(table), f"{PREFIX}{several}__{_word(name)}__".upper(), environ)
    return found


def _with_environment(table: Table, prefix: str, environ: Mapping[str, str]) -> Table:
    """PEC_INGEST__MAILBOXES__<NAME>__PASSWORD, and one table deeper …__SMTP__PASSWORD."""
    for name, value in environ.items():
        if name.startswith(prefix):
            *parents, last = name.removeprefix(prefix).lower().split("__")
            inner = table
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[last] = from_text(value)
    return table


def _tables(mailboxes: dict[str, Table], notices: dict[str, Table], shared: Table) -> Iterator[tuple[str, str, Table]]:
    """The configuration of every mailbox with every notice that arrives there, as if it were the only one."""
    for (name, mailbox), (notice_id, notice) in product(mailboxes.items(), notices.items()):
        if name and name not in notice.get("mailboxes", [name]):
            continue
        one = deepcopy(shared)
        for table, sections in ((mailbox, _OF_MAILBOX), (notice, _OF_NOTICE)):
            one |= {key: {**one.get(key, {}), **table[key]} for key in sections if key in table}
        one["mailbox"] = {key: value for key, value in mailbox.items() if key not in ("name", *_OF_MAILBOX)}
        one["notice"] = {key: value for key, value in notice.items() if key not in ("mailboxes", *_OF_NOTICE)}
        yield name, notice_id, one


def _located(problem: str, at: tuple[str, Table], of: tuple[str, Table]) -> str:
    """A problem under the key as it stands in the lists."""
    section = re.split(r"[.:]", problem, maxsplit=1)[0]
    for one, several, (name, table), sections in (
        ("mailbox", "mailboxes", at, _OF_MAILBOX), ("notice", "notices", of, _OF_NOTICE)
    ):  # fmt: skip
        if name and section == one:
            return f"{several}.{name}{problem.removeprefix(one)}"
        if name and section in sections and section in table:
            return f"{several}.{name}.{problem}"
    return problem


def _unused(mailboxes: dict[str, Table], notices: dict[str, Table]) -> list[str]:
    """Notices that name a mailbox that is none, and mailboxes at which no notice arrives."""
    named = {notice_id: set(notice.get("mailboxes", mailboxes)) for notice_id, notice in notices.items()}
    problems = [
        f"notices.{notice_id}.mailboxes: there is no mailbox {name!r}"
        for notice_id, names in named.items()
        for name in sorted(names - mailboxes.keys())
    ]
    arrives = set().union(*named.values())
    return problems + [f"mailboxes.{name}: no notice arrives there" for name in mailboxes if name not in arrives]


def _shared_accounts(made: dict[str, Settings]) -> list[str]:
    accounts = [settings.mailbox.account for settings in made.values()]
    return [f"mailboxes.{name}: the same account as another" for name, settings in made.items()
            if accounts.count(settings.mailbox.account) > 1]  # fmt: skip


def _beside(name: str, settings: Settings, made: list[tuple[str, Settings]]) -> Beside:
    """What stands beside one deployment."""
    elsewhere = {other: one.mailbox for other, one in made if other != name}
    same = {other for other, one in made if one.notice.id == settings.notice.id}
    foreign = {other: mailbox for other, mailbox in elsewhere.items() if other not in same}
    return Beside(
        name=name,
        notices=tuple(dict.fromkeys(one.notice.id for _, one in made if one.notice.id != settings.notice.id)),
        accounts=tuple(mailbox.account for mailbox in elsewhere.values()),
        addresses=tuple(dict.fromkeys(mailbox.own_address for mailbox in elsewhere.values())),
        foreign=tuple(mailbox.account for mailbox in foreign.values()),
        names=tuple(foreign),
    )


def _word(name: str) -> str:
    return re.sub(r"\W", "_", name)
