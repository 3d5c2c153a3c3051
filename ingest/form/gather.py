"""Slots → fields: parts of one value joined, merged slots split, normal forms applied.

Letterhead values (Part.HEAD) only fill what the body of the form leaves open.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import zip_longest

from ingest.form.absence import absence
from ingest.form.address import address_parts
from ingest.form.choices import STATES, is_option_list
from ingest.form.choosing import Chosen, is_struck, method_of
from ingest.form.contexts import BIRTH_PROVINCE, MERGED_CODES, MERGED_MAIL, PLACE_AND_DATE, Part
from ingest.form.fold import fold
from ingest.form.normal import normalise, normalise_merged
from ingest.form.owned import doubted, is_own_value, marked
from ingest.form.page import around
from ingest.form.pdfwords import UNMAPPED
from ingest.form.piece import TOPONYM, Piece
from ingest.form.registers import from_slots
from ingest.form.value import DOUBTFUL, Doubt, Normal, listed, warning
from ingest.form.wordings import FAX, NAME_PART, OPERATING, SURNAME_PART
from ingest.rules import Notice
from ingest.verdict import FieldValue

_REG = "organisation.registrations"
_SEAT = "organisation.registered_office"
_POINTS = re.compile(
    r"(?:\w+ )?di cui (?:al|alla|all|ai|nel|nella)\b.*"
    r"|(?:di cui )?(?:sopra|sotto|soprindicat\w|sopraindicat\w|suddett\w|predett\w|richiedente)(?: \w+)?"
)
_ADDRESS = re.compile(
    r"\d|^(?:via|v|viale|v\.le|piazza|p\.\s?zza|corso|c\.so|largo|l\.go|vicolo|strada)\b", re.IGNORECASE
)
_TOWN_FIRST = re.compile(rf"[^,\d]+,\s*{TOPONYM.pattern}", re.IGNORECASE)
_MERGED = (MERGED_CODES, MERGED_MAIL, PLACE_AND_DATE)
_LISTS = ("organisation.phones", "organisation.emails")
_BRANCH_ORDER = ("", "street", "number", "postcode", "municipality", "province")


def gathered(pieces: list[Piece], chosen: list[Chosen], notice: Notice, document: int) -> dict[str, FieldValue]:
    """The fields of one form from its slots. The office's own data give none in print, a doubt in a slot (R14)."""
    return _Gathering(notice, document).fields(pieces, chosen)


