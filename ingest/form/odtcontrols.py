"""Form controls of an .odt: they are defined in one place and stand in another (OpenDocument 1.2 part 1 §13)."""

from xml.etree.ElementTree import Element

_BOXES = frozenset({"checkbox", "radio"})
_TEXTS = frozenset({"text", "textarea", "combobox", "listbox"})
_EMPTY = "________"


def with_states(root: Element) -> Element:
    """The same tree, with what each control shows as the text of the place where it is drawn."""
    defined = {_attribute(e, "id"): e for e in root.iter() if _local(e) in _BOXES | _TEXTS and _attribute(e, "id")}
    for place in root.iter():
        if _local(place) == "control" and _attribute(place, "control") in defined:
            place.text = _shown(defined[_attribute(place, "control")])
    return root


def _shown(control: Element) -> str:
    if _local(control) in _BOXES:
        on = _attribute(control, "current-state") == "checked" or _attribute(control, "current-selected") == "true"
        return "☒ " if on else "☐ "
    return (_attribute(control, "current-value") or _attribute(control, "value") or _EMPTY) + " "


def _local(item: Element) -> str:
    return item.tag.rpartition("}")[2] if isinstance(item.tag, str) else ""


def _attribute(item: Element, name: str) -> str:
    return next((v for k, v in item.attrib.items() if k.rpartition("}")[2] == name), "")
