"""The floor under the reader's accuracy: a change that reads worse than this fails here."""

import pytest

from tests.corpus.report import score
from tests.corpus.variants import PICTURES, VARIANTS

FLOOR = 0.97  # share of fields right, per variant; letterheads show their doubt instead


@pytest.mark.parametrize("variant", sorted(set(VARIANTS) - PICTURES))
def test_the_corpus_is_read_right_and_nothing_is_silently_wrong(variant):
    tally = score([variant], [1001])[variant]
    shown = "\n".join(tally.lines)
    assert tally.counts["silent"] == 0, shown
    right = tally.counts["right"] + (tally.counts["right-low"] if variant.startswith("V09") else 0)
    assert right >= FLOOR * tally.total, shown
