"""What a message is about, from its own words: a withdrawal, or this notice at all.

The mailbox is the municipality's general one. A false positive here only shows a message to a person, except for
`mentions_notice`, which also decides whether a message without a form is told how to send one.
"""

import re
import unicodedata

_SUBJECT, _TEXT = 2_000, 20_000  # characters looked at
_LEAVING = r"(?:rinunci\w*|revoc\w*|ritir(?:o|a|are|iamo|ata|ato)|recess\w*|recede\w*|disdett\w*|disdir\w*)"
_ADHESION = r"(?:adesion\w*|partecipazion\w*|manifestazion\w*|candidatur\w*|istanz\w*|domand\w*)"
_BETWEEN = r"(?:(?![.;!?]).){0,80}?"
_WITHDRAWAL = re.compile(rf"\b{_LEAVING}\b{_BETWEEN}\b{_ADHESION}\b|\b{_ADHESION}\b{_BETWEEN}\b{_LEAVING}\b")
_NOT_MEANT = re.compile(
    r"\b(?:non|senza|mai)\b[^.;]{0,40}\b(?:rinunci|revoc|ritir|reced)"  # "non intende rinunciare"
    r"|\b(?:in caso di|eventual\w*|diritto di|facolta di|possibilita di|qualora|salvo)\b[^.;]{0,40}"
    r"\b(?:rinunci|revoc|ritir|recess|disdett)"
    r"|\brevoc\w*[^.;]{0,40}\bconsens"  # privacy text of every form
)
_NOTICE = re.compile(
    r"\bco ?-? ?(?:programmazion|progettazion)\w*|\bpiano (?:sociale )?di zona\b|\bufficio di piano\b"
    r"|\bmanifestazion\w* d(?:i\b)?['\s]*+interesse\b|\badesion\w*\b.{0,60}\b(?:avviso|piano|distretto|tavol\w*)\b"
    r"|\b(?:avviso|piano|distretto|tavol\w*)\b.{0,60}\badesion\w*\b|^\W*adesione\b|\ballegato ?1\b"
)


def is_withdrawal(subject: str, text: str = "") -> bool:
    """True when the sender takes an adhesion back (rinuncia, revoca, ritiro); negations do not count."""
    return any(
        _WITHDRAWAL.search(sentence) is not None and _NOT_MEANT.search(sentence) is None
        for sentence in (_folded(subject[:_SUBJECT]), *re.split(r"[.;!?\n]{1,4}", _folded(text[:_TEXT])))
    )


def mentions_notice(subject: str, text: str = "") -> bool:
    """True when subject or text speaks of such a notice: co-programmazione, Piano di Zona, Allegato 1, adesione."""
    return any(_NOTICE.search(_folded(part)) is not None for part in (subject[:_SUBJECT], text[:_TEXT]))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character)).replace("_", " ")
