"""The body's name on its own letterhead, where the form itself gives none."""

from ingest.form.bodies import legal_nature_in
from ingest.form.fold import fold
from ingest.form.owned import is_own_value
from ingest.form.page import Page, Word, around
from ingest.form.rows import rows_of
from ingest.form.value import Doubt
from ingest.form.wordings import starts_with_label
from ingest.rules import Notice
from ingest.verdict import FieldValue

_TOP = 0.22  # share of the page's height that a letterhead takes
_OFFICE = ("comune di", "citta di", "allegato", "ufficio", "distretto", "spett", "modulo", "oggetto", "manifestazione")


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
