"""Values that are drawings on a page of text ("Fill & Sign" flattened to outlines): read from the picture, then added.

The text layer's words stay; a word of the picture is added only where the layer has none, never above the confidence
that sends it to a person.
"""

from dataclasses import replace

from ingest.form.glyphs import EMPTY_GLYPHS, TICKED_GLYPHS
from ingest.form.page import Box, Page, Word

DRAWN = 0.49  # confidence of a value that is a drawing: below every threshold
_FEWEST = 4  # drawings that make it worth looking at the picture
_LOW, _HIGH = 2.0, 40.0  # points: height of drawn letters and words


def lacks_values(page: Page) -> bool:
    """Whether something other than text was put on the page where values are expected."""
    drawn = [s.box for s in page.strokes if (s.curved or s.filled) and _LOW < s.box[3] - s.box[1] < _HIGH]
    drawn += [box for box in page.images if box[3] - box[1] < _HIGH]
    free = [box for box in drawn if not any(_meet(box, word.box) for word in page.words)]
    on_leaders = [box for box in free if any(_meet(box, leader.box) for leader in page.leaders)]
    return len(free) >= _FEWEST and (not page.leaders or bool(on_leaders))


def merged(page: Page, read: Page) -> Page:
    """`page` with the words of `read` (the same page seen as a picture) that lie where it has none."""
    if abs(page.width - read.width) > 3 or abs(page.height - read.height) > 3:
        return page
    glyphs = TICKED_GLYPHS | EMPTY_GLYPHS
    own = [word.box for word in page.words]
    added: list[Word] = [
        replace(word, confidence=min(word.confidence, DRAWN))
        for word in read.words
        if word.text not in glyphs and not any(_meet(word.box, box) for box in own)
    ]
    return replace(page, words=(*page.words, *added))


def _meet(box: Box, other: Box) -> bool:
    """Whether two boxes share more than a hair."""
    across = min(box[2], other[2]) - max(box[0], other[0])
    down = min(box[3], other[3]) - max(box[1], other[1])
    return across > 0.8 and down > 1.5
