"""A service over a mailbox in memory that judges in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.app import Service
from ingest.config import parse
from ingest.database import Database
from ingest.judge import judge_file
from ingest.rules import Arrival, Context, Progress
from ingest.store import Store
from ingest.verdict import Verdict
from models import schema
from tests.fakes import FakeMailbox
from tests.letters.builders import OURS, a_context
from tests.register.builders import NOW

NOTICE = {"id": "piano-di-zona", "deadline": "2021-07-29T23:59:59+02:00"}


class InThisProcess:
    """Judges without a worker."""

    workers = 1

    def judge(self, path: Path, context: Context, arrival: Arrival) -> Verdict:
        return judge_file(path, context, arrival, Progress())

    def abort(self) -> None: ...


@pytest.fixture
def mailbox() -> FakeMailbox:
    return FakeMailbox()


@pytest.fixture
def service(tmp_path: Path, mailbox: FakeMailbox) -> Iterator[Service]:
    url = f"sqlite:///{tmp_path / 'register.db'}"
    schema.upgrade(url)
    chosen = {"host": "imaps.example", "username": OURS, "after": "move", "idle": False}
    settings = parse({"mailbox": chosen, "notice": NOTICE, "console": {"listen": ""}}, {})
    db = Database(url)
    yield Service(
        settings=settings, context=a_context(), db=db, store=Store(tmp_path / "originali"), mailbox=mailbox, post=None,
        alerts=None, sandbox=InThisProcess(),  # type: ignore[arg-type]
        clock=lambda: NOW,
    )  # fmt: skip
    db.close()


def mails(*names: str) -> list[bytes]:
    return [b"From: a@example.org\r\nSubject: %s\r\n\r\nciao\r\n" % name.encode() for name in names]
