"""How far confidence can be believed: `python -m tests.corpus.calibration FIELDS.jsonl… [--plot docs/calibration.svg]`.

The files are those of `tests.corpus.accuracy`. Counted are the fields with a value; a value that a warning already
sends to a person is counted apart, since no threshold decides on it.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ingest.form.schema import field_of
from tests.corpus.accuracy import measured

EDGES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.96, 1.001)
_RIGHT = ("right", "right-low")
_SIDE, _MARGIN = 320, 46  # of the plot, in its own units


@dataclass(frozen=True)
class Step:
    """The values read with a confidence between two edges."""

    low: float
    high: float
    count: int
    right: int
    mean: float  # of their confidence

    @property
    def share(self) -> float:
        """How many of them are right, 0..1."""
        return self.right / self.count


def steps(lines: Iterable[dict[str, Any]]) -> list[Step]:
    """The steps that hold a value, from the least sure."""
    values = [line for line in lines if line["value"]]
    found = []
    for low, high in pairwise(EDGES):
        here = [line for line in values if low <= line["confidence"] < high]
        if here:
            right = sum(line["outcome"] in _RIGHT for line in here)
            mean = sum(line["confidence"] for line in here) / len(here)
            found.append(Step(low, min(high, 1.0), len(here), right, mean))
    return found


def table(lines: Sequence[dict[str, Any]]) -> str:
    """The steps in Markdown."""
    rows = ["| confidence | values | right | said | held |", "|---|---|---|---|---|"]
    rows += [
        f"| {step.low:.2f} to {step.high:.2f} | {step.count} | {step.right} | {step.mean:.1%} | {step.share:.1%} |"
        for step in steps(lines)
    ]
    return "\n".join(rows) + "\n"


def by_field(lines: Iterable[dict[str, Any]]) -> str:
    """Per field: how many values pass its threshold without a warning, and how many of those are right."""
    passed: dict[str, list[bool]] = {}
    for line in lines:
        key = line["key"]
        if line["value"] and not line["doubted"] and line["confidence"] >= _threshold(key):
            passed.setdefault(key, []).append(line["outcome"] in _RIGHT)
    rows = ["| field | threshold | pass it | of these right |", "|---|---|---|---|"]
    rows += [f"| `{key}` | {_threshold(key)} | {len(r)} | {sum(r) / len(r):.1%} |" for key, r in sorted(passed.items())]
    return "\n".join(rows) + "\n"


def _threshold(key: str) -> float:
    return 1.1 if key.startswith("(") else field_of(key).threshold


def plot(lines: Sequence[dict[str, Any]]) -> str:
    """The steps as an SVG: what was said across, what held upwards; the larger the dot, the more values."""
    size = _SIDE + 2 * _MARGIN
    found = steps(lines)
    most = max((step.count for step in found), default=1)
    dots = [(_across(s.mean), _upwards(s.share), 3 + 9 * (s.count / most) ** 0.5, s) for s in found]
    marks = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="#06c" fill-opacity="0.55">'
        f"<title>{s.count} values: said {s.mean:.1%}, held {s.share:.1%}</title></circle>"
        for x, y, r, s in dots
    ]
    scale = []
    for tenth in range(0, 11, 2):
        x, y = _across(tenth / 10), _upwards(tenth / 10)
        scale.append(f'<text x="{x:.0f}" y="{size - 26}" text-anchor="middle">{tenth / 10:.1f}</text>')
        scale.append(f'<text x="{_MARGIN - 8}" y="{y + 4:.0f}" text-anchor="end">{tenth / 10:.1f}</text>')
        scale.append(
            f'<path d="M{_MARGIN} {y:.0f}H{size - _MARGIN}M{x:.0f} {_MARGIN}V{size - _MARGIN}" stroke="#ddd"/>'
        )
    start, end = f"{_across(0):.0f} {_upwards(0):.0f}", f"{_across(1):.0f} {_upwards(1):.0f}"
    turned = f"rotate(-90 14 {size / 2:.0f})"
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" font-family="sans-serif" font-size="11">',
        "<title>Confidence of values read from pictures, and the share of them that is right</title>",
        f'<rect width="{size}" height="{size}" fill="#fff"/>',
        *scale,
        f'<path d="M{start}L{end}" stroke="#888" stroke-dasharray="4 4"/>',
        *marks,
        f'<text x="{size / 2:.0f}" y="{size - 8}" text-anchor="middle">confidence</text>',
        f'<text x="14" y="{size / 2:.0f}" text-anchor="middle" transform="{turned}">share right</text>',
        "</svg>\n",
    )
    return "\n".join(parts)


def _across(value: float) -> float:
    return _MARGIN + value * _SIDE


def _upwards(value: float) -> float:
    return _MARGIN + (1 - value) * _SIDE


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args(arguments)
    lines = [line for file in chosen.files for line in measured(file)]
    plain = [line for line in lines if not line["doubted"]]
    sys.stdout.write(f"Without a warning\n\n{table(plain)}\nAll\n\n{table(lines)}\n{by_field(lines)}")
    if chosen.plot:
        chosen.plot.write_text(plot(plain), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
