"""A process whose children run the service and are killed: each a whole process, started in milliseconds.

    python -m tests.faults.victim

Reads one order a line (JSON) on standard input, forks a child that carries it out, and answers with how it ended.
"""

import json
import logging
import os
import random
import signal
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from ingest.config import example_settings
from ingest.database import Database
from ingest.demo import provider  # noqa: F401 - imported before the forks, whatever the orders need
from tests.faults.boundaries import Boundaries
from tests.faults.life import Hand, QuickJudge, Running, a_service, live, serve
from tests.faults.witness import seen_in


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    judge = QuickJudge()
    for line in sys.stdin:
        order = json.loads(line)
        now = datetime.fromisoformat(order["now"])
        judge.learn([Path(path) for path in order["known"]], example_settings(**order["sections"]).context(), now)
        sys.stdout.write(json.dumps(_carried_out(order, judge, now)) + "\n")
        sys.stdout.flush()


def _carried_out(order: dict[str, Any], judge: QuickJudge, now: datetime) -> dict[str, Any]:
    """How a child ended: its wait status, the effects it met (if it lived), its seconds."""
    told, telling = os.pipe()
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(told)
        _live(order, judge, now, telling)
    os.close(telling)
    if order.get("watched"):
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    killer = threading.Timer(order["seconds"], os.kill, (child, signal.SIGKILL)) if order.get("seconds") else None
    if killer:
        killer.start()
    with os.fdopen(told) as answer:
        said = answer.read()
    _, status = os.waitpid(child, 0)
    if killer:
        killer.cancel()
        killer.join()
    return {"status": status, "took": time.monotonic() - begun, **(json.loads(said) if said else {})}


def _live(order: dict[str, Any], judge: QuickJudge, now: datetime, telling: int) -> None:
    """The child: never returns."""
    code = 1
    try:
        random.seed()
        boundaries = Boundaries(order.get("fatal"), order.get("fatal_effect", ""), order.get("frozen"))
        shared = order.get("daemon")
        hand = Running(datetime.fromisoformat(shared[0]), shared[1]) if shared else Hand(now)
        chosen = None if order.get("workers") else QuickJudge(boundaries.meet, judge.known)
        witness = Path(order["witness"]) if order.get("witness") else None
        service = a_service(order["sections"], hand, chosen, witness)
        if order.get("opens_the_file"):
            drop_the_locks(service.db)
        if isinstance(hand, Running):
            serve(service)
        else:
            boundaries.watch()
            rounds = live(service, hand)
            answer = {"met": boundaries.met, "rounds": rounds, "now": hand.now.isoformat()}
            os.write(telling, json.dumps(answer).encode())
        service.close()
        code = 0
    finally:
        if code:
            sys.excepthook(*sys.exc_info())
        os._exit(code)


def drop_the_locks(db: Database) -> None:
    """Re-creates a fault of old: a descriptor of the open register is closed, and the process's locks go with it.

    The watches that would find it out are off: this is about what others see of it.
    """
    assert db.file is not None
    for watch in ("check", "prove"):
        setattr(db.file, watch, lambda *_: None)
    seen_in(db)  # a connection stays open from now on
    os.close(os.open(db.file.path, os.O_RDWR))


if __name__ == "__main__":
    main()
