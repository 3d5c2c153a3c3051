"""The command line: what may be typed, and which exit code a failure gets.

Exit codes: 0 done · 1 a fault of the world stopped it · 2 wrong use or wrong configuration.
"""

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

from ingest import __version__
from ingest.commands.tables import harmless
from ingest.config import ConfigError
from ingest.grammar import later_life
from ingest.servicelog import configure

DONE, FAULT, MISUSE = 0, 1, 2

_Add: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse names this type nowhere else


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. One that lost its register ends here, without closing it."""
    code = _run(argv)
    files = sys.modules.get("ingest.sqlite_file")
    if files is not None and files.LEFT_OPEN:
        from ingest.commands.restart import leave  # noqa: PLC0415 - hardly ever needed

        leave(code)
    return code


def _run(argv: Sequence[str] | None) -> int:
    args = parser().parse_args(argv)
    configure()  # at once: what a library or a thread says must never get between the lines of an answer
    command = getattr(importlib.import_module(f"ingest.commands.{args.module}"), args.function)
    try:
        return int(command(args) or DONE)
    except ConfigError as error:
        for problem in error.problems:
            print(f"pec-ingest: {problem}", file=sys.stderr)
        return MISUSE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output went away: `pec-ingest log | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except _faults() as error:
        print(f"pec-ingest: {_said(error)}", file=sys.stderr)
        return FAULT
    except Exception as error:  # the outermost boundary: a traceback's text may quote what an applicant wrote
        if os.environ.get("PEC_INGEST_TRACEBACK"):
            raise
        print(f"pec-ingest: {_where(error)}; PEC_INGEST_TRACEBACK=1 shows more", file=sys.stderr)
        return FAULT


def parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line."""
    root = argparse.ArgumentParser(
        prog="pec-ingest", description="Applications by certified mail: read, recorded, acknowledged, none lost."
    )
    root.add_argument("--version", action="version", version=__version__)
    root.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration; default: $PEC_INGEST_CONFIG, then ./config.toml"
    )
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _service(commands)
    _reading(commands)
    _care(commands)
    later_life(partial(_command, commands))
    _rescue(commands)
    return root


def config_path(args: argparse.Namespace) -> Path | None:
    """The configuration file to read: the option, the environment, ./config.toml, or None when there is none."""
    chosen = args.config or os.environ.get("PEC_INGEST_CONFIG")
    if chosen:
        return Path(chosen)
    return Path("config.toml") if Path("config.toml").exists() else None


def _command(commands: _Add, name: str, where: str, summary: str) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    module, _, function = where.partition(".")
    made.set_defaults(module=module, function=function)
    return made


def _service(commands: _Add) -> None:
    demo = _command(commands, "demo", "demo.demo", "everything at once on this machine, with sample messages")
    demo.add_argument("--once", action="store_true", help="one round, print the ingestion log, end")
    demo.add_argument("--listen", metavar="ADDR", default="127.0.0.1:8080", help="where the console listens")
    _command(
        commands, "check", "check.check", "test configuration, database, mailbox, SMTP and disk, and say what to do"
    )
    _narrowed(_command(commands, "run", "service.run", "the daemon: poll, judge, record, file, send"), "mailbox")
    _narrowed(_command(commands, "once", "service.once", "one whole round, then end (for cron)"), "mailbox")
    work = _command(commands, "work", "service.work", "judge what daemons hand over (PostgreSQL, [judge] by)")
    work.add_argument("--until-done", action="store_true", help="end when nothing is left to judge")
    imported = _command(commands, "import", "service.import_", "judge and record .eml files, directories and maildirs")
    imported.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    _narrowed(imported, "mailbox")
    replay = _command(commands, "replay", "service.replay", "judge stored originals again; corrections by people win")
    replay.add_argument("ids", nargs="*", type=int, metavar="ID", help="entries; default: all")
    replay.add_argument("--dry-run", action="store_true", help="print the differences per field, write nothing")
    _json(replay)
    compared = _command(commands, "reconcile", "service.reconcile", "compare the server with what is recorded")
    _narrowed(compared, "mailbox")
    _json(compared)
    web = _command(commands, "web", "service.web", "the office console alone")
    web.add_argument("--listen", metavar="ADDR", help="default: [console] listen")


def _reading(commands: _Add) -> None:
    explain = _command(commands, "explain", "explain.explain", "what would be done with a file, and why")
    explain.add_argument("file", type=Path, metavar="FILE")
    explain.add_argument("--overlay", type=Path, metavar="FILE.pdf", help="draw what was read onto the form")
    _json(explain)
    log = _command(commands, "log", "look.log", "the ingestion log")
    log.add_argument("--since", metavar="DATE", help="ISO date or instant")
    log.add_argument("--outcome", help="recorded, updated, duplicate, review, receipt, noted or unreadable")
    log.add_argument("--search", metavar="TEXT", help="in sender, subject, identifier and organisation")
    log.add_argument("--limit", type=_count, default=100, metavar="N")
    _narrowed(log, "mailbox", "notice")
    _json(log)
    show = _command(commands, "show", "look.show", "one entry whole")
    show.add_argument("id", type=int, metavar="ID")
    _json(show)
    organisations = _command(commands, "organisations", "look.organisations", "the organisations that adhere")
    organisations.add_argument("--format", choices=("table", "json", "csv", "xlsx"), default="table")
    organisations.add_argument("--profile", choices=("internal", "publishable"), default="internal")
    organisations.add_argument("-o", "--output", type=Path, metavar="FILE")
    _narrowed(organisations, "notice")
    _json(organisations)
    _json(_command(commands, "outgoing", "look.outgoing", "letters and their state per recipient"))
    digest = _command(commands, "digest", "office.digest", "the weekly digest: show it, or send it")
    digest.add_argument("--week", metavar="2021-W29", help="default: the last whole week")
    digest.add_argument("--preview", type=Path, metavar="FILE.html")
    digest.add_argument("--send", action="store_true")
    _narrowed(digest, "notice")


