"""Every wording the reader knows as print: the lexicon, what it leaves out, headings that end a value, hints."""

import re
from collections.abc import Sequence
from functools import cache

from ingest.form.fold import fold
from ingest.form.labels import by_folded

NUMBERED = re.compile(r"^[A-G](?:[1-9]|1[0-9])[.)]?$")  # "B4" before a label of the canonical form
LETTERED = re.compile(r"^[A-G](?:[1-9]|1[0-9])?[.)]?$")  # the same, or "B." before a heading
STOP = "stop"
MARK = "\ue000"  # a private character, put before the key of a field by what recognised it without its words
ID_ONLY = "id"  # a field's number before its boxes
NAME_PART = "name.part"
SURNAME_PART = "surname.part"
FAX = "organisation.phones.fax"
OPERATING = "organisation.operating_office"

# Wordings the lexicon leaves out, and what must not be read as a label at all ("" = not a label).
MORE = {
    "sede operativa": OPERATING,
    "sede operativa se diversa": OPERATING,
    "unita locale": OPERATING,
    "fax": FAX,
    "telefax": FAX,
    "fax n": FAX,
    "luogo": "place",
    "nome": NAME_PART,
    "cognome": SURNAME_PART,
    "ruolo": "contact.role",
    "declarations": STOP,
    "dichiarazioni": STOP,
    "luogo data": "place_and_date",
    "forma giuridica": "organisation.legal_nature",
    "natura giuridica": "organisation.legal_nature",
    "sigla": "organisation.acronym",
    "acronimo": "organisation.acronym",
    "carica": "declarant.office",
    "denominazione ente": "organisation.name",
    "denominazione dell ente": "organisation.name",
    "denominazione associazione": "organisation.name",
    "denominazione dell associazione": "organisation.name",
    "denominazione organizzazione": "organisation.name",
    "denominazione dell organizzazione": "organisation.name",
    "denominazione del soggetto": "organisation.name",
    "denominazione soggetto": "organisation.name",
    "breve descrizione del contributo": "proposal",
    "descrizione del contributo": "proposal",
    "dati dell ente": STOP,
    "dati dell associazione": STOP,
    "dati dell organizzazione": STOP,
    "dati del soggetto": STOP,
    "dati identificativi": STOP,
    "dati del dichiarante": STOP,
    "dati del legale rappresentante": STOP,
    "dati anagrafici": STOP,
    "dati del referente": STOP,
    "sua qualita di": "declarant.capacity",
    "citta": "organisation.registered_office.municipality",
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
    "al comune di": STOP,
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
    "interesse per": "themes",
    "tematiche di interesse": "themes",
    "tematica di interesse": "themes",
    "tavoli di interesse": "themes",
    "tavolo di interesse": "themes",
    "ambiti di interesse": "themes",
    "aree di interesse": "themes",
    "tipologia": "organisation.legal_nature",
    "soggetto proponente": "organisation.name",
    "soggetto richiedente": "organisation.name",
    "ente proponente": "organisation.name",
    "ente richiedente": "organisation.name",
    "nome dell ente": "organisation.name",
    "nome ente": "organisation.name",
    "indirizzo sede legale": "organisation.registered_office.municipality",
    "indirizzo della sede legale": "organisation.registered_office.municipality",
    "comune e cap": "organisation.registered_office.municipality",
    "cap e comune": "organisation.registered_office.municipality",
    "citta e cap": "organisation.registered_office.municipality",
    "cap e citta": "organisation.registered_office.municipality",
    "tel referente": "contact.phone",
    "telefono referente": "contact.phone",
    "cell referente": "contact.phone",
    "cellulare referente": "contact.phone",
    "recapito referente": "contact.phone",
    "email referente": "contact.email",
    "e mail referente": "contact.email",
    "mail referente": "contact.email",
    "firma digitale del legale rappresentante": "signature",
    "firma del legale rappresentante": "signature",
    "firma digitale del dichiarante": "signature",
    "tipologia ente": "organisation.legal_nature",
    "tipologia di ente": "organisation.legal_nature",
    "tipologia dell ente": "organisation.legal_nature",
    "tipo di ente": "organisation.legal_nature",
    "telefono fax": "organisation.phones",
    "avente sede in": "organisation.registered_office.municipality",
    "avente sede a": "organisation.registered_office.municipality",
    "avente sede legale in": "organisation.registered_office.municipality",
    "avente sede legale a": "organisation.registered_office.municipality",
    "numero iscrizione albo societa cooperative": "organisation.registrations",
    "numero iscrizione runts": "organisation.registrations",
    "n iscrizione runts": "organisation.registrations",
    "iscrizione runts n": "organisation.registrations",
    "referente per la coprogrammazione": "contact.name",
    "referente per la co programmazione": "contact.name",
    "referente per il progetto": "contact.name",
    "referente del progetto": "contact.name",
    "referente operativo": "contact.name",
    "di seguito denominato": STOP,
    "allegati": "attachments_declared",
    "allega": "attachments_declared",
    "si allega": "attachments_declared",
    "dichiarante": STOP,
    "ente": STOP,
    "referente per la procedura": "contact.name",
    "altro soggetto di diritto pubblico quale": "organisation.legal_nature_other",
    "altra natura giuridica specificare": "organisation.legal_nature_other",
    "altro registro quale": "organisation.registrations.other_text",
    "altri registri n": "organisation.registrations.number",
    "altri registri dal": "organisation.registrations.date",
    "runts sez": "organisation.registrations.section",
    "runts rep n": "organisation.registrations.number",
    "runts dal": "organisation.registrations.date",
    "altro allegato quale": STOP,
    "se cooperativa sociale di tipo": STOP,
    "se soggetto di diritto pubblico": STOP,
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
    "io sottoscritto": "declarant.name",
    "io sottoscritta": "declarant.name",
    "noi sottoscritti": "declarant.name",
    "nata a": "declarant.birth_place",
    "nata il": "declarant.birth_date",
}
WHOLE_ROW_ONLY = frozenset({"dichiarante", "ente", "comunica", "numero", "comune", "allegati", "dichiara", "chiede"})


