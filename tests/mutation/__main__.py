"""How many small changes of the decisive modules the fast tests notice: `python -m tests.mutation [MODULE…]`.

Nothing on the disk is changed: each mutant lives in a forked process, which imports it instead of the file and runs the
module's own tests until the first fails.
"""

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
SLOWEST = 90  # seconds; a mutant that hangs is noticed too
REGISTER = ("tests/register/test_record.py", "tests/register/test_decisions.py", "tests/register/test_review.py")
TESTS: dict[str, tuple[str, ...]] = {
    "ingest.loopguard": ("tests/notice/test_loopguard.py",),
    "ingest.notice": ("tests/notice", "tests/letters/test_answer.py"),
    "ingest.letterstate": ("tests/register/test_receipts.py",),
    "ingest.receipts": ("tests/register/test_receipts.py", "tests/register/test_outbox.py"),
    "ingest.outbox": ("tests/register/test_outbox.py", "tests/register/test_receipts.py"),
    "ingest.release": ("tests/register/test_outbox.py",),
    "ingest.record": (*REGISTER, "tests/register/test_queries.py"),
    "ingest.enrol": (*REGISTER, "tests/register/test_outcomes.py"),
    "ingest.answering": (*REGISTER, "tests/register/test_outbox.py"),
    "ingest.register": (*REGISTER, "tests/register/test_matching.py"),
    "ingest.matching": (*REGISTER, "tests/register/test_matching.py"),
}


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a changed module in the place of its file."""

    def __init__(self, name: str, code: CodeType) -> None:
        self.name, self.code = name, code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(file_of(self.name))
        exec(self.code, module.__dict__)


def file_of(name: str) -> Path:
    """The source of a module."""
    return ROOT / f"{name.replace('.', '/')}.py"


def noticed(name: str, tree: ast.Module) -> bool:
    """Whether the tests of a module fail, or take too long, with this tree in its place."""
    child = os.fork()
    if child == 0:
        os.setsid()
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        sys.meta_path.insert(0, _Instead(name, compile(tree, str(file_of(name)), "exec")))
        there = [path for path in TESTS[name] if (ROOT / path).exists()]
        options = [
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--assert=plain",
            "-k",
            "not postgresql and not threads",
        ]
        os._exit(int(pytest.main([*options, "--hypothesis-seed=0", *there])))
    end = time.monotonic() + SLOWEST
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def warm(name: str) -> None:
    """Loads the libraries once, for every fork to inherit; our own modules are forgotten again."""
    for one in (name, "hypothesis", "tests.register.builders"):
        importlib.import_module(one)
    for loaded in [one for one in sys.modules if one.partition(".")[0] in ("ingest", "models", "tests")]:
        if not loaded.startswith("tests.mutation"):
            del sys.modules[loaded]


def tried(name: str) -> list[Mutant]:
    """The mutants of a module that no test noticed; a line on standard output for each."""
    source = file_of(name).read_text()
    warm(name)
    if noticed(name, ast.parse(source)):
        raise SystemExit(f"{name}: its tests fail without any change")
    found, alive = 0, []
    for mutant in mutants(source):
        found += 1
        if not noticed(name, mutant.tree):
            alive.append(mutant)
            say(f"  {name}:{mutant.line}: {mutant.what}")
    say(f"{name}: {found} mutants, {found - len(alive)} noticed, {len(alive)} not")
    return alive


def say(line: str) -> None:
    """A line on standard output, at once: the whole takes long."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Tries the modules named, or all of the table."""
    asked = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    asked.add_argument("modules", nargs="*", metavar="MODULE", help=f"one of {', '.join(TESTS)}")
    os.nice(10)
    os.chdir(ROOT)
    for name in asked.parse_args().modules or TESTS:
        tried(name)


if __name__ == "__main__":
    main()
