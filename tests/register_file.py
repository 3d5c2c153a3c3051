"""Watches, in every test, that no module of ours opens the register's file while SQLite has it open in this process.

Closing such a descriptor drops SQLite's locks without a word; the harm shows only once another process comes by.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[1]
_OURS = (str(ROOT / "ingest") + os.sep, str(ROOT / "models") + os.sep)
_BESIDE = ("-wal", "-shm", "-journal")


class OpenedFiles:
    """An audit hook (sys.audit: "sqlite3.connect", "open"); `wrong`: who opened what."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self._databases: set[str] = set()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect":
            self._databases.add(_real(arguments[0]))
        elif event == "open" and isinstance(arguments[0], (str, bytes)):
            path = _real(arguments[0])
            known = any(path.removesuffix(suffix) in self._databases for suffix in ("", *_BESIDE))
            if known and _is_open(path) and (where := _by_whom(sys._getframe(1))):
                self.wrong.append(f"{where} opened {path}")


def _real(path: Any) -> str:
    name = os.fsdecode(path)
    return os.path.realpath(unquote(urlsplit(name).path) if name.startswith("file:") else name)


def _is_open(path: str) -> bool:
    """Whether this process has it open now."""
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if str(descriptor.readlink()) == path:
                return True
    return False


def _by_whom(frame: FrameType | None) -> str:
    """The nearest module of the project in the calls, if it is one of the product."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_OURS):
            return f"{Path(name).relative_to(ROOT)}:{frame.f_lineno}"
        if name.startswith(str(ROOT / "tests")):
            return ""
        frame = frame.f_back
    return ""
