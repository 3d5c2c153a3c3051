"""The commands that work: `run`, `once`, `import`, `replay`, `reconcile`, `web`, `db`."""

import argparse
import hashlib
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from ingest import ledger
from ingest.app import Service
from ingest.commands.opened import service_of, settings_of
from ingest.commands.progress import with_progress
from ingest.commands.tables import harmless, print_json
from ingest.config import ConfigError
from ingest.daemon import Daemon
from ingest.database import Database
from ingest.entries import stored_verdict
from ingest.ledger import Origin
from ingest.mailbox import MailboxError
from ingest.reconcile import reconcile as compared
from ingest.record import differences, record
from ingest.rounds import RoundReport, judge_pending, judged
from ingest.servicelog import configure
from ingest.trouble import Trouble
from ingest.watch import seen_within
from models import schema

_MAILDIR = ("cur", "new")
LOGIN_REST = timedelta(hours=1)  # after a refused login, for `once` under cron


def run(args: argparse.Namespace) -> int:
    """The daemon, until SIGTERM."""
    configure()
    with service_of(args) as service:
        daemon = Daemon(service)
        daemon.listen_to_signals()
        daemon.run()
    return 0


def once(args: argparse.Namespace) -> int:
    """One whole round. A message put aside for a person is not a failure; one that could not be recorded is."""
    configure()
    with service_of(args) as service:
        daemon = Daemon(service)
        if seen_within(service.db, Trouble.LOGIN_REFUSED, LOGIN_REST, service.clock()):
            print("pec-ingest: the mailbox refused our login less than an hour ago and tries may lock it; "
                  "correct the password, then run pec-ingest check", file=sys.stderr)  # fmt: skip
            return 1
        try:
            report = daemon.round()
        except MailboxError:
            daemon.mail()  # alarms, digest and letters do not wait for the mailbox
            raise
        finally:
            daemon.give_back()
    if report is None:
        print("pec-ingest: another process works on this mailbox; nothing was done", file=sys.stderr)
        return 0
    print(summary(report))
    return 1 if report.failed else 0


def summary(report: RoundReport) -> str:
    """A round in one line."""
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(report.outcomes.items()))
    return f"collected {report.collected}; {outcomes or 'nothing new'}; letters submitted {report.submitted}"


def import_(args: argparse.Namespace) -> int:
    """Files judged and recorded as if they had come by IMAP; what is known already is left alone."""
    configure()
    paths = [path for given in args.paths for path in _mails_under(given)]
    with service_of(args) as service:
        new = [entry for path in with_progress(paths, "stored") if (entry := _entered(service, path)) is not None]
        report = RoundReport()
        judge_pending(service, report)
    print(f"files {len(paths)}, new {len(new)}, known already {len(paths) - len(new)}; {summary(report)}")
    return 1 if report.failed else 0


def _mails_under(given: Path) -> Iterator[Path]:
    if given.is_file():
        yield given
    elif all((given / folder).is_dir() for folder in _MAILDIR):
        yield from sorted(path for folder in _MAILDIR for path in (given / folder).iterdir() if path.is_file())
    elif given.is_dir():
        yield from _mails_in(given)
    else:
        raise ConfigError([f"{given}: no such file or directory"])


def _mails_in(folder: Path) -> Iterator[Path]:
    """The .eml files in a folder and below, however the extension is written; what else lies there is told."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    mails = [path for path in files if path.suffix.lower() == ".eml"]
    if len(mails) < len(files):
        print(f"pec-ingest: {folder}: {len(files) - len(mails)} files are not .eml and were left out", file=sys.stderr)
    yield from mails


def _entered(service: Service, path: Path) -> int | None:
    """The entry of a new message; None when these bytes, or the same with other line ends, are known.

    The file's own time says when it was exported, not when the message came: it is not used.
    """
    raw = path.read_bytes()
    unix = raw.replace(b"\r\n", b"\n")
    same = [hashlib.sha256(form).hexdigest() for form in (raw, unix, unix.replace(b"\n", b"\r\n"))]
    if ledger.known_originals(service.db, same):
        return None
    stored = service.store.keep(raw)
    return ledger.enter(service.db, stored, None, Origin("import"), service.clock())


def replay(args: argparse.Namespace) -> int:
    """Stored originals judged again; with --dry-run only the differences are told."""
    configure()
    found = []
    with service_of(args) as service:
        known = ledger.judged(service.db)
        unknown = sorted(set(args.ids) - set(known))
        if unknown:
            raise ConfigError([f"replay: there is no judged entry {entry_id}" for entry_id in unknown])
        for entry_id in with_progress(args.ids or known, "judged"):
            now = service.clock()
            verdict = judged(service, entry_id, now)
            before = stored_verdict(service.db, entry_id)
            changes = differences(before, verdict) if before else []
            found += [{"entry": entry_id, "field": key, "old": old, "new": new} for key, old, new in changes]
            if not args.dry_run:
                record(service.db, entry_id, verdict, service.settings, now)
    if args.json:
        print_json(found)
        return 0
    for one in found:
        print(harmless(f"{one['entry']}: {one['field']}: {one['old']!r} -> {one['new']!r}"))
    print(f"{len(found)} differences" + (", nothing written" if args.dry_run else ""))
    return 0


def reconcile(args: argparse.Namespace) -> int:
    """Server against record; exit code 1 when something is not recorded."""
    with service_of(args) as service:
        found = compared(service.db, service.mailbox)
    if args.json:
        print_json([{
            "folder": found.folder, "uidvalidity": found.uidvalidity, "received": found.received,
            "recorded": found.recorded, "difference": found.difference, "missing": found.missing,
            "gone": found.gone, "waiting": found.waiting,
        }])  # fmt: skip
    else:
        sign = "=" if not found.difference else "≠"
        print(f"received {found.received} {sign} recorded {found.recorded}, difference {found.difference}")
        for uid in found.missing:
            print(f"not recorded: folder {harmless(found.folder)}, uidvalidity {found.uidvalidity}, uid {uid}")
        if found.gone:
            print(f"recorded and no longer in the folder: {found.gone}")
        if found.waiting:
            print(f"not judged yet: {found.waiting}")
    return 1 if found.difference else 0


def web(args: argparse.Namespace) -> int:
    """The office console alone."""
    from ingest.console.serve import serve  # noqa: PLC0415 - the web framework is only needed here

    configure()
    with service_of(args) as service:
        serve(service, args.listen or service.settings.console.listen)
    return 0


def database(args: argparse.Namespace) -> int:
    """Shows the schema's revision, or brings it up to date."""
    db = Database(settings_of(args).database.url.get_secret_value())
    try:
        if args.action == "upgrade":
            db.upgrade()
        print(f"{db.revision() or 'empty'} (newest: {schema.head()})")
    finally:
        db.close()
    return 0
