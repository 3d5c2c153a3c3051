"""A service against a real IMAP server, filled with certified messages that carry forms."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from ingest.app import Service, build
from ingest.config import example_settings
from ingest.demo.facts import OFFICE
from ingest.demo.forms import Body, filled_form, typed_form
from ingest.demo.messages import an_envelope
from ingest.demo.originals import an_original
from ingest.demo.pki import authority
from ingest.demo.samples import CASA, GERMOGLIO, PONTE
from ingest.form.identifiers import body_code
from tests.servers.dovecot import Dovecot, running_dovecot


def quiet() -> None:
    """Switches the service log off."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def now() -> datetime:
    return datetime.now(UTC)


def codes(begin: int = 1) -> Iterator[str]:
    """Fiscal codes of the unallocated series, valid by their check digit, from a serial number on."""
    for serial in range(begin, 200_000):
        first = f"999{serial % 10_000:04d}{1 + serial // 10_000:03d}"
        yield next(code for digit in range(10) if not body_code(code := f"{first}{digit}").warnings)


def messages(count: int, padding: int = 0) -> Iterator[bytes]:
    """Certified messages of different bodies; every other form is typed prose, the rest our own form."""
    start = now() - timedelta(hours=6)  # the server dates them today: certified times must be near
    forms = {body.name: filled_form(body) for body in (PONTE, CASA)}
    for number, code in zip(range(count), codes(), strict=False):
        body: Body = replace((PONTE, GERMOGLIO, CASA)[number % 3], code=code, mail=f"ente{number}")
        content = typed_form(body) if number % 2 or body.name not in forms else filled_form(body)
        at = start + timedelta(seconds=number)
        attachments = [("Allegato 1.pdf", "application/pdf", content)]
        if padding:
            attachments.append(("foto.bin", "application/octet-stream", bytes(padding)))
        original = an_original(
            sender=body.pec, recipients=(OFFICE,), subject="Allegato 1", attachments=attachments, at=at,
            msgid=f"m{number}@pec.example",
        )  # fmt: skip
        yield an_envelope(original, at=at)


@contextmanager
def world() -> Iterator[tuple[Dovecot, Path]]:
    with running_dovecot(quota_mb=20_000) as server, TemporaryDirectory(prefix="bench-") as folder:
        yield server, Path(folder)


def service(server: Dovecot, user: str, folder: Path, *, workers: int = 0) -> Service:
    """A service over an account; its letters stay in the queue. `workers` that judge: 0 for one of each core."""
    folder.mkdir(exist_ok=True)
    (folder / "authority.pem").write_bytes(authority().ca_pem)
    settings = example_settings(
        mailbox={"host": server.host, "port": server.port, "username": user, "password": server.password,
                 "address": OFFICE, "ca_file": str(server.certificate)},
        smtp={"host": ""},
        pec={"trust_anchors": [str(folder / "authority.pem")]},
        database={"url": f"sqlite:///{folder / 'register.db'}"},
        storage={"path": str(folder / "originals")},
        answers={"daily_limit": 1_000_000}, judge={"workers": workers},
    )  # fmt: skip
    made = build(settings)
    made.db.upgrade()
    return made
