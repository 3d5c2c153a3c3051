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
_GROUPS = {
    "typed, scanned": ("scan-300", "scan-200", "scan-150-grey", "fax"),
    "typed, photographed": ("photo-typed",),
    "handwritten": ("V07", "V08"),
}


def measure(file: Path, variants: Iterable[str], seeds: Iterable[int]) -> None:
    """Reads the forms that `file` does not hold yet and adds their fields."""
    done = {(line["variant"], line["seed"]) for line in measured(file)}
    for seed in seeds:
        for variant in variants:
            if (variant, seed) in done:
                continue
            tally = Score()
            score_sample(generate(variant, seed), tally, seed)
            lines = [{"variant": variant, "seed": seed, **asdict(seen)} for seen in tally.seen]
            with file.open("a", encoding="utf-8") as out:
                out.writelines(json.dumps(line) + "\n" for line in lines)
            for line in tally.lines:
                sys.stderr.write(f"{variant} {line}\n")


def measured(file: Path) -> list[dict[str, Any]]:
    """The fields in `file`, one each: variant, seed, key, outcome, value, confidence, doubted."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def table(lines: Iterable[dict[str, Any]]) -> str:
    """Outcomes by variant and by group, in Markdown. "right" of a share includes "right, shown"."""
    counts: dict[str, Counter[str]] = {}
    forms: dict[str, set[tuple[str, int]]] = {}
    for line in lines:
        groups = [name for name, variants in _GROUPS.items() if line["variant"] in variants]
        for name in (line["variant"], *(f"**{group}**" for group in groups), "**all**"):
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


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", default="")
    parser.add_argument("--variants", default=",".join([*PICTURED, "V06"]))
    chosen = parser.parse_args(arguments)
    if chosen.seeds:
        first, _, last = chosen.seeds.partition("-")
        measure(chosen.file, chosen.variants.split(","), range(int(first), int(last or first) + 1))
    sys.stdout.write(table(measured(chosen.file)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
