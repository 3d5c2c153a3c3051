"""What the service writes by itself when its time comes: digests, reminders, convocations, alarms.

Each for itself: one that cannot be written keeps no other back. It opens a condition, which ends when it works again.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from ingest.alarms import queue_alarms
from ingest.app import Service
from ingest.convocations.convening import queue_due
from ingest.database import unreachable
from ingest.digest_due import send_due_digests
from ingest.lease import LeaseLostError
from ingest.reminders import remind_due
from ingest.trouble import Trouble
from ingest.watch import of_mailbox, open_conditions, state

log = structlog.get_logger()


def queue_letters(service: Service, now: datetime) -> None:
    """Queues what is due, of every notice. Raises only when the database, or the right to write it, is gone."""
    db, name = service.db, service.settings.beside.name
    each = {one.notice.id: one for one in service.deployments}
    kinds: dict[Trouble, dict[str, Callable[[], object]]] = {
        Trouble.DIGEST_FAILING: {notice: partial(send_due_digests, service.of(notice), now) for notice in each},
        Trouble.REMINDER_FAILING: {notice: partial(remind_due, db, one, now) for notice, one in each.items()},
        Trouble.CONVOCATION_FAILING: {notice: partial(queue_due, db, one, now) for notice, one in each.items()},
        Trouble.ALARM_FAILING: {name: partial(queue_alarms, db, service.settings, now)},  # last: it tells of the others
    }
    open_now = {condition.code for condition in open_conditions(db)}
    for trouble, acts in kinds.items():
        broken = [f"{which} {why}".strip() for which, act in acts.items() if (why := _why_not(act))]
        code = of_mailbox(trouble, name)
        if broken:
            log.error("letters-not-queued", trouble=code, detail=broken)
        if broken or code in open_now:
            state(db, code, ", ".join(broken), now, holds=bool(broken))


def _why_not(queue: Callable[[], object]) -> str:
    """Why this one broke, in a word for operators; "" when it did not."""
    try:
        queue()
    except LeaseLostError:
        raise  # whoever took over writes it
    except Exception as error:  # a boundary: one that cannot be written keeps no other back
        if unreachable(error):
            raise
        return type(error).__name__
    return ""
