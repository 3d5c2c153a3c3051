"""A filled slot with the page it stands on."""

import re
from dataclasses import dataclass

from ingest.form.fold import fold
from ingest.form.page import Page
from ingest.form.slot import Slot

TOPONYM = re.compile(
    r"(?:via|v|viale|v\.?\s?le|piazza|p\.?\s?z?za|piazzale|piazzetta|corso|c\.?\s?so|largo|l\.?\s?go|vicolo|vic|strada|str|"
    r"contrada|loc|localit\S*|frazione|fraz|cascina|alzaia|galleria|parco|residenza|passaggio|salita|viottolo)\b",
    re.IGNORECASE,
)
_BODY_NOUN = re.compile(
    r"(?:Associazione|Cooperativa|Fondazione|Comitato|Parrocchia|Consorzio|Circolo|Sindacato)$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A filled slot with the page it stands on."""

    slot: Slot
    page: Page

    @property
    def text(self) -> str:
        """The value as found; with the word of its label that belongs to it ("via Roma", "dell'Associazione X")."""
        text = self.slot.text().strip().removeprefix(":").lstrip()
        if self.slot.key != "proposal":
            text = text.rstrip(" ,;")
        label = fold(self.slot.label.text)
        if (
            text
            and label in ("via", "in via", "alla via")
            and not TOPONYM.match(text)
            and self.slot.key.endswith("street")
        ):
            return f"Via {text}"
        noun = _BODY_NOUN.search(self.slot.label.text)
        if text and noun and self.slot.key == "organisation.name" and not self.slot.blanks:
            return f"{noun[0]} {text}"
        return text
