"""One document of the corpus with the record a right reading gives."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sample:
    """`truths`: one record per form in the document.

    `doubts`: key → doubts one of which must be shown beside the value, whatever it is; `parts`: further attachments of
    the same message; `scanned`: read with the picture engines; `person`: readings may be missing altogether as long as
    the document says why; `over_dots`: typed on the very dots of its leaders.
    """

    content: bytes
    media_type: str
    truths: tuple[dict[str, Any], ...]
    doubts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple[tuple[str, bytes], ...] = ()
    scanned: bool = False
    person: bool = False
    name: str = "Allegato 1.pdf"
    over_dots: bool = False
