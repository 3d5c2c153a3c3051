"""`demo`: everything at once on this machine: a certified mailbox, a provider, the daemon and the console.

Nothing is read from outside and nothing stays behind: all files live in a temporary folder.
"""

import argparse
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from ingest.app import Service, build, utc_now
from ingest.commands.look import print_log
from ingest.config import example_settings
from ingest.daemon import Daemon
from ingest.demo.facts import OFFICE
from ingest.demo.imapserver import Mailbox
from ingest.demo.pki import authority
from ingest.demo.provider import Channel, Provider
from ingest.demo.samples import samples
from ingest.demo.tls import server_certificate
from ingest.keys import Settings
from ingest.queries import log_rows
from ingest.reconcile import reconcile
from ingest.users import add_user

PASSWORD = "prova-prova-prova"  # noqa: S105 - of a mailbox that exists in this process alone
_SETTLING_ROUNDS = 4  # receipts of the letters come back as messages; a round reads them


def demo(args: argparse.Namespace) -> int:
    """Runs the demo: one round with --once, else until Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="pec-ingest-demo-") as folder, _world(Path(folder), args) as service:
        service.db.upgrade()
        add_user(service.db, "demo", PASSWORD, "admin", service.clock())
        if args.once:
            _once(service)
        else:
            _until_stopped(service, args)
    return 0


@contextmanager
def _world(folder: Path, args: argparse.Namespace) -> Iterator[Service]:
    """A service beside its own certified provider, both on loopback."""
    certificate = server_certificate(folder, utc_now())
    context = certificate.context()
    with Mailbox(OFFICE, PASSWORD, context) as mailbox:
        for sample in samples():
            mailbox.deposit(sample.raw, sample.at)

        def deposited(address: str, raw: bytes, at: object) -> None:
            if address == OFFICE:  # applicants' own mailboxes are nobody's here
                mailbox.deposit(raw, at)  # type: ignore[arg-type]

        provider = Provider({OFFICE: PASSWORD}, deposited, utc_now, channel=Channel("tls", context))
        with provider:
            service = build(_settings(folder, mailbox.port, provider.port, args))
            try:
                yield service
            finally:
                service.close()


def _settings(folder: Path, imap_port: int, smtp_port: int, args: argparse.Namespace) -> Settings:
    """The example configuration, pointed at the demo's servers."""
    anchor = folder / "authority.pem"
    anchor.write_bytes(authority().ca_pem)
    server = {"host": "127.0.0.1", "username": OFFICE, "password": PASSWORD, "ca_file": str(folder / "server.pem")}
    return example_settings(
        mailbox={**server, "port": imap_port, "address": OFFICE, "poll_every": "5s"},
        smtp={**server, "port": smtp_port},
        pec={"trust_anchors": [str(anchor)]},
        database={"url": f"sqlite:///{folder / 'demo.db'}"},
        storage={"path": str(folder / "originals")},
        notice={"works_start": "2021-09-15T23:59:59+02:00"},
        console={"listen": args.listen},
        digest={"to": ["ufficiodipiano@pec.example"]},
    )


def _once(service: Service) -> None:
    """One round, and short ones for the receipts that come back."""
    daemon = Daemon(service)
    try:
        for _ in range(_SETTLING_ROUNDS):
            report = daemon.round()
            if report is None or not (report.collected or report.submitted):
                break
    finally:
        daemon.give_back()
    with service.db.reading() as session:
        print_log(log_rows(session)[::-1])
    found = reconcile(service.db, service.mailbox)
    print(f"\nreceived {found.received} = recorded {found.recorded}, difference {found.difference}")


def _until_stopped(service: Service, args: argparse.Namespace) -> None:
    daemon = Daemon(service)
    thread = threading.Thread(target=daemon.run, name="daemon")
    signal.signal(signal.SIGTERM, daemon.stop)
    thread.start()
    print(f"console: http://{args.listen}/  user: demo  password: {PASSWORD}")
    print("Ctrl-C ends the demo and leaves nothing behind")
    try:
        while thread.is_alive():
            thread.join(timeout=timedelta(seconds=1).total_seconds())
    except KeyboardInterrupt:
        pass
    finally:
        daemon.stop()
        thread.join()
