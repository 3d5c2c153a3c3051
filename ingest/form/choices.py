"""Options printed beside boxes: which words after a box mean which choice of which field."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from ingest.form import options
from ingest.form.field import FieldType, Option
from ingest.form.fields import SCHEMA
from ingest.form.fold import fold
from ingest.form.schema import field_of
from ingest.rules import Notice

PUBLIC_KIND = "organisation.legal_nature_other"
STATES = "registration.states"
_ALL = "tutti"
_WORDINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "organisation.legal_nature": {
        "odv": ("ODV", "O.D.V.", "Organizzazione di volontariato"),
        "aps": ("APS", "A.P.S.", "Associazione di promozione sociale"),
        "philanthropic": ("Enti filantropici",),
        "social_cooperative": ("Coop. sociale",),
        "cooperative_consortium": ("Consorzio",),
        "unrecognised_association": ("Associazione non riconosciuta", "Comitato"),
        "religious_body": ("Ente religioso",),
        "trade_union": ("Organizzazione sindacale", "Parte sociale"),
        "public_body": ("Ente pubblico",),
        "other": ("Altro",),
    },
    "declarant.capacity": {
        "legal_representative": ("rappresentante legale", "legale rappresentante dell'ente"),
        "delegate": ("delegato", "procuratore"),
    },
    "themes": {"abitare": ("abitare", "area abitare"), "occupazione": ("occupazione", "area occupazione")},
    "attachments_declared": {
        "identity_document": (
            "documento di identità",
            "copia del documento di identità",
            "fotocopia del documento di identità",
            "copia documento d'identità",
        ),
        "delegation": ("procura", "delega/procura"),
    },
}


_SISTERS = frozenset(
    {
        ("organisation.legal_nature", PUBLIC_KIND),
        ("organisation.legal_nature", "organisation.cooperative_type"),
        ("organisation.cooperative_type", "organisation.legal_nature"),
    }
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of one field, as printed."""

    key: str
    value: str
    words: tuple[str, ...]  # folded
    writes: bool  # "altro": what follows is written by hand


@dataclass(frozen=True, slots=True)
class Match:
    """A choice recognised in printed words: how many of them it took, and how surely (0..1)."""

    choice: Choice
    length: int
    score: float


def choices_of(notice: Notice) -> tuple[Choice, ...]:
    """Every option the form may print, with the notice's own themes and municipalities."""
    return _choices(tuple(notice.themes.items()), notice.municipalities)


@lru_cache(maxsize=8)
def _choices(themes: tuple[tuple[str, str], ...], municipalities: tuple[str, ...]) -> tuple[Choice, ...]:
    found: list[Choice] = []
    for field in SCHEMA:
        printed: Iterable[Option] = field.options
        if field.key == "themes" and themes:
            printed = [Option(key, text) for key, text in themes]
        if field.key == "signature.kind":
            continue
        found += _of(field.key, printed)
        if field.type is FieldType.BOOLEAN:
            found.append(Choice(field.key, "true", tuple(fold(field.label_it).split()), writes=False))
    found += _of(PUBLIC_KIND, options.PUBLIC_KINDS)
    found += _of(STATES, [Option("pending", "iscrizione in corso"), Option("none", "nessuna iscrizione")])
    found += _of("organisation.municipalities", [Option(m, m) for m in (*municipalities, _ALL)])
    return tuple(found)


def _of(key: str, printed: Iterable[Option]) -> list[Choice]:
    extra = _WORDINGS.get(key, {})
    found = []
    for option in printed:
        bare = option.label_it.split("(")[0]
        for text in dict.fromkeys((option.label_it, bare, *extra.get(option.value, ()))):
            words = tuple(fold(text).split()) if key != "organisation.cooperative_type" else (text.casefold(),)
            if words:
                found.append(Choice(key, option.value, words, writes=words[0] in ("altro", "other")))
    return found


def is_option_list(key: str, text: str, notice: Notice) -> bool:
    """Whether a text is the form's own list of options of `key`, whose boxes were not recognised: it says nothing."""
    folded = f" {fold(text)} "
    printed: dict[str, list[str]] = {}
    for choice in choices_of(notice):
        if choice.key == key:
            printed.setdefault(choice.value, []).append(" ".join(choice.words))
    named = [value for value, wordings in printed.items() if any(f" {w} " in folded for w in wordings)]
    verbatim = [v for v, wordings in printed.items() if f" {wordings[0]} " in folded]
    if field_of(key).type in (FieldType.TICKS, FieldType.MUNICIPALITIES):
        return len(printed) > 1 and len(named) >= min(len(printed), len(notice.municipalities) or len(printed))
    return len(verbatim) > 1


def best_match(
    words: list[str], choices: tuple[Choice, ...], group: str, taken: frozenset[tuple[str, str]]
) -> Match | None:
    """The choice that the printed `words` begin with; None when none fits.

    The words of one choice may begin another's: the longest fit wins, then the field last met (`group`), then one
    whose box was not yet `taken`.
    """
    tokens, owner = _tokens(words)
    best: tuple[tuple[float, ...], Match] | None = None
    for choice in choices:
        fit = _fit(tokens, choice)
        if fit is None:
            continue
        count, score = fit
        at_home = choice.key == group or (choice.key, group) in _SISTERS
        free = (choice.key, choice.value) not in taken
        rank = (float(count) if score == 1.0 else count - 0.5, at_home and free, free, choice.key == group, score)
        if count == 1 and len(choice.words[0]) < 3 and not at_home:
            continue
        if best is None or rank > best[0]:
            best = (rank, Match(choice, owner[count - 1] + 1, score))
    return best[1] if best else None


def _tokens(words: list[str]) -> tuple[list[str], list[int]]:
    """Folded tokens, and the index of the printed word each comes from."""
    tokens: list[str] = []
    owner: list[int] = []
    for i, word in enumerate(words):
        folded = [word.strip(" .,;:()").casefold()] if "+" in word else fold(word).split()
        tokens += folded
        owner += [i] * len(folded)
    return tokens, owner


def _fit(tokens: list[str], choice: Choice) -> tuple[int, float] | None:
    """(tokens used, score) when `tokens` begin with the choice, or are the beginning of a long one that wraps."""
    wanted = choice.words
    if tuple(tokens[: len(wanted)]) == wanted:
        return len(wanted), 1.0
    if len(tokens) >= 4 and len(wanted) > len(tokens) and wanted[: len(tokens)] == tuple(tokens):
        return len(tokens), 0.97
    text, target = " ".join(tokens[: len(wanted)]), " ".join(wanted)
    if len(target) >= 7 and len(tokens) >= min(len(wanted), 2):
        ratio = fuzz.ratio(text, target) / 100
        if ratio >= 0.87:
            return min(len(wanted), len(tokens)), ratio
    return None
