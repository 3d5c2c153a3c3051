"""What fuzzing found stays found, and the corpus it grew is walked at every run."""

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS, seeds

HERE = Path(__file__).parent
KEPT = sorted(path for folder in ("regressions", "corpus") for path in (HERE / folder).glob("*/*"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_kept_input_ends_in_a_value_or_in_a_reason(path: Path):
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", list(TARGETS))
def test_every_target_takes_its_seeds(name: str):
    for seed in seeds(name):
        TARGETS[name](seed)
