"""The blank form of this program, filled in its own fields: names are schema keys, nothing is paired."""

from collections.abc import Iterable

from ingest.form.field import FieldType
from ingest.form.normal import normalise
from ingest.form.owned import marked
from ingest.form.page import Box, Page, Widget, WidgetKind, around
from ingest.form.registers import from_slots
from ingest.form.schema import field_of
from ingest.form.value import Doubt, Normal, warning
from ingest.form.widgets import ALL_MUNICIPALITIES, state_option, widget_key
from ingest.rules import Notice
from ingest.verdict import FieldValue
from ingest.vocabulary import Method


def own_widgets(pages: Iterable[Page]) -> dict[str, list[tuple[str, Widget, Page]]]:
    """Schema key → (slot, widget, page) of the widgets that carry our names."""
    found: dict[str, list[tuple[str, Widget, Page]]] = {}
    for page in pages:
        for widget in page.widgets:
            named = widget_key(widget.name)
            if named:
                found.setdefault(named[0], []).append((named[1], widget, page))
    return found


def slot_text(slot: str, widget: Widget) -> str:
    """What a widget says: its text, or the option of a ticked box; "" when empty."""
    if widget.kind is WidgetKind.TICK:
        return (state_option(widget.name, widget.state) if not slot or slot == "public" else slot) if widget.on else ""
    return widget.value.strip()


def list_value(key: str, slots: dict[str, str], notice: Notice) -> Normal | None:
    """The value of a key whose boxes and texts are separate widgets; None for keys of another kind."""
    kind = field_of(key).type
    if kind is FieldType.REGISTRATIONS:
        return from_slots(slots)
    if kind is FieldType.MUNICIPALITIES:
        if ALL_MUNICIPALITIES in slots:
            return Normal(list(notice.municipalities) or None)
        return Normal([m for m in notice.municipalities if _plain(m) in {_plain(s) for s in slots}] or None)
    if kind is FieldType.TICKS:
        return Normal([s for s in slots if s != "other_text"] or None)
    return None


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def direct_fields(pages: Iterable[Page], notice: Notice, document: int) -> dict[str, FieldValue]:
    """The fields of our own widgets. Booleans whose box is on the page are True or False; the rest, only if filled."""
    fields: dict[str, FieldValue] = {}
    for key, slots in own_widgets(pages).items():
        found = _field(key, slots, notice, document)
        if found:
            fields[key] = found
    return fields


def _field(key: str, slots: list[tuple[str, Widget, Page]], notice: Notice, document: int) -> FieldValue | None:
    texts: dict[str, str] = {}
    boxes: list[tuple[int, Box]] = []
    for slot, widget, page in slots:
        text = slot_text(slot, widget)
        if text:
            texts[slot if slot not in texts else f"{slot} {len(texts)}"] = text
            boxes.append((page.number, page.displayed(widget.box)))
    kind = field_of(key).type
    if key == "signature.kind" or not (texts or kind is FieldType.BOOLEAN):
        return None
    normal, raw = _normal(key, texts, notice)
    normal = marked(key, normal, notice.own_values)
    if normal.value is None and not normal.warnings:
        return None
    number = boxes[0][0] if boxes else slots[0][2].number
    box = around([b for n, b in boxes if n == number]) if boxes else slots[0][2].displayed(slots[0][1].box)
    confidence = round(0.99 * normal.confidence_factor, 3)
    return FieldValue(normal.value, raw, document, number, box, Method.ACROFORM, confidence, normal.warnings)


def _normal(key: str, texts: dict[str, str], notice: Notice) -> tuple[Normal, str]:
    several = list_value(key, texts, notice)
    raw = "; ".join(texts.values())
    if several is not None:
        return several, raw
    kind = field_of(key).type
    if kind is FieldType.BOOLEAN:
        return Normal(bool(texts)), raw
    if key == "organisation.legal_nature_other":
        kinds = [t for slot, t in texts.items() if "text" in slot and t] or [t for t in texts.values() if t != "altro"]
        return normalise(key, kinds[0]) if kinds else Normal(None), raw
    if key == "declarant.birth_place" and texts.get("province"):
        place = texts.get("", "")
        raw = f"{place} ({texts['province'].upper()})" if place and "(" not in place else place
        return normalise(key, raw), raw
    if kind is FieldType.ENUM and len(set(texts.values())) > 1:
        return Normal(None, 0.3, (warning(Doubt.CONFLICTING_TICKS),)), raw
    return normalise(key, raw), raw
