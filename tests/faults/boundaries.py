"""Every point at which a process can have done one more thing to the world, numbered: it can die, or freeze, at any.

The seams are those of the standard library and of SQLAlchemy, not our own code: a new effect is numbered by itself.
Killing a process just before its n-th effect is killing it just after the one before.
"""

import imaplib
import os
import signal
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

_FILES = ("fsync", "replace", "rename", "unlink", "mkdir")


@dataclass
class Boundaries:
    """Counts effects; at number `fatal` kills the process as `kill -9` does, at `frozen` stops it as SIGSTOP does.

    Its own process only.
    """

    fatal: int | None = None
    fatal_effect: str = ""  # or the first of this name
    frozen: int | None = None
    met: list[str] = field(default_factory=list)

    def meet(self, effect: str) -> None:
        """About to have this effect."""
        if len(self.met) == self.fatal or effect == self.fatal_effect:
            os.kill(os.getpid(), signal.SIGKILL)
        if len(self.met) == self.frozen:
            os.kill(os.getpid(), signal.SIGSTOP)
        self.met.append(effect)

    def watch(self) -> None:
        """Begins to count what this process does to disk, database, IMAP and SMTP."""
        for name in _FILES:
            setattr(os, name, self._met(name, getattr(os, name)))
        imaplib.IMAP4.send = self._met("imap", imaplib.IMAP4.send)  # type: ignore[method-assign]
        for step in ("connect", "send", "getreply"):
            setattr(smtplib.SMTP, step, self._met(f"smtp-{step}", getattr(smtplib.SMTP, step)))
        event.listen(Engine, "commit", lambda _connection: self.meet("commit"))

    def _met(self, effect: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def meeting(*arguments: Any, **options: Any) -> Any:
            self.meet(effect)
            return act(*arguments, **options)

        return meeting
