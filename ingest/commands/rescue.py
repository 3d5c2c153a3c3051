"""The commands for the bad day: `backup`, `restore`, `rebuild` and `originals`; and `retention`."""

import argparse
import logging
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from ingest.app import Service, assert_models_are_ours, build_all, store_at, utc_now
from ingest.cli import config_path
from ingest.commands.opened import database_of, deployments_of, require_schema, services_of, settings_of
from ingest.commands.progress import with_progress
from ingest.commands.tables import harmless, print_json, print_table
from ingest.config import ConfigError
from ingest.database import Database
from ingest.deployments import load_all
from ingest.italian import ROME
from ingest.keys import Settings
from ingest.rescue.backup import Source, back_up, thin_out
from ingest.rescue.backupset import ORIGINALS, BackupDamaged, set_name
from ingest.rescue.carry import Carrier
from ingest.rescue.dump import is_empty, set_aside
from ingest.rescue.inventory import SETTLING, EnteringReport, Inventory, Unentered, enter_originals, inventory
from ingest.rescue.likeness import differences
from ingest.rescue.rebuild import arrived
from ingest.rescue.rebuild import rebuild as made_anew
from ingest.rescue.restore import Backup, RestoreReport, fill_originals, in_use, refuse, restore_database, verified
from ingest.retention import expire
from ingest.servicelog import configure
from ingest.store import Store

_SHOWN = 20


def backup(args: argparse.Namespace) -> int:
    """One more backup; exit code 1 when an original is damaged here and not in the backup either."""
    store = store_at(settings_of(args).storage.path)
    _outside(args.to, store)
    target = store_at(args.to / ORIGINALS)
    with database_of(args) as db:
        report = back_up(Source(db, store, _told), args.to, target, utc_now(), reread=args.reread)
    removed = thin_out(args.to, args.keep) if args.keep else []
    print(f"{report.folder}: originals {report.copied} copied ({report.bytes // 1_000_000} MB), {report.present} there "
          "already" + (f"; {len(removed)} older database copies removed" if removed else ""))  # fmt: skip
    _list("damaged here, whole in the backup; put it back with restore --originals-only", report.healed)
    _list("gone or damaged, and in no backup here", report.damaged)
    return 1 if report.damaged or report.healed else 0


def restore(args: argparse.Namespace) -> int:
    """Database and originals from a backup."""
    settings = settings_of(args)
    store, kept = store_at(settings.storage.path), store_at(args.source / ORIGINALS)
    try:
        found = verified(args.source, kept, _told, args.at)
        if not args.accept_damage:
            _whole(found)
        if args.originals_only:
            return _told_at_the_end(fill_originals(found, kept, store, _told), store)
        with _database(settings) as db:
            return _restored(args, found, (db, store, kept))
    except BackupDamaged as damaged:
        for problem in damaged.problems:
            print(f"pec-ingest: {problem}", file=sys.stderr)
        return 1


def rebuild(args: argparse.Namespace) -> int:
    """A database from the originals alone and what only the old one knows; exit code 1 when it is not the same."""
    configure(logging.ERROR)
    settings = settings_of(args)
    url = args.into if "://" in args.into else f"sqlite:///{args.into}"
    new = Database(url)
    if not is_empty(new):
        raise ConfigError([f"rebuild: {args.into} is not empty; name a new file or an empty database"])
    with _database(settings) as old:
        if not args.without_old:
            require_schema(old)
        known = None if args.without_old else old
        services = build_all(deployments_of(args), installation=load_all(config_path(args)))
        try:
            return _rebuilt(replace(services[0], db=new), known, args)
        finally:
            services[0].close()
            new.close()


def _rebuilt(service: Service, old: Database | None, args: argparse.Namespace) -> int:
    service.db.upgrade()
    began = time.monotonic()
    arrivals = arrived(service.store, old)
    carrier = Carrier(old, service.db, service.settings) if old else None
    report = made_anew(service, arrivals, carrier, lambda items: with_progress(list(items), "judged"))
    seconds = time.monotonic() - began
    compared, found = differences(old, service.db) if old else ({}, [])
    undone = carrier.undone if carrier else []
    if args.json:
        print_json({"entries": report.entries, "seconds": round(seconds, 1), "compared": compared,
                    "differences": [asdict(one) for one in found], "not_repeated": undone})  # fmt: skip
        return 1 if found or undone else 0
    print(f"{report.entries} messages in {seconds:.0f} s into {service.db.engine.url.render_as_string()}")
    for one in found:
        value = f"{one.column}: {one.old!r} -> {one.new!r}" if one.column else f"{one.old} -> {one.new}"
        print(harmless(f"{one.table} {one.row}: {value}")[:400])
    for what in undone:
        print(f"not repeated: {harmless(what)}")
    rows = ", ".join(f"{number} {name}" for name, number in compared.items())
    print(f"compared {rows}: {len(found)} differences" if old else "nothing to compare with: see docs/operate.md")
    return 1 if found or undone else 0


