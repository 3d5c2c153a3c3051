"""How many small changes of the decisive modules the fast tests notice: `python -m tests.mutation [MODULE[:LINES]…]`.

Nothing on the disk is changed. The tests are collected once; for each mutant the process forks, the fork gives the
module's functions the changed code and runs those of the module's own tests that come to the changed statement, what
noticed a change before first, until one fails.
"""

import argparse
import ast
import importlib
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from types import FrameType, FunctionType, ModuleType
from typing import IO, NoReturn, TypeVar, cast

import pytest

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
SLOWEST = 1200  # seconds for all tests of a module without any change
MEMORY = Path("/dev/shm")  # where there is one, databases of tests wait for no disk
T = TypeVar("T")
Note = Callable[[FrameType, str, object], "Note | None"]
OPTIONS = (
    "-o", "addopts=", "--import-mode=importlib", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist",
    "--hypothesis-seed=0", "-o", "tmp_path_retention_policy=failed", "-W", "ignore::DeprecationWarning",
    "-k", "not postgresql and not threads",
)  # fmt: skip
_TESTS = {
    "loopguard": "notice/test_loopguard",
    "notice": "notice/test_adhesions notice/test_time_classes notice/test_terms_in_configuration",
    "letterstate": "register/test_receipts",
    "receipts": "register/test_receipts register/test_outbox",
    "outbox": "register/test_outbox",
    "release": "register/test_outbox",
    "record": "register/test_answered register/test_record register/test_enrolled register/test_put_aside "
    "later/test_integrations",
    "outcomes": "register/test_answered register/test_decisions",
    "enrol": "register/test_enrolled register/test_record",
    "answering": "register/test_answered register/test_record later/test_integrations",
    "matching": "register/test_matching",
    "register": "register/test_current_values register/test_record register/test_decisions register/test_review",
}
TESTS = {f"ingest.{name}": [f"tests/{test}.py" for test in tests.split()] for name, tests in _TESTS.items()}


def put_in_place(changed: ast.Module, module: ModuleType) -> None:
    """Gives a module's functions and methods the code of a changed one, wherever else they are known by now."""
    new = ModuleType(module.__name__)
    new.__file__ = module.__file__
    exec(compile(changed, str(module.__file__), "exec"), new.__dict__)
    for name, value in list(vars(new).items()):
        old = vars(module).get(name)
        if isinstance(value, type) and isinstance(old, type) and value.__module__ == module.__name__:
            for method, code in vars(value).items():
                _lend(code, vars(old).get(method))
        elif not (_lend(value, old) or name.startswith("__") or callable(value) or isinstance(value, ModuleType)):
            vars(module)[name] = value


def _lend(new: object, old: object) -> bool:
    """Whether both are functions: then the old one runs the code of the new one."""
    new, old = _plain(new), _plain(old)
    if not isinstance(new, FunctionType) or not isinstance(old, FunctionType):
        return False
    if old.__module__ == new.__module__:
        old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__
    return True


def _plain(one: object) -> object:
    """The function under a decorator, a property or a class method."""
    return getattr(one.fget if isinstance(one, property) else one, "__wrapped__", one)


@dataclass(frozen=True, slots=True)
class Measured:
    """A test without any change: how long it takes, and the lines it comes to, by file and number."""

    position: int
    seconds: float
    lines: frozenset[tuple[str, int]]

    def comes_to(self, file: str, mutant: Mutant) -> bool:
        if not mutant.lines:
            return any(name == file for name, _ in self.lines)
        return any((file, line) in self.lines for line in mutant.lines)


