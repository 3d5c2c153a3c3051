"""Messages asked for many at once, before they are wanted: a question for each costs more than the answer.

Only what came whole, as it was announced, is given out from here. All else is left to the way that asks for one message
at a time (ingest.imap_box), which can say what is wrong with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.mailbox import MessageUnavailable

Answers = dict[int, dict[bytes, Any]]
SIZE = b"RFC822.SIZE"


@dataclass(slots=True)
class Ahead:
    """What will be wanted of a folder. At most `bytes_` are held, in messages of at most `whole` each."""

    ask: Callable[[list[int], list[str], int], Answers]  # ids, items, bytes of the answer; raises as Box.fetch
    whole: int
    held: int
    chunk: int
    _waiting: dict[int, None] = field(default_factory=dict)  # in order
    _about: Answers = field(default_factory=dict)
    _read: dict[int, bytes] = field(default_factory=dict)

    def expect(self, uids: Sequence[int]) -> None:
        """These will be wanted next, in this order."""
        self._waiting = dict.fromkeys(uids)

    def take(self, uid: int) -> tuple[bytes, dict[bytes, Any]] | None:
        """A message whole and what was told of it; None when it must be asked for by itself."""
        if uid in self._waiting:
            try:
                self._read_on(uid)
            except MessageUnavailable:  # which one it was, asking one at a time will tell
                self._read.clear()
        raw = self._read.pop(uid, None)
        return None if raw is None else (raw, self._about.pop(uid))

    def _read_on(self, uid: int) -> None:
        while next(iter(self._waiting)) != uid:
            self._waiting.pop(next(iter(self._waiting)))
        if uid not in self._about:
            first = list(self._waiting)[: self.chunk]
            self._about = self.ask(first, ["RFC822.SIZE", "INTERNALDATE"], 0)
        batch, size = self._batch()
        for one in batch or [uid]:  # none is waited for again, whatever comes of it
            del self._waiting[one]
        answers = self.ask(batch, ["BODY.PEEK[]"], size) if batch else {}
        self._read = {}
        for one, answer in answers.items():
            raw = answer.get(b"BODY[]")
            if isinstance(raw, bytes) and len(raw) == self._about[one][SIZE]:
                self._read[one] = raw

    def _batch(self) -> tuple[list[int], int]:
        """The next messages that are small enough to be held together, and their bytes."""
        batch: list[int] = []
        total = 0
        for uid in self._waiting:
            size = self._about.get(uid, {}).get(SIZE)
            if not isinstance(size, int) or size > self.whole or (batch and total + size > self.held):
                break
            batch.append(uid)
            total += size
        return batch, total
