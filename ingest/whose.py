"""Which notice a message belongs to, and whether that notice was open when the message was accepted.

A notice is named by a text that holds all the words that tell its title from the other notices' titles. One that is
named by more than one, or by none while more than one is open, belongs to nobody until a person says so: never guessed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.form.fold import fold
from ingest.rules import Notice
from ingest.vocabulary import Reason

_LAST_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Belonging:
    """The notice by whose rules a message is read, and why a person must look (None: it surely is that one's)."""

    notice: Notice
    doubt: Reason | None = None

    @property
    def id(self) -> str:
        """The notice's id; "" while nobody knows whose the message is."""
        return "" if self.doubt is Reason.NOTICE_UNCLEAR else self.notice.id


def belonging(notices: tuple[Notice, ...], at: Callable[[Notice], datetime], texts: Iterable[str]) -> Belonging:
    """The notice of a message. `at` gives the instant that counts; `texts` in order of weight, read only as needed."""
    if len(notices) == 1:
        return _whether_open(notices[0], at)
    for text in texts:
        found = named(text, notices)
        if len(found) == 1:
            return _whether_open(found[0], at)
        if found:
            return Belonging(found[0], Reason.NOTICE_UNCLEAR)
    standing = [notice for notice in notices if is_open(notice, at(notice))]
    if len(standing) == 1:
        return Belonging(standing[0])
    return Belonging((standing or list(notices))[0], Reason.NOTICE_UNCLEAR)


def is_open(notice: Notice, at: datetime) -> bool:
    """Whether an instant lies between a notice's opening and its closing, its whole last second included."""
    begun = notice.opens is None or at >= notice.opens
    return begun and (notice.closes is None or at < notice.closes + _LAST_SECOND)


def named(text: str, notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    """The notices that a text names, by title, id or one of their other names."""
    words = set(fold(text).split())
    return tuple(notice for notice in notices if any(name <= words for name in _names(notice, notices)))


def _names(notice: Notice, notices: tuple[Notice, ...]) -> Iterator[set[str]]:
    """The words of each name that no other notice's names have; a name without such words names nobody."""
    elsewhere = {word for other in notices if other is not notice for name in _written(other) for word in name}
    for name in _written(notice):
        own = name - elsewhere
        if own:
            yield own


def _written(notice: Notice) -> Iterator[set[str]]:
    for name in (notice.title, notice.id, *notice.named_by):
        yield set(fold(name).split())


def _whether_open(notice: Notice, at: Callable[[Notice], datetime]) -> Belonging:
    bounded = notice.opens is not None or notice.closes is not None
    shut = bounded and not is_open(notice, at(notice))
    return Belonging(notice, Reason.NOTICE_NOT_OPEN if shut else None)
