"""The commands that work: `run`, `once`, `import`, `replay`, `reconcile`, `web`, `db`."""

import argparse
import hashlib
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from ingest import ledger, outbox
from ingest.app import Service, build
from ingest.commands.opened import service_of, services_of, settings_of
from ingest.commands.progress import with_progress
from ingest.commands.restart import Loss, begin_again
from ingest.commands.tables import harmless, print_json
from ingest.config import ConfigError
from ingest.daemon import Daemon
from ingest.database import Database
from ingest.entries import stored_verdict
from ingest.fleet import Fleet
from ingest.judging import judged
from ingest.ledger import Origin
from ingest.mailbox import MailboxError
from ingest.reconcile import Reconciliation
from ingest.reconcile import reconcile as compared
from ingest.record import differences, record
from ingest.register_watch import tell_at_once
from ingest.rescue.lost_register import bring_back
from ingest.rounds import RoundReport, judge_pending
from ingest.scope import entries_to_judge, letters_sent
from ingest.trouble import Trouble
from ingest.watch import of_mailbox, seen_within
from models import schema

_MAILDIR = ("cur", "new")
LOGIN_REST = timedelta(hours=1)  # after a refused login, for `once` under cron


def run(args: argparse.Namespace) -> int:
    """The daemon, until SIGTERM. One that lost its register begins again."""
    with ExitStack() as stack:
        with _after_a_loss(args):
            services = stack.enter_context(services_of(args))
        fleet = Fleet(services)
        fleet.listen_to_signals()
        fleet.run()
        file = services[0].db.file
        if file is not None and file.lost:
            holders = tuple(daemon.tenure.holder for daemon in fleet.daemons)
            in_doubt = all(daemon.register.waits for daemon in fleet.daemons)
            begin_again(services, file, Loss(holders, fleet.asked_to_end, in_doubt))
    return 0


@contextmanager
def _after_a_loss(args: argparse.Namespace) -> Iterator[None]:
    """Brings a register back that is not there any more; tells the office when what is there cannot be opened."""
    settings = settings_of(args)
    file = Database(settings.database.url.get_secret_value()).file
    if file is not None:
        bring_back(file)
    try:
        yield
    except (ConfigError, SQLAlchemyError, OSError) as error:
        if file is not None and file.in_doubt:
            with closing(build(settings)) as service:
                tell_at_once(service, f"what bears the register's name cannot be used ({type(error).__name__})", set())
        raise


def once(args: argparse.Namespace) -> int:
    """One whole round. A message put aside for a person is not a failure; one that could not be recorded is."""
    worst, trouble = 0, None
    with ExitStack() as stack:
        with _after_a_loss(args):
            services = stack.enter_context(services_of(args))
        for service in services:
            try:
                worst = max(worst, _once(service))
            except MailboxError as error:  # a mailbox that is away does not stop the next one
                trouble = error
    if trouble is not None:
        raise trouble
    return worst


def _once(service: Service) -> int:
    daemon = Daemon(service)
    name = service.settings.beside.name
    said = f"{name}: " if name else ""
    if seen_within(service.db, of_mailbox(Trouble.LOGIN_REFUSED, name), LOGIN_REST, service.clock()):
        print(f"pec-ingest: {said}the mailbox refused our login less than an hour ago and tries may lock it; "
              "correct the password, then run pec-ingest check", file=sys.stderr)  # fmt: skip
        return 1
    try:
        report = daemon.round()
    except MailboxError:
        daemon.mail()  # alarms, digest and letters do not wait for the mailbox
        raise
    finally:
        daemon.give_back()
    if report is None and daemon.register.waits:
        print(f"pec-ingest: {said}{daemon.register.waits}; nothing was done, see docs/operate.md", file=sys.stderr)
        return 1
    if report is None:
        print(f"pec-ingest: {said}another process works on this mailbox; nothing was done", file=sys.stderr)
        return 0
    print(said + summary(report))
    unsent = _unsent(service, report)
    if unsent:
        print(f"pec-ingest: {said}{unsent}", file=sys.stderr)
    return 1 if report.failed or unsent else 0


def _unsent(service: Service, report: RoundReport) -> str:
    """What the submission server did not take, and what became of it; nothing where no server is configured."""
    now, ours = service.clock(), letters_sent(service.settings)
    channels = [channel for post, channel in ((service.post, "pec"), (service.alerts, "alerts")) if post]
    waiting = [each for channel in channels for each in outbox.waiting(service.db, now, channel, ours)]
    words = next((words for _, words in reversed(waiting) if words), "not tried yet")
    told = [f"{len(waiting)} letters wait in the queue and are tried again later: {words}"] if waiting else []
    settled = set(report.unsent) - {number for number, _ in waiting}
    if settled:
        told.append(f"{len(settled)} letters were refused or their fate is uncertain: pec-ingest outgoing")
    return "; ".join(told)


