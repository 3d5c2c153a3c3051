"""What may be typed for the notice's later life: convocations, and what follows an adhesion."""

import argparse
from collections.abc import Callable
from pathlib import Path

Command = Callable[[str, str, str], argparse.ArgumentParser]  # name, "module.function", summary


def later_life(command: Command) -> None:
    """Adds the commands. `command` makes one and says which function carries it out."""
    _convocation(command)
    _protocol(command)
    _registers(command)
    report = command("report", "report.report", "figures for the Assembly of Mayors and the lists to publish")
    report.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.(pdf|xlsx|html)")
    late = command("integrations", "later.integrations", "integration requests: what was asked, until when, what came")
    late.add_argument("--waiting", action="store_true", help="only those whose term ran out without a reply")
    late.add_argument("--json", action="store_true", help="JSON instead of a table")


def _registers(command: Command) -> None:
    made = command("registers", "registers.registers", "files of public registers, compared with the forms")
    actions = made.add_subparsers(dest="action", metavar="ACTION", required=True)
    taken = actions.add_parser("import", help="take a CSV file in place of the one before")
    taken.add_argument("--kind", choices=("runts", "ipa", "inipec"), required=True)
    taken.add_argument("file", type=Path, metavar="FILE.csv")
    check = actions.add_parser("check", help="what differs; nothing is changed")
    check.add_argument("--json", action="store_true", help="JSON instead of a table")


def _protocol(command: Command) -> None:
    made = command("protocol", "protocol.protocol", "the protocol register: what it needs, its numbers, the segnatura")
    actions = made.add_subparsers(dest="action", metavar="ACTION", required=True)
    export = actions.add_parser("export", help="messages and letters to register, as CSV")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.csv")
    export.add_argument("--all", action="store_true", help="also those that have their number")
    numbers = actions.add_parser("import", help="the numbers of a CSV file; none is overwritten")
    numbers.add_argument("file", type=Path, metavar="FILE.csv")
    xml = actions.add_parser("segnatura", help="the segnatura 3.0 of a registered message, without seal")
    xml.add_argument("id", type=int, metavar="ID")
    xml.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.xml")


def _convocation(command: Command) -> None:
    made = command("convocation", "convocation.convocation", "letters to many adherents: write, look, send, follow")
    actions = made.add_subparsers(dest="action", metavar="ACTION", required=True)
    new = actions.add_parser("new", help="write a draft; merge fields stand in double braces, e.g. {{ ente }}")
    new.add_argument("--subject", required=True, metavar="TEXT")
    new.add_argument("--body", required=True, type=Path, metavar="FILE.txt")
    new.add_argument("--via", choices=("pec", "ordinary", "both"), default="pec")
    for name, meaning in (
        ("theme", "a key of [notice] themes"), ("municipality", "as printed in [notice] municipalities"),
        ("role", "operative, consultative or to-confirm"), ("category", "legal nature, e.g. odv"),
    ):  # fmt: skip
        new.add_argument(f"--{name}", default="", metavar=name.upper(), help=f"only these: {meaning}; default: all")
    listed = actions.add_parser("list", help="all convocations")
    listed.add_argument("--json", action="store_true", help="JSON instead of a table")
    for name, summary in (
        ("preview", "the letter with real data, and to whom it would go"), ("send", "confirm: the daemon sends it"),
        ("state", "what became of it, per recipient"), ("stop", "queue no further letter of it"),
    ):  # fmt: skip
        action = actions.add_parser(name, help=summary)
        action.add_argument("id", type=int, metavar="ID")
        if name == "preview":
            action.add_argument("--organisation", type=int, metavar="N", help="with whose data; default: the first")
            action.add_argument("-o", "--output", type=Path, metavar="FILE.html")
        if name == "state":
            action.add_argument("--unreached", action="store_true", help="only who was not reached")
            action.add_argument("--json", action="store_true", help="JSON instead of a table")
