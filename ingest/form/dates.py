"""Dates as people write them → ISO 8601. No clock: a two-digit year is settled by what the date is of."""

import re
import unicodedata
from datetime import date

from ingest.form.value import FAILED, Doubt, Normal, warning

_MONTHS = ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})(?:\s*+[./\-]\s*+|\s++)(\d{1,2})(?:\s*+[./\-]\s*+|\s++)(\d{4}|\d{2})(?!\d)")
_WORDS = re.compile(
    r"(?<!\d)(\d{1,2})\s*+[°º^]?\s*+[./\-]?\s*+(gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic)[a-z]*+\.?\s*+[./\-]?"
    r"\s*+'?(\d{4}|\d{2})(?!\d)", re.IGNORECASE,
)  # fmt: skip
_COMB = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{4})(?!\d)")
_NEWEST_BIRTH = 8  # "08" may be 2008, "09" must be 1909: who signs is of age


def date_in(raw: str, *, birth: bool = False) -> Normal:
    """The date in a text ("Cernusco s/N, lì 29.7.21"), ISO; None with a warning when there is none that exists."""
    found = list(dict.fromkeys(_dates(raw, birth=birth)))
    if not found:
        return Normal(None, FAILED, (warning(Doubt.INVALID_DATE),))
    day, short = found[0]
    doubts = []
    factor = 1.0
    if short:
        doubts.append(warning(Doubt.TWO_DIGIT_YEAR))
        factor = 0.95
    if len({one for one, _ in found}) > 1:
        doubts.append(warning(Doubt.SEVERAL_VALUES, ",".join(one.isoformat() for one, _ in found[1:])))
        factor = FAILED
    return Normal(day.isoformat(), factor, tuple(doubts))


def without_dates(raw: str) -> str:
    """The text with its dates taken out (place and date of one slot)."""
    text = unicodedata.normalize("NFC", raw)
    for pattern in (_ISO, _WORDS, _NUMERIC):
        text = pattern.sub(" ", text)
    return text


def _dates(raw: str, *, birth: bool) -> list[tuple[date, bool]]:
    """(date, whether its year had two digits), in the order of the patterns, then of the text."""
    text = unicodedata.normalize("NFC", raw)
    written = [(found[3], found[2], found[1]) for found in _ISO.finditer(text)]
    rest = _ISO.sub(" ", text)
    written += [(found[1], str(_MONTHS.index(found[2].lower()) + 1), found[3]) for found in _WORDS.finditer(rest)]
    rest = _WORDS.sub(" ", rest)
    written += [(found[1], found[2], found[3]) for found in _NUMERIC.finditer(rest)]
    if not written:
        joined = re.sub(r"\s", "", rest)
        written = [(found[1], found[2], found[3]) for found in _COMB.finditer(joined)]
    days = []
    for day, month, year in written:
        try:
            days.append((date(_year(year, birth=birth), int(month), int(day)), len(year) == 2))
        except ValueError:
            continue
    return days


def _year(written: str, *, birth: bool) -> int:
    year = int(written)
    if len(written) == 4:
        return year
    return 1900 + year if birth and year > _NEWEST_BIRTH else 2000 + year
