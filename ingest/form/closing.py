"""The line that ends a form without labels: "Bussero, 20 luglio 2021", "Pioltello, lì 28-07-2021"."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.form.choosing import method_of
from ingest.form.fold import fold
from ingest.form.normal import normalise
from ingest.form.page import Page, Word, around
from ingest.form.row import Blank, Row
from ingest.form.rows import rows_of
from ingest.verdict import FieldValue

_MONTHS = "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre"
_LINE = re.compile(
    rf"(?P<place>[A-ZÀ-Ý][A-Za-zÀ-ÿ'’./ ]{{1,40}}?)\s*,?\s+(?:l[iìí]['’]?,?\s+|addì\s+|il\s+)?"
    rf"(?P<date>\d{{1,2}}\s?[./-]\s?\d{{1,2}}\s?[./-]\s?\d{{2,4}}|\d{{1,2}}°?\s+(?:{_MONTHS})\s+\d{{4}})"
    r"(?:\s+(?:firma|il\b|la\b|in fede|timbro|f\.to).*)?",
    re.IGNORECASE,
)
_NOT_PLACES = re.compile(r"\b(?:nat[oa]|sottoscr\w+|entro|avviso|prot\w*|decreto|legge|data|dpr|iscri\w+|periodo)\b")
_LATE = 0.5  # share of what is written on the page, above which no form ends
_MOST_WORDS = 5
_JOINS = frozenset({",", "lì", "li", "lì,", "li'", "addì"})  # go on with the line, however wide the blank
_GAP = 18.0  # points
_FIRST = "2017-08-03"  # D.Lgs. 117/2017: no such form is older; a birth with its place looks the same


def closing_line(pages: Sequence[Page], document: int) -> dict[str, FieldValue]:
    """Place and date of the last such line of the last page that has one; {} when there is none."""
    for page in reversed(pages):
        rows = rows_of(page)
        for row in reversed(rows[int(len(rows) * _LATE) :]):
            words = _first_run(_written(row))
            found = _said_in(row)
            if not found:
                continue
            typed = any(isinstance(item, Blank) and words[0] in item.words for item in row.items)
            written = ("place", "date") if typed or not _is_printed(found, pages) else ("date",)
            read = {key: normalise(key, found[key].strip(" ,")) for key in written}
            if str(read["date"].value) < _FIRST:
                continue
            box = page.displayed(around([word.box for word in words]))
            result = {}
            for key, normal in read.items():
                result[key] = FieldValue(
                    normal.value, found[key], document, page.number, box, method_of(words),
                    round(0.9 * normal.confidence_factor, 3), normal.warnings,
                )  # fmt: skip
            return result
    return {}


def ends_form(row: Row) -> bool:
    """Whether a row is such a line, wherever it stands: no text above goes on in it."""
    return _said_in(row) is not None


def _said_in(row: Row) -> re.Match[str] | None:
    words = _first_run(_written(row))
    found = _LINE.fullmatch(" ".join(word.text for word in words).strip()) if words and not row.cell else None
    if found and len(found["place"].split()) <= _MOST_WORDS and not _NOT_PLACES.search(fold(found["place"])):
        return found
    return None


def _is_printed(found: re.Match[str], pages: Sequence[Page]) -> bool:
    """Whether "Cernusco sul Naviglio, lì" was on the blank: the form is addressed to that town, and a date follows."""
    between = fold(found.string[found.end("place") : found.start("date")])
    addressee = f" comune di {fold(found['place'])} "
    return between == "li" and any(addressee in f" {fold(' '.join(w.text for w in page.words))} " for page in pages)


def _written(row: Row) -> list[Word]:
    """The words of a row, a leader's width added to the last one on or before it."""
    words: list[Word] = []
    for item in row.items:
        if isinstance(item, Word):
            words.append(item)
            continue
        words += item.words if isinstance(item, Blank) else ()
        if words and isinstance(item, Blank):
            last = words[-1]
            words[-1] = replace(last, box=(*last.box[:2], max(last.box[2], item.box[2]), last.box[3]))
    return words


def _first_run(words: list[Word]) -> list[Word]:
    """The words up to a wide gap: the signature often stands on the same line."""
    for at, (word, following) in enumerate(pairwise(words), start=1):
        if following.box[0] - word.box[2] > _GAP and not {word.text, following.text} & _JOINS:
            return words[:at]
    return words
