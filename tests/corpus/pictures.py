"""Forms as pictures: scans of several kinds, faxes, phone photographs, filled by typing or by hand."""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.corpus.fills import a_fill
from tests.corpus.layouts import canonical
from tests.corpus.paper import Paper, Style
from tests.corpus.sample import Sample

Pixels = npt.NDArray[np.uint8]
_IDENTITY = (
    "REPUBBLICA ITALIANA", "MINISTERO DELL'INTERNO", "CARTA DI IDENTITÀ / IDENTITY CARD", "CA12345XY",
    "COGNOME / SURNAME  ESEMPIO", "NOME / NAME  CARLA", "LUOGO E DATA DI NASCITA  BUSSERO 01.01.1970",
    "CODICE FISCALE  SMPCRL70A41B292X", "SCADENZA / EXPIRY 01.01.2029",
)  # fmt: skip


@dataclass(frozen=True)
class Paperwork:
    """How a page became a picture. Angles in degrees."""

    dpi: int = 200
    skew: float = 0.0
    bits: int = 8
    noise: float = 4.0
    blur: float = 0.0
    grey: int = 0  # how far the paper is from white


def _pages(content: bytes, dpi: int) -> list[Pixels]:
    document = pypdfium2.PdfDocument(content)
    return [np.asarray(page.render(scale=dpi / 72).to_pil().convert("RGB")).copy() for page in document]


def _written(pages: list[Pixels], paper: Paper, dpi: int, rng: random.Random, *, capitals: bool) -> None:
    """Somebody writes the values with a blue pen, letter by letter."""
    scale = dpi / 72
    for number, x, y, text in paper.hand:
        page = pages[number]
        at = x * scale
        for letter in text.upper() if capitals else text:
            size = (0.33 if capitals else 0.38) * dpi / 100 * rng.uniform(0.88, 1.1)
            low = round(page.shape[0] - (y + rng.uniform(-1.2, 1.4)) * scale)
            _letter(page, letter, (round(at), low), size, rng)
            at += scale * (7.4 if capitals else 5.6) * rng.uniform(0.85, 1.12)


def _letter(page: Pixels, letter: str, at: tuple[int, int], size: float, rng: random.Random) -> None:
    """One letter, leaning and bent as a hand makes it."""
    side = 90
    tile = np.full((side, side, 3), 255, np.uint8)
    cv2.putText(tile, letter, (25, 60), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, size, (130, 40, 20), 1, cv2.LINE_AA)
    lean = np.asarray([[1, rng.uniform(-0.35, 0.1), rng.uniform(0, 12)], [rng.uniform(-0.12, 0.12), 1, 0]], np.float32)
    bent = cv2.warpAffine(tile, lean, (side, side), borderValue=(255, 255, 255))
    x, y = at[0] - 25, at[1] - 60
    if x >= 0 and y >= 0 and y + side < page.shape[0] and x + side < page.shape[1]:
        page[y : y + side, x : x + side] = np.minimum(page[y : y + side, x : x + side], bent)


def _aged(page: Pixels, how: Paperwork, rng: random.Random) -> Pixels:
    """What a scanner makes of a page."""
    height, width = page.shape[:2]
    angle = how.skew * rng.choice((-1, 1))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turned = cv2.warpAffine(page, turn, (width, height), borderValue=(255, 255, 255), flags=cv2.INTER_CUBIC)
    grey: npt.NDArray[Any] = cv2.cvtColor(turned, cv2.COLOR_RGB2GRAY).astype(np.float32)
    if how.blur:
        grey = cv2.GaussianBlur(grey, (0, 0), how.blur)
    noise = np.random.default_rng(rng.randrange(1 << 30)).normal(0, how.noise, grey.shape)
    grey = np.clip(grey * (255 - how.grey) / 255 + noise, 0, 255)
    if how.bits == 1:
        grey = np.where(grey > 165, 255, 0)
    return np.asarray(grey, np.uint8)


