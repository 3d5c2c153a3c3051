"""A printed label's place to write, being filled, and the steps through a page that fill it."""

from dataclasses import dataclass, field

from ingest.form.contexts import Part
from ingest.form.page import Box, Word, around
from ingest.form.row import Blank, Row
from ingest.form.spans import Label, Piece


@dataclass(slots=True)
class Slot:
    """A label's place, being filled. `key` is a record key, or DROPPED."""

    key: str
    label: Label
    part: Part
    row: int
    words: list[Word] = field(default_factory=list)
    blanks: list[Blank] = field(default_factory=list)
    pending: list[Word] = field(default_factory=list)  # print or value: the next leader tells
    end: Box | None = None  # where the last thing of the slot stands
    confidence: float = 0.97
    warnings: list[str] = field(default_factory=list)
    cell: Box | None = None

    @property
    def written(self) -> bool:
        """Whether a value was found."""
        return bool(self.words)

    def text(self) -> str:
        """The value as found: words in reading order; characters of a comb joined."""
        if any(b.mark == "comb" and b.words for b in self.blanks):
            return "".join(w.text for w in self.words)
        return " ".join(w.text for w in self.words)

    def box(self) -> Box:
        """Where the value stands; the label's box when nothing is written."""
        return around([w.box for w in self.words]) if self.words else self.label.box


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of the page in reading order, with its row."""

    piece: Piece
    row: Row
    number: int
    following: Piece | None = None
