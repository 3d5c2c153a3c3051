"""Reading a form against pdfplumber's own word extraction of the same pages."""

import io
import time

import pdfplumber

from bench.table import print_table
from ingest.config import built_in_notice
from ingest.demo.forms import a_page_of, filled_form, typed_form
from ingest.demo.samples import GERMOGLIO, PONTE
from ingest.documents import documents_in_file
from ingest.form.reading import read_forms
from ingest.rules import Context, Limits, Progress


def reading(*, quick: bool) -> None:
    """ms a document: triage, page model, pairing and all; baseline pdfplumber's extract_words alone."""
    times = 3 if quick else 20
    context = Context(notice=built_in_notice(), limits=Limits())
    rows = []
    other = a_page_of("\n".join(f"Articolo {n}. L'associazione persegue finalità civiche." for n in range(40)))
    for name, content in (("our form, 3 pages", filled_form(PONTE)), ("typed prose, 1 page", typed_form(GERMOGLIO)),
                          ("no form, 1 page", other)):  # fmt: skip
        words, read = _words(content), _read(content, context)  # warm
        words = sum(_words(content) for _ in range(times)) / times
        read = sum(_read(content, context) for _ in range(times)) / times
        rows += [(name, read * 1000, words * 1000, read / words)]
    print_table(("document", "read, ms", "pdfplumber words, ms", "ratio"), rows)


def _read(content: bytes, context: Context) -> float:
    started = time.perf_counter()
    found = documents_in_file("a.pdf", content, context.limits, Progress())
    read_forms(found, context, Progress())
    return time.perf_counter() - started


def _words(content: bytes) -> float:
    started = time.perf_counter()
    with pdfplumber.open(io.BytesIO(content)) as pdf:
        for page in pdf.pages:
            page.extract_words()
            page.close()
    return time.perf_counter() - started
