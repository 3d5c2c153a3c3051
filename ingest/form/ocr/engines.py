"""The two engines: RapidOCR finds and reads lines, Tesseract reads the same lines again.

Loaded once per process and kept: loading costs a second and most of the memory.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from rapidocr import RapidOCR
from rapidocr.ch_ppocr_rec import TextRecInput

from ingest.form.ocr.raster import Grey

_THREADS = 1
_DETECTED = 1500  # pixels of the longer side in which lines are looked for; they are read from the full picture
_TESSDATA = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")


@dataclass(frozen=True, slots=True)
class Sign:
    """One character read: where its middle lies (0..1 of the line's width) and how surely (0..1)."""

    text: str
    at: float
    sure: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text read: its words as runs of characters."""

    words: tuple[tuple[Sign, ...], ...]
    sure: float  # mean over the characters

    @property
    def text(self) -> str:
        """The words, one blank between them."""
        return " ".join("".join(sign.text for sign in word) for word in self.words)


@cache
def _rapid() -> Any:
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.max_side_len": _DETECTED,
            "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def lines_in(grey: Grey) -> list[tuple[int, int, int, int]]:
    """Bounds (x0, y0, x1, y1 in pixels) of the lines of text in a picture."""
    found = _rapid()(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), use_det=True, use_cls=False, use_rec=False)
    boxes = getattr(found, "boxes", None)
    if boxes is None:
        return []
    height, width = grey.shape
    return [
        (max(0, int(box[:, 0].min())), max(0, int(box[:, 1].min())),
         min(width, int(np.ceil(box[:, 0].max()))), min(height, int(np.ceil(box[:, 1].max()))))
        for box in boxes
    ]  # fmt: skip


def first_reading(crops: Sequence[Grey]) -> list[Line]:
    """What RapidOCR reads in each crop (a line of text each)."""
    if not crops:
        return []
    pictures = [cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR) for crop in crops]
    read = _rapid()._load_rec_model()(TextRecInput(img=pictures, return_word_box=True))  # noqa: SLF001 - no public batch
    return [_line(info) for info in read.word_results]


def _line(info: Any) -> Line:
    words, sure = [], []
    confidences = iter(info.confs)
    for characters, columns in zip(info.words, info.word_cols, strict=True):
        signs = []
        for character, column in zip(characters, columns, strict=True):
            signs.append(Sign(character, (column + 0.5) / max(info.line_txt_len, 1), next(confidences, 0.5)))
        words.append(tuple(signs))
        sure += [sign.sure for sign in signs]
    return Line(tuple(word for word in words if word), float(np.mean(sure)) if sure else 0.0)


@cache
def _tesseract(language: str) -> Any:
    """The second engine, or None where it, or its language, is not installed."""
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    try:
        from tesserocr import PSM, PyTessBaseAPI  # noqa: PLC0415 - optional
    except ImportError:
        return None
    named = os.environ.get("TESSDATA_PREFIX", "")
    for folder in (named, *_TESSDATA):
        if folder and Path(folder, f"{language}.traineddata").is_file():
            return PyTessBaseAPI(path=folder, lang=language, psm=PSM.SINGLE_LINE)
    return None


def has_second_engine(language: str) -> bool:
    """Whether readings can be compared."""
    return _tesseract(language) is not None


def second_reading(crop: Grey, language: str) -> str:
    """What Tesseract reads in a crop, "" when it is not installed."""
    engine = _tesseract(language)
    if engine is None:
        return ""
    framed = cv2.copyMakeBorder(crop, 8, 8, 8, 8, cv2.BORDER_CONSTANT, value=255)
    engine.SetImage(Image.fromarray(framed))
    return str(engine.GetUTF8Text()).strip()
