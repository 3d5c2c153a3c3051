"""A picture of a page → Page: prepared, its marks found, its words read twice."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ingest.form.glyphs import CHECK_GLYPHS, EMPTY, TICKED
from ingest.form.illegible import ILLEGIBLE, UNREAD
from ingest.form.ocr.agreement import DISPUTED, Spoken, agreed_words
from ingest.form.ocr.byhand import without_guesses
from ingest.form.ocr.engines import Line, first_reading, has_second_engine, lines_in, second_reading
from ingest.form.ocr.marks import Marks, marks_in
from ingest.form.ocr.raster import POINT, Grey, Raster, ink_of, raster_of, sized, whitened
from ingest.form.ocr.segments import crops_of, segments_of, widest_lines
from ingest.form.ocr.squares import Bounds
from ingest.form.ocr.unread import marks_beside, unread_on
from ingest.form.ocr.upright import cut_out, is_sideways, levelled
from ingest.form.page import Box, Channel, Leader, Page, Stroke, Word
from ingest.vocabulary import Method

_DESCENDS = frozenset("gjpqyçQ,;()[]{}/|@_$")
_FEWEST, _TOO_MANY = 3, 0.3  # words; share of illegible ones
_CROSSES = frozenset("Xx×*") | CHECK_GLYPHS
_FAR = 45  # pixels
_GLANCE = 9  # times a line's height: as much of it tells which way up it is
_MOST_SIDE = 3400  # pixels: A3 at 200 dpi
_EMPTY_PAGE = 0.0008  # share of ink


def scanned_page(content: bytes, media_type: str, number: int, language: str) -> Page:
    """Page `number` (from 1) of a PDF or picture, read from its pixels; boxes are points of the straightened page.

    Raises Unreadable when it cannot be drawn or has too many pixels.
    """
    raster = raster_of(content, media_type, number)
    grey, turned = _prepared(raster)
    marks, words = _read(grey, language)
    height, width = grey.shape
    return Page(
        number=number,
        width=round(width / POINT, 1),
        height=round(height / POINT, 1),
        words=(*words, *_boxes_to_tick(marks)),
        leaders=_leaders(marks),
        strokes=tuple(Stroke(_points(bounds)) for bounds in (*marks.rules, *marks.uprights)),
        channel=Channel.OCR,
        turned=turned,
    )


def _read(grey: Grey, language: str) -> tuple[Marks, list[Word]]:
    """The page's marks and words; the words alone where letters were taken for marks, as on cards seen from near."""
    marks = marks_in(grey)
    if float(marks.ink.mean()) <= _EMPTY_PAGE and not marks.squares:
        return marks, []
    words = _words(marks, language)
    if len(words) >= _FEWEST and _illegible(words) <= _TOO_MANY:
        return marks, words
    plain = Marks(grey, ink_of(grey))
    other = _words(plain, language)
    better = len(other) >= _FEWEST and _illegible(other) < _illegible(words)
    return (plain, other) if better else (marks, words)


def _illegible(words: Sequence[Word]) -> float:
    return sum(word.confidence <= UNREAD for word in words) / max(len(words), 1)


def _prepared(raster: Raster) -> tuple[Grey, int]:
    """The picture upright, level and white, and the degrees clockwise it was turned."""
    if raster.photo:
        raster = cut_out(raster)
    raster = sized(raster)
    grey = raster.grey[:_MOST_SIDE, :_MOST_SIDE]
    grey = whitened(grey)
    turned = 0
    if is_sideways(grey):
        grey, turned = _quarter(grey), 90
    grey = levelled(grey)
    if _is_upside_down(grey):
        grey, turned = np.ascontiguousarray(grey[::-1, ::-1]), (turned + 180) % 360
    return grey, turned


def _quarter(grey: Grey) -> Grey:
    return np.asarray(cv2.rotate(grey, cv2.ROTATE_90_CLOCKWISE), np.uint8)


def _is_upside_down(grey: Grey) -> bool:
    """Whether the widest lines read better the other way round."""
    widest = [(x0, y0, min(x1, x0 + _GLANCE * (y1 - y0)), y1) for x0, y0, x1, y1 in widest_lines(ink_of(grey))]
    crops = crops_of(grey, widest)
    upright = first_reading(crops)
    if not crops or np.mean([line.sure for line in upright]) > 0.93:
        return False
    other = first_reading([np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops])
    return float(np.mean([line.sure for line in other])) > float(np.mean([line.sure for line in upright])) + 0.05


