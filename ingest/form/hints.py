"""Words that are print wherever they stand: what explains a label, asks, or says what kind of body is meant."""

BARE_HINTS = frozenset(  # print, without parentheses too
    {"specificare", "facoltativo", "facoltativa", "obbligatorio", "obbligatoria", "gg", "mm", "aaaa", "altro",
     "quale", "indicare"}
)  # fmt: skip
OF = frozenset(  # between a capacity and the body
    {"di", "del", "della", "dello", "degli", "delle", "dell", "del della", "della del", "dell ente",
     "del dello della"}
)  # fmt: skip
KINDS = frozenset(  # of bodies
    {"associazione", "cooperativa", "fondazione", "comitato", "parrocchia", "consorzio", "circolo", "societa",
     "ente", "organizzazione", "impresa", "azienda", "istituto", "scuola", "sindacato", "onlus", "odv", "aps",
     "coop", "soc", "ditta"}
)  # fmt: skip
ASKS = frozenset(  # what begins a parenthesis that tells how to fill the form in
    {"barrare", "indicare", "specificare", "cancellare", "scegliere", "selezionare", "allegare", "segnare"}
)  # fmt: skip
HINT_WORDS = frozenset(  # of parentheses that explain a label
    {"cognome", "nome", "facoltativo", "facoltativa", "obbligatorio", "obbligatoria", "se", "diversa", "diverso",
     "dal", "dalla", "es", "esempio", "presidente", "specificare", "indicare", "sempre", "comune", "barrare",
     "una", "sola", "voce", "max", "righe", "indirizzo", "stampatello", "leggibile", "per", "esteso", "prov",
     "provincia", "legale", "rappresentante", "titolare", "procuratore", "delegato", "ecc", "timbro", "e", "firma",
     "gg", "mm", "aaaa", "mese", "anno", "giorno", "altro", "altra", "quale"}
)  # fmt: skip
