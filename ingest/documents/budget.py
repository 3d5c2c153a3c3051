"""How much one message may still unpack: bytes, parts, pages (contract: [limits]).

A refusal costs the part that asked, never its siblings: what is refused is not charged.
"""

from ingest.rules import DocumentPath, Limits, Progress
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

SUSPECT_RATIO = 100  # no office document shrinks a hundredfold
SUSPECT_BYTES = 10_000_000
CONVERSIONS = 8  # per message: each starts another program


class Budget:
    """What is left of the limits of one message. The only mutable value of this package."""

    def __init__(self, limits: Limits, progress: Progress) -> None:
        self.limits = limits
        self._progress = progress
        self._bytes = limits.unpacked_bytes
        self._parts = limits.parts
        self._pages = limits.pages
        self._conversions = CONVERSIONS

    def begin(self, path: DocumentPath) -> None:
        """Announces the part about to be opened. Raises Unreadable with the keeper's reason if it is set aside."""
        reason = self._progress.aside.get(path)
        if reason is not None:
            raise Unreadable(reason, "put aside after an earlier attempt")
        self._progress.begin(path)

    def part(self) -> bool:
        """Charges one part; False when there were too many already."""
        self._parts -= 1
        return self._parts >= 0

    def charge(self, size: int) -> None:
        """Charges `size` unpacked bytes. Raises Unreadable(PART_TOO_LARGE) beyond the limit."""
        if size > self._bytes:
            raise Unreadable(Reason.PART_TOO_LARGE, f"{size} bytes")
        self._bytes -= size

    def charge_member(self, size: int, packed: int) -> None:
        """Charges an archive's member by the size it declares (never more can be read) unless it looks like a bomb."""
        if size > SUSPECT_BYTES and size > SUSPECT_RATIO * max(packed, 1):
            raise Unreadable(Reason.PART_TOO_LARGE, f"{size} bytes out of {packed}")
        self.charge(size)

    def pages(self, count: int) -> None:
        """Charges a document's pages. Raises Unreadable: LIMIT_REACHED when too many, PART_UNREADABLE when none."""
        if count < 1:
            raise Unreadable(Reason.PART_UNREADABLE, "no pages")
        if count > self._pages:
            raise Unreadable(Reason.LIMIT_REACHED, f"{count} pages")
        self._pages -= count

    def conversion(self) -> None:
        """Charges one run of another program. Raises Unreadable(LIMIT_REACHED) when there were too many."""
        if self._conversions < 1:
            raise Unreadable(Reason.LIMIT_REACHED, "too many documents to convert")
        self._conversions -= 1

    def nested(self, depth: int) -> None:
        """Raises Unreadable(LIMIT_REACHED) when containers are nested deeper than allowed (0 = not nested)."""
        if depth > self.limits.nesting:
            raise Unreadable(Reason.LIMIT_REACHED, f"nested {depth} deep")
