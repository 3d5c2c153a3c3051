"""How well pictures of forms are read: `python -m tests.corpus.scan_report --way scan|photo|fax --seeds 100-104`."""

import argparse
import random
import sys
from collections import Counter
from dataclasses import replace

from ingest.form.illegible import unguessed
from ingest.form.ocr.scanned import scanned_page
from ingest.form.page import Page
from ingest.form.reader import read_form
from tests.corpus.report import Score, _compare
from tests.corpus.scans import as_jpeg, as_pdf, drawn, faxed, photographed, scanned
from tests.corpus.variants import NOTICE, generate

VARIANTS = ("flat-above", "flat-rule", "flat-check", "flat-over", "flat-below", "lines", "V03", "V05")


def pages_of_sample(content: bytes, way: str, rng: random.Random) -> list[Page]:
    pictures = drawn(content)
    if way == "photo":
        return [scanned_page(as_jpeg(photographed(p, rng)), "image/jpeg", 1, "ita") for p in pictures]
    degraded = [faxed(p, rng) if way == "fax" else scanned(p, rng) for p in pictures]
    pdf = as_pdf(degraded)
    return [scanned_page(pdf, "application/pdf", n + 1, "ita") for n in range(len(pictures))]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", default="scan")
    parser.add_argument("--seeds", default="100-101")
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--show", action="store_true")
    chosen = parser.parse_args(arguments)
    first, _, last = chosen.seeds.partition("-")
    total: Counter[str] = Counter()
    for variant in chosen.variants.split(","):
        for seed in range(int(first), int(last or first) + 1):
            tally = Score()
            sample = generate(variant, seed)
            pages = pages_of_sample(sample.content, chosen.way, random.Random(f"{variant}-{seed}"))
            read = [unguessed(r) for r in read_form([_numbered(p, i) for i, p in enumerate(pages)], NOTICE, 0)]
            for i, truth in enumerate(sample.truths):
                _compare(read[i].fields if i < len(read) else {}, truth, tally, seed)
            total += tally.counts
            sys.stdout.write(f"{variant} {seed} {dict(tally.counts)}\n")
            if chosen.show:
                sys.stdout.write("".join(f"    {line}\n" for line in tally.lines))
            sys.stdout.flush()
    sys.stdout.write(f"{chosen.way}: {sum(total.values())} fields {dict(total)}\n")
    return 0


def _numbered(page: Page, index: int) -> Page:
    return replace(page, number=index + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
