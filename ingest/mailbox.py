r"""A mailbox as the daemon sees it, wherever it lies; ingest.imap and ingest.maildir implement it.

Reading changes nothing on the server: no flag, no \Seen. A message is known by its `Place`, and no read or unread
mark decides whether it is new. What goes wrong is one of four errors, so that the daemon can tell "try again next
round" from "stop before the account is locked" from "this one message".
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies: `uid` means something only together with the other three (RFC 3501 §2.3.1.1)."""

    account: str
    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Quota:
    """Bytes used and allowed."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that was read whole; the server's own time of arrival, aware, if it gave a usable one."""

    internal_date: datetime | None


class MailboxError(Exception):
    """A fault of the mailbox; `temporary` when the next round may find it gone. Never holds a password."""

    def __init__(self, detail: str, *, temporary: bool) -> None:
        super().__init__(detail)
        self.temporary = temporary


class MailboxUnavailable(MailboxError):  # noqa: N818 - the names say what happened
    """The network or the server failed; this round is over, nothing is lost."""

    def __init__(self, detail: str, *, temporary: bool = True) -> None:
        super().__init__(detail, temporary=temporary)


class LoginRefused(MailboxError):  # noqa: N818 - as above
    """The server does not take this user and password. Trying again and again may lock the account."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, temporary=False)


class FolderMissing(MailboxError):  # noqa: N818 - as above
    """The configured folder does not exist."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"the folder {folder!r} does not exist", temporary=False)


class MessageUnavailable(MailboxError):  # noqa: N818 - as above
    """The server lists this message but did not give it whole; the next message can still be read."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, temporary=True)


class Box(Protocol):
    """An opened folder. One box belongs to one thread. Every method may raise MailboxUnavailable."""

    @property
    def folder(self) -> str:
        """The folder's name."""

    @property
    def uidvalidity(self) -> int:
        """When it changes, all uids known before have lost their meaning."""

    @property
    def alive(self) -> bool:
        """False once the line is lost: open the mailbox anew."""

    def uids(self, after: int = 0) -> list[int]:
        """The messages with a uid greater than `after`, in order, read or unread."""

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes per message as the server states them; what vanished is left out."""

    def expect(self, uids: Sequence[int]) -> None:
        """These will be fetched next, in this order: a hint, by which they may be asked for many at once.

        A line that is then lost may have been lost at any of them, not only at the one being fetched.
        """

    def fetch(self, uid: int, write: Write) -> Arrived | None:
        """Write the message's exact bytes, in pieces; None, and nothing written, when it is no longer there.

        Raises MessageUnavailable when the server does not give it whole: what was written is then to be dropped.
        """

    def move(self, uid: int, folder: str) -> bool:
        """Move the message; `folder` is created if missing. True when it no longer lies here, False when it stays."""

    def quota(self) -> Quota | None:
        """The room in the mailbox, if the server says."""

    def folders(self) -> list[str]:
        """The names of all folders."""

    def search_header(self, name: str, value: str) -> list[int]:
        """The messages with a header `name` that contains `value`, in order."""

    def wait(self, seconds: float, stopped: Callable[[], bool] = lambda: False) -> bool:
        """True as soon as the server tells of something new.

        A hint only: False may come early (no such service, line lost, `stopped()` true), so the caller keeps its
        own rhythm and sleeps out the rest.
        """


class Mailbox(Protocol):
    """An account that can be opened, a round at a time."""

    @property
    def account(self) -> str:
        """The name under which the ledger knows the mailbox."""

    @property
    def folder(self) -> str:
        """The folder that is polled."""

    def open(self, folder: str | None = None) -> AbstractContextManager[Box]:
        """A connection for one round, to `folder` or to the polled one. Raises any MailboxError but the last."""