class _Gathering:
    def __init__(self, notice: Notice, document: int) -> None:
        self.notice = notice
        self.document = document
        self.found: dict[str, FieldValue] = {}

    def fields(self, pieces: list[Piece], chosen: list[Chosen]) -> dict[str, FieldValue]:
        filled = [p for p in pieces if p.slot.written and not _refers(p)]
        body = [p for p in filled if p.slot.part is not Part.HEAD]
        self._read(self._without_print(body))
        self._registrations([p for p in pieces if p.slot.part is not Part.HEAD], chosen)
        printed = dict(self.found)
        self._read([p for p in filled if p.slot.part is Part.HEAD and not self._is_own(p)])
        for key, value in self.found.items():
            if key not in printed:
                self.found[key] = replace(
                    value, confidence=round(value.confidence * 0.95, 3), warnings=(*value.warnings, Doubt.LETTERHEAD)
                )
        return self.found

    def _is_own(self, piece: Piece) -> bool:
        return is_own_value(piece.text, self.notice.own_values)

    def _without_print(self, pieces: list[Piece]) -> list[Piece]:
        """The pieces without the office's data printed on the form: those on no place to write, beside an applicant's.

        An applicant's own place keeps what was written there, and its doubt is shown.
        """
        printed = [not p.slot.blanks and self._is_own(p) for p in pieces]
        theirs = {p.slot.key for p, own in zip(pieces, printed, strict=True) if not own}
        return [p for p, own in zip(pieces, printed, strict=True) if not own or p.slot.key not in theirs]

    def _read(self, pieces: list[Piece]) -> None:
        by_key: dict[str, list[Piece]] = {}
        for piece in pieces:
            by_key.setdefault(piece.slot.key, []).append(piece)
        special: dict[str, Callable[[list[Piece]], None]] = {
            "declarant.birth_place": lambda found: self._birth_place(found, by_key.get(BIRTH_PROVINCE, [])),
        }
        for key, found in by_key.items():
            if key in special:
                special[key](found)
            elif key in _MERGED:
                self._merged(key, found[0])
            elif (
                key.startswith((_REG, OPERATING, "declarant.name/", "contact.name/", "organisation.phones"))
                or key == BIRTH_PROVINCE
            ):
                continue
            elif key in _LISTS:
                self._list(key, found)
            elif key == f"{_SEAT}.municipality" and _is_address(found[0].text):
                for piece in found:  # "Indirizzo sede legale: via Roma 3", "Comune e CAP: Gessate 20060"
                    self._whole_address(piece)
            else:
                self._scalar(key, found)
        self._list("organisation.phones", [p for p in pieces if p.slot.key.startswith("organisation.phones")])
        self._branch([p for p in pieces if p.slot.key.startswith(OPERATING)])
        for key in ("declarant.name", "contact.name"):
            self._names(key, [p for p in pieces if p.slot.key.startswith(f"{key}/")])

    def _put(self, key: str, pieces: list[Piece], raw: str, normal: Normal, extra: tuple[str, ...] = ()) -> None:
        if UNMAPPED in raw:
            normal = Normal(None, 0.2, (warning(Doubt.HANDWRITING),))
        normal = marked(key, normal, self.notice.own_values)
        if any(is_struck(w.box, p.page.strokes) for p in pieces for w in p.slot.words):
            normal = replace(normal, confidence_factor=DOUBTFUL / 2, warnings=(*normal.warnings, Doubt.STRUCK_OUT))
        if key in self.found or (normal.value is None and not normal.warnings):
            return
        slots = [p.slot for p in pieces]
        page = pieces[0].page
        words = [w for s in slots for w in s.words]
        confidence = min([s.confidence for s in slots] + [w.confidence for w in words])
        method = method_of(words)
        if method.value == "acroform":
            confidence = min(0.99, confidence + 0.02)
        self.found[key] = FieldValue(
            value=normal.value,
            raw=raw,
            document=self.document,
            page=page.number,
            box=page.displayed(around([p.slot.box() for p in pieces if p.page.number == page.number])),
            method=method,
            confidence=round(confidence * normal.confidence_factor, 3),
            warnings=tuple(dict.fromkeys((*extra, *(w for s in slots for w in s.warnings), *normal.warnings))),
        )

    def _scalar(self, key: str, pieces: list[Piece]) -> None:
        """The first value; another one that differs is a doubt."""
        if is_option_list(key, pieces[0].text, self.notice):
            raw = pieces[0].text
            self._put(key, pieces[:1], raw, Normal(None, 0.3, (warning(Doubt.CONFLICTING_TICKS),)))
            return
        if key == "proposal":
            raw = " ".join(p.text for p in pieces)
            self._put(key, pieces, raw, normalise(key, raw))
            return
        first, normal = pieces[0], normalise(key, pieces[0].text)
        others = {str(normalise(key, p.text).value) for p in pieces[1:]} - {str(normal.value), "None"}
        if others and normal.value is not None:
            normal = Normal(normal.value, min(normal.confidence_factor, 0.7), (*normal.warnings, Doubt.SEVERAL_VALUES))
        self._put(key, [first], first.text, normal)

    def _list(self, key: str, pieces: list[Piece]) -> None:
        if pieces and is_option_list(key, pieces[0].text, self.notice):
            self._put(key, pieces[:1], pieces[0].text, Normal(None, 0.3, (warning(Doubt.CONFLICTING_TICKS),)))
        elif pieces:
            given = [p for p in pieces if not absence(p.text)] or pieces[:1]
            raw = "; ".join(dict.fromkeys(p.text for p in given))
            faxes = listed(normalise(key, "; ".join(p.text for p in given if p.slot.key == FAX)))
            extra = (warning(Doubt.FAX, ",".join(faxes)),) if faxes else ()
            self._put(key, given, raw, normalise(key, raw), extra)

    def _merged(self, key: str, piece: Piece) -> None:
        for name, normal in normalise_merged(key, piece.text).items():
            if name == "date" and not any(c.isdigit() for c in piece.text):
                continue  # only the place stands there, the date has a label of its own
            self._put(name, [piece], piece.text, normal)

    def _birth_place(self, pieces: list[Piece], province: list[Piece]) -> None:
        raw = pieces[0].text
        if province:
            raw = f"{raw} ({province[0].text.strip(' ().')})"
        raw = re.sub(r"\(\s*([A-Za-z]{2})\s*\)", lambda m: f"({m[1].upper()})", raw)
        self._put("declarant.birth_place", [*pieces[:1], *province[:1]], raw, normalise("declarant.birth_place", raw))

    def _whole_address(self, piece: Piece) -> None:
        """An address on one line where its municipality is asked for ("Sede legale: via Roma 3 – 20060 Gessate")."""
        parts = address_parts(piece.text)
        whole = "municipality" in parts or not re.search(r"\s[–-]\s|\(", piece.text)
        for leaf, text in parts.items():
            normal = normalise(f"{_SEAT}.{leaf}", text)
            if not whole:  # more than a street, but which part is which is not sure
                normal = replace(normal, confidence_factor=0.6, warnings=(*normal.warnings, Doubt.ADDRESS_NOT_SPLIT))
            if self._is_own(piece):
                normal = doubted(normal)
            self._put(f"{_SEAT}.{leaf}", [piece], piece.text, normal)

    def _branch(self, pieces: list[Piece]) -> None:
        if not pieces:
            return
        leaf = {p.slot.key.removeprefix(OPERATING).lstrip("/"): p for p in reversed(pieces)}
        ordered = [leaf[name] for name in _BRANCH_ORDER if name in leaf]
        raw = " ".join(p.text for p in ordered)
        self._put(OPERATING, ordered, raw, normalise(OPERATING, raw))

    def _names(self, key: str, pieces: list[Piece]) -> None:
        """Surname and name written in two places."""
        parts = {p.slot.key.partition("/")[2]: p for p in reversed(pieces)}
        ordered = [parts[part] for part in (SURNAME_PART, NAME_PART) if part in parts]
        if ordered:
            raw = " ".join(p.text for p in ordered)
            self._put(key, ordered, raw, normalise(key, raw))

    def _registrations(self, pieces: list[Piece], chosen: list[Chosen]) -> None:
        parts = [p for p in pieces if p.slot.key.startswith(_REG)]
        boxes = [c for c in chosen if c.choice.key in (_REG, STATES)]
        ticked = [c for c in boxes if c.tick.on]
        written = [p for p in parts if p.slot.written]
        if boxes:
            slots = {c.choice.value: "x" for c in ticked} | _register_slots(parts)
            normal = from_slots(slots)
        else:
            said = [p for p, after in zip_longest(parts, parts[1:]) if p.slot.written or _names_register(p, after)]
            raw = " ".join(f"{p.slot.label.text} {p.text}" for p in said if p.slot.key != f"{_REG}.runts")
            normal = normalise(_REG, raw) if any(_is_said(p) for p in written) else Normal(None)
            if written and any(absence(p.text) for p in written) and not any(map(str.isdigit, raw)):
                normal = normalise(_REG, next(p.text for p in written if absence(p.text)))
        if normal.value is None and not normal.warnings:
            return
        raw = " ".join([*(c.text for c in ticked), *(f"{p.slot.label.text} {p.text}" for p in written)])
        if written:
            self._put(_REG, written, raw, normal)
        elif ticked:
            first = ticked[0]
            self.found.setdefault(
                _REG,
                FieldValue(
                    value=normal.value,
                    raw=raw,
                    document=self.document,
                    page=first.page,
                    box=first.box,
                    method=first.tick.method,
                    confidence=round(min(c.tick.confidence for c in ticked) * normal.confidence_factor, 3),
                    warnings=normal.warnings,
                ),
            )


