"""One folder of an IMAP server, opened (see ingest.mailbox.Box).

The folder is opened with EXAMINE and read with BODY.PEEK[], so nothing changes on the server; it is selected for
writing only while one message is moved (ingest.imap_move). Ids are always lists of ints: imapclient 4 runs a command
given a string of ids, then fails on the answer.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, ProtocolError

from ingest.connection import Watch, fault
from ingest.imap_ahead import Ahead, Answers
from ingest.imap_move import full_name, move
from ingest.mailbox import (
    Arrived,
    FolderMissing,
    MailboxUnavailable,
    MessageUnavailable,
    Quota,
    Write,
)

NONSENSE = (ValueError, TypeError, AttributeError, LookupError)  # what imapclient lets out on a malformed answer
_IDLE_AT_MOST = 25 * 60.0  # RFC 2177: re-issue before 29 minutes


@dataclass(frozen=True, slots=True)
class ImapLimits:
    """How patient and how greedy we are: seconds, bytes, ids."""

    connect: float = 20.0
    silence: float = 60.0  # between two pieces of an answer
    call: float = 120.0  # for a whole answer, plus
    slowest: int = 20_000  # bytes a second for what was asked
    whole: int = 2_000_000  # a larger message is read in slices
    slice: int = 1 << 20
    held: int = 4_000_000  # of smaller ones so much is read at once
    window: int = 50_000  # uids asked for in one search: the answer is one line, limited to a million bytes
    chunk: int = 500  # ids in one command: servers limit its length


class ImapBox:
    """An examined folder over one connection."""

    def __init__(self, client: Any, watch: Watch, folder: str, limits: ImapLimits) -> None:
        self._client = client
        self._watch = watch
        self._limits = limits
        self._ahead = Ahead(self._answers, limits.whole, limits.held, limits.chunk)
        self.alive = True
        self.folder = folder
        with self._talk():
            self._name = full_name(client, folder)
        answer = self._select(readonly=True)
        self.uidvalidity = int(answer.get(b"UIDVALIDITY", 0))
        self._uidnext = int(answer.get(b"UIDNEXT", 0))
        if not self.uidvalidity:
            raise MailboxUnavailable("the server gives no UIDVALIDITY: messages cannot be told apart", temporary=False)

    def uids(self, after: int = 0) -> list[int]:
        """Uids greater than `after`, in order."""
        with self._talk():
            self._client.noop()  # what came since the last command
        found: set[int] = set()
        low = after + 1
        while low + self._limits.window < self._uidnext:
            found.update(self._search("UID", f"{low}:{low + self._limits.window - 1}"))
            low += self._limits.window
        found.update(self._search("UID", f"{low}:*"))
        return sorted(uid for uid in found if uid > after)  # n:* past the end is the last message (RFC 3501 §6.4.8)

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """RFC822.SIZE of each."""
        sizes: dict[int, int] = {}
        for start in range(0, len(uids), self._limits.chunk):
            chunk = list(uids[start : start + self._limits.chunk])
            with self._talk():
                answers = self._client.fetch(chunk, ["RFC822.SIZE"])
            sizes |= {uid: answer[b"RFC822.SIZE"] for uid, answer in answers.items() if b"RFC822.SIZE" in answer}
        return sizes

    def expect(self, uids: Sequence[int]) -> None:
        """They are asked for many at once as soon as the first is fetched."""
        self._ahead.expect(uids)

    def fetch(self, uid: int, write: Write) -> Arrived | None:
        """Write the message; a large one in slices, if the server knows where it ends."""
        ahead = self._ahead.take(uid)
        if ahead is None:
            return self._fetch_alone(uid, write)
        raw, about = ahead
        write(raw)
        return Arrived(_aware(about.get(b"INTERNALDATE")))

    def _fetch_alone(self, uid: int, write: Write) -> Arrived | None:
        about = self._ask(uid, ["RFC822.SIZE", "INTERNALDATE"])
        if about is None:
            self._refuse_if_listed(uid)
            return None
        size = about.get(b"RFC822.SIZE")
        if isinstance(size, int) and size > self._limits.whole and self._ends_at(uid, size):
            self._fetch_slices(uid, size, write)
        else:
            raw = self._whole(uid, size if isinstance(size, int) else None)
            if raw is None:
                self._refuse_if_listed(uid)
                return None
            write(raw)
        return Arrived(_aware(about.get(b"INTERNALDATE")))

    def move(self, uid: int, folder: str) -> bool:
        """Move one message; the folder is open for writing only meanwhile."""
        validity = int(self._select(readonly=False).get(b"UIDVALIDITY", 0))
        try:
            with self._talk():
                return validity == self.uidvalidity and move(self._client, uid, full_name(self._client, folder))
        finally:
            if self.alive:
                self._select(readonly=True)

    def quota(self) -> Quota | None:
        """STORAGE of the tightest root (RFC 2087); None when the server tells nothing usable."""
        with self._talk():
            if not self._client.has_capability("QUOTA"):
                return None
            try:
                answer = self._client.get_quota("INBOX")
                roots = [Quota(item.usage * 1024, item.limit * 1024) for item in answer if item.resource == "STORAGE"]
            except IMAPClientAbortError:
                raise
            except (IMAPClientError, *NONSENSE):
                return None
        return min(roots, key=lambda root: root.limit - root.used, default=None)

    def folders(self) -> list[str]:
        """All folders."""
        with self._talk():
            return [name for _flags, _separator, name in self._client.list_folders()]

    def search_header(self, name: str, value: str) -> list[int]:
        """UID SEARCH HEADER. Raises ValueError for a value that could end the command line."""
        if not (name + value).isprintable():
            raise ValueError("control characters in a header search")
        return sorted(self._search("HEADER", name, value))

    def wait(self, seconds: float, stopped: Callable[[], bool] = lambda: False) -> bool:
        """IDLE until something new, `seconds`, `stopped()`, or the line is lost."""
        try:
            with self._talk():
                if not self._client.has_capability("IDLE"):
                    return False
                if any(_is_news(item) for item in self._client.noop()[1]):
                    return True  # told together with the answer to IDLE it would lie unseen in the buffer
                self._client.idle()
            news = self._idle(min(seconds, _IDLE_AT_MOST), stopped)
            with self._talk():
                last = self._client.idle_done()[1]  # fails when the line is lost: idle_check does not
        except MailboxUnavailable:
            return False
        return news or any(_is_news(item) for item in last)

    def _idle(self, seconds: float, stopped: Callable[[], bool]) -> bool:
        end = time.monotonic() + seconds  # a duration, no time of day
        while (left := end - time.monotonic()) > 0 and not stopped():
            step = min(left, 1.0)
            began = time.monotonic()
            with self._talk():
                heard = self._client.idle_check(timeout=step)
            if any(_is_news(item) for item in heard):
                return True
            if not heard and time.monotonic() - began < step / 2:
                return False  # a dead line is silent at once, for ever
        return False

    def _select(self, *, readonly: bool) -> dict[bytes, Any]:
        with self._talk():
            try:
                answer: dict[bytes, Any] = self._client.select_folder(self._name, readonly=readonly)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                if self._client.folder_exists(self._name):
                    raise
                raise FolderMissing(self.folder) from None
            return answer

    def _search(self, *criteria: str) -> list[int]:
        with self._talk():
            return list(self._client.search(list(criteria)))

    def _refuse_if_listed(self, uid: int) -> None:
        """Raises MessageUnavailable for a message without answer that is still listed: taken for gone it were lost."""
        if uid in self._search("UID", str(uid)):
            raise MessageUnavailable(f"message {uid}: listed, and not given")

    def _ask(self, uid: int, items: list[str], expected: int = 0) -> dict[bytes, Any] | None:
        return self._answers([uid], items, expected).get(uid)

    def _answers(self, uids: list[int], items: list[str], expected: int = 0) -> Answers:
        with self._talk(expected, MessageUnavailable):
            answers: Answers = self._client.fetch(uids, items)
            return answers

    def _body(self, uid: int, size: int) -> bytes | None:
        answer = self._ask(uid, ["BODY.PEEK[]"], size)
        return None if answer is None else _bytes(answer.get(b"BODY[]"))

    def _whole(self, uid: int, size: int | None) -> bytes | None:
        """The bytes of a message, None when it vanished; read again if they are not as many as announced."""
        first = self._body(uid, size or 0)
        if first is None or len(first) == size:
            return first
        second = self._body(uid, size or 0)
        if second is None or len(second) == size:
            return second
        if second and second == first:
            return second  # twice the same: it is the announced size that is wrong, as with some servers
        raise MessageUnavailable(f"message {uid}: {size} bytes announced, {len(second)} given")

    def _ends_at(self, uid: int, size: int) -> bool:
        """Whether the last announced byte exists and none follows."""
        return len(self._slice(uid, size - 1, 2)) == 1

    def _fetch_slices(self, uid: int, size: int, write: Write) -> None:
        offset = 0
        while offset < size:
            wanted = min(self._limits.slice, size - offset)
            piece = self._slice(uid, offset, wanted)
            if not piece or len(piece) > wanted:
                raise MessageUnavailable(f"message {uid}: broken off after {offset} of {size} bytes")
            write(piece)
            offset += len(piece)

    def _slice(self, uid: int, offset: int, length: int) -> bytes:
        answer = self._ask(uid, [f"BODY.PEEK[]<{offset}.{length}>"], length) or {}
        return _bytes(answer.get(f"BODY[]<{offset}>".encode()))

    @contextmanager
    def _talk(
        self, expected: int = 0, refusal: type[MailboxUnavailable | MessageUnavailable] = MailboxUnavailable
    ) -> Iterator[None]:
        """Turn what the library raises into our errors; only library calls belong inside.

        `expected` bytes of answer lengthen the deadline; `refusal` is what a NO or BAD of the server becomes.
        """
        if not self.alive:
            raise MailboxUnavailable("the connection is lost")
        try:
            with self._watch.limit(self._limits.call + expected / self._limits.slowest):
                yield
        except (OSError, IMAPClientAbortError, ProtocolError, *NONSENSE) as error:
            self.alive = False
            raise MailboxUnavailable(fault(error, self._watch)) from error
        except IMAPClientError as error:
            raise refusal(f"the server answered: {str(error)[:200]}") from error


def _is_news(item: Any) -> bool:
    """Whether an untagged answer tells of an arrival; "OK Still here" and flag changes do not."""
    return isinstance(item, tuple) and len(item) == 2 and item[1] in (b"EXISTS", b"RECENT")


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""  # NIL, or nothing


def _aware(value: Any) -> datetime | None:
    """INTERNALDATE in UTC; None when the server's is missing, without zone or impossible."""
    if not isinstance(value, datetime):
        return None
    with suppress(ValueError, OverflowError):
        return value.astimezone(UTC) if value.tzinfo else None
    return None
