"""Pages of a form → what it says. READ THIS FIRST of the form package.

Own fields first (names are schema keys), then boxes and slots paired by geometry. Nothing is guessed: two readings
of one thing give no value, or one with its doubt.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ingest.form.checks import settle
from ingest.form.choices import choices_of
from ingest.form.choosing import Chosen, Sheet, choose, chosen_fields
from ingest.form.closing import closing_line
from ingest.form.contexts import Part
from ingest.form.direct import direct_fields
from ingest.form.division import forms_in
from ingest.form.finish import finished
from ingest.form.gather import gathered
from ingest.form.inline import expanded
from ingest.form.labels import own_values
from ingest.form.letterhead import letterhead_fields, letterhead_name
from ingest.form.page import Page, WidgetKind
from ingest.form.pairing import pair, steps_of
from ingest.form.piece import Piece
from ingest.form.rows import rows_of
from ingest.form.signing import signature_fields
from ingest.form.slot import Slot
from ingest.form.tables import under_their_labels
from ingest.form.value import Doubt
from ingest.form.widgets import widget_key
from ingest.rules import Notice
from ingest.verdict import DocumentSignature, FieldValue, Reading
from ingest.vocabulary import Reason

_ANY_NOTICE = Notice(id="", title="", deadline=datetime.max.replace(tzinfo=UTC), own_values=own_values())


def read_form(
    pages: Sequence[Page], notice: Notice, document: int, *, signatures: Sequence[DocumentSignature] = ()
) -> tuple[Reading, ...]:
    """One reading per filled form in `pages` (form pages of one document, in order); none for a blank form.

    `document` is the index in Verdict.documents; `signatures` are the document's own, which decide signature.kind.
    """
    readings = []
    for group in forms_in(pages):
        fields, unknown = _fields(group, notice, document, signatures)
        if unknown or _is_filled(fields):
            reasons = (*_reasons(fields), *((Reason.LOW_CONFIDENCE,) if unknown else ()))
            readings.append(Reading(fields, document, tuple(p.number for p in group), reasons))
    return tuple(readings)


def is_blank(pages: Sequence[Page]) -> bool:
    """Whether nothing is written on the form: no value, no ticked box."""
    read = [_fields(group, _ANY_NOTICE, 0, ()) for group in forms_in(pages)]
    return not any(unknown or _is_filled(fields) for fields, unknown in read)


def _is_filled(fields: dict[str, FieldValue]) -> bool:
    """Whether somebody wrote on it: printed declarations and the office's own data alone are no filling."""
    return any(
        value.value not in (None, False, []) and Doubt.OWN_VALUE not in value.warnings
        for key, value in fields.items()
        if not key.startswith(("signature.", "declarations."))
    )


def _fields(
    pages: Sequence[Page], notice: Notice, document: int, signatures: Sequence[DocumentSignature]
) -> tuple[dict[str, FieldValue], bool]:
    """The fields of one form, and whether a box is ticked whose words mean nothing known."""
    own = direct_fields(pages, notice, document)
    pieces, chosen, unknown = _paired([_without_own(page) for page in pages], notice)
    written = {piece.slot.key for piece in pieces if piece.slot.written}
    pieces = [Piece(slot, piece.page) for piece in pieces for slot in expanded(piece.slot, written)]
    ticked = chosen_fields(chosen, document)
    read = ticked | gathered(pieces, chosen, notice, document) | own
    read |= {key: value for key, value in ticked.items() if read[key].value is None and value.value}
    if not {"place", "date"} <= read.keys():
        read = closing_line(pages, document) | read
    if "organisation.name" not in read and pages:
        name = letterhead_name(pages[0], notice, document)
        read |= {"organisation.name": name} if name else {}
    read = letterhead_fields(pages, notice, document) | read
    labels = [(p.slot, p.page) for p in pieces if p.slot.key == "signature.text"]
    read.pop("signature.text", None)
    signed = {k: v for k, v in signature_fields(labels, pages, signatures, document).items() if k not in own}
    return settle(finished(read | signed, pages, notice, document)), unknown


def _without_own(page: Page) -> Page:
    """Our own text fields stay as places to write: their value may have been flattened into the page."""
    others = tuple(
        replace(w, value="") if widget_key(w.name) else w
        for w in page.widgets
        if w.kind is not WidgetKind.SIGNATURE and not (w.kind is WidgetKind.TICK and widget_key(w.name))
    )
    return replace(page, widgets=others)


def _paired(pages: Sequence[Page], notice: Notice) -> tuple[list[Piece], list[Chosen], bool]:
    unknown = False
    pieces: list[Piece] = []
    chosen: list[Chosen] = []
    part, group = Part.HEAD, ""
    last: Slot | None = None
    for page in pages:
        sheet = _sheet(page, notice, group)
        chosen += sheet.chosen
        unknown = unknown or any(tick.on for tick in sheet.orphans)
        group = sheet.chosen[-1].choice.key if sheet.chosen else group
        right = max((row.box[2] for row in sheet.rows), default=page.width)
        before, last = last, None
        for found in pair(steps_of(sheet.rows), part, right, before):
            last = found if isinstance(found, Slot) else None
            if isinstance(found, Slot):
                pieces.append(Piece(found, page))
                part = found.part
    return pieces, chosen, unknown


def _sheet(page: Page, notice: Notice, group: str) -> Sheet:
    return choose(under_their_labels(rows_of(page)), page, choices_of(notice), group)


def _reasons(fields: dict[str, FieldValue]) -> tuple[Reason, ...]:
    found = []
    if any(Doubt.CONFLICTING_TICKS in value.warnings for value in fields.values()):
        found.append(Reason.CONFLICTING_TICKS)
    if any(w.startswith(Doubt.CHECK_DIGIT) for value in fields.values() for w in value.warnings):
        found.append(Reason.CHECK_DIGIT)
    return tuple(found)
