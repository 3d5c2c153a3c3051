"""Labels and what is written for them: rows in reading order → slots.

A slot holds what stands on its leaders, else what follows its label up to the next label. Words after a written
leader, or on a line of their own that nothing joins to the slot, are print: they close it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingest.form.between import filled_between
from ingest.form.bodies import names_body
from ingest.form.broken import with_whole_labels
from ingest.form.closing import ends_form
from ingest.form.columns import with_wrapped_columns
from ingest.form.contexts import DROPPED, INLINE_CAPACITY, Part, resolve
from ingest.form.fold import fold
from ingest.form.hints import OF
from ingest.form.page import Word
from ingest.form.row import Blank, Row
from ingest.form.slot import Slot, Step
from ingest.form.spans import Label, labelled
from ingest.form.ticks import Tick
from ingest.form.value import Doubt
from ingest.form.values import as_words, beside, is_prose, is_punctuation, lone_mark, without_hints
from ingest.form.wordings import MARK, OPERATING, STOP

_GLUED = 2.0  # points: less than a blank
_A_LINE = 80  # characters
_JOINED = 7.0  # points between words of one value where a leader ends
_NAMES = frozenset({"organisation.name", "organisation.network", "contact.name", "declarant.name", "proposal"})
_IN_NAMES = frozenset(
    [
        "via",
        "comune",
        "comune di",
        "citta",
        "localita",
        "ente",
        "sede",
        "nome",
        "cognome",
        "albo",
        "registro",
        "dal",
        "il",
        "richiedente",
        "data",
        "n",
    ]
)
_SAME_LINE = 8  # points
_PROVINCE = re.compile(r"\([A-Za-z]{2}\)?")  # "Gessate____ (MI___)"
_JOINERS = frozenset({"/", "-", "–", "e", ","})  # a second value follows, on the next line if not on this
_MULTILINE = frozenset({"proposal"})


def steps_of(rows: list[Row]) -> list[Step]:
    """All pieces of a page with their labels recognised, in reading order."""
    pieces = filled_between(
        [
            (piece, row, number)
            for number, row in enumerate(with_whole_labels(with_wrapped_columns(rows)))
            for piece in labelled(row)
        ]
    )
    after = [piece for piece, _, _ in pieces[1:]]
    return [Step(*one, following) for one, following in zip(pieces, [*after, None][: len(pieces)], strict=True)]


def pair(steps: Iterable[Step], part: Part, right: float, before: Slot | None = None) -> Iterator[Slot | Step]:
    """Slots as they close, and the steps (boxes to tick) that are no slot's.

    `right` is the right edge of the page's text: only a value that reaches it goes on in the next line. `before` is
    the last slot of the page before: one of several lines goes on over the leaders at the top of this page.
    """
    pairing = _Pairing(part, right)
    for step in steps:
        if pairing.row is None and before and before.key in _MULTILINE:
            if isinstance(step.piece, Blank):
                pairing.slot = replace(before, words=[], blanks=[], pending=[], warnings=[], end=step.piece.box)
            elif len(before.text()) > _A_LINE and not before.text().endswith((".", "!", "?", ")")):
                before.warnings.append(Doubt.TOO_LONG)
        yield from pairing.take(step)
    yield from pairing.close()


class _Pairing:
    """The open slot and the part of the form reached."""

    def __init__(self, part: Part, right: float) -> None:
        self.part = part
        self.right = right
        self.slot: Slot | None = None
        self.row: Step | None = None
        self.last_word: Word | None = None

    def take(self, step: Step) -> Iterator[Slot | Step]:
        if self.row is not None and step.number != self.row.number and self.slot and not self._goes_on(step):
            yield from self.close()
        self.row = step
        piece = step.piece
        if isinstance(piece, Label):
            yield from self._label(piece, step)
        elif isinstance(piece, Blank):
            yield from self._body_of(piece, step)
            self._blank(piece)
        elif isinstance(piece, Tick):
            yield from self.close()
            yield step
        else:
            self._word(piece)
        self.last_word = piece if isinstance(piece, Word) else None

    def _label(self, label: Label, step: Step) -> Iterator[Slot | Step]:
        slot = self.slot
        found = resolve(label, self.part)
        if found and found[0] == INLINE_CAPACITY and slot and slot.key == "declarant.capacity":
            found = None
        if found is None or is_prose(label, step.following) or (slot and self._is_value(slot, label, step)):
            for word in as_words(label):
                self._word(word)
            return
        key, part = found
        if key == INLINE_CAPACITY:  # "Io sottoscritta Anna Villa, legale rappresentante della …"
            yield from self.close()
            self.slot = Slot("declarant.capacity", label, part, step.number, end=label.box, cell=step.row.cell)
            self.slot.pending += as_words(label)
            return
        if slot and slot.key == key and not slot.written and not slot.blanks and not slot.pending:
            self.part = part  # one label in two wordings: "il/la sottoscritto/a (cognome e nome)"
            slot.end = label.box
            return
        yield from self.close()
        self.part = part
        if key != STOP:
            self.slot = Slot(
                key, label, part, step.number, end=label.box, confidence=0.97 * label.sure, cell=step.row.cell
            )

    def _is_value(self, slot: Slot, label: Label, step: Step) -> bool:
        """A label's words that stand in a value: "Via Roma" for via/piazza, "La Sede", "Via Libera APS"."""
        text = fold(label.text)
        if slot.key == "organisation.name" and text == "via" and _begins_a_name(slot, label, step):
            return True
        street = slot.key.endswith(("street", "municipality")) or slot.key.startswith(OPERATING)
        street = street and not slot.blanks
        if (
            street
            and not slot.written
            and not slot.pending
            and text in ("via", "v", "in via", "piazza", "viale", "corso", "largo")
        ):
            return True
        if slot.key == "contact.name" and not slot.written and not slot.pending and "sottoscr" in text:
            return True
        if slot.key not in _NAMES or not slot.pending or label.text.endswith(":"):
            return False
        if slot.key == "proposal":  # running text: what begins no line and has no colon is the applicant's own word
            return abs(label.box[3] - slot.pending[-1].box[3]) < 3
        close = label.box[0] - slot.pending[-1].box[2] < _JOINED and abs(label.box[3] - slot.pending[-1].box[3]) < 3
        return close and text in _IN_NAMES and (text != "via" or label.text[:1].isupper())

    def _body_of(self, blank: Blank, step: Step) -> Iterator[Slot | Step]:
        """After a capacity, "della ____": the place to write is the body's, whatever line it stands on."""
        slot, of = self.slot, self.last_word
        if not (slot and slot.key == "declarant.capacity" and of and blank.words and fold(of.text) in OF):
            return
        follows = abs(of.box[3] - blank.box[3]) < _SAME_LINE and of.box[2] <= blank.box[0] + _JOINED
        if follows and names_body(" ".join(word.text for word in blank.words)):
            slot.pending = [word for word in slot.pending if word is not of]
            yield from self.close()
            self.part = Part.BODY
            self.slot = Slot("organisation.name", slot.label, Part.BODY, step.number, end=blank.box, cell=step.row.cell)

    def _blank(self, blank: Blank) -> None:
        slot = self.slot
        if slot is None or slot.end is None:
            return
        if slot.pending:
            last = slot.pending[-1].box
            joins = (
                bool(blank.words)
                and 0 <= blank.words[0].box[0] - last[2] < _JOINED
                and abs(blank.words[0].box[3] - last[3]) < 3
            )
            if not blank.words or joins:  # the value was typed before the leader and pushes it right
                self._accept(slot)
            slot.pending.clear()
        slot.blanks.append(blank)
        slot.words += blank.words
        slot.end = blank.box
        if blank.doubtful:
            slot.confidence = min(slot.confidence, 0.6)
            slot.warnings.append(Doubt.AMBIGUOUS_POSITION)

    def _word(self, word: Word) -> None:
        slot = self.slot
        if slot is None:
            return
        if slot.blanks and not slot.pending:
            last = slot.blanks[-1]
            joined = bool(last.words) and word.box[0] - max(w.box[2] for w in last.words) < _JOINED
            joined = joined or word.box[0] - last.box[2] < _GLUED  # "____Anna Villa____"
            same_line = abs(word.box[3] - last.box[3]) < _SAME_LINE
            if same_line and slot.written and slot.key.endswith("municipality") and _PROVINCE.fullmatch(word.text):
                slot.words.append(word)
                return
            if same_line and not joined and not is_punctuation(word):
                self.slot = None if not slot.written else slot
                slot.pending.clear()
                slot.end = None  # print after the leader: nothing more is the slot's
                return
            if same_line and joined:
                last = replace(last, words=(*last.words, word))
                slot.blanks[-1] = last
                slot.words.append(word)
                return
        if slot.end is None:
            return
        slot.pending.append(word)
        slot.end = word.box

    def _accept(self, slot: Slot) -> None:
        slot.words += without_hints(slot.pending)

    def _goes_on(self, step: Step) -> bool:
        """Whether the slot may continue on the row of `step`."""
        slot, last = self.slot, self.row
        if slot is None or last is None or slot.end is None:
            return False
        if slot.label.text.startswith(MARK) and not isinstance(step.piece, Blank):
            return False
        if slot.key in _MULTILINE or isinstance(step.piece, Blank):
            return slot.key not in _MULTILINE or not ends_form(step.row)
        if last.row.cell != step.row.cell:
            if isinstance(step.piece, Word) and beside(last.row, step.row) and _ends_a_label(slot):
                slot.pending.clear()
            return slot.cell is not None and not slot.written and not slot.pending and beside(last.row, step.row)
        if step.row.cell is not None:
            return True
        near = step.row.box[1] - last.row.box[3] < 16
        first = step.row.items[0].box
        filled = slot.end[2] + min(first[2] - first[0], 150.0) > self.right - 40  # the next word found no room
        filled = filled or (bool(slot.pending) and slot.pending[-1].text in _JOINERS)
        empty = not slot.written and not slot.pending
        return near and (filled or (empty and self._reads_as_text(step)))

    def _reads_as_text(self, step: Step) -> bool:
        piece = step.piece
        if isinstance(piece, Label):  # "IL GIRASOLE": words of a label that mean none here
            return resolve(piece, self.part) is None or is_prose(piece, step.following)
        return isinstance(piece, Word)

    def close(self) -> Iterator[Slot | Step]:
        """The open slot, if any, finished."""
        slot = self.slot
        self.slot = None
        if slot is None:
            return
        if slot.pending:
            written = without_hints(slot.pending)
            if not slot.blanks:
                slot.words += written or lone_mark(slot.pending)
                slot.confidence = min(slot.confidence, 0.95)
            elif slot.written and written:
                slot.words += written
                slot.confidence = min(slot.confidence, 0.9)
            slot.pending = []
        if slot.key != DROPPED:
            yield slot


def _begins_a_name(slot: Slot, label: Label, step: Step) -> bool:
    """Whether "Via" is the first word of the body's name: right after its label, or in a cell below or beside it."""
    empty = not (slot.written or slot.blanks or slot.pending)
    named = isinstance(step.following, Word) and step.following.text[:1].isupper() and label.text[:1].isupper()
    last = slot.label.box
    near = -3 < label.box[0] - last[2] < 2 * _JOINED and abs(label.box[3] - last[3]) < 3
    return empty and named and label.text.isalpha() and (near or step.row.cell is not None)


def _ends_a_label(slot: Slot) -> bool:
    """Whether the words after a label in its own cell belong to it: "Referente per il tavolo" | "Anna Villa"."""
    return not slot.label.text.endswith(":") and all(
        word.text.islower() and "@" not in word.text for word in slot.pending
    )
