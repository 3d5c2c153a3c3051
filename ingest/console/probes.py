"""What monitoring asks: is the service alive, and its figures. No login, no personal data."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import func, select
from starlette.responses import JSONResponse, Response

import ingest
from ingest.console.desk import Desk
from ingest.roundlog import last_quota, last_success
from ingest.watch import free_space, open_conditions
from models import Entry, EntryState, Letter, Organisation

POLLS_MISSED = 3


def health(desk: Desk) -> Response:
    """200 while the last good round is younger than three polls, else 503."""
    now, last = desk.clock(), last_success(desk.db, _mailboxes(desk))
    alive = is_alive(desk, now, last)
    body = {
        "status": "ok" if alive else "stale",
        "last_round": last.isoformat() if last else None,
        "age_seconds": round((now - last).total_seconds()) if last else None,
        "limit_seconds": round(POLLS_MISSED * desk.settings.mailbox.poll_every.total_seconds()),
    }
    return JSONResponse(body, 200 if alive else 503)


def is_alive(desk: Desk, now: datetime, last: datetime | None) -> bool:
    """True while the last good round is young enough."""
    return last is not None and now - last < POLLS_MISSED * desk.settings.mailbox.poll_every


def _mailboxes(desk: Desk) -> set[str]:
    return {one.beside.name for one in (desk.settings, *desk.service.installation)}


def metrics(desk: Desk) -> Response:
    """The register's figures for Prometheus."""
    registry = CollectorRegistry()
    with desk.db.reading() as session:
        outcomes = session.execute(select(Entry.outcome, func.count()).group_by(Entry.outcome)).all()
        letters = session.execute(select(Letter.state, func.count()).group_by(Letter.state)).all()
        bodies = session.execute(select(Organisation.status, func.count()).group_by(Organisation.status)).all()
        waiting = session.scalar(select(func.count()).where(Entry.state == EntryState.PENDING)) or 0
        review = session.scalar(select(func.count()).where(Entry.needs_review)) or 0
        quota = last_quota(session)
    _counted(registry, ("messages", "Messages by outcome", "outcome"), outcomes)
    _counted(registry, ("letters", "Letters by state", "state"), letters)
    _counted(registry, ("organisations", "Organisations by status", "status"), bodies)
    _measured(registry, "messages_unjudged", "Messages not judged yet", waiting)
    _measured(registry, "messages_to_review", "Messages that wait for a person", review)
    _measured(registry, "conditions_open", "Things that are wrong now", len(open_conditions(desk.db)))
    _measured(registry, "storage_free_bytes", "Room where the originals lie", free_space(desk.settings.storage.path))
    last = last_success(desk.db, _mailboxes(desk))
    _measured(registry, "last_round_timestamp_seconds", "End of the last good round", last.timestamp() if last else 0)
    if quota is not None:
        _measured(registry, "mailbox_used_bytes", "Mailbox quota used", quota[0])
        _measured(registry, "mailbox_limit_bytes", "Mailbox quota", quota[1])
    info = Gauge("pec_ingest_info", "Version", ["version"], registry=registry)
    info.labels(ingest.__version__).set(1)
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _counted(registry: CollectorRegistry, named: tuple[str, str, str], rows: object) -> None:
    name, text, label = named
    gauge = Gauge(f"pec_ingest_{name}", text, [label], registry=registry)
    for word, number in rows:  # type: ignore[attr-defined]
        gauge.labels(word or "waiting").set(number)


def _measured(registry: CollectorRegistry, name: str, text: str, value: float) -> None:
    Gauge(f"pec_ingest_{name}", text, registry=registry).set(value)
