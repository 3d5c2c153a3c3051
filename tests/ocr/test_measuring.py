"""What is measured on pictures: a table by variant, how far confidence holds, a run that goes on where it stopped."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tests.corpus.accuracy import measure, measured, table
from tests.corpus.calibration import by_field, plot, steps


def a_field(outcome: str, confidence: float = 0.96, **changes: Any) -> dict[str, Any]:
    plain = {"variant": "scan-200", "seed": 1, "key": "place", "value": True, "doubted": False,
        "over_dots": False}  # fmt: skip
    return plain | {"outcome": outcome, "confidence": confidence} | changes


def test_the_table_counts_forms_fields_and_silent_errors_by_variant_and_group():
    lines = [a_field("right"), a_field("right-low", 0.45), a_field("silent", seed=2), a_field("flagged", variant="V07")]

    rows = {row.split(" | ")[0].strip("| *"): row for row in table(lines).splitlines()}

    assert "| 2 | 3 | 1 | 1 | 0 | 0 | 1 | 66.7% | 333.3 |" in rows["scan-200"]
    assert "| 1 | 1 | 0 | 0 | 1 | 0 | 0 | 0.0% | 0.0 |" in rows["handwritten"]
    assert "| 3 | 4 |" in rows["all"]


def test_a_form_measured_before_is_not_measured_again(tmp_path: Path):
    file = tmp_path / "fields.jsonl"
    file.write_text(json.dumps(a_field("right")) + "\n", "utf-8")

    measure(file, ["scan-200"], [1])

    assert measured(file) == [a_field("right")]


def test_confidence_is_compared_with_how_many_are_right():
    sure = [a_field("right"), a_field("right"), a_field("right"), a_field("silent")]

    (low, high) = steps([*sure, a_field("right-low", 0.45), a_field("missing", 0.0, value=False)])

    assert (low.count, low.share) == (1, 1.0)
    assert (high.count, high.share) == (4, 0.75)


def test_only_what_passes_its_threshold_without_a_warning_counts_for_the_threshold():
    lines = [a_field("right"), a_field("flagged", doubted=True), a_field("right-low", 0.3)]

    assert "| `place` | 0.5 | 1 | 100.0% |" in by_field(lines)


def test_the_plot_is_an_image_with_a_dot_for_every_step():
    root = ET.fromstring(plot([a_field("right"), a_field("flagged", 0.45)]))

    assert len(root.findall("{http://www.w3.org/2000/svg}circle")) == 2