COLON_ONLY = frozenset({"interesse per", "tipologia"})  # labels when a colon, or the cell's end, follows


_WEAK = frozenset(
    [
        "via",
        "in via",
        "n",
        "il",
        "nome",
        "comune",
        "comune di",
        "ente",
        "sede",
        "dal",
        "data",
        "li",
        "albo",
        "registro",
        "cognome",
        "sito",
        "cf",
        "presidente",
        "a",
    ]
)


@cache
def wordings() -> dict[str, tuple[tuple[str, ...], str]]:
    """Folded wording → (keys, number on the canonical form)."""
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    for folded, labels in by_folded().items():
        keys = tuple(dict.fromkeys(label.key for label in labels))
        found[folded] = (keys, next((label.id for label in labels if label.id), ""))
    for folded, key in MORE.items():
        old = found.get(folded, ((), ""))
        if not key:
            found.pop(folded, None)
        else:
            found[folded] = ((key,), old[1])
    return found


@cache
def squeezed() -> dict[str, tuple[tuple[str, ...], str]]:
    """The same without blanks, for wordings printed letter-spaced ("CH IE DE"); short ones left out."""
    return {folded.replace(" ", ""): found for folded, found in wordings().items() if len(folded.replace(" ", "")) > 5}


def is_label(text: str) -> bool:
    """Whether a whole text is a wording of the lexicon."""
    return fold(text) in wordings()


def starts_with_label(words: Sequence[str]) -> bool:
    """Whether a line of print begins with a label that no value would begin with."""
    if words and words[0].startswith(MARK):
        return True
    start = 1 if len(words) > 1 and NUMBERED.match(words[0]) else 0
    for length in range(min(len(words), start + 8), start, -1):
        folded = fold(" ".join(words[start:length]))
        if folded in wordings() and folded not in _WEAK:
            return True
    return False
