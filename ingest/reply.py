"""Letters to applicants: which facts they carry, and how facts become text.

The rendered letter is stored with its row before anything is sent, so every attempt sends the same bytes.
"""

import textwrap
from dataclasses import dataclass
from datetime import datetime

from ingest.form.schema import field_of
from ingest.italian import ROME, date_it, instant_it, time_it
from ingest.letter import Addressing, Attachment, Letter, LetterFacts
from ingest.letter_bytes import message_bytes
from ingest.readout import Row, masked, plain, rows
from ingest.rules import Notice
from ingest.templating import render
from ingest.verdict import Adhesion
from ingest.vocabulary import LetterKind, Reason

__all__ = ["Addressing", "Attachment", "Letter", "LetterFacts", "compose", "message_bytes"]
_SHOWN = 10  # adhesions whose data are printed; the others are counted
_LONGEST_BODY = 100_000  # characters


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One adhesion as the letter shows it."""

    name: str
    rows: tuple[Row, ...]
    questions: tuple[str, ...]


def compose(kind: LetterKind, facts: LetterFacts) -> Letter:
    """A letter in Italian, as plain text and as HTML. Values are cleaned, bounded and, in HTML, escaped."""
    view = _view(facts)
    text = render("letters", f"{kind}/body.txt", **view)
    return Letter(
        subject=plain(render("letters", f"{kind}/subject.txt", **view), 150),
        text=_wrapped(text)[:_LONGEST_BODY],
        html=render("letters", f"{kind}/body.html", **view),
    )


def _view(facts: LetterFacts) -> dict[str, object]:
    sheets = tuple(_sheet(adhesion, facts.notice) for adhesion in facts.adhesions[:_SHOWN])
    first = facts.adhesions[0] if facts.adhesions else None
    return {
        "key": plain(facts.key, 40),
        "title": plain(facts.notice.title, 250),
        "office": plain(facts.office, 254),
        "protocol": plain(facts.protocol, 60),
        "sender": plain(facts.sender, 254),
        "subject": masked(plain(facts.subject, 200)),
        "identifier": plain(facts.identifier, 250),
        "accepted": instant_it(facts.accepted_at) if facts.accepted_at else "",
        "deadline": _term(facts.notice.deadline),
        "works_start": date_it(facts.notice.works_start) if facts.notice.works_start else "",
        "sheets": sheets,
        "more": max(0, len(facts.adhesions) - _SHOWN),
        "timeliness": str(first.timeliness) if first else "",
        "role": str(first.role) if first else "",
        "questions": _questions(facts),
        "reply_by": date_it(facts.reply_by) if facts.reply_by else "",
        "version": facts.version,
        "reasons": tuple(str(reason) for reason in facts.reasons),
        "doubtful": any(row.doubtful for sheet in sheets for row in sheet.rows),
    }


def _sheet(adhesion: Adhesion, notice: Notice) -> _Sheet:
    name = adhesion.value("organisation.name")
    return _Sheet(
        name=masked(plain(name, 200)) if isinstance(name, str) else "",
        rows=rows(adhesion.fields, notice.themes),
        questions=tuple(dict.fromkeys(filter(None, (field_of(key).question_it for key in adhesion.missing)))),
    )


def _questions(facts: LetterFacts) -> tuple[str, ...]:
    keys = dict.fromkeys((*facts.missing, *(key for adhesion in facts.adhesions for key in adhesion.missing)))
    asked = [field_of(key).question_it for key in keys]
    reasons = (*facts.reasons, *(reason for adhesion in facts.adhesions for reason in adhesion.reasons))
    if Reason.INTEGRATE_IDENTITY in reasons:
        asked.append("la copia di un documento di identità valido di chi ha firmato il modulo")
    return tuple(dict.fromkeys(text for text in asked if text))


def _term(deadline: datetime) -> str:
    """The last day of the term, with its hour when that is not the end of the day."""
    local = deadline.astimezone(ROME)
    if (local.hour, local.minute) == (23, 59):
        return date_it(local)
    return f"{date_it(local)}, ore {time_it(local)}"


def _wrapped(text: str) -> str:
    """Lines of at most 76 columns, and never two empty ones together."""
    lines: list[str] = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        if not line.strip():
            if lines and lines[-1]:
                lines.append("")
            continue
        hang = indent + "  " if line.lstrip().startswith("- ") else indent
        lines += textwrap.wrap(
            line, 76, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
        )
    return "\n".join(lines).strip() + "\n"
