"""What stands on a PDF page, as pdfminer drew it: letters, rectangles, lines, curves and pictures, as plain values.

pdfplumber's own objects say the same and forty things more of every letter; to make them takes longer than to read the
page. Shapes and coordinates are pdfplumber's: origin at the top-left corner of the media box.
"""

from collections.abc import Iterator
from typing import Any

from pdfminer.layout import LTChar, LTContainer, LTCurve, LTImage, LTItem, LTLine, LTRect
from pdfplumber.page import Page, fix_fontname_bytes

Item = dict[str, Any]

_KINDS = {LTChar: "chars", LTRect: "rects", LTLine: "lines", LTCurve: "curves", LTImage: "images"}


def items_of(page: Page) -> dict[str, list[Item]]:
    """The page's items by kind, each kind in the order in which it was drawn."""
    left, top = page.mediabox[:2]
    base = page.height
    found: dict[str, list[Item]] = {kind: [] for kind in _KINDS.values()}
    for drawn in _leaves(page.layout):
        kind = _KINDS.get(type(drawn))
        if kind is not None:
            item = {
                "x0": drawn.x0 + left,
                "x1": drawn.x1 + left,
                "top": (base - drawn.y1) + top,
                "bottom": (base - drawn.y0) + top,
            }
            found[kind].append(item | _own(drawn))
    return found


def _leaves(container: LTContainer[Any]) -> Iterator[Any]:
    """Every drawn thing, those inside figures in their place."""
    for one in container:
        if isinstance(one, LTContainer):
            yield from _leaves(one)
        else:
            yield one


def _own(drawn: LTItem) -> Item:
    if isinstance(drawn, LTChar):
        font = fix_fontname_bytes(drawn.fontname) if isinstance(drawn.fontname, bytes) else drawn.fontname
        return {"text": drawn.get_text(), "fontname": font, "size": drawn.size, "matrix": drawn.matrix}
    if isinstance(drawn, LTCurve):
        colour = drawn.non_stroking_color
        return {"pts": drawn.pts, "stroke": drawn.stroke, "fill": drawn.fill, "non_stroking_color": colour}
    return {}
