"""Printed labels found in a row of words.

Words on a leader are never labels; a label written on by the applicant ("Tel.02…", "PEC:a@b.it") is cut from its
value first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.form.fold import fold, squeeze
from ingest.form.hints import ASKS, BARE_HINTS, HINT_WORDS, KINDS
from ingest.form.labels import by_folded, nearest
from ingest.form.page import Box, Word, around
from ingest.form.row import Blank, Item, Row
from ingest.form.ticks import Tick
from ingest.form.wordings import (
    COLON_ONLY,
    ID_ONLY,
    LETTERED,
    MARK,
    MORE,
    NUMBERED,
    WHOLE_ROW_ONLY,
    squeezed,
    wordings,
)

_LONGEST = 14  # words
_OF_BODIES = (("organisation.name",), "")
_LISTED = frozenset({"via", "n", "n civico", "civico", "numero civico", "num", "piazza", "citta", "comune", "provincia",
                     "prov", "stato", "localita", "nome", "cognome", "indirizzo", "ruolo", "carica"})  # fmt: skip
_MARKER = re.compile(r"(?:[/\\=*#-]|[–—−]){2,}")
_GLUED = re.compile(r"^(?P<label>[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ./'’°-]{0,28}?(?:[:°](?=[^\s.:,;)])|\.(?=[\d+])))(?P<value>.+)$")

_MISREAD_BOTH = re.compile(r"[il1|!]{1,3}[/\\][il1|!]?[aàs5]?")
_MISREAD_ONE = re.compile(r"[il1|!]{2}")


@dataclass(frozen=True, slots=True)
class Label:
    """A label found on the page: every key its wording may announce."""

    keys: tuple[str, ...]
    text: str
    box: Box
    sure: float = 1.0  # less for a misprinted or badly read one
    id: str = ""  # number of the canonical form ("B4")


Piece = Word | Blank | Tick | Label


def labelled(row: Row) -> list[Piece]:
    """The items of `row` with its labels recognised."""
    items = _without_lists(_split(row.items))
    pieces: list[Piece] = []
    at = 0
    while at < len(items):
        item = items[at]
        if not isinstance(item, Word):
            pieces.append(item)
            at += 1
            continue
        found = _label_at(items, at)
        if found is None:
            pieces.append(item)
            at += 1
        else:
            label, length = found
            pieces.append(label)
            at += length
    return _fuzzy(pieces)


def _split(items: tuple[Item, ...]) -> list[Item]:
    result: list[Item] = []
    for item in items:
        match = _GLUED.match(item.text) if isinstance(item, Word) else None
        if match is None or not isinstance(item, Word) or fold(match["label"]) not in wordings():
            result.append(item)
            continue
        cut = item.box[0] + (item.box[2] - item.box[0]) * len(match["label"]) / len(item.text)
        result.append(replace(item, text=match["label"], box=(*item.box[:2], cut, item.box[3])))
        result.append(replace(item, text=match["value"], box=(cut, *item.box[1:])))
    return result


def _without_lists(items: list[Item]) -> list[Item]:
    """The items without a parenthesis that lists what to write: "Sede legale (via, n. civico, CAP, Comune, Prov.)"."""
    kept: list[Item] = []
    at = 0
    while at < len(items):
        item = items[at]
        length = _list_length(items[at : at + _LONGEST]) if isinstance(item, Word) and item.text[:1] == "(" else 0
        kept += items[at : at + 1] if not length else []
        at += length or 1
    return kept


def _list_length(items: Sequence[Item]) -> int:
    """How many of `items`, from an opening parenthesis on, list labels; 0 when they are something else."""
    words: list[str] = []
    for item in items:
        if not isinstance(item, Word):
            return 0
        words.append(item.text)
        if ")" in item.text:
            asked = [fold(part) for part in " ".join(words).strip("():;. ").split(",")]
            listed = len(asked) > 1 and all(part in wordings() or part in _LISTED for part in asked)
            return len(words) if listed else 0
    return 0


def _label_at(items: list[Item], at: int) -> tuple[Label, int] | None:
    """The longest label that begins at item `at`, and how many items it takes."""
    run = _words_from(items, at)
    if run[0].text.startswith(MARK):
        return Label((f"other:{run[0].text[1:]}",), run[0].text, run[0].box), 1
    number = ""
    skipped = 0
    if len(run) > 1 and LETTERED.match(run[0].text):
        number, skipped = run[0].text.strip(".)"), 1
    if at == 0 and run and NUMBERED.match(run[0].text) and len(run) == 1:
        return Label((ID_ONLY,), run[0].text, run[0].box), 1
    for length in range(len(run), skipped, -1):
        words = run[skipped:length]
        text = " ".join(w.text for w in words)
        folded = fold(text)
        # "compilato e sottoscritto" is no person: the article is part of every wording that names one
        open_end = folded in COLON_ONLY and not text.endswith(":") and len(items) > length
        if open_end or _says_nothing(words) or (at > 0 and folded.startswith("sottoscr")):
            continue
        if folded.endswith("via piazza") and not set("/,") & set(text):
            continue  # "in via Piazza Roma": the toponym is the applicant's
        found = (
            _numbered(folded, number)
            or wordings().get(folded)
            or (squeezed().get(squeeze(text)) if len(words) > 1 else None)
            or (_OF_BODIES if length == skipped + 1 and _asks_for_body(text) else None)
        )
        if found and not (folded in WHOLE_ROW_ONLY and not (_alone(items, at, length) or (at == 0 and text.isupper()))):
            keys, canonical = found
            label = Label(keys, text, around([w.box for w in run[:length]]), id=number if number == canonical else "")
            return label, length
    return None


def _asks_for_body(word: str) -> bool:
    """Whether a printed word offers several kinds of body: "dell'Associazione/Ente", "della Cooperativa/Impresa"."""
    first, *kinds = fold(word).split() or [""]
    return "/" in word and first in ("della", "dello", "del", "dell") and all(kind in KINDS for kind in kinds)


def _words_from(items: list[Item], at: int) -> list[Word]:
    """The words a label at `at` could consist of, at least one."""
    run = []
    for item in items[at : at + _LONGEST]:
        if not isinstance(item, Word):
            break
        run.append(item)
    if at == 0 and len(run) > 1 and fold(run[1].text).startswith("sottoscritt"):
        run[0] = _read_anew(run[0])
    return run


def _read_anew(article: Word) -> Word:
    """The article before "sottoscritto", which a bad scan gives as "I/La", "1l/La", "ll"."""
    text = article.text.lower()
    if _MISREAD_BOTH.fullmatch(text):
        return replace(article, text="Il/La")
    return replace(article, text="Il") if _MISREAD_ONE.fullmatch(text) else article


def _says_nothing(words: list[Word]) -> bool:
    """Whether a label's run ends with a mark drawn by the applicant ("Fax //"); a lone dash is one after a colon."""
    if len(words) < 2:
        return False
    last, before = words[-1].text, words[-2].text
    return is_marker(last) or (last in "-–—/" and before.endswith(":"))


