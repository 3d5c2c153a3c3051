"""Other processes that read, check, back up, preview and decide at random beside the service; some are killed at it.

    python -m tests.faults.strangers

A process that has everything imported and no database open. For each act it forks a child that opens the register,
does one thing and closes the register again: a whole process, without the second that it takes to start one. It is
told over standard input, a line of JSON each, where to begin, to look at once, and to end.
"""

import gc
import importlib
import json
import os
import pkgutil
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from sqlalchemy.orm import configure_mappers

import ingest.commands
from tests.faults.acts import Place, acts_of, excused, look, perform

ROOT = Path(__file__).parents[2]
PAUSES = (0.005, 0.04)  # seconds between two acts of one stranger
DIE = 0.1  # of the acts are killed midway
_MIDWAY = 0.12  # seconds within which they are killed
_AT_MOST = 60.0  # seconds for one act: far more than any wait for a lock


@dataclass
class Act:
    """One that is under way."""

    name: str
    number: int
    pid: int
    handle: int  # becomes readable when it has ended
    out: IO[bytes]
    err: IO[bytes]
    killed_at: float
    lethal: bool  # meant to die

    def said(self) -> str:
        self.out.seek(0)
        self.err.seek(0)
        said = (self.out.read() + self.err.read()).decode(errors="replace")
        self.out.close()
        self.err.close()
        return said.strip()


