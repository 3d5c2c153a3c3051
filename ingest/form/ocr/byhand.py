"""A page filled by hand: most of what stands on its leaders cannot be read, so the rest of it is mere luck."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.form.illegible import UNREAD
from ingest.form.ocr.agreement import CHECKED, DISPUTED
from ingest.form.page import Word

_FEWEST = 4  # pieces of writing that tell a hand
_MOSTLY = 0.5  # share of them that cannot be read


def without_guesses(read: Sequence[tuple[bool, Sequence[Word]]]) -> list[Word]:
    """The words of a page's pieces of text, each with whether it stands on a leader.

    On a page filled by hand what stands on leaders is a guess, save a code whose check digit is right: that is shown.
    """
    written = [words for on_leader, words in read if on_leader and words]
    illegible = sum(any(word.confidence <= UNREAD for word in words) for words in written)
    by_hand = len(written) >= _FEWEST and illegible > _MOSTLY * len(written)
    return [word for on, words in read for word in (_guesses(words) if on and by_hand else words)]


def _guesses(words: Iterable[Word]) -> list[Word]:
    return [replace(w, confidence=min(w.confidence, DISPUTED if w.confidence == CHECKED else UNREAD)) for w in words]
