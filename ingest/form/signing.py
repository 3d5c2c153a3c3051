"""What a form shows of a signature: only the document's own cryptographic ones are signatures, the rest is evidence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.form.fold import fold
from ingest.form.page import Box, Page
from ingest.form.slot import Slot
from ingest.form.value import Doubt
from ingest.verdict import DocumentSignature, FieldValue
from ingest.vocabulary import Method

_STAMP = re.compile(r"firmato (?:digitalmente|elettronicamente) da|digitally signed by|documento firmato digitalmente")
_REACH = 90.0  # points below the label where a signature may stand
_KIND = "signature.kind"
_TEXT = "signature.text"


@dataclass(frozen=True, slots=True)
class _Evidence:
    kind: str
    page: int
    box: Box
    confidence: float
    method: Method = Method.TEXT
    text: str = ""
    warnings: tuple[str, ...] = ()


def signature_fields(
    labels: Sequence[tuple[Slot, Page]], pages: Sequence[Page], signatures: Sequence[DocumentSignature], document: int
) -> dict[str, FieldValue]:
    """`signature.kind`, and `signature.text` where a name can be read. `labels`: every signature label met."""
    found = _certified(signatures) or _shown(labels, pages)
    kind = FieldValue(
        found.kind, found.text, document, found.page, found.box, found.method, found.confidence, found.warnings
    )
    if not found.text:
        return {_KIND: kind}
    text = FieldValue(found.text, found.text, document, found.page, found.box, found.method, found.confidence)
    return {_KIND: kind, _TEXT: text}


def _certified(signatures: Sequence[DocumentSignature]) -> _Evidence | None:
    for signature in signatures:
        broken = (Doubt.SIGNATURE_BROKEN,) if signature.integrity != "intact" else ()
        confidence = 0.5 if broken else 0.99
        return _Evidence(signature.kind, 0, (0.0, 0.0, 0.0, 0.0), confidence, Method.METADATA, signature.signer, broken)
    return None


def _shown(labels: Sequence[tuple[Slot, Page]], pages: Sequence[Page]) -> _Evidence:
    stamp = next((e for page in pages if (e := _stamp(page))), None)
    ink = next((e for slot, page in labels if (e := _ink(slot, page))), None)
    typed = next((e for slot, page in labels if slot.written and (e := _typed(slot, page))), None)
    nothing = _Evidence("none", pages[-1].number if pages else 0, (0.0, 0.0, 0.0, 0.0), 0.9)
    return stamp or ink or typed or nothing


def _stamp(page: Page) -> _Evidence | None:
    text = fold(" ".join(w.text for w in page.words))
    if not _STAMP.search(text):
        return None
    return _Evidence(
        "stamp_text_only", page.number, (0.0, 0.0, page.width, page.height), 0.9, warnings=(Doubt.STAMP_TEXT_ONLY,)
    )


def _typed(slot: Slot, page: Page) -> _Evidence | None:
    text = slot.text().strip()
    if not any(c.isalpha() for c in text):
        return None
    return _Evidence("typed", page.number, page.displayed(slot.box()), min(slot.confidence, 0.9), text=text)


def _ink(slot: Slot, page: Page) -> _Evidence | None:
    """An image, or drawn curves, near the label."""
    x0, y0, x1, y1 = slot.label.box
    area = (x0 - 60, y0 - 45, max(x1, slot.end[2] if slot.end else x1) + 60, y1 + _REACH)
    for image in page.images:
        if _meets(image, area) and image[2] - image[0] < page.width * 0.7:
            return _Evidence("ink", page.number, page.displayed(image), 0.8, warnings=(Doubt.SIGNATURE_IMAGE,))
    curves = [s.box for s in page.strokes if s.curved and _meets(s.box, area)]
    if curves:
        return _Evidence("ink", page.number, page.displayed(curves[0]), 0.75)
    return None


def _meets(box: Box, area: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return area[0] <= x <= area[2] and area[1] <= y <= area[3]
