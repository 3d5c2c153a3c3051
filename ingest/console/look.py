"""The one templating environment of the console: every value is cleaned, then escaped, whatever the template says."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from ingest import wording
from ingest.console.assets import asset
from ingest.console.labels import label
from ingest.italian import ROME, weekday_it
from ingest.readout import masked, phone_it, plain
from ingest.templating import environment
from ingest.trouble import Trouble, told

_KEPT = "\n\t"
DEEDS = {
    "login": "accesso alla console", "locked": "accesso sospeso dopo troppi errori",
    "letter-released": "ha deciso di inviare la lettera", "original-downloaded": "ha scaricato l'originale",
    "evidence-downloaded": "ha scaricato il fascicolo", "identity-seen": "ha guardato un documento di identità",
    "accepted": "ha accettato il modulo", "rejected": "ha indicato che non è un'adesione",
    "reviewed": "ha confermato l'esame", "corrected": "ha corretto un dato", "status": "ha cambiato lo stato",
    "convocation-written": "ha scritto la convocazione", "convocation-confirmed": "ha confermato l'invio",
    "convocation-stopped": "ha fermato l'invio", "integration-closed": "ha chiuso la richiesta di integrazione",
    "protocol": "ha registrato il numero di protocollo", "admission": "ha deciso sull'ammissione",
    "merged": "ha unito due enti", "split": "ha separato due enti", "reclassified": "ha ricalcolato termini e ruolo",
    "assigned": "ha assegnato il modulo a un ente", "role-vouched": "ha ricevuto il ruolo dall'accesso dell'ente",
    "terms-applied": "ha applicato i termini dell'avviso", "notice-assigned": "ha indicato l'avviso",
    "values-confirmed": "ha confermato dei dati",
}  # fmt: skip
_STEPS = {"": "in attesa di esame"}


@cache
def templates() -> Environment:
    """The environment of templates/console, with the words of the log as filters."""
    made = environment("console").overlay(finalize=harmless)
    made.filters.update(
        short=plain, masked=lambda text, longest=300: masked(plain(text, longest)), phone=phone_it, when=when,
        day=day, size=size_it, outcome=_words(wording.OUTCOMES, _STEPS), envelope=_words(wording.ENVELOPES),
        signature=_words(wording.SIGNATURES), receipt=_words(wording.RECEIPTS), document=_words(wording.DOCUMENTS),
        timeliness=_words(wording.TIMELINESS), role=_words(wording.ROLES), letter=letter_it,
        letter_state=_words(wording.LETTER_STATES), status=_words(wording.STATUSES), clock=_words(wording.CLOCKS),
        nature=_words(wording.LEGAL_NATURES), relation=_words(wording.RELATIONS), reason=wording.reason_it,
        trouble=trouble_it, deed=deed_it, sentence=sentence, inside=inside, weekday=weekday,
        field_name=label,
    )  # fmt: skip
    made.globals.update(asset=asset)
    return made


def harmless(value: object) -> object:
    """Text without control characters, direction marks and other invisible signs; markup of ours as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(mark for mark in value if mark in _KEPT or unicodedata.category(mark)[0] != "C")


def when(at: datetime | None) -> str:
    """An instant in Rome, short: "26/07/2021 10:15:00"; "" for none."""
    return f"{at.astimezone(ROME):%d/%m/%Y %H:%M:%S}" if at else ""


def day(at: datetime | None) -> str:
    """Day and minute in Rome: "26/07/2021 10:15"; "" for none."""
    return f"{at.astimezone(ROME):%d/%m/%Y %H:%M}" if at else ""


def weekday(at: datetime) -> str:
    """The day of the week in Rome."""
    return weekday_it(at.astimezone(ROME).date())


def size_it(count: int) -> str:
    """Bytes as an office reads them: "12 KB", "3,4 MB"."""
    if count < 1000:
        return f"{count} byte"
    if count < 1_000_000:
        return f"{count // 1000} KB"
    unit, shown = ("GB", count / 1e9) if count >= 1e9 else ("MB", count / 1e6)
    return f"{shown:.1f} {unit}".replace(".", ",")


def deed_it(what: str) -> str:
    """What somebody did, for the history."""
    return DEEDS.get(what, what)


def sentence(text: str) -> str:
    """The text with a capital at its beginning; the rest stays ("PEC" is no "pec")."""
    return text[:1].upper() + text[1:]


def inside(text: str) -> str:
    """The text as it stands inside a sentence: small at its beginning, unless it begins with an acronym."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def letter_it(kind: str) -> str:
    """A letter's name; digest and alarms are letters too."""
    others = {"digest": "Riepilogo settimanale", "alarm": "Avviso al servizio", "convocation": "Convocazione"}
    known = {str(word): text for word, text in wording.LETTERS.items()}
    return known.get(kind) or others.get(kind.partition(":")[0], kind)


def trouble_it(code: str) -> Mapping[str, str]:
    """What the office reads about a condition; a code of a later version is shown as it is."""
    if code.partition(":")[0] not in set(Trouble):
        return {"title": code, "meaning": "", "to_do": ""}
    found = told(code)
    return {"title": found.title[:1].upper() + found.title[1:], "meaning": found.meaning, "to_do": found.to_do}


class _words:  # noqa: N801 - used as a function
    """A filter that says a word of the log in Italian; an unknown one is shown as it is."""

    def __init__(self, words: Mapping[Any, str], more: Mapping[str, str] | None = None) -> None:
        self._words = {str(word): text for word, text in words.items()} | dict(more or {})

    def __call__(self, word: object) -> str:
        return self._words.get(str(word if word is not None else ""), str(word or "non indicato"))
