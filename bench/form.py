"""Reading a form, by channel, against pdfplumber's own word extraction of the same pages; memory over many forms.

Processor time, the least of interleaved runs: other work on the machine changes neither side.
"""

import io
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pdfplumber

from bench import house
from bench.table import print_table
from ingest.config import built_in_notice
from ingest.demo.forms import a_page_of, filled_form, typed_form
from ingest.demo.samples import GERMOGLIO, PONTE
from ingest.documents import documents_in_file
from ingest.form.reading import read_forms
from ingest.rules import Context, Limits, Progress
from tests.corpus.variants import generate

_CONTEXT = Context(notice=built_in_notice(), limits=Limits())
_STATUTE = "\n".join(f"Articolo {n}. L'associazione persegue finalità civiche." for n in range(40))


def reading(*, quick: bool) -> None:
    """ms a document: triage, page model, pairing and all; baseline pdfplumber's extract_words alone."""
    times = 3 if quick else 20
    rows = []
    for name, content in (
        ("our form, filled in its fields, 3 pages", filled_form(PONTE)),
        ("canonical form, typed over its leaders", generate("flat-over", 1).content),
        ("prose with leaders (V03)", generate("V03", 1).content),
        ("prose without leaders, 1 page", typed_form(GERMOGLIO)),
        ("table, turned by 90 degrees (V05)", generate("V05", 1).content),
        ("no form, 1 page", a_page_of(_STATUTE)),
    ):
        for work in (_read, _words):
            work(content)  # warm
        read, words = zip(*((_timed(_read, content), _timed(_words, content)) for _ in range(times)), strict=True)
        rows.append((name, min(read) * 1000, min(words) * 1000, min(read) / min(words)))
    print_table(("document", "read, ms", "pdfplumber words, ms", "ratio"), rows)


def flat(*, quick: bool) -> None:
    """Resident memory of one process that reads form after form, every one with other values."""
    count = 100 if quick else 1000
    rows: list[tuple[object, ...]] = []
    for number, code in zip(range(1, count + 1), house.codes(), strict=False):
        body = replace((PONTE, GERMOGLIO)[number % 2], code=code, mail=f"ente{number}")
        _read((filled_form if number % 2 == 0 else typed_form)(body))
        if number in (10, count // 10, count // 2, count):
            rows.append((number, _resident()))
    print_table(("forms read", "resident, MiB"), rows)


def _timed(work: Callable[[bytes], None], content: bytes) -> float:
    started = time.process_time()
    work(content)
    return time.process_time() - started


def _read(content: bytes) -> None:
    read_forms(documents_in_file("a.pdf", content, _CONTEXT.limits, Progress()), _CONTEXT, Progress())


def _words(content: bytes) -> None:
    with pdfplumber.open(io.BytesIO(content)) as pdf:
        for page in pdf.pages:
            page.extract_words()
            page.close()


def _resident() -> int:
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024)
