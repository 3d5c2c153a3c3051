"""What the core needs to know besides the bytes: the notice, the limits, who we are, what time it is.

Plain frozen values, built from the configuration by `ingest.config`; the core reads no file and no clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ingest.vocabulary import ParticipationRole, Reason


@dataclass(frozen=True, slots=True)
class Notice:
    """The public notice as data: its terms, addresses, themes and the categories it admits."""

    id: str
    title: str
    deadline: datetime  # aware; on time iff accepted_at < deadline + 1 second
    works_start: datetime | None = None  # T2; None until the office sets it
    opens: datetime | None = None  # accepted before it: a person looks
    closes: datetime | None = None  # the last second; accepted after it: a person looks
    clock: str = "acceptance"  # acceptance | delivery
    late_role: ParticipationRole = ParticipationRole.TO_CONFIRM
    themes: Mapping[str, str] = field(default_factory=dict)  # key -> printed label
    municipalities: tuple[str, ...] = ()
    own_values: tuple[str, ...] = ()  # the office's own addresses and numbers, casefolded substrings
    named_by: tuple[str, ...] = ()  # further words by which a form names this notice; its title always does


@dataclass(frozen=True, slots=True)
class Limits:
    """Per message, from [limits] of the configuration. Bytes and seconds."""

    message_bytes: int = 100_000_000
    unpacked_bytes: int = 300_000_000
    nesting: int = 6
    parts: int = 500
    pages: int = 200
    seconds: float = 120.0
    memory: int = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Context:
    """What stays the same from message to message."""

    notice: Notice
    limits: Limits = Limits()
    addresses: tuple[str, ...] = ()  # every certified address served here, lower case
    trust_anchors: tuple[bytes, ...] = ()  # DER certificates whose public keys are pinned
    ocr_language: str = "ita"
    others: tuple[Notice, ...] = ()  # further notices that arrive at the same mailbox


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a message came and when it is judged. Aware datetimes."""

    now: datetime
    internal_date: datetime | None = None  # IMAP INTERNALDATE, or the file's time for a maildir


DocumentPath = tuple[int, ...]


def _nothing(_path: DocumentPath) -> None:
    return


@dataclass(frozen=True, slots=True)
class Progress:
    """How the core tells its keeper which document it is about to open.

    When a worker dies or runs out of time, the keeper judges again with that document's path in `aside`: the part
    is then reported unreadable with that reason and the message goes on.
    """

    begin: Callable[[DocumentPath], None] = _nothing
    aside: Mapping[DocumentPath, Reason] = field(default_factory=dict)
