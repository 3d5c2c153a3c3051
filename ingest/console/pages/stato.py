"""Stato: is the service well? Rounds, what is wrong and what to do, room, password, versions."""

import platform
from importlib.metadata import version
from typing import Any

from sqlalchemy import select
from starlette.responses import Response

import ingest
from ingest.console import lists
from ingest.console.desk import Needs, Page, Visit
from ingest.console.pages.oggi import health_facts
from ingest.mailbox import MailboxError
from ingest.reconcile import Reconciliation, reconcile
from ingest.roundlog import last_quota
from ingest.watch import free_space
from models import Condition, Round

_ROUNDS = 20
_PAST = 10


def status(visit: Visit) -> Response:
    """The service's page."""
    return _page(visit)


def compare(visit: Visit) -> Response:
    """Asks the mailbox what lies there and compares it with the register."""
    try:
        found = reconcile(visit.desk.db, visit.desk.service.mailbox)
    except MailboxError:
        return _page(visit, unreachable=True)
    return _page(visit, found=found)


def _page(visit: Visit, *, found: Reconciliation | None = None, unreachable: bool = False) -> Response:
    desk = visit.desk
    with desk.db.reading() as session:
        rounds = list(session.scalars(select(Round).order_by(Round.id.desc()).limit(_ROUNDS)))
        past = select(Condition).where(Condition.cleared_at.is_not(None)).order_by(Condition.cleared_at.desc())
        facts: dict[str, Any] = {
            "rounds": rounds,
            "past": list(session.scalars(past.limit(_PAST))),
            "quota": last_quota(session),
            "recorded": lists.recorded(session),
        }
    return visit.page(
        "stato.html", **facts, **health_facts(desk, visit.now), found=found, unreachable=unreachable,
        free=free_space(desk.settings.storage.path), versions=_versions(visit),
        mailbox=desk.settings.mailbox, answers=desk.settings.answers.enabled,
    )  # fmt: skip


def _versions(visit: Visit) -> list[tuple[str, str]]:
    dialect = visit.desk.db.engine.dialect.name
    return [
        ("pec-ingest", ingest.__version__),
        ("Schema della base di dati", visit.desk.db.revision() or "assente"),
        ("Base di dati", {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(dialect, dialect)),
        ("Python", platform.python_version()),
        ("SQLAlchemy", version("sqlalchemy")),
        ("Starlette", version("starlette")),
    ]


PAGES = (
    Page("/stato", status, Needs.READER),
    Page("/stato/confronto", compare, Needs.CLERK, "POST"),
)
