"""Values that people write in the place of another: the body after its capacity, a whole contact in a name's place.

"legale rappresentante della Fondazione X" holds a capacity and a name; "Elisa Tornaghi – coordinatrice – 338 9876543"
a name, a role and a telephone. Words are moved, never changed, so each value keeps its place on the page.
"""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import takewhile

from ingest.form.bodies import names_body
from ingest.form.fold import fold
from ingest.form.hints import KINDS, OF
from ingest.form.labels import lexicon
from ingest.form.page import Word
from ingest.form.slot import Slot

_CAPACITY = re.compile(
    r"\b(?:rappresentan\w+|president\w+|vice\s?president\w+|amministrat\w+|dirett\w+|titolare|procurat\w+|delegat\w"
    r"|responsabile|dirigente|segretari\w|coordinat\w+|tesorier\w|soci\w|parroco|commissario)\b"
)
_GLUED = re.compile(r"^(?:d(?:el|ell)?['’])(?P<rest>.+)$", re.IGNORECASE)
_OF_PROPOSALS = frozenset(
    {"e", "ed", "o", "di", "d", "del", "dell", "della", "dello", "delle", "dei", "degli", "da", "che", "si", "al",
     "alla", "contributo", "contributi", "esperienza", "esperienze", "proposta", "proposte", "attivita", "idea",
     "idee",
     "progetto", "progetti", "apporto", "interventi", "intervento", "competenze", "intende", "intendono", "portare",
     "offrire", "apportare", "dare", "ente", "associazione", "svolta", "svolte"}
)  # fmt: skip
_TRAILING = frozenset({"avente", "con", "sita", "sito", "e", "in", "che"})
_MAIL = re.compile(r"^\S+@\S+\.\S+$")
_NUMBER = re.compile(r"^\+?[\d./()-]{2,}$")
_REACH_WORDS = frozenset(
    {"tel", "telefono", "cell", "cellulare", "recapito", "recapiti", "email", "e mail", "mail", "pec"}
)
_BETWEEN = frozenset("-–—,;/|")
_PHONE_DIGITS = 6


def expanded(slot: Slot, written: AbstractSet[str]) -> Iterator[Slot]:
    """The slot, and what stands in it of other fields as slots of their own, where no other slot gives it.

    `written`: the keys for which the form has a filled slot.
    """
    if slot.key == "declarant.capacity" and "organisation.name" not in written:
        yield from _body_after(slot)
    elif slot.key == "contact.name" and slot.written:
        yield from _contact(slot, written)
    elif slot.key == "proposal":
        yield _without_end_of_label(_without_rest_of_label(slot))
    else:
        yield slot


def _without_rest_of_label(slot: Slot) -> Slot:
    """What was written, without printed words that only go on with the label ("e del contributo (max 10 righe)")."""
    on_place = {word.box for blank in slot.blanks for word in blank.words}
    at = 0
    for word in slot.words:
        tokens = fold(word.text).split()
        if word.box in on_place or not word.text.islower() or not tokens or not all(t in _OF_PROPOSALS for t in tokens):
            break
        at += 1
        if word.text.endswith(":"):
            break
    return replace(slot, words=slot.words[at:]) if (at and at != 1) or at == len(slot.words) else slot


def _without_end_of_label(slot: Slot) -> Slot:
    """What was written between the two printed lines of its own label, without the second of them.

    The printed words follow what stands on the place to write, and end the label's wording.
    """
    on_place = {word.box for blank in slot.blanks for word in blank.words}
    after = list(takewhile(lambda word: word.box not in on_place, reversed(slot.words)))[::-1]
    printed, rest = fold(slot.label.text), fold(" ".join(word.text for word in after))
    own = (label.folded for label in lexicon() if label.key == slot.key and label.folded.startswith(f"{printed} "))
    if on_place and rest and any(wording.endswith(f" {rest}") for wording in own):
        return replace(slot, words=slot.words[: -len(after)])
    return slot


def _body_after(slot: Slot) -> Iterator[Slot]:
    """The capacity, and the name of the body that follows it."""
    for at in range(1, len(slot.words)):
        before = fold(" ".join(word.text for word in slot.words[:at]))
        words = _named(slot.words, at)
        if words and _CAPACITY.search(before) and names_body(" ".join(word.text for word in words)):
            yield replace(slot, words=slot.words[:at])
            yield replace(slot, key="organisation.name", words=words, blanks=[], confidence=min(slot.confidence, 0.9))
            return
    yield slot


def _named(words: Sequence[Word], at: int) -> list[Word]:
    """The words after the preposition at `at`; [] when there is none."""
    glued = _GLUED.match(words[at].text)
    if glued:
        found = [replace(words[at], text=glued["rest"]), *words[at + 1 :]]
    elif fold(words[at].text) in OF:
        found = list(words[at + 1 :])
    else:
        return []
    while found and (fold(found[-1].text) in _TRAILING or not fold(found[-1].text)):
        found.pop()
    if len(found) > 1 and _names_kinds(found[0].text):
        found.pop(0)
    return found


def _names_kinds(word: str) -> bool:
    """Whether a printed word only says what kinds of body are meant: "ente", "Associazione/Ente"."""
    kinds = fold(word).split()
    return kinds == ["ente"] or ("/" in word and all(kind in KINDS for kind in kinds))


def _contact(slot: Slot, written: AbstractSet[str]) -> Iterator[Slot]:
    """The contact person's name; role, telephone and address where they follow it."""
    parts: dict[str, list[Word]] = {"contact.name": [], "contact.role": [], "contact.phone": [], "contact.email": []}
    key = "contact.name"
    for word in slot.words:
        bare = word.text.strip("<>(),;")
        if _MAIL.match(bare):
            parts["contact.email"].append(replace(word, text=bare))
            key = ""
        elif _NUMBER.match(bare):
            parts["contact.phone"].append(word)
            key = ""
        elif fold(bare) in _REACH_WORDS:
            key = ""
        elif key:
            key = _person(word, key, parts)
    if sum(c.isdigit() for word in parts["contact.phone"] for c in word.text) < _PHONE_DIGITS:
        parts["contact.phone"] = []
    if not parts["contact.name"]:
        yield slot
        return
    for key, words in parts.items():
        if words and (key == "contact.name" or key not in written):
            yield replace(slot, key=key, words=words, blanks=slot.blanks if key == "contact.name" else [])


def _person(word: Word, key: str, parts: dict[str, list[Word]]) -> str:
    """Puts a word into the name or the role; the key of the part that the next word belongs to."""
    named = len(parts["contact.name"]) > 1
    if word.text in _BETWEEN:
        return "contact.role" if named else key
    opens = word.text.startswith("(") and named
    key = "contact.role" if opens else key
    ends = key == "contact.name" and word.text.endswith(",") and bool(parts["contact.name"])
    text = word.text.strip("(),;") if key == "contact.role" or ends else word.text
    parts[key].append(replace(word, text=text))
    return "contact.role" if ends else key