class Trial:
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, modules: dict[str, frozenset[int]]) -> None:
        self.modules = modules
        self.noticed_by: list[tuple[str, int]] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """The tests unchanged; then each mutant in a fork, which inherits what the first test has prepared."""
        files = {name: str(importlib.import_module(name).__file__) for name in self.modules}
        _fails(session, 0)
        measured = in_fork(partial(_measured, session, frozenset(files.values())), SLOWEST)
        say(f"{len(measured)} tests, {sum(one.seconds for one in measured):.0f} s without any change")
        for name, lines in self.modules.items():
            self._try_all(session, name, files[name], lines, measured)
        return True

    def _try_all(
        self, session: pytest.Session, name: str, file: str, lines: frozenset[int], measured: list[Measured]
    ) -> None:
        found, alive, endless = 0, 0, 0
        for mutant in mutants(Path(file).read_text()):
            if lines and mutant.line not in lines:
                continue
            found += 1
            chosen = self._chosen(file, mutant, measured)
            try:
                noticed = in_fork(partial(_first_failure, session, name, mutant, chosen), _patience(chosen))
            except ChildProcessError:  # the module cannot even be made, or pytest gives up
                continue
            except TimeoutError:
                endless += 1
                continue
            if noticed is None:
                alive += 1
                say(f"  {name}:{mutant.line}: {mutant.what}{'' if chosen else ' (no test comes here)'}")
            else:
                self.noticed_by.append((file, noticed))
        say(f"{name}: {found} mutants, {found - alive} noticed ({endless} by taking too long), {alive} not")

    def _chosen(self, file: str, mutant: Mutant, measured: list[Measured]) -> list[Measured]:
        """The tests that come to the changed statement: first what noticed a change nearby, then the quick ones."""
        chosen = [one for one in measured if one.comes_to(file, mutant)]
        last = {position: when for when, (where, position) in enumerate(self.noticed_by) if where == file}
        return sorted(chosen, key=lambda one: (-last.get(one.position, -1), one.seconds))


def _patience(chosen: list[Measured]) -> float:
    return 20 + 10 * sum(one.seconds for one in chosen)


def _first_failure(session: pytest.Session, name: str, mutant: Mutant, chosen: list[Measured]) -> int | None:
    put_in_place(mutant.tree, sys.modules[name])
    return next((one.position for one in chosen if _fails(session, one.position)), None)


def _fails(session: pytest.Session, position: int) -> bool:
    """Whether a test fails. What was set up for the whole session stays for the next one, whichever that is."""
    session.config.hook.pytest_runtest_protocol(item=session.items[position], nextitem=session)
    return bool(session.testsfailed)


def _measured(session: pytest.Session, files: frozenset[str]) -> list[Measured]:
    return [_measure(session, position, files) for position in range(len(session.items))]


def _measure(session: pytest.Session, position: int, files: frozenset[str]) -> Measured:
    lines: set[tuple[str, int]] = set()

    def note(frame: FrameType, _event: str, _arg: object) -> "Note | None":
        if frame.f_code.co_filename not in files:
            return None
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return note

    began = time.monotonic()
    threading.settrace(note)
    sys.settrace(note)
    failed = _fails(session, position)
    sys.settrace(None)
    if failed:
        say(f"without any change fails {session.items[position].nodeid}")
        raise SystemExit(1)
    return Measured(position, time.monotonic() - began, frozenset(lines))


def in_fork(work: Callable[[], T], limit: float) -> T:
    """What a function returns in a fork. TimeoutError past `limit` seconds, ChildProcessError when it breaks."""
    with TemporaryFile() as answer:
        child = os.fork()
        if child == 0:
            _answer(work, answer)
        end = time.monotonic() + limit
        while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
            if time.monotonic() > end:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                raise TimeoutError
            time.sleep(0.02)
        if ended[1] != 0:
            raise ChildProcessError
        answer.seek(0)
        return cast("T", pickle.load(answer))


def _answer(work: Callable[[], object], answer: IO[bytes]) -> NoReturn:
    os.setsid()
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    try:
        pickle.dump(work(), answer)
        answer.flush()
    except BaseException:  # noqa: BLE001 - whatever a mutant raises, it was noticed
        os._exit(1)
    os._exit(0)


def say(line: str) -> None:
    """A line on standard output, at once: the whole takes long."""
    os.write(_TO, f"{line}\n".encode())


_TO = os.dup(1)  # pytest takes standard output for itself


def main() -> None:
    """Tries the modules named, or all of the table."""
    asked = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    asked.add_argument("modules", nargs="*", metavar="MODULE[:LINES]", help=f"one of {', '.join(TESTS)}")
    os.chdir(ROOT)
    parted = [one.partition(":") for one in asked.parse_args().modules or TESTS]
    modules = {name: frozenset(map(int, filter(None, numbers.split(",")))) for name, _, numbers in parted}
    tests = dict.fromkeys(path for name in modules for path in TESTS[name])
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as scratch:
        sys.exit(pytest.main([*OPTIONS, "--basetemp", f"{scratch}/tests", *tests], plugins=[Trial(modules)]))


if __name__ == "__main__":
    main()
