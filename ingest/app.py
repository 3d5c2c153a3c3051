"""The composition root: the only place where adapters are built and put together.

It also makes sure that the `models` package found on the path is ours: the name is a common one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import models
from ingest.config import ConfigError
from ingest.database import Database
from ingest.imap import ImapMailbox
from ingest.judge import judge_file
from ingest.keys import Settings
from ingest.mailbox import Mailbox
from ingest.maildir import Maildir
from ingest.post import Post
from ingest.rules import Context
from ingest.sandbox import Sandbox
from ingest.store import Store

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Service:
    """Everything a round needs. Effects are fields, so that a test puts its own in their place."""

    settings: Settings
    context: Context
    db: Database
    store: Store
    mailbox: Mailbox
    post: Post | None  # None: no SMTP configured, letters wait
    alerts: Post | None  # the second, ordinary way out; None: digest through `post`
    sandbox: Sandbox
    clock: Clock

    def close(self) -> None:
        """Ends the workers and gives back the connections."""
        self.sandbox.close()
        self.db.close()


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


def build(settings: Settings, clock: Clock = utc_now) -> Service:
    """The service as configured. Raises ConfigError when a trust anchor cannot be read."""
    assert_models_are_ours()
    try:
        context = settings.context()
    except OSError as error:
        raise ConfigError([f"pec.trust_anchors: {error.filename}: {error.strerror}"]) from error
    return Service(
        settings=settings,
        context=context,
        db=Database(settings.database.url.get_secret_value()),
        store=Store(settings.storage.path),
        mailbox=_mailbox(settings),
        post=Post(settings.smtp) if settings.smtp.host else None,
        alerts=Post(settings.alerts) if settings.alerts.host else None,
        sandbox=Sandbox(judge_file, context.limits),
        clock=clock,
    )


def store_at(path: Path) -> Store:
    """The originals in another folder: those of a backup."""
    return Store(path)


def assert_models_are_ours() -> None:
    """Raises ConfigError when another package named `models` stands before ours on the path."""
    if getattr(models, "OWNER", None) != "pec-ingest":
        raise ConfigError([f"another package named 'models' is installed before ours: {Path(str(models.__file__))}"])


def _mailbox(settings: Settings) -> Mailbox:
    chosen = settings.mailbox
    if chosen.maildir is not None:
        return Maildir(chosen.maildir, chosen.folder)
    return ImapMailbox(chosen)
