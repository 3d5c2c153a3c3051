"""A code both engines misread: what one of them saw in each place, if exactly one such reading passes its check.

Non-obvious rule: a digit that neither engine saw is never tried, and what comes out is always shown to a person.
"""

import re
from itertools import product

from stdnum.it import iva

from ingest.form.identifiers import is_person_code

_LENGTHS = (11, 16)
_MOST = 5  # places in which two readings of one code differ


def settled_code(first: str, second: str) -> str | None:
    """The one valid code that two readings of a line leave; None when the first is valid, or none or several are."""
    one, other = (re.sub(r"[^0-9A-Z]", "", text.upper()) for text in (first, second))
    if _is_valid(one) or not any(char.isdigit() for char in one):
        return None
    if len(one) == len(other):
        differ = sum(a != b for a, b in zip(one, other, strict=True))
        if len(one) not in _LENGTHS or differ > _MOST:
            return None
        choices = (dict.fromkeys(pair) for pair in zip(one, other, strict=True))
        found = [code for signs in product(*choices) if _is_valid(code := "".join(signs))]
        return found[0] if len(found) == 1 else None
    return other if abs(len(one) - len(other)) <= 2 and _is_valid(other) else None


def _is_valid(code: str) -> bool:
    return (len(code) == 11 and bool(iva.is_valid(code))) or is_person_code(code)
