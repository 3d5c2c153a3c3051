"""`user`: who may open the office console."""

import argparse
import getpass
import sys
from typing import Any

from ingest.app import utc_now
from ingest.commands.opened import database_of
from ingest.commands.tables import print_json, print_table
from ingest.config import ConfigError
from ingest.users import add_user, disable_user, set_password, users


def user(args: argparse.Namespace) -> int:
    """Adds, lists, disables a user, or sets a password. The password is asked for, or read from a file."""
    with database_of(args) as db:
        if args.action == "list":
            found: list[dict[str, Any]] = [
                {"name": one.name, "role": one.role, "created_at": one.created_at.isoformat(),
                 "disabled": one.disabled_at is not None}
                for one in users(db)
            ]  # fmt: skip
            if args.json:
                print_json(found)
            else:
                print_table(("Nome", "Ruolo", "Attivo"), [(u["name"], u["role"], not u["disabled"]) for u in found])
            return 0
        try:
            if args.action == "add":
                add_user(db, args.name, _password(args), args.role, utc_now())
            elif args.action == "password":
                set_password(db, args.name, _password(args), utc_now())
            else:
                disable_user(db, args.name, utc_now())
        except ValueError as error:
            print(f"pec-ingest: {error}", file=sys.stderr)
            return 2
    return 0


def _password(args: argparse.Namespace) -> str:
    if args.password_file:
        return str(args.password_file.read_text(encoding="utf-8").rstrip("\r\n"))
    if not sys.stdin.isatty():
        raise ConfigError(["no terminal to ask for a password on: give --password-file FILE"])
    first, second = getpass.getpass("Password: "), getpass.getpass("Again: ")
    if first != second:
        raise ConfigError(["the two passwords differ"])
    return first
