"""The composition root: the only place where adapters are built and put together.

It also makes sure that the `models` package found on the path is ours: the name is a common one.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
    hand_over: Callable[[Sequence[int]], int] | None = None  # entries to workers that judge; None: judged here
    installation: tuple[Settings, ...] = ()  # every deployment, ours too; empty: ours alone

    @property
    def deployments(self) -> tuple[Settings, ...]:
        """Those of our mailbox: ours first, then one for each further notice that arrives there."""
        account, ours = self.settings.mailbox.account, self.settings.notice.id
        same = (one for one in self.installation if one.mailbox.account == account and one.notice.id != ours)
        return (self.settings, *same)

    def of(self, notice_id: str | None) -> "Service":
        """The service under another notice of the same mailbox; this one for a notice that does not arrive there."""
        found = next((one for one in self.deployments if one.notice.id == notice_id), self.settings)
        return self if found is self.settings else self.under(found)

    def under(self, settings: Settings) -> "Service":
        """The service of another deployment, over the same register, store and workers."""
        return replace(
            self,
            settings=settings,
            context=settings.context(),
            mailbox=_mailbox(settings),
            post=Post(settings.smtp) if settings.smtp.host else None,
        )

    def every_notice(self) -> Context:
        """What the core needs to find out which of the mailbox's notices a message belongs to."""
        _, *others = self.deployments
        return replace(self.context, others=tuple(one.context().notice for one in others))

    def close(self) -> None:
        """Ends the workers and gives back the connections."""
        self.sandbox.close()
        self.db.close()


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


def build_all(
    deployments: tuple[Settings, ...], clock: Clock = utc_now, *, installation: tuple[Settings, ...] = ()
) -> tuple[Service, ...]:
    """A service for each mailbox, over one register, store and set of workers. Raises ConfigError as `build`.

    `installation`: every deployment of the configuration, where only some are chosen.
    """
    first = {one.mailbox.account: one for one in reversed(deployments)}
    chosen = [one for one in deployments if first[one.mailbox.account] is one]
    service = replace(build(chosen[0], clock), installation=installation or deployments)
    return (service, *(service.under(settings) for settings in chosen[1:]))


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
        sandbox=Sandbox(judge_file, context.limits, judging_at_once(settings)),
        clock=clock,
        hand_over=_hand_over(settings),
    )


def _hand_over(settings: Settings) -> Callable[[Sequence[int]], int] | None:
    """How entries come to workers of their own. Raises ConfigError where they cannot."""
    if settings.judge.by == "daemon":
        return None
    url = settings.database.url.get_secret_value()
    if not url.startswith("postgresql"):
        raise ConfigError(["judge.by: workers need PostgreSQL; with SQLite the daemon judges"])
    try:
        from ingest.jobs import JudgeQueue  # noqa: PLC0415 - the extra `workers`; imports this module
    except ImportError as error:
        raise ConfigError(["judge.by: workers need the extra: pip install 'pec-ingest[workers]'"]) from error
    return JudgeQueue(url).hand_over


def judging_at_once(settings: Settings) -> int:
    """How many processes judge on this machine: a further one needs a core, and up to a gigabyte for pictures."""
    return settings.judge.workers or min(2, os.cpu_count() or 1)


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
