"""Organisations counted by all that figures ask for at once: thousands of bodies are a few hundred groups. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.organisations import OrganisationRow
from ingest.readout import masked, plain

NOT_STATED = "non indicato"
_OUT = ("withdrawn", "merged")


@dataclass(frozen=True, slots=True)
class Group:
    """What the bodies of a group have in common; "" where they do not state it."""

    status: str
    legal_nature: str
    municipality: str
    themes: tuple[str, ...]
    role: str
    timeliness: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Groups and how many bodies each has."""

    groups: tuple[tuple[Group, int], ...]

    @property
    def total(self) -> int:
        """How many bodies."""
        return sum(number for _, number in self.groups)

    def of(self, status: str) -> int:
        """How many are of a status."""
        return self.by("status")[status]

    @property
    def standing(self) -> "Tally":
        """Those that neither withdrew nor were merged into another."""
        return Tally(tuple((group, number) for group, number in self.groups if group.status not in _OUT))

    def by(self, column: str) -> Counter[str]:
        """Bodies per value of a column; of "themes", one that chose two counts in both."""
        found: Counter[str] = Counter()
        for group, number in self.groups:
            value = getattr(group, column)
            for one in (value or ("",)) if isinstance(value, tuple) else (value,):
                found[one] += number
        return found


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a table of figures; `share` is per cent of the longest."""

    label: str
    number: int
    share: int


def tally_of(rows: Iterable[OrganisationRow]) -> Tally:
    """The same of bodies at hand."""
    counted = Counter(
        Group(row.status, row.legal_nature or "", row.municipality or "", row.themes, row.role, row.timeliness)
        for row in rows
    )
    return Tally(tuple(counted.items()))


def figures(counts: Mapping[str, int], words: Mapping[str, str]) -> tuple[Figure, ...]:
    """Largest first, equal ones by name; what is not stated stands last."""
    named: Counter[str] = Counter()
    for value, number in counts.items():
        named[masked(plain(words.get(value, value), 80)) if value else ""] += number
    longest = max(named.values(), default=1)
    ordered = sorted(named.items(), key=lambda item: (not item[0], -item[1], item[0]))
    return tuple(Figure(label or NOT_STATED, number, round(100 * number / longest)) for label, number in ordered)
