"""Where the nine municipalities of the notice lie: a schematic map, drawn from the towns' approximate coordinates.

Circles instead of borders: their area says how many bodies, and nothing pretends to be surveyed. A municipality that is
not among the nine has no place here and stands in the bars beside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

_DEGREES = {  # longitude, latitude of the town, WGS 84, to about a kilometre
    "Carugate": (9.341, 45.550), "Cernusco sul Naviglio": (9.333, 45.525), "Cassina de' Pecchi": (9.361, 45.521),
    "Bussero": (9.375, 45.530), "Pessano con Bornago": (9.383, 45.549), "Gorgonzola": (9.406, 45.531),
    "Cambiago": (9.424, 45.572), "Gessate": (9.436, 45.554), "Bellinzago Lombardo": (9.449, 45.539),
}  # fmt: skip
_ABOVE = ("Cernusco sul Naviglio", "Bussero", "Cambiago", "Gessate")  # whose name would lie upon a neighbour below
_SCALE, _NARROWER = 3600, 0.70  # units a degree of latitude; a degree of longitude at 45.5° north is that much shorter
_LARGEST, _SMALLEST = 17.0, 4.0  # radius


@dataclass(frozen=True, slots=True)
class Spot:
    """One municipality on the map, in units of the drawing."""

    name: str
    number: int
    x: float
    y: float
    radius: float
    label_y: float


def spots(counts: Mapping[str, int], municipalities: tuple[str, ...]) -> list[Spot]:
    """The municipalities of a notice that have a place on the map; [] when most of them have none."""
    known = [name for name in municipalities if name in _DEGREES]
    most = max((counts.get(name, 0) for name in known), default=0) or 1
    found = []
    for name in known:
        longitude, latitude = _DEGREES[name]
        x, y = (longitude - 9.325) * _SCALE * _NARROWER + 50, (45.582 - latitude) * _SCALE
        number = counts.get(name, 0)
        radius = _SMALLEST + (_LARGEST - _SMALLEST) * sqrt(number / most)
        label = y - radius - 5 if name in _ABOVE else y + radius + 12
        found.append(Spot(name, number, round(x, 1), round(y, 1), round(radius, 1), round(label, 1)))
    return found if 2 * len(found) > len(municipalities) else []