def _as_pdf(pages: list[Pixels], bits: int) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for page in pages:
        picture = Image.fromarray(page)
        if bits == 1:
            picture = picture.convert("1")
        height = 595.0 * page.shape[0] / page.shape[1]
        canvas.setPageSize((595, height))
        canvas.drawImage(ImageReader(picture), 0, 0, 595, height)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def scan(rng: random.Random, how: Paperwork, **style: Any) -> Sample:
    """A typed form, printed and scanned."""
    fill = a_fill(rng)
    chosen: dict[str, Any] = {
        "leader": rng.choice("_."),
        "boxes": "square",
        "value_font": "Helvetica",
        "size": 10.5,
    } | style
    paper = Paper(Style(**chosen), rng=rng)
    canonical(paper, fill, numbers=False)
    pages = [_aged(page, how, rng) for page in _pages(paper.done(), how.dpi)]
    over_dots = chosen["leader"] == "."
    return Sample(_as_pdf(pages, how.bits), "application/pdf", (fill.truth,), scanned=True, over_dots=over_dots)


def handwritten(rng: random.Random) -> Sample:
    """V07: written by hand, scanned in black and white, askew, the identity card behind it."""
    fill = a_fill(rng)
    paper = Paper(Style(leader="_", boxes="square", by_hand=True), rng=rng)
    canonical(paper, fill, numbers=False)
    how = Paperwork(200, 2.0, 1)
    pages = _pages(paper.done(), how.dpi)
    _written(pages, paper, how.dpi, rng, capitals=False)
    card = Paper(Style())
    for line in _IDENTITY:
        card.label(line)
        card.row(26)
    pages += _pages(card.done(), how.dpi)
    content = _as_pdf([_aged(page, how, rng) for page in pages], 1)
    return Sample(content, "application/pdf", (fill.truth,), scanned=True, person=True)


def photographed(rng: random.Random, *, hand: bool) -> Sample:
    """V08: two photographs with shadow and perspective, one lying on its side by its EXIF mark."""
    fill = a_fill(rng)
    paper = Paper(Style(leader="_", boxes="square", by_hand=hand, value_font="Helvetica", size=10.5), rng=rng)
    canonical(paper, fill, numbers=False)
    pages = _pages(paper.done(), 220)
    if hand:
        _written(pages, paper, 220, rng, capitals=True)
    shots = [_photo(page, rng, aside=index == 1) for index, page in enumerate(pages)]
    names = [f"IMG-20210729-WA000{index + 1}.jpg" for index in range(len(shots))]
    parts = tuple(zip(names[1:], shots[1:], strict=True))
    return Sample(shots[0], "image/jpeg", (fill.truth,), parts=parts, scanned=True, person=hand, name=names[0])


def _photo(page: Pixels, rng: random.Random, *, aside: bool) -> bytes:
    height, width = page.shape[:2]
    board = (round(width * 1.15), round(height * 1.15))
    dx, dy = (board[0] - width) / 2, (board[1] - height) / 2

    def near(x: float, y: float) -> list[float]:
        return [x + dx + rng.uniform(-0.03, 0.03) * width, y + dy + rng.uniform(-0.03, 0.03) * height]

    start = np.asarray([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    end = np.asarray([near(0, 0), near(width, 0), near(width, height), near(0, height)], np.float32)
    seen = cv2.warpPerspective(page, cv2.getPerspectiveTransform(start, end), board, borderValue=(70, 60, 50))
    across = np.linspace(rng.uniform(0.6, 0.8), 1.0, board[0])[None, :, None]
    noise = np.random.default_rng(rng.randrange(1 << 30)).normal(0, 5, seen.shape)
    shot = np.clip(cv2.GaussianBlur(seen, (0, 0), 0.8) * across + noise, 0, 255).astype(np.uint8)
    picture, exif = Image.fromarray(shot), Image.Exif()
    if aside:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = 6  # to be turned clockwise when shown
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82, exif=exif)
    return out.getvalue()


PICTURED: dict[str, Callable[[random.Random], Sample]] = {
    "V07": handwritten,
    "V08": lambda rng: photographed(rng, hand=True),
    "photo-typed": lambda rng: photographed(rng, hand=False),
    "scan-300": lambda rng: scan(rng, Paperwork(300, rng.uniform(0, 1.5))),
    "scan-200": lambda rng: scan(rng, Paperwork(200, rng.uniform(0, 2), blur=0.5)),
    "scan-150-grey": lambda rng: scan(rng, Paperwork(150, rng.uniform(0, 1), grey=40)),
    "fax": lambda rng: scan(rng, Paperwork(200, 2.0, 1)),
}