def summary(report: RoundReport) -> str:
    """A round in one line."""
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(report.outcomes.items()))
    return f"collected {report.collected}; {outcomes or 'nothing new'}; letters submitted {report.submitted}"


def import_(args: argparse.Namespace) -> int:
    """Files judged and recorded as if they had come by IMAP; what is known already is left alone."""
    paths = [path for given in args.paths for path in _mails_under(given)]
    with services_of(args) as services:
        if len(services) > 1:
            raise ConfigError(["import: several mailboxes are configured; say for which one with --mailbox NAME"])
        (service,) = services
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
    return ledger.enter(service.db, stored, None, Origin("import", mailbox=service.mailbox.account), service.clock())


def replay(args: argparse.Namespace) -> int:
    """Stored originals judged again; with --dry-run only the differences are told."""
    found = []
    with services_of(args) as services:
        of = {service.mailbox.account: service for service in services}
        known = ledger.judged(services[0].db)
        unknown = sorted(set(args.ids) - set(known))
        if unknown:
            raise ConfigError([f"replay: there is no judged entry {entry_id}" for entry_id in unknown])
        for entry_id in with_progress(args.ids or known, "judged"):
            service = of.get(ledger.mailbox_of(services[0].db, entry_id), services[0])
            now = service.clock()
            verdict = judged(service, entry_id, now)
            before = stored_verdict(service.db, entry_id)
            changes = differences(before, verdict) if before else []
            found += [{"entry": entry_id, "field": key, "old": old, "new": new} for key, old, new in changes]
            if not args.dry_run:
                record(service.db, entry_id, verdict, service.of(verdict.notice).settings, now)
    if args.json:
        print_json(found)
        return 0
    for one in found:
        print(harmless(f"{one['entry']}: {one['field']}: {one['old']!r} -> {one['new']!r}"))
    print(f"{len(found)} differences" + (", nothing written" if args.dry_run else ""))
    return 0


def reconcile(args: argparse.Namespace) -> int:
    """Server against record; exit code 1 when something is not recorded."""
    with services_of(args) as services:
        found = [
            (one.settings.beside.name, compared(one.db, one.mailbox, entries_to_judge(one.settings)))
            for one in services
        ]
    if args.json:
        print_json([_compared(name, one) for name, one in found])
    else:
        for name, one in found:
            _print_compared(name, one)
    return 1 if any(one.difference for _, one in found) else 0


def _compared(name: str, found: Reconciliation) -> dict[str, object]:
    return {
        **({"mailbox": name} if name else {}),
        "folder": found.folder, "uidvalidity": found.uidvalidity, "received": found.received,
        "recorded": found.recorded, "difference": found.difference, "missing": found.missing,
        "gone": found.gone, "waiting": found.waiting,
    }  # fmt: skip


def _print_compared(name: str, found: Reconciliation) -> None:
    sign = "=" if not found.difference else "≠"
    said = f"{harmless(name)}: " if name else ""
    print(f"{said}received {found.received} {sign} recorded {found.recorded}, difference {found.difference}")
    for uid in found.missing:
        print(f"not recorded: folder {harmless(found.folder)}, uidvalidity {found.uidvalidity}, uid {uid}")
    if found.gone:
        print(f"recorded and no longer in the folder: {found.gone}")
    if found.waiting:
        print(f"not judged yet: {found.waiting}")


def work(args: argparse.Namespace) -> int:
    """Judges what daemons hand over, until SIGTERM; any number of these, on any host that reaches the originals."""
    with services_of(args) as services:
        if services[0].hand_over is None:
            raise ConfigError(['judge.by: "daemon": the daemon judges by itself; set it to "workers"'])
        from ingest.jobs import is_installed  # noqa: PLC0415 - the extra `workers`
        from ingest.jobs import work as work_on  # noqa: PLC0415 - the same

        if not is_installed(services[0].db.url):
            raise ConfigError(["judge.by: the queue's tables are missing; run: pec-ingest db upgrade"])
        work_on(services, forever=not args.until_done)
    return 0


def web(args: argparse.Namespace) -> int:
    """The office console alone."""
    from ingest.console.serve import serve  # noqa: PLC0415 - the web framework is only needed here

    with ExitStack() as stack:
        with _after_a_loss(args):
            service = stack.enter_context(service_of(args))
        asked: list[int] = []  # uvicorn hands its signals on when it has ended
        signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
        serve(service, args.listen or service.settings.console.listen)
        if service.db.file is not None and service.db.lost:
            begin_again([service], service.db.file, Loss(asked_to_end=bool(asked)))
    return 0


def database(args: argparse.Namespace) -> int:
    """Shows the schema's revision, or brings it up to date."""
    db = Database(settings_of(args).database.url.get_secret_value())
    try:
        if args.action == "upgrade":
            db.upgrade()
            if settings_of(args).judge.by == "workers":
                from ingest.jobs import install  # noqa: PLC0415 - the extra `workers`

                install(db.url)
        print(f"{db.revision() or 'empty'} (newest: {schema.head()})")
    finally:
        db.close()
    return 0
