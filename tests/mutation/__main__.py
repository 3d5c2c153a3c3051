"""How many small changes of the decisive modules the fast tests notice: `python -m tests.mutation [MODULE…]`.

Nothing on the disk is changed. The tests are collected once; for each mutant the process forks, the fork gives the
module's functions the changed code and runs the module's own tests until the first fails.
"""

import argparse
import ast
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
SLOWEST = 120  # seconds; a mutant that hangs is noticed too
REGISTER = ("tests/register/test_record.py", "tests/register/test_decisions.py")
TESTS: dict[str, tuple[str, ...]] = {
    "ingest.loopguard": ("tests/notice/test_loopguard.py",),
    "ingest.notice": ("tests/notice", "tests/letters/test_answer.py"),
    "ingest.letterstate": ("tests/register/test_receipts.py",),
    "ingest.receipts": ("tests/register/test_receipts.py", "tests/register/test_outbox.py"),
    "ingest.outbox": (
        "tests/register/test_outbox.py",
        "tests/rounds/test_unreachable.py",
        "tests/register/test_receipts.py",
    ),
    "ingest.release": ("tests/register/test_outbox.py",),
    "ingest.record": REGISTER,
    "ingest.outcomes": REGISTER,
    "ingest.enrol": REGISTER,
    "ingest.answering": (*REGISTER, "tests/register/test_outbox.py"),
    "ingest.register": (*REGISTER, "tests/register/test_review.py"),
    "ingest.matching": (*REGISTER, "tests/register/test_review.py"),
}


def put_in_place(changed: ast.Module, module: ModuleType) -> None:
    """Gives a module's functions the code of a changed one, wherever else they are known by now."""
    new = ModuleType(module.__name__)
    new.__file__ = module.__file__
    exec(compile(changed, str(module.__file__), "exec"), new.__dict__)
    for name, value in list(vars(new).items()):
        old = vars(module).get(name)
        if isinstance(value, type):
            continue
        if isinstance(value, FunctionType) and isinstance(old, FunctionType):
            _lend(value, old)
        elif not name.startswith("__") and not isinstance(value, ModuleType) and not callable(value):
            vars(module)[name] = value


def _lend(new: FunctionType, old: FunctionType) -> None:
    inner_new, inner_old = getattr(new, "__wrapped__", new), getattr(old, "__wrapped__", old)
    if inner_old.__module__ == inner_new.__module__:
        inner_old.__code__, inner_old.__defaults__ = inner_new.__code__, inner_new.__defaults__
        inner_old.__kwdefaults__ = inner_new.__kwdefaults__


class Trial:
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive: list[Mutant] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """The tests unchanged; then each mutant in a fork, which inherits what the first test has prepared."""
        module = importlib.import_module(self.name)
        source = Path(str(module.__file__)).read_text()
        first, *others = session.items
        session.config.hook.pytest_runtest_protocol(item=first, nextitem=others[0] if others else None)
        if session.testsfailed or noticed(lambda: _failed(session)):
            raise SystemExit(f"{self.name}: its tests fail without any change")
        found = 0
        for mutant in mutants(source):
            found += 1
            if not noticed(partial(_fails_with, mutant, module, session)):
                self.alive.append(mutant)
                say(f"  {self.name}:{mutant.line}: {mutant.what}")
        say(f"{self.name}: {found} mutants, {found - len(self.alive)} noticed, {len(self.alive)} not")
        return True


def _fails_with(mutant: Mutant, module: ModuleType, session: pytest.Session) -> bool:
    put_in_place(mutant.tree, module)
    return _failed(session)


def _failed(session: pytest.Session) -> bool:
    items = session.items
    for position, item in enumerate(items):
        following = items[position + 1] if position + 1 < len(items) else None
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return True
    return False


def noticed(fails: Callable[[], bool]) -> bool:
    """Whether the tests fail, break or take too long in a fork."""
    child = os.fork()
    if child == 0:
        os.setsid()
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        try:
            os._exit(int(fails()))
        except BaseException:  # noqa: BLE001 - whatever a mutant raises, it was noticed
            os._exit(2)
    end = time.monotonic() + SLOWEST
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def say(line: str) -> None:
    """A line on standard output, at once: the whole takes long."""
    os.write(_TO, f"{line}\n".encode())


_TO = os.dup(1)  # pytest takes standard output for itself


def main() -> None:
    """Tries the modules named, or all of the table."""
    asked = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    asked.add_argument("modules", nargs="*", metavar="MODULE", help=f"one of {', '.join(TESTS)}")
    os.nice(10)
    os.chdir(ROOT)
    options = [
        "-o",
        "addopts=",
        "--import-mode=importlib",
        "-p",
        "no:terminal",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--hypothesis-seed=0",
    ]
    for name in asked.parse_args().modules or TESTS:
        there = [path for path in TESTS[name] if (ROOT / path).exists()]
        chosen = ["-k", "not postgresql and not threads", "-W", "ignore::DeprecationWarning", *there]
        if os.fork() == 0:  # each module with the others as they are
            sys.exit(pytest.main([*options, *chosen], plugins=[Trial(name)]))
        os.wait()


if __name__ == "__main__":
    main()