def _numbered(folded: str, number: str) -> tuple[tuple[str, ...], str] | None:
    """A canonical label that only its printed number tells from others ("D1 altro (specificare)")."""
    keys = tuple(label.key for label in by_folded().get(folded, ()) if number and label.id == number)
    return (keys, number) if keys else None


def _alone(items: list[Item], at: int, length: int) -> bool:
    """Whether a short heading fills its row, or is followed by a place to write."""
    after = items[at + length : at + length + 1]
    return (at == 0 and not after) or (bool(after) and isinstance(after[0], Blank))


def _fuzzy(pieces: list[Piece]) -> list[Piece]:
    """Words right before a place to write that are nearly a label (misprints, bad scans)."""
    result: list[Piece] = []
    for i, piece in enumerate(pieces):
        result.append(piece)
        following = pieces[i + 1] if i + 1 < len(pieces) else None
        ends = isinstance(following, Blank) or (isinstance(piece, Word) and piece.text.endswith(":"))
        if not ends or not isinstance(piece, Word):
            continue
        for length in range(5, 0, -1):
            run = result[-length:]
            words = [w for w in run if isinstance(w, Word)]
            if len(words) != length or len(run) != length:
                continue
            text = " ".join(w.text for w in words)
            labels = nearest(text) if len(fold(text)) >= 5 else ()
            keys = tuple(dict.fromkeys(label.key for label in labels))
            if keys and MORE.get(labels[0].folded, "-") != "":
                result[-length:] = [Label(keys, text, around([w.box for w in words]), sure=0.9)]
                break
    return result


def is_marker(text: str) -> bool:
    """Whether a word is drawn to say that there is nothing to write: "//", "---", "==". A lone dash may be print."""
    return bool(_MARKER.fullmatch(text))


def is_bare_hint(words: list[str]) -> bool:
    """Whether words outside parentheses can only be print ("specificare", "gg/mm/aaaa")."""
    tokens = fold(" ".join(words)).split()
    return bool(tokens) and all(t in BARE_HINTS for t in tokens)


def is_hint(words: list[str]) -> bool:
    """Whether a parenthesis explains the label rather than being written by the applicant."""
    tokens = fold(" ".join(words)).split()
    if tokens and tokens[0] in ASKS:
        return True
    return bool(tokens) and sum(t in HINT_WORDS for t in tokens) >= max(1, len(tokens) * 0.6)
