"""Reading a picture of a form against a bare run of the same engine on the same picture."""

import random
import time
from collections.abc import Callable
from functools import partial

import cv2
from rapidocr import RapidOCR

from bench.table import print_table
from ingest.form.ocr.engines import first_reading
from ingest.form.ocr.raster import PDF, raster_of
from ingest.form.ocr.scanned import scanned_page
from tests.corpus.pictures import Paperwork, photographed, scan

_JPEG = "image/jpeg"
_ONE_THREAD = {
    "Global.log_level": "critical",
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def reading(*, quick: bool) -> None:
    """CPU s a page: straightened, marks found, read by two engines; baseline RapidOCR as it comes, one thread as ours.

    Both in turn on the same page, the best of several. The processor's time, not the clock's: the machine may be busy.
    """
    times = 1 if quick else 5
    bare = RapidOCR(params=_ONE_THREAD)
    rows = []
    for name, content, media_type in _pictures():
        grey = raster_of(content, media_type, 1).grey
        picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
        first_reading([grey[:40, :400]])  # warm
        bare(picture[:200])
        theirs, ours = [], []
        for _ in range(times):
            theirs.append(_took(partial(bare, picture)))
            ours.append(_took(partial(scanned_page, content, media_type, 1, "ita")))
        rows.append((name, min(ours), min(theirs), min(ours) / min(theirs)))
    print_table(("picture", "read, CPU s", "bare RapidOCR, CPU s", "ratio"), rows)


def _pictures() -> list[tuple[str, bytes, str]]:
    rng = random.Random(1)
    photo = photographed(rng, hand=False)
    return [
        ("scan at 200 dpi", scan(rng, Paperwork(200, 1.0, blur=0.5), leader="_").content, PDF),
        ("scan at 300 dpi over dots", scan(rng, Paperwork(300, 1.0), leader=".").content, PDF),
        ("fax", scan(rng, Paperwork(200, 2.0, 1), leader="_").content, PDF),
        ("photograph", photo.content, _JPEG),
    ]


def _took(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
