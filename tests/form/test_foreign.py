"""Forms as other programs print them and other people word them: none of ours, each seen to be read wrongly once."""

import pickle
from enum import StrEnum

from ingest.verdict import FieldValue


class _Doubt(StrEnum):
    SOME = "some-doubt"


def test_a_doubt_of_any_enumeration_crosses_to_the_other_process_as_plain_text():
    value = FieldValue("x", "x", warnings=(_Doubt.SOME,))

    assert [type(warning) for warning in pickle.loads(pickle.dumps(value)).warnings] == [str]  # noqa: S301 - our own
