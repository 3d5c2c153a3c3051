"""How well the reader reads the corpus: `python -m tests.corpus.report --seeds 0-9 [--variants V03,V04] [--show]`.

Each field of each record is right, flagged (wrong or empty, but shown to a person), missing (the form says it, the
reading does not), or silently wrong: a wrong value above its threshold and without a warning.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ingest.form.schema import field_of
from ingest.verdict import FieldValue
from tests.corpus.reading import judged
from tests.corpus.sample import Sample
from tests.corpus.variants import generate, text_variants

NOT_COUNTED = ("signature.kind", "signature.text", "contact.same_as_declarant", "organisation.registrations")

_SEAT = "organisation.registered_office"
DERIVED = {f"{_SEAT}.istat": f"{_SEAT}.municipality"}  # stands on no form: lost with what it is derived from


@dataclass(frozen=True)
class Seen:
    """One field of one form: `value` whether a value was read, `doubted` whether it bears a warning."""

    key: str
    outcome: str
    value: bool
    confidence: float
    doubted: bool


@dataclass
class Score:
    """Counts of one variant, and the lines to look at."""

    counts: Counter[str] = field(default_factory=Counter)
    by_key: Counter[tuple[str, str]] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    def add(self, outcome: str, key: str, line: str, given: FieldValue | None = None) -> None:
        read = given is not None and given.value is not None
        doubted = given is not None and bool(given.warnings)
        self.seen.append(Seen(key, outcome, read, given.confidence if given else 0.0, doubted))
        self.counts[outcome] += 1
        self.by_key[key, outcome] += 1
        if outcome != "right":
            self.lines.append(f"{outcome:8} {key:46} {line[:400]}")

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def score(variants: Iterable[str], seeds: Iterable[int]) -> dict[str, Score]:
    found: dict[str, Score] = {}
    for variant in variants:
        tally = found.setdefault(variant, Score())
        for seed in seeds:
            sample = generate(variant, seed)
            score_sample(sample, tally, seed)
    return found


def score_sample(sample: Sample, tally: Score, seed: int) -> None:
    """Adds what reading `sample` gives."""
    documents, readings = judged(sample)
    told = sample.person and any(document.reasons for document in documents)
    for i, truth in enumerate(sample.truths):
        fields = readings[i].fields if i < len(readings) else {}
        if told and i >= len(readings):
            for key in truth:
                tally.add("flagged", key, f"seed {seed}: the document went to a person")
            continue
        _compare(fields, truth, tally, seed, sample)
    for _ in readings[len(sample.truths) :]:
        tally.add("silent", "(another form)", f"seed {seed}")


def _compare(
    fields: dict[str, FieldValue], truth: dict[str, Any], tally: Score, seed: int, sample: Sample | None = None
) -> None:
    for key, wanted in truth.items():
        given = fields.get(key)
        outcome = _outcome(key, given, wanted)
        if key in DERIVED and outcome == "missing":
            outcome = _outcome(DERIVED[key], fields.get(DERIVED[key]), truth.get(DERIVED[key]))
        if sample and key in sample.doubts:
            outcome = "right" if _doubted(given, sample.doubts[key]) else "silent"
        tally.add(outcome, key, f"seed {seed}: wanted {wanted!r}, {_shown(given)}", given)
    for key, given in fields.items():
        if key not in truth and key not in NOT_COUNTED and not key.startswith("declarations.") and given.value:
            outcome = "silent" if _is_silent(key, given) else "flagged"
            tally.add(outcome, key, f"seed {seed}: not there, {_shown(given)}", given)


def _doubted(given: FieldValue | None, doubts: tuple[str, ...]) -> bool:
    """Whether the doubt that must be shown is shown."""
    return given is not None and any(w.partition(":")[0] in doubts for w in given.warnings)


def _outcome(key: str, given: FieldValue | None, wanted: Any) -> str:
    value = given.value if given else None
    if isinstance(value, list) and isinstance(wanted, list):
        same = sorted(map(str, value)) == sorted(map(str, wanted))
    elif key.endswith("street"):  # the toponym is spelled out, the rest stays as written
        same = str(value).casefold() == str(wanted).casefold()
    else:
        same = value == wanted
    if same:
        below = given is not None and given.value is not None and given.confidence < field_of(key).threshold
        return "right-low" if below else "right"
    if given is None or (value is None and not given.warnings):
        return "missing"
    return "silent" if _is_silent(key, given) else "flagged"


def _is_silent(key: str, given: FieldValue) -> bool:
    return given.confidence >= field_of(key).threshold and not given.warnings


def _shown(given: FieldValue | None) -> str:
    if given is None:
        return "nothing"
    return f"read {given.value!r} raw {given.raw!r} {given.confidence} {','.join(given.warnings)}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="0-4")
    parser.add_argument("--variants", default=",".join(text_variants()))
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--fields", action="store_true")
    chosen = parser.parse_args(arguments)
    first, _, last = chosen.seeds.partition("-")
    found = score(chosen.variants.split(","), range(int(first), int(last or first) + 1))
    total: Counter[str] = Counter()
    outcomes = ("right", "right-low", "flagged", "missing", "silent")
    write = sys.stdout.write
    write(f"{'variant':14}{'fields':>8}" + "".join(f"{o:>11}" for o in outcomes) + "\n")
    for variant, tally in found.items():
        total += tally.counts
        write(_line(variant, tally.counts, outcomes))
        if chosen.show:
            write("".join(f"    {line}\n" for line in tally.lines))
    write(_line("all", total, outcomes))
    if chosen.fields:
        _by_field(found)
    return 0


def _line(name: str, counts: Counter[str], outcomes: tuple[str, ...]) -> str:
    total = sum(counts.values())
    shares = "".join(f"{counts[o]:>5}{counts[o] / max(total, 1):>6.1%}" for o in outcomes)
    return f"{name:14}{total:>8}{shares}\n"


def _by_field(found: dict[str, Score]) -> None:
    together: dict[str, Counter[str]] = {}
    for tally in found.values():
        for (key, outcome), count in tally.by_key.items():
            together.setdefault(key, Counter())[outcome] += count
    for key in sorted(together):
        sys.stdout.write(f"{key:50}" + " ".join(f"{o}={n}" for o, n in sorted(together[key].items())) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