def _care(commands: _Add) -> None:
    form = _command(commands, "form", "office.form", "write the blank Allegato 1 to publish with the notice")
    form.add_argument("-o", "--output", type=Path, metavar="FILE.pdf", required=True)
    _narrowed(form, "notice")
    user = _command(commands, "user", "users.user", "users of the office console")
    actions = user.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, summary in (("add", "a new user"), ("disable", "close a user's access"), ("password", "a new password")):
        action = actions.add_parser(name, help=summary)
        action.add_argument("name", metavar="NAME")
        action.add_argument("--password-file", type=Path, metavar="FILE", help="default: asked for")
        if name == "add":
            action.add_argument("--role", choices=("reader", "clerk", "admin"), default="clerk")
    _json(actions.add_parser("list", help="all users"))
    database = _command(commands, "db", "service.database", "the database schema")
    database.add_argument("action", choices=("upgrade", "current"))


def _rescue(commands: _Add) -> None:
    init = _command(commands, "init", "init.init", "ask for what is needed, test it, write the configuration")
    init.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: --config, else ./config.toml")
    init.add_argument(
        "--set", action="append", metavar="KEY=VALUE", help="an answer, e.g. mailbox.host=imaps.example.it"
    )
    init.add_argument("--non-interactive", action="store_true", help="ask nothing: --set, environment and defaults")
    init.add_argument("--no-test", action="store_true", help="contact no server")
    init.add_argument("--overwrite", action="store_true", help="replace an existing file, keeping it as FILE.old")
    backup = _command(commands, "backup", "rescue.backup", "back up database and originals, also while the daemon runs")
    backup.add_argument("to", type=Path, metavar="TO", help="folder; later backups add only what is new")
    backup.add_argument("--reread", action="store_true", help="read every original already there again")
    backup.add_argument("--keep", type=_count, metavar="N", help="then remove all but the N newest database copies")
    restore = _command(commands, "restore", "rescue.restore", "put a backup back, after verifying every hash")
    restore.add_argument("source", type=Path, metavar="FROM", help="folder that backup wrote")
    restore.add_argument("--at", default="", metavar="NAME", help="which one, e.g. 20261122T203000Z; default: newest")
    restore.add_argument("--force", action="store_true", help="also where something is: it is moved aside, not deleted")
    restore.add_argument("--accept-damage", action="store_true", help="restore what is whole, list what is lost")
    restore.add_argument("--originals-only", action="store_true", help="only originals missing or altered here")
    rebuild = _command(
        commands, "rebuild", "rescue.rebuild", "a new database from the originals, compared with the old"
    )
    rebuild.add_argument("into", metavar="INTO", help="file of a new SQLite database, or the URL of an empty database")
    rebuild.add_argument("--without-old", action="store_true", help="the database of the configuration is lost")
    _json(rebuild)
    found = _command(commands, "originals", "rescue.originals", "originals that have no entry in the register")
    found.add_argument("--enter", action="store_true", help="make an entry for each; no letter goes out by itself")
    _narrowed(found, "mailbox")
    _json(found)
    retention = _command(commands, "retention", "rescue.retention", "remove derived data whose time is over")
    retention.add_argument("--dry-run", action="store_true", help="only say what would go")
    _json(retention)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _narrowed(command: argparse.ArgumentParser, *options: str) -> None:
    """--mailbox NAME and --notice ID, for installations with several; the default is all of them."""
    for option in options:
        metavar = "NAME" if option == "mailbox" else "ID"
        command.add_argument(f"--{option}", metavar=metavar, help=f"of several, this {option} alone; default: all")


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="JSON instead of a table")


def _faults() -> tuple[type[BaseException], ...]:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - only needed once something failed

    from ingest.mailbox import MailboxError  # noqa: PLC0415 - same reason

    return (OSError, SQLAlchemyError, MailboxError)


def _said(error: BaseException) -> str:
    """The fault in one line, without SQL parameters (they may be personal data)."""
    cause = getattr(error, "orig", None) or error
    text = str(cause).strip().splitlines()
    return harmless(f"{type(cause).__name__}: {text[0] if text else 'no further detail'}")  # it may be a server's words


def _where(error: BaseException) -> str:
    """Type and place of an error of ours, without its text."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"an error in the program: {type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
