"""Empty markers: what people write to say that there is nothing to write."""

import re

from ingest.form.fold import fold
from ingest.form.value import Doubt

_OF = r"(?:di |del |della |la |il |un |una |nessun |nessuna |alcun |alcuna )?"
_THING = (
    r"(?:casella |indirizzo |numero )?(?:di )?(?:pec|p e c|posta certificata|partita iva|p iva|piva|iva"
    r"|codice fiscale|fax|telefono|cellulare|mail|email|e mail|sito(?: web| internet)?)"
)
_ABSENT = re.compile(
    r"(?:no|nd|na|n d|n a|n p|np|nessun[oa]?|nulla|niente|assente|non (?:previst|present|disponibil|applicabil|poss)\w*"
    r"|non in possesso|non (?:si )?(?:possied|dispon)\w*|non (?:si )?(?:ha|ho|abbiamo)|sprovvist[oa]|senza|esente"
    r"|non iscritt[oaie]|nessuna iscrizione|non pertinente|negativo|x{2,})"
    rf"(?: {_OF}{_THING})?"
)
_PENDING = re.compile(
    r"(?:iscrizione )?in corso(?: di (?:iscrizione|registrazione|rilascio|attribuzione|attivazione|richiesta))?"
    r"|in fase di \w+|in attesa(?: di \w+)?"
)
_SAME = re.compile(
    r"come sopra|idem|id|cs|c s|stess[oa]|lo stesso|la stessa|vedi sopra|medesim[oa]|il medesimo|v sopra|sopra"
)
_DRAWN = re.compile(r"[\s\W_]*", re.UNICODE)  # "//", "---", "==", "___"
_LEFT_BLANK = re.compile(r"[\s.…]*")


def absence(raw: str) -> Doubt | None:
    """Why a text stands for no value; None when it is a value, or when nothing was written at all."""
    if _LEFT_BLANK.fullmatch(raw):
        return None
    if _DRAWN.fullmatch(raw):
        return Doubt.DECLARED_ABSENT
    folded = fold(raw)
    for pattern, doubt in ((_ABSENT, Doubt.DECLARED_ABSENT), (_PENDING, Doubt.PENDING), (_SAME, Doubt.SAME_AS_ABOVE)):
        if pattern.fullmatch(folded):
            return doubt
    return None
