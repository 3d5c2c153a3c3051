"""Printed labels found in a row of words.

Words on a leader are never labels; a label written on by the applicant ("Tel.02…", "PEC:a@b.it") is cut from its
value first.
"""

import re
from dataclasses import dataclass, replace
from functools import cache

from ingest.form.fold import fold, squeeze
from ingest.form.labels import by_folded, nearest
from ingest.form.page import Box, Word, around
from ingest.form.rows import Blank, Item, Row
from ingest.form.ticks import Tick

STOP = "stop"
MARK = "\ue000"  # a private character, put before the key of a field by what recognised it without its words
ID_ONLY = "id"  # a field's number before its boxes
NAME_PART = "name.part"
SURNAME_PART = "surname.part"
OPERATING = "organisation.operating_office"
_LONGEST = 14  # words
_IDS = re.compile(r"^[A-G](?:[1-9]|1[0-9])?[.)]?$")
_GLUED = re.compile(r"^(?P<label>[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ./'’°-]{0,28}?(?:[:°](?=[^\s.:,;)])|\.(?=[\d+])))(?P<value>.+)$")
_HINT_WORDS = frozenset(
    "cognome nome facoltativo facoltativa obbligatorio obbligatoria se diversa diverso dal dalla es esempio presidente "
    "specificare indicare sempre comune barrare una sola voce max righe indirizzo stampatello leggibile per esteso "
    "prov provincia legale rappresentante titolare procuratore delegato ecc timbro e firma".split()
)

# Wordings the lexicon leaves out, and what must not be read as a label at all ("" = not a label).
_MORE = {
    "sede operativa": OPERATING,
    "sede operativa se diversa": OPERATING,
    "unita locale": OPERATING,
    "fax": "fax",
    "luogo": "place",
    "nome": NAME_PART,
    "cognome": SURNAME_PART,
    "ruolo": "contact.role",
    "forma giuridica": "organisation.legal_nature",
    "natura giuridica": "organisation.legal_nature",
    "sigla": "organisation.acronym",
    "acronimo": "organisation.acronym",
    "carica": "declarant.office",
    "in rete con": "organisation.network",
    "numero": "organisation.registered_office.number",
    "num": "organisation.registered_office.number",
    "comune di": "organisation.registered_office.municipality",
    "comune": "organisation.registered_office.municipality",
    "localita": "organisation.registered_office.municipality",
    "sez": "organisation.registrations.section",
    "sezione": "organisation.registrations.section",
    "rep n": "organisation.registrations.number",
    "rep": "organisation.registrations.number",
    "numero di repertorio": "organisation.registrations.number",
    "numero repertorio": "organisation.registrations.number",
    "n rep": "organisation.registrations.number",
    "dal": "organisation.registrations.date",
    "legale rappresentante tel": "phones.after_representative",
    "legale rappresentante": "representative",
    "docum ricon nr": "declarant.identity_document",
    "documento di identita n": "declarant.identity_document",
    "iban": "iban",
    "codice meccanografico": "other.code",
    "codice univoco": "other.code",
    "codice ipa": "other.code",
    "codice ateco": "other.code",
    "oggetto": STOP,
    "spett le": STOP,
    "alla c a": STOP,
    "chiede": STOP,
    "manifesta": STOP,
    "manifesta il proprio interesse": STOP,
    "dichiara": STOP,
    "dichiara inoltre": STOP,
    "si impegna": STOP,
    "comunica": STOP,
    "consapevole": STOP,
    "ai sensi": STOP,
    "visto l avviso": STOP,
    "in particolare per": "themes",
    "di seguito denominato": STOP,
    "allegati": "attachments_declared",
    "allega": "attachments_declared",
    "si allega": "attachments_declared",
    "dichiarante": STOP,
    "ente": STOP,
    "referente per la procedura": "contact.name",
    "www": "",
    "n": "organisation.registered_office.number",
    "presidente pro tempore": "",
    "rappresentante legale": "",
    "tipo": "",
    "specificare": "",
    "altro specificare": "",
    "albo": "organisation.registrations",
    "registro": "organisation.registrations",
    "tavolo": "",
    "tematica": "",
    "recapiti": "",
    "i sottoscritti": "declarant.name",
}
_WHOLE_ROW_ONLY = frozenset({"dichiarante", "ente", "comunica", "numero", "comune", "allegati", "dichiara", "chiede"})


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
    items = _split(row.items)
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


@cache
def _wordings() -> dict[str, tuple[tuple[str, ...], str]]:
    """Folded wording → (keys, canonical id)."""
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    for folded, labels in by_folded().items():
        keys = tuple(dict.fromkeys(label.key for label in labels))
        found[folded] = (keys, next((label.id for label in labels if label.id), ""))
    for folded, key in _MORE.items():
        old = found.get(folded, ((), ""))
        if not key:
            found.pop(folded, None)
        else:
            found[folded] = ((key,), old[1])
    return found


@cache
def _squeezed() -> dict[str, tuple[tuple[str, ...], str]]:
    return {folded.replace(" ", ""): found for folded, found in _wordings().items() if len(folded.replace(" ", "")) > 5}


def _split(items: tuple[Item, ...]) -> list[Item]:
    result: list[Item] = []
    for item in items:
        match = _GLUED.match(item.text) if isinstance(item, Word) else None
        if match is None or not isinstance(item, Word) or fold(match["label"]) not in _wordings():
            result.append(item)
            continue
        cut = item.box[0] + (item.box[2] - item.box[0]) * len(match["label"]) / len(item.text)
        result.append(replace(item, text=match["label"], box=(*item.box[:2], cut, item.box[3])))
        result.append(replace(item, text=match["value"], box=(cut, *item.box[1:])))
    return result


def _label_at(items: list[Item], at: int) -> tuple[Label, int] | None:
    """The longest label that begins at item `at`, and how many items it takes."""
    run = []
    for item in items[at : at + _LONGEST]:
        if not isinstance(item, Word):
            break
        run.append(item)
    if run[0].text.startswith(MARK):
        return Label((f"other:{run[0].text[1:]}",), run[0].text, run[0].box), 1
    number = ""
    skipped = 0
    if len(run) > 1 and _IDS.match(run[0].text):
        number, skipped = run[0].text.strip(".)"), 1
    if at == 0 and run and _IDS.match(run[0].text) and len(run) == 1:
        return Label((ID_ONLY,), run[0].text, run[0].box), 1
    for length in range(len(run), skipped, -1):
        words = run[skipped:length]
        text = " ".join(w.text for w in words)
        folded = fold(text)
        found = _wordings().get(folded) or (_squeezed().get(squeeze(text)) if len(words) > 1 else None)
        if found and not (folded in _WHOLE_ROW_ONLY and not (_alone(items, at, length) or (at == 0 and text.isupper()))):
            keys, canonical = found
            label = Label(keys, text, around([w.box for w in run[:length]]), id=number if number == canonical else "")
            return label, length
    return None


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
            if keys and _MORE.get(labels[0].folded, "-") != "":
                result[-length:] = [Label(keys, text, around([w.box for w in words]), sure=0.9)]
                break
    return result


def is_hint(words: list[str]) -> bool:
    """Whether a parenthesis explains the label rather than being written by the applicant."""
    tokens = fold(" ".join(words)).split()
    return bool(tokens) and sum(t in _HINT_WORDS for t in tokens) >= max(1, len(tokens) * 0.6)