def _words(marks: Marks, language: str) -> list[Word]:
    segments = segments_of(lines_in(marks.clean), marks.ink, (*marks.rules, *marks.dotted))
    crops = crops_of(marks.clean, segments)
    compare = has_second_engine(language)
    leaders = [*marks.rules, *marks.dotted]
    read: list[tuple[bool, list[Word]]] = []
    for segment, crop, line in zip(segments, crops, first_reading(crops), strict=True):
        second = second_reading(crop, language) if compare else None
        spoken = agreed_words(line, second, dots=any(_over(segment, row) for row in marks.dotted))
        read.append((any(_on(segment, leader) for leader in leaders), _placed(spoken, segment, line, crop)))
    words = without_guesses(read)
    missed = unread_on(leaders, [word.box for word in words], marks.ink)
    crosses = marks_beside([word.box for word in words], marks.ink)
    return [
        *(_as_tick(word, marks) for word in words),
        *(Word(ILLEGIBLE, _points(bounds), Method.OCR, UNREAD) for bounds in missed),
        *(Word(TICKED, _points(bounds), Method.OCR, DISPUTED) for bounds in crosses),
    ]


def _as_tick(word: Word, marks: Marks) -> Word:
    """A cross far from every box stands where a box should be: ticked, for a person to confirm."""
    x, y = ((word.box[i] + word.box[i + 2]) / 2 * POINT for i in (0, 1))
    alone = not any(abs(s.bounds[0] - x) < _FAR and abs(s.bounds[1] - y) < _FAR for s in marks.squares)
    return replace(word, text=TICKED, confidence=DISPUTED) if word.text in _CROSSES and alone else word


def _on(segment: Bounds, leader: Bounds) -> bool:
    """Whether a piece of text was written on a leader, its loops reaching below."""
    return segment[0] < leader[2] and leader[0] < segment[2] and segment[1] < leader[1] < segment[3] + 14


def _over(segment: Bounds, row: Bounds) -> bool:
    """Whether a piece of text was written on a row of dots."""
    return segment[0] < row[2] and row[0] < segment[2] and abs(segment[3] - row[3]) < 10


def _placed(spoken: Sequence[Spoken], segment: Bounds, line: Line, crop: Grey) -> list[Word]:
    x0, y0, x1, y1 = segment
    if not any(sign.text in _DESCENDS for word in line.words for sign in word):
        y1 += round((y1 - y0) * 0.22)  # every line ends as deep as its letters might reach
    margin = (crop.shape[1] - (x1 - x0)) / 2 if crop.shape[0] > 24 else 3.0
    span = (x1 - x0) + 2 * margin
    words = []
    for said in spoken:
        left = max(x0, x0 - margin + said.start * span)
        right = min(x1, x0 - margin + said.end * span)
        box = _points((left, y0, max(right, left + 4), y1))
        words.append(Word(said.text, box, Method.OCR, said.sure, round((y1 - y0) / POINT, 1)))
    return words


def _boxes_to_tick(marks: Marks) -> list[Word]:
    return [
        Word(TICKED if square.on else EMPTY, _points(square.bounds), Method.OCR, square.sure)
        for square in marks.squares
    ]


def _leaders(marks: Marks) -> tuple[Leader, ...]:
    """Lone rules and rows of dots; the sides of cells, which meet an upright line, mark nothing."""
    found = []
    for bounds in marks.rules:
        touched = any(
            u[1] - 8 <= bounds[1] <= u[3] + 8 and min(abs(u[0] - bounds[0]), abs(u[0] - bounds[2])) < 8
            for u in marks.uprights
        )
        if not touched:
            x0, y0, x1, y1 = _points(bounds)
            found.append(Leader((x0, y0 - 8, x1, y1 + 2), "rule"))
    for bounds in marks.dotted:
        x0, y0, x1, y1 = _points(bounds)
        found.append(Leader((x0, y0 - 8, x1, y1 + 2), "."))
    return tuple(found)


def _points(bounds: tuple[float, float, float, float]) -> Box:
    x0, y0, x1, y1 = (round(v / POINT, 2) for v in bounds)
    return (x0, y0, x1, y1)
