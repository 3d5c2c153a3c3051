"""What stands on the body's own letterhead, in the header and footer of its paper, where the form itself gives none.

Each value bears its doubt. A header or footer that holds anything of the office's is the office's, and gives nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.form.address import address_parts
from ingest.form.bodies import legal_nature_in
from ingest.form.choosing import method_of
from ingest.form.contacts import emails, looks_certified
from ingest.form.fold import fold
from ingest.form.normal import normalise
from ingest.form.owned import is_own_value
from ingest.form.page import Page, Word, around
from ingest.form.piece import TOPONYM
from ingest.form.row import Row
from ingest.form.rows import rows_of
from ingest.form.text import SHORT
from ingest.form.value import Doubt, listed
from ingest.form.wordings import starts_with_label
from ingest.rules import Notice
from ingest.verdict import FieldValue

_TOP = 0.22  # share of the page's height that a letterhead takes
_OFFICE = ("comune di", "citta di", "allegato", "ufficio", "distretto", "spett", "modulo", "oggetto", "manifestazione")
_SEAT = "organisation.registered_office"
_BEGINS = re.compile(r"(?:spett|al comune|alla|all|egr|oggetto|allegato|modulo|il sottoscritto|la sottoscritta)\b")
_ENDS = re.compile(r"(?:firma|il legale rappresentante|il dichiarante|il richiedente|in fede|il presidente)\b")
_LABEL = re.compile(
    r"\b(?:tel(?:efono)?|cell(?:ulare)?|fax|e-?\s?mail|mail|pec|p\.e\.c|c\.?\s?f|cod(?:ice)?\.?\s?fisc(?:ale)?|p(?:art(?:ita)?)?"
    r"\.?\s?i(?:va)?|r\.?e\.?a|iban|albo|sito|www)\b|\S+@",
    re.IGNORECASE,
)
_CODES = re.compile(
    r"(?P<fiscal>\bc\.?\s?f\.?|\bcod(?:ice)?\.?\s*fisc(?:ale)?\.?)?\s*(?:[/–-]|\be\b)?\s*"
    r"(?P<vat>\bp(?:art(?:ita)?)?\.?\s?i(?:\.?\s?v\.?\s?a)?\.?)?\s*(?:n\.?)?\s*:?\s*(?P<code>(?:IT)?\d{11})\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\b(?:tel|telefono|cell|cellulare)\b\.?\s*:?\s*(?P<number>\+?\d[\d ./-]{6,}\d)", re.IGNORECASE)
_PEC = re.compile(r"\bp\.?e\.?c\.?\s*:?\s*$", re.IGNORECASE)
_SITE = re.compile(r"(?<!@)\bwww\.[\w.-]+\.\w{2,}", re.IGNORECASE)
_CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class _Strip:
    """A header or a footer: its words as one text, and where each begins in it."""

    page: Page
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    def among(self, start: int, end: int) -> list[Word]:
        """The words that stand between two characters of the text."""
        found, at = [], 0
        for word in self.words:
            if at < end and at + len(word.text) > start:
                found.append(word)
            at += len(word.text) + 1
        return found


def letterhead_fields(pages: Sequence[Page], notice: Notice, document: int) -> dict[str, FieldValue]:
    """Code, seat, telephones and addresses of the header and the footer, by key; {} when there is none."""
    fields: dict[str, FieldValue] = {}
    for strip in _strips(pages):
        text = strip.text[:SHORT]
        if is_own_value(text, notice.own_values) or re.search(r"\b(?:comune|citta) di\b", fold(text)):
            continue
        for key, raw, (start, end) in _said(text):
            normal = normalise(key, raw)
            if key in fields or normal.value is None:
                continue
            words = strip.among(start, end)
            box = strip.page.displayed(around([word.box for word in words]))
            confidence = round(_CONFIDENCE * normal.confidence_factor, 3)
            doubts = (*normal.warnings, Doubt.LETTERHEAD)
            fields[key] = FieldValue(
                normal.value, raw, document, strip.page.number, box, method_of(words), confidence, doubts
            )
    return fields


def _strips(pages: Sequence[Page]) -> Iterator[_Strip]:
    """The rows above the addressee on the first page; those after the signature on the last."""
    if not pages:
        return
    rows = [row for row in rows_of(pages[0]) if row.cell is None]
    first = next((i for i, row in enumerate(rows) if _BEGINS.match(_folded(row))), 0)
    yield _strip(pages[0], rows[:first])
    rows = [row for row in rows_of(pages[-1]) if row.cell is None]
    last = max((i for i, row in enumerate(rows) if _ENDS.match(_folded(row))), default=len(rows))
    yield _strip(pages[-1], rows[last + 1 :])


def _strip(page: Page, rows: list[Row]) -> _Strip:
    return _Strip(page, tuple(item for row in rows for item in row.items if isinstance(item, Word)))


def _folded(row: Row) -> str:
    return fold(" ".join(item.text for item in row.items if isinstance(item, Word)))


def _said(text: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """(key, raw text, its place in the text) of what a header or a footer says."""
    for found in _CODES.finditer(text):
        if found["fiscal"] or found["vat"]:
            key = "fiscal_code" if found["fiscal"] else "vat_number"
            yield f"organisation.{key}", found["code"], found.span("code")
    numbers = list(_PHONE.finditer(text))
    if numbers:
        yield "organisation.phones", "; ".join(n["number"] for n in numbers), numbers[0].span("number")
    plain = []
    for found in re.finditer(r"\S+@\S+", text):
        address = listed(emails(found[0]))
        if address and (_PEC.search(text[: found.start()]) or looks_certified(address[0])):
            yield "organisation.pec", address[0], found.span()
        elif address:
            plain.append((address[0], found.span()))
    if plain:
        yield "organisation.emails", "; ".join(address for address, _ in plain), plain[0][1]
    site = _SITE.search(text)
    if site:
        yield "organisation.website", site[0], site.span()
    yield from _seat(text)


def _seat(text: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    begins = re.search(rf"(?<![\w'’]){TOPONYM.pattern}\s+\S", text, re.IGNORECASE)
    if not begins:
        return
    rest = text[begins.start() :]
    closed = re.search(r"\(\s*[A-Za-z]{2}\s*\)", rest)
    label = _LABEL.search(rest)
    end = min(closed.end() if closed else len(rest), label.start() if label else len(rest))
    parts = address_parts(rest[:end].strip(" ,;–-|•"))
    if "municipality" in parts:
        for leaf, part in parts.items():
            yield f"{_SEAT}.{leaf}", part, (begins.start(), begins.start() + end)


def letterhead_name(page: Page, notice: Notice, document: int) -> FieldValue | None:
    """The line in the largest type at the top of the page, with its doubt; None when it is no body's name."""
    lines = []
    for row in rows_of(page):
        words = [i for i in row.items if isinstance(i, Word)]
        if words and len(words) == len(row.items) and row.box[3] < page.height * _TOP:
            lines.append(words)
    if not lines:
        return None
    usual = sorted(w.size for w in page.words)[len(page.words) // 2]
    largest = max(lines, key=lambda words: max(w.size for w in words))
    text = " ".join(w.text for w in largest)
    if max(w.size for w in largest) < usual * 1.15 and legal_nature_in(text) is None:
        return None
    if fold(text).startswith(_OFFICE) or is_own_value(text, notice.own_values) or starts_with_label(text.split()):
        return None
    if sum(c.isalpha() for c in text) < 4:
        return None
    box = page.displayed(around([w.box for w in largest]))
    return FieldValue(text, text, document, page.number, box, largest[0].method, 0.8, (Doubt.LETTERHEAD,))
