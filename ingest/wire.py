"""A Verdict as the JSON of the public contract (section 3), and back again without loss.

The contract's names are the dataclasses' names, except that the verdict's own kind is called "verdict".
"""

from typing import Any

from pydantic import TypeAdapter

from ingest.verdict import Verdict

_VERDICT = TypeAdapter(Verdict)


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """The JSON-ready dictionary of a verdict; times are ISO 8601 with their offset."""
    dumped: dict[str, Any] = _VERDICT.dump_python(verdict, mode="json")
    return {"verdict": dumped.pop("kind"), **dumped}


def verdict_from_json(stored: dict[str, Any]) -> Verdict:
    """The verdict a dictionary of `verdict_to_json` describes. Raises pydantic.ValidationError on another shape."""
    fields = {key: value for key, value in stored.items() if key != "verdict"}
    return _VERDICT.validate_python({"kind": stored["verdict"], **fields})
