"""`protocol`: what the register needs goes out, its numbers come back; the segnatura of a registered message."""

import argparse
import getpass
import sys

from ingest.app import utc_now
from ingest.commands.opened import database_of, settings_of
from ingest.config import ConfigError
from ingest.database import Database
from ingest.keys import Settings
from ingest.protocol.numbers import import_numbers
from ingest.protocol.registered import lacking_keys, office_of, registered
from ingest.protocol.segnatura import segnatura
from ingest.protocol.sheet import as_csv, sheets
from ingest.verdict import Unreadable
from models import Entry


def protocol(args: argparse.Namespace) -> int:
    """Carries out one action."""
    settings = settings_of(args)
    with database_of(args) as db:
        return _ACTIONS[args.action](args, db, settings)


def _export(args: argparse.Namespace, db: Database, settings: Settings) -> int:
    with db.reading() as session:
        found = sheets(session, settings, all_of_them=args.all)
    args.output.write_bytes(as_csv(found))
    print(f"{len(found)} messages and letters to register")
    return 0


def _import(args: argparse.Namespace, db: Database, settings: Settings) -> int:
    who = f"{getpass.getuser()} (comando)"
    try:
        done = import_numbers(db, args.file.read_bytes(), settings.protocol.register_code, who, utc_now())
    except Unreadable as error:
        print(f"pec-ingest: {args.file}: {error.detail}", file=sys.stderr)
        return 2
    print(f"numbers taken {done.new}, known already {done.known}, not taken {len(done.problems)}")
    for problem in done.problems:
        print(f"pec-ingest: {problem}", file=sys.stderr)
    return 1 if done.problems else 0


def _segnatura(args: argparse.Namespace, db: Database, settings: Settings) -> int:
    lacking = lacking_keys(settings)
    if lacking:
        raise ConfigError([f"{key}: needed for a segnatura" for key in lacking])
    with db.reading() as session:
        entry = session.get(Entry, args.id)
        message = registered(session, entry) if entry else None
    if message is None:
        print(f"pec-ingest: entry {args.id} has no protocol number", file=sys.stderr)
        return 2
    try:
        args.output.write_bytes(segnatura(office_of(settings), message))
    except ValueError as error:
        print(f"pec-ingest: entry {args.id}: {error}", file=sys.stderr)
        return 2
    return 0


_ACTIONS = {"export": _export, "import": _import, "segnatura": _segnatura}
