"""Where one form ends and the next begins in a document of several."""

import re
from collections.abc import Sequence

from ingest.form.fold import fold
from ingest.form.page import Page

_DECLARANT = re.compile(r"\b(?:il|la|io|i|l|o|a|sig)? ?sottoscr\w*|\bin qualita di\b.{0,400}\b(?:chiede|manifesta)\b")
_PERSONAL = re.compile(r"\bnat[oa]?\b|\bresidente\b|\bqualita di\b|\bcognome\b|\bcodice fiscale\b|\bcf\b")
_TITLE = re.compile(r"^.{0,260}\b(?:allegato (?:n )?1|allegato a|modulo di adesione)\b")
_NEAR = 260  # characters of folded text between a declarant phrase and the personal data that prove it


def forms_in(pages: Sequence[Page]) -> list[tuple[Page, ...]]:
    """`pages` cut where a new declarant begins. A "sottoscritto" without personal data after it is a clause."""
    groups: list[list[Page]] = []
    for page in pages:
        if not groups or _begins(page):
            groups.append([])
        groups[-1].append(page)
    if len(groups) > 1 and not _begins(pages[0]):  # a cover page before the first form belongs to it
        groups[1:2] = [groups[0] + groups[1]]
        del groups[0]
    return [tuple(group) for group in groups]


def _begins(page: Page) -> bool:
    text = fold(" ".join(w.text for w in page.words))
    for found in _DECLARANT.finditer(text):
        if _PERSONAL.search(text[found.end() : found.end() + _NEAR]):
            return True
    return bool(_TITLE.match(text)) and "sottoscr" in text