@dataclass
class Company:
    """The strangers of one world."""

    place: Place
    at_once: int
    dice: random.Random
    possible: list[str]
    broken: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    decided: list[str] = field(default_factory=list)
    under_way: dict[int, Act] = field(default_factory=dict)  # by slot
    due: dict[int, float] = field(default_factory=dict)
    number: int = 0

    def step(self) -> float:
        """Begins what is due and ends what has ended; how many seconds nothing more will be due."""
        now = time.monotonic()
        for slot, act in list(self.under_way.items()):
            if now >= act.killed_at:
                with suppress(ProcessLookupError):
                    os.killpg(act.pid, signal.SIGKILL)
            if os.waitid(os.P_PID, act.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                self._ended(act)
                del self.under_way[slot]
                self.due[slot] = now + self.dice.uniform(*PAUSES)
        for slot in range(self.at_once):
            if slot not in self.under_way and self.due.get(slot, 0.0) <= now:
                self.under_way[slot] = self._begin(slot)
        times = [now + _AT_MOST, *(act.killed_at for act in self.under_way.values())]
        times += [at for slot, at in self.due.items() if slot not in self.under_way]
        return max(0.001, min(times) - time.monotonic())

    def end(self) -> None:
        """Begins nothing more, and waits for what is under way."""
        self.at_once = 0
        while self.under_way:
            wait = self.step() if self.under_way else 0.0
            select.select([act.handle for act in self.under_way.values()], [], [], wait)

    def look(self) -> None:
        """From a process of its own, now."""
        found = _forked(lambda: "\n".join(look(self.place, self.decided)))
        self.broken += found.splitlines()

    def _begin(self, slot: int) -> Act:
        self.number += 1
        name, number = self.dice.choice(self.possible), self.number
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - closed once they were read
        lethal = self.dice.random() < DIE
        killed_at = time.monotonic() + (self.dice.uniform(0.0, _MIDWAY) if lethal else _AT_MOST)
        pid = os.fork()
        if pid == 0:
            _act(lambda: perform(name, self.place, slot, number), out, err)
        with suppress(ProcessLookupError, PermissionError):
            os.setpgid(pid, pid)  # here too: it may be killed before it gets so far
        return Act(name, number, pid, os.pidfd_open(pid), out, err, killed_at, lethal)

    def _ended(self, act: Act) -> None:
        os.close(act.handle)
        _, status = os.waitpid(act.pid, 0)
        said = act.said()
        self.done[f"{act.name} killed" if status == signal.SIGKILL else act.name] += 1
        if status == signal.SIGKILL and act.lethal:
            return
        if status and not (os.WIFEXITED(status) and excused(act.name, said, self.place)):
            self.broken.append(f"stranger {act.number}, {act.name}: ended with {status}, saying {said or 'nothing'}")
        elif status:
            self.done[f"{act.name} excused"] += 1
        elif act.name == "look":
            self.broken += [f"stranger {act.number}: {words}" for words in said.splitlines()]
        elif act.name == "decide" and said:
            self.decided.append(said)


def _act(does: Any, out: IO[bytes], err: IO[bytes]) -> None:
    """The child: never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        random.seed()
        code = does()
    except BaseException:  # noqa: BLE001 - told, and judged by whoever reads it
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _forked(words: Any) -> str:
    """What a child says that does one thing; its own failure too."""
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - closed once they were read
    pid = os.fork()
    if pid == 0:
        _act(lambda: sys.stdout.write(words()) * 0, out, err)
    os.waitpid(pid, 0)
    return Act("look", 0, pid, -1, out, err, 0.0, lethal=False).said()


def main() -> None:
    """Carries out one order a line until there are no more."""
    _warm_up()
    os.nice(5)  # the cores are for the service, the waiting for locks is shared
    company: Company | None = None
    while True:
        wait = company.step() if company else None
        handles = [act.handle for act in company.under_way.values()] if company else []
        ready, _, _ = select.select([0, *handles], [], [], wait)
        if 0 not in ready:
            continue
        line = sys.stdin.readline()
        if not line:
            break
        company = _obeyed(json.loads(line), company)
    if company:
        company.end()


def _warm_up() -> None:
    """Everything that an act would load or work out before it comes to the register."""
    for module in pkgutil.iter_modules(ingest.commands.__path__):
        importlib.import_module(f"ingest.commands.{module.name}")
    for name in ("psycopg", "sqlalchemy.dialects.postgresql.psycopg", "ingest.form.ocr.engines"):
        with suppress(ImportError):  # extras
            importlib.import_module(name)
    configure_mappers()
    gc.freeze()  # pages that are never written again are never copied


def _obeyed(order: dict[str, Any], company: Company | None) -> Company | None:
    """Who is at work afterwards; the answer is on standard output."""
    answer: dict[str, Any] = {}
    if order["do"] == "begin":
        place = Place(Path(order["folder"]), Path(order["witness"]), order["sections"], order["impatient"])
        place.prepare()
        company = Company(place, order["at_once"], random.Random(order["seed"]), acts_of(place))
    else:
        assert company is not None
        if order["do"] == "end":
            company.end()
        company.look()
        answer = {"broken": company.broken, "done": company.done}
        company = None if order["do"] == "end" else company
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    return company


class Strangers:
    """The process that bears the strangers; `at_once` of them act side by side."""

    def __init__(self, at_once: int = 2, seed: int = 1) -> None:
        self.at_once = at_once
        self.done: Counter[str] = Counter()  # over all worlds: acts by name, and those killed at it or excused
        self._dice = random.Random(seed)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.strangers"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."},
        )  # fmt: skip
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(300)
        self._process.stdout.close()

    def begin(self, folder: Path, witness: Path, sections: dict[str, dict[str, Any]], *, impatient: bool) -> None:
        """From now on they are at work on one world."""
        self._asked(
            do="begin", folder=str(folder), witness=str(witness), sections=sections, impatient=impatient,
            at_once=self.at_once, seed=self._dice.random(),
        )  # fmt: skip

    def look(self) -> None:
        """From outside, at once: what was witnessed must be there. What is not is told at the end."""
        self._asked(do="look")

    def end(self) -> list[str]:
        """No more of them; what they found broken, in words."""
        answer = self._asked(do="end")
        self.done.update(answer["done"])
        found: list[str] = answer["broken"]
        return found

    def _asked(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


if __name__ == "__main__":
    main()
