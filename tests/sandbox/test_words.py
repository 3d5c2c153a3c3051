"""What a worker writes is made of the closed list of classes, whichever Python writes it."""

import io
from enum import StrEnum
from typing import Any

from ingest.confined import _Pickler


class AsDebian12WritesIt(StrEnum):
    ONE = "one"

    def __reduce_ex__(self, _protocol: Any) -> Any:  # what Python 3.11.0 to 3.11.3 does by itself
        return getattr, (self.__class__, self._name_)


def test_an_enumeration_is_written_by_its_value_and_not_as_a_call():
    target = io.BytesIO()
    _Pickler(target).dump((AsDebian12WritesIt.ONE,))
    assert b"getattr" not in target.getvalue()