def _is_address(text: str) -> bool:
    return bool(_ADDRESS.search(text) or _TOWN_FIRST.match(text))


def _is_said(piece: Piece) -> bool:
    """Whether somebody wrote it: print goes on after "registro" too, without a place to write or a number."""
    label = piece.slot.label.text
    return bool(piece.slot.blanks or piece.slot.cell or label.endswith(":")) or any(map(str.isdigit, piece.text))


def _names_register(piece: Piece, after: Piece | None) -> bool:
    """Whether a label alone says in which register the number after it stands ("Iscrizione al RUNTS: n. 45678")."""
    return piece.slot.key == _REG and after is not None and after.slot.written and after.slot.key != _REG


def _refers(piece: Piece) -> bool:
    """Whether a name is "dell'ente sopra indicato": words that point elsewhere, in a name's place."""
    return piece.slot.key.endswith(".name") and bool(_POINTS.fullmatch(fold(piece.text)))


def _register_slots(parts: list[Piece]) -> dict[str, str]:
    """The RUNTS line's own section, number and date; then the line the old registers share."""
    slots: dict[str, str] = {}
    seen: set[str] = set()
    runts = False
    for piece in parts:
        leaf = piece.slot.key.removeprefix(_REG).lstrip(".")
        if leaf == "runts":
            runts = True
        if leaf not in ("section", "number", "date", "other_text"):
            continue
        name = f"runts_{leaf}" if runts and leaf != "other_text" and f"runts_{leaf}" not in seen else leaf
        seen.add(name)
        if piece.slot.written and name not in slots:
            slots[name] = piece.text
    return slots
