"""The bad day, rehearsed with a few messages; `python -m tests.rescue.drill` does it whole, from the wheel on."""

import sys

from ingest.demo.samples import samples
from tests.rescue.drill import rehearse, world


def test_database_and_originals_lost_nothing_is_missing_and_nothing_goes_out_twice(tmp_path):
    first, second, late = samples()[:3]
    with world(tmp_path, [sys.executable, "-m", "ingest"]) as drill:
        rehearse(drill, late, [first, second])