def originals(args: argparse.Namespace) -> int:
    """Originals without an entry, or with --enter an entry for each; exit code 1 when there are, or are still.

    With --enter also when some came just now and were left out: the next round would fetch and answer them.
    """
    done = EnteringReport()
    if args.enter:
        with services_of(args) as services:
            if len(services) > 1:
                raise ConfigError(["originals: several mailboxes are configured; enter for which one? --mailbox NAME"])
            (service,) = services
            now = service.clock()
            found = inventory(service.store, service.db, now)
            chosen = with_progress(found.unentered, "verified")
            done = enter_originals(service.store, service.db, chosen, service.mailbox.account, now)
    else:
        with database_of(args) as db:
            found = inventory(store_at(settings_of(args).storage.path), db, utc_now())
    _print_originals(found, done, as_json=args.json)
    left = len(found.unentered) - len(done.entered) + (found.settling if args.enter else 0)
    return 1 if left else 0


def _print_originals(found: Inventory, done: EnteringReport, *, as_json: bool) -> None:
    states = {one.stored.sha256: "entered" for one in done.entered}
    states |= {one.stored.sha256: "damaged" for one in done.damaged}
    rows = [_original(one, states.get(one.stored.sha256, "without-entry")) for one in found.unentered]
    if found.settling:
        minutes = int(SETTLING.total_seconds() / 60)
        print(f"pec-ingest: {found.settling} not {minutes} minutes old left out: a daemon may be about to enter them; "
              "when none runs, wait and repeat this before any other command", file=sys.stderr)  # fmt: skip
    if as_json:
        print_json(rows)
        return
    if rows:
        print_table(("SHA-256", "Bytes", "Came", "State", "File"), [list(row.values()) for row in rows])
    if done.damaged:
        print(f"damaged {len(done.damaged)}, not entered; from a backup: pec-ingest restore FROM --originals-only")
    if done.entered:
        print(f"entered {len(done.entered)}; next: pec-ingest once, then pec-ingest outgoing")
    entered = len(done.entered)
    left = len(found.unentered) - entered
    print(f"originals {found.originals}, entries {found.entries + entered}, without an entry {left}")


def _original(one: Unentered, state: str) -> dict[str, str | int]:
    stored = one.stored
    came = one.came.astimezone(ROME).isoformat(timespec="seconds")
    return {"sha256": stored.sha256, "size": stored.size, "came": came, "state": state, "path": str(stored.path)}


def retention(args: argparse.Namespace) -> int:
    """Removes derived data whose time is over, or says what would go."""
    with database_of(args) as db:
        found = expire(db, settings_of(args).retention, utc_now(), dry_run=args.dry_run)
    if args.json:
        print_json([asdict(one) for one in found])
        return 0
    for one in found:
        print(f"{one.what}: {one.count} {'would go' if args.dry_run else 'removed'}, older than {one.before:%Y-%m-%d}")
    return 0


def _whole(found: Backup) -> None:
    if found.damaged:
        problems = [f"original {sha256} is missing or altered in the backup" for sha256 in found.damaged[:_SHOWN]]
        advice = f"{len(found.damaged)} originals: take another backup, or --accept-damage for the rest"
        raise BackupDamaged([*problems, advice])


def _restored(args: argparse.Namespace, found: Backup, places: tuple[Database, Store, Store]) -> int:
    db, store, kept = places
    problems = refuse(found, db, store, force=args.force)
    if problems:
        raise ConfigError([f"restore: {problem}" for problem in problems])
    if in_use(db, utc_now()):
        raise ConfigError(
            ["restore: a daemon works on this database; stop it (systemctl stop pec-ingest) and wait 90 s"]
        )
    report = fill_originals(found, kept, store, _told)
    if not is_empty(db):
        print(f"what was there before is kept in {set_aside(db, set_name(utc_now()))}")
    restore_database(found, db, report, utc_now())
    print(f"restored {found.folder.name} (taken {found.manifest.at}, schema {found.manifest.schema})")
    if report.upgraded_from:
        print(f"schema {report.upgraded_from} brought to {db.revision()}")
    if report.uncertain:
        print(f"letters that waited when the backup was taken, now uncertain: {report.uncertain}")
    print("next: pec-ingest check, pec-ingest once, pec-ingest reconcile; then start the daemon")
    return _told_at_the_end(report, store)


def _told_at_the_end(report: RestoreReport, store: Store) -> int:
    print(f"originals in {store.path}: {report.copied} put back, {report.present} were whole")
    _list("lost: neither here nor in the backup", report.lost)
    return 1 if report.lost else 0


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    assert_models_are_ours()
    db = Database(settings.database.url.get_secret_value())
    unsuitable = db.unsuitable()
    if unsuitable:
        raise ConfigError([f"database.url: {unsuitable}"])
    try:
        yield db
    finally:
        db.close()


def _outside(to: Path, store: Store) -> None:
    if to.absolute().is_relative_to(store.path.absolute()):
        raise ConfigError([f"{to}: lies among the originals themselves; name another folder, better another machine's"])


def _told(items: Sequence[str], what: str) -> Iterator[str]:
    return with_progress(items, what)


def _list(what: str, hashes: Iterable[str]) -> None:
    listed = list(hashes)
    for sha256 in listed[:_SHOWN]:
        print(f"{what}: {sha256}")
    if len(listed) > _SHOWN:
        print(f"{what}: {len(listed) - _SHOWN} more")
