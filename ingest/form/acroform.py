"""The blank form's AcroForm: a tree of named fields, with appearances that any viewer can draw as they are."""

from dataclasses import dataclass

from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from ingest.form.page import Box
from ingest.form.sheet import HEIGHT

_REQUIRED, _MULTILINE, _RADIO = 1 << 1, 1 << 12, 1 << 15
_PRINT = 4  # annotation flag: the widget is printed
_WRITING = "/F1 9 Tf 0.02 0.09 0.3 rg"
ON = "Yes"  # state of a ticked box that is not one of a group


@dataclass(frozen=True, slots=True)
class Slot:
    """One field: full name, tooltip and traits."""

    name: str
    tooltip: str
    required: bool = False
    length: int = 0
    multiline: bool = False


class FieldTree:
    """Fields by their full names; a dot makes a level (ISO 32000-1 §12.7.3.2)."""

    def __init__(self, pdf: Pdf, font: Object) -> None:
        self._pdf = pdf
        self._font = font
        self._nodes: dict[str, Object] = {}
        self._top = Array([])

    def form(self) -> Object:
        """The AcroForm dictionary."""
        resources = Dictionary(Font=Dictionary(F1=self._font))
        return self._pdf.make_indirect(Dictionary(Fields=self._top, DR=resources, DA=String(_WRITING)))

    def text(self, slot: Slot, box: Box) -> Object:
        """A text field."""
        widget = self._widget(box, self._drawing(box, b"/Tx BMC EMC"))
        widget.FT, widget.DA, widget.V = Name.Tx, String(_WRITING), String("")
        widget.Ff = slot.required * _REQUIRED + slot.multiline * _MULTILINE
        if slot.length:
            widget.MaxLen = slot.length
        return self._rooted(slot, widget)

    def tick(self, slot: Slot, box: Box) -> Object:
        """A box to tick; its ON state is `Yes`."""
        widget = self._button(box, ON)
        widget.FT, widget.V, widget.Ff = Name.Btn, Name.Off, slot.required * _REQUIRED
        return self._rooted(slot, widget)

    def choice(self, slot: Slot, state: str, box: Box) -> Object:
        """One button of an exclusive group; the group is made with its first button. `state` is the option."""
        if slot.name not in self._nodes:
            made = Dictionary(FT=Name.Btn, Ff=_RADIO + slot.required * _REQUIRED, V=Name.Off, Kids=Array([]))
            self._nodes[slot.name] = self._rooted(slot, self._pdf.make_indirect(made))
        group = self._nodes[slot.name]
        widget = self._button(box, state)
        widget.Parent, widget.TU = group, String(slot.tooltip)
        group.Kids.append(widget)
        return widget

    def signature(self, slot: Slot, box: Box) -> Object:
        """An empty signature field."""
        widget = self._widget(box, self._drawing(box, b""))
        widget.FT = Name.Sig
        return self._rooted(slot, widget)

    def _rooted(self, slot: Slot, field: Object) -> Object:
        """Hang a field below the node that its name says."""
        path, _, last = slot.name.rpartition(".")
        field.T, field.TU = String(last), String(slot.tooltip)
        siblings = self._kids(path)
        if path:
            field.Parent = self._nodes[path]
        siblings.append(field)
        return field

    def _kids(self, path: str) -> Object:
        if not path:
            return self._top
        if path not in self._nodes:
            above, _, last = path.rpartition(".")
            siblings = self._kids(above)
            node = self._pdf.make_indirect(Dictionary(T=String(last), Kids=Array([])))
            if above:
                node.Parent = self._nodes[above]
            siblings.append(node)
            self._nodes[path] = node
        return self._nodes[path].Kids

    def _button(self, box: Box, state: str) -> Object:
        side = box[2] - box[0]
        low, high = 1.8, side - 1.8
        cross = f"0.02 0.09 0.3 RG 1.4 w {low} {low} m {high} {high} l S {low} {high} m {high} {low} l S"
        widget = self._widget(
            box, Dictionary({f"/{state}": self._drawing(box, cross.encode()), "/Off": self._drawing(box, b"")})
        )
        widget.AS, widget.MK = Name.Off, Dictionary(CA=String("8"))
        return widget

    def _widget(self, box: Box, normal: Object) -> Object:
        x0, y0, x1, y1 = box
        return self._pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                Rect=Array([round(x0, 2), round(HEIGHT - y1, 2), round(x1, 2), round(HEIGHT - y0, 2)]),
                F=_PRINT,
                AP=Dictionary(N=normal),
            )
        )

    def _drawing(self, box: Box, operators: bytes) -> Object:
        stream = self._pdf.make_stream(operators)
        stream.Type, stream.Subtype = Name.XObject, Name.Form
        stream.BBox = Array([0, 0, round(box[2] - box[0], 2), round(box[3] - box[1], 2)])
        stream.Resources = Dictionary(Font=Dictionary(F1=self._font))
        return stream
