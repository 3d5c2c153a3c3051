"""Accuracy on pictures, measured form by form: `python -m tests.corpus.accuracy FIELDS.jsonl --seeds 5000-5019`.

Every form's fields are added to the file as soon as it is read, all variants of a seed before the next seed; a run that
was interrupted goes on where it stopped. Without --seeds the file's table is printed.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.corpus.pictures import PICTURED
from tests.corpus.report import Score, score_sample
from tests.corpus.variants import generate

_OUTCOMES = ("right", "right-low", "flagged", "missing", "silent")
_HEADINGS = ("variant", "forms", "fields", "right", "right, shown", "shown", "missing", "silent", "values right",
    "silent in 1,000")  # fmt: skip
_SCANS = ("scan-300", "scan-200", "scan-150-grey", "fax")
_GROUPS = (
    "typed over lines, scanned",
    "typed on dots, scanned",
    "typed, photographed",
    "handwritten",
    "drawn, no scan",
)


def measure(file: Path, variants: Iterable[str], seeds: Iterable[int], *, dots_alone: bool = False) -> None:
    """Reads the forms that `file` does not hold yet and adds their fields; `dots_alone`: only those typed on dots."""
    done = {(line["variant"], line["seed"]) for line in measured(file)}
    for seed in seeds:
        for variant in variants:
            if (variant, seed) in done:
                continue
            tally = Score()
            sample = generate(variant, seed)
            if dots_alone and not sample.over_dots:
                continue
            score_sample(sample, tally, seed)
            form = {"variant": variant, "seed": seed, "over_dots": sample.over_dots}
            lines = [form | asdict(seen) for seen in tally.seen]
            with file.open("a", encoding="utf-8") as out:
                out.writelines(json.dumps(line) + "\n" for line in lines)
            for line in tally.lines:
                sys.stderr.write(f"{variant} {line}\n")


def measured(file: Path) -> list[dict[str, Any]]:
    """The fields in `file`, one each: variant, seed, over_dots, key, outcome, value, confidence, doubted."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def table(lines: Iterable[dict[str, Any]]) -> str:
    """Outcomes by variant and by group, in Markdown. "right" of a share includes "right, shown"."""
    counts: dict[str, Counter[str]] = {}
    forms: dict[str, set[tuple[str, int]]] = {}
    for line in lines:
        for name in (line["variant"], f"**{_group(line)}**", "**all**"):
            counts.setdefault(name, Counter())[line["outcome"]] += 1
            forms.setdefault(name, set()).add((line["variant"], line["seed"]))
    order = [*(v for v in counts if "*" not in v), *(f"**{g}**" for g in _GROUPS if f"**{g}**" in counts), "**all**"]
    rows = [f"| {' | '.join(_HEADINGS)} |", "|---" * len(_HEADINGS) + "|"]
    for name in order:
        count, total = counts[name], counts[name].total()
        share = (count["right"] + count["right-low"]) / total
        cells = [str(count[outcome]) for outcome in _OUTCOMES]
        silent = f"{1000 * count['silent'] / total:.1f}"
        rows.append("| " + " | ".join([name, str(len(forms[name])), str(total), *cells, f"{share:.1%}", silent]) + " |")
    return "\n".join(rows) + "\n"


def _group(line: dict[str, Any]) -> str:
    if line["variant"] in _SCANS:
        return _GROUPS[1] if line["over_dots"] else _GROUPS[0]
    return {"photo-typed": _GROUPS[2], "V06": _GROUPS[4]}.get(line["variant"], _GROUPS[3])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", default="")
    parser.add_argument("--variants", default=",".join([*PICTURED, "V06"]))
    parser.add_argument("--dots-alone", action="store_true", help="leave out what was not typed on dots")
    chosen = parser.parse_args(arguments)
    if chosen.seeds:
        first, _, last = chosen.seeds.partition("-")
        seeds = range(int(first), int(last or first) + 1)
        measure(chosen.file, chosen.variants.split(","), seeds, dots_alone=chosen.dots_alone)
    sys.stdout.write(table(measured(chosen.file)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
