"""A tagged PDF under construction: pages, marked text, drawn boxes, and the structure tree that a screen reader walks.

Measures are points from the top-left corner of an A4 page. Whatever is drawn is either marked content of a structure
element or an artifact; every widget is the object of a Form element (ISO 14289-1 §7.18, in spirit: not certified).
"""

from dataclasses import dataclass
from io import BytesIO

from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, String

from ingest.form.page import Box
from ingest.form.typeface import Typeface, embed, literal

WIDTH, HEIGHT = 595.28, 841.89
INK, RULE, ACCENT = (0.1, 0.12, 0.16), (0.36, 0.43, 0.52), (0.0, 0.3, 0.6)


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text on one baseline."""

    x: float
    y: float
    text: str
    size: float = 8.5
    bold: bool = False
    colour: tuple[float, float, float] = INK


class Sheet:
    """The document being drawn. Order of calls is reading order."""

    def __init__(self, title: str) -> None:
        self.pdf = Pdf.new()
        self.regular: Typeface = embed(self.pdf, "F1", bold=False)
        self.bold: Typeface = embed(self.pdf, "F2", bold=True)
        self._title = title
        self._root = self.pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        self._document = self._element("Document", self._root)
        self._root.K = Array([self._document])
        self._parents: dict[int, Object] = {}
        self._content: list[bytes] = []
        self._marked: list[Object] = []
        self.page: Object = Dictionary()
        self.pages = 0

    def new_page(self) -> None:
        """Close the page at hand and begin the next."""
        self._close_page()
        fonts = Dictionary({f"/{face.name}": face.font for face in (self.regular, self.bold)})
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, WIDTH, HEIGHT]),
            Resources=Dictionary(Font=fonts),
            Tabs=Name.S,
            Annots=Array([]),
            StructParents=self._key(),
        )
        self.pdf.pages.append(Page(self.pdf.make_indirect(page)))
        self.page = self.pdf.pages[-1].obj
        self.pages += 1

    def say(self, tag: str, *runs: Run) -> None:
        """Print runs of text as one structure element (H1, H2, P)."""
        element = self._element(tag, self._document)
        element.Pg = self.page
        element.K = Array([len(self._marked)])
        self._document.K.append(element)
        self._content.append(b"/%s <</MCID %d>> BDC" % (tag.encode(), len(self._marked)))
        self._content.extend(self._drawn(run) for run in runs)
        self._content.append(b"EMC")
        self._marked.append(element)

    def decorate(self, *runs: Run) -> None:
        """Print text that is no part of the reading (page numbers)."""
        self._content += [b"/Artifact BMC", *(self._drawn(run) for run in runs), b"EMC"]

    def outline(self, box: Box, line: float = 0.6) -> None:
        """Draw the frame of a slot."""
        x0, y0, x1, y1 = box
        path = f"{x0:.2f} {HEIGHT - y1:.2f} {x1 - x0:.2f} {y1 - y0:.2f} re S"
        self._artifact(f"{_numbers(RULE)} RG {line} w {path}")

    def bar(self, box: Box) -> None:
        """Fill a strip in the accent colour."""
        x0, y0, x1, y1 = box
        self._artifact(f"{_numbers(ACCENT)} rg {x0:.2f} {HEIGHT - y1:.2f} {x1 - x0:.2f} {y1 - y0:.2f} re f")

    def place(self, widget: Object, description: str) -> None:
        """Put a widget on the page and its Form element into the reading order."""
        element = self._element("Form", self._document)
        reference = Dictionary(Type=Name.OBJR, Obj=widget, Pg=self.page)
        element.K, element.Pg, element.Alt = Array([reference]), self.page, String(description)
        self._document.K.append(element)
        key = self._key()
        self._parents[key] = element
        widget.StructParent, widget.P = key, self.page
        self.page.Annots.append(widget)

    def finished(self, form: Object) -> bytes:
        """The file's bytes: the same calls give the same bytes (no clock, no chance)."""
        self._close_page()
        numbers = [item for key in sorted(self._parents) for item in (key, self._parents[key])]
        self._root.ParentTree = self.pdf.make_indirect(Dictionary(Nums=Array(numbers)))
        self._root.ParentTreeNextKey = len(self._parents)
        root = self.pdf.Root
        root.StructTreeRoot, root.AcroForm = self._root, form
        root.MarkInfo = Dictionary(Marked=True)
        root.Lang = String("it-IT")
        root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        with self.pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as meta:
            meta["dc:title"] = self._title
            meta["dc:language"] = ["it-IT"]
        self.pdf.docinfo.Title = String(self._title)
        target = BytesIO()
        self.pdf.save(target, deterministic_id=True, min_version="1.7", compress_streams=True)
        return target.getvalue()

    def _element(self, tag: str, parent: Object) -> Object:
        return self.pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name(f"/{tag}"), P=parent, K=Array([])))

    def _key(self) -> int:
        """The next free number of the parent tree."""
        key = len(self._parents)
        self._parents[key] = self._root  # kept until its owner is known
        return key

    def _close_page(self) -> None:
        if self.pages:
            self.page.Contents = self.pdf.make_stream(b"\n".join(self._content))
            self._parents[int(self.page.StructParents)] = self.pdf.make_indirect(Array(self._marked))
        self._content, self._marked = [], []

    def _drawn(self, run: Run) -> bytes:
        face = self.bold if run.bold else self.regular
        place = f"{_numbers(run.colour)} rg BT /{face.name} {run.size} Tf {run.x:.2f} {HEIGHT - run.y:.2f} Td "
        return place.encode() + literal(run.text) + b" Tj ET"

    def _artifact(self, operators: str) -> None:
        self._content.append(b"/Artifact BMC q " + operators.encode() + b" Q EMC")


def _numbers(colour: tuple[float, float, float]) -> str:
    return " ".join(f"{part:g}" for part in colour)
