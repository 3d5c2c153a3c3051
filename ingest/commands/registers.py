"""`registers`: files of public registers go in; what differs from the forms is told, and changes nothing."""

import argparse
import sys
from dataclasses import asdict

from ingest.app import utc_now
from ingest.commands.opened import database_of, settings_of
from ingest.commands.tables import print_json, print_table
from ingest.registers import KINDS, import_register, warnings
from ingest.verdict import Unreadable


def registers(args: argparse.Namespace) -> int:
    """Takes a file, or lists the differences."""
    notice = settings_of(args).notice.id
    with database_of(args) as db:
        if args.action == "import":
            try:
                count = import_register(db, args.kind, args.file.read_bytes(), utc_now())
            except Unreadable as error:
                print(f"pec-ingest: {args.file}: {error.detail}", file=sys.stderr)
                return 2
            print(f"{KINDS[args.kind]}: {count} lines")
        with db.reading() as session:
            found = warnings(session, notice)
    if args.action == "import":
        print(f"{len({one.organisation for one in found})} organisations with differences: pec-ingest registers check")
    elif args.json:
        print_json([asdict(one) for one in found])
    else:
        print_table(
            ("N.", "Ente", "Registro", "Differenza"),
            [(one.organisation, one.name, one.register, one.text) for one in found],
        )
    return 0
