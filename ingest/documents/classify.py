"""What each page is, by what is printed on it: the form, the notice, an identity card, a letter, a statute.

Anchors are searched in the page's letters alone, without blanks, accents or case, so that "CH IE DE" is "chiede".
A page that carries both the notice's words and the form's is the form: forms quote the notice in their subject.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.documents.pagefacts import PageFacts
from ingest.form.fold import squeeze
from ingest.vocabulary import Role

_DECLARANT = re.compile(r"sottoscritt[oaei_]?|ladichiarante|ildichiarante|dichiarantecognome|datideldichiarante")
_PROCEDURE = re.compile(r"coprogramma|coprogetta|pianosocialedizona|pianodizona|pianisocialidizona")
_VERB = re.compile(
    r"manifest(?:a(?!zione)|o|iamo)|dichiar(?:a(?!nte|zione|to|ta)|o|iamo)|chied(?:e|o|iamo|ono)|comunica(?!zione|re)"
    r"|aderi(?:sce|sco|amo|scono)|siimpegna|richied(?:e|o|iamo|ono)(?!nte)|intend(?:e|o|iamo)(?:partecipare|aderire)"
)
_SIGNATURE = re.compile(r"firma(?!t)|luogoedata|dataeluogo|infede|illegalerappresentante|timbro")
_LABELS = re.compile(
    r"denominazione|ragionesociale|codicefiscale|partitaiva|piva|sedelegale|sedeoperativa|natoa|natoaa|natail|inqualitadi"
    r"|telefono|email|naturagiuridica|referente|runts|residentein|consede|legalerappresentante|tipologia|indirizzo"
    r"|codfisc|cfpiva|datadinascita|luogodinascita"
)
_ALLEGATO = re.compile(r"allegato(?:n|num|a)?1(?!\d)|allegatoa(?=spett|manifest|domanda)|modellodi(?:adesione|domanda)")
_TITLE = re.compile(
    r"(?:modulo|modello|domanda|istanza|richiesta|scheda|dichiarazione)(?:di|per(?:la|l)?)?"
    r"(?:adesione|partecipazione|manifestazione)|manifestazione(?:di)?interesse"
)
_THEMES = re.compile(r"tematica?dell|tematich?ed(?:i|ell)|tavol[oi](?:tematic|dicoprog|per)|abitare.{0,80}occupazione")
_NOTICE = re.compile(r"avvisopubblico")
_NOTICE_BODY = re.compile(
    r"ftoladirigente|ftoildirigente|sonoinvitati|sonoaltresiinvitati|entroenonoltreilgiorno|perulterioriinformazioni"
    r"|rendenoto|ladirigentedelsettore|haavviatolaprocedura|lassembleadeisindaci|successivecomunicazioni"
)
_IDENTITY = re.compile(
    r"cartadii?dentita|identitycard|passaporto|passport|patentediguida|tesserasanitaria|tesseraeuropeadiassicurazione"
)
_IDENTITY_BODY = re.compile(
    r"repubblicaitaliana|ministerodell|rilasciata|rilasciato|statura|scadenza|cittadinanza|connotati|cognome|luogoedatadinascita"
)
_MACHINE_READABLE = re.compile(r"(?<![A-Z0-9<])[A-Z0-9<]{5,}?<<[A-Z0-9<]{5}")
_STATUTE = re.compile(r"statuto|attocostitutivo|statutodell")
_ARTICLES = re.compile(r"art(?:icolo)?\.?\s*\d{1,2}\b", re.IGNORECASE)
_COVER = re.compile(
    r"(?:si|con|la|il|vi|le|ad)?(?:trasmett|inviamo|siinvia|inoltr)|inallegato|distintisaluti|cordialisaluti|sitrasmette"
)
_CONTINUES = re.compile(
    r"dichiara|siimpegna|informativa|ue2016679|6792016|4452000|allegati|firma|luogoedata|tematica|altresi|inoltre|copiadel"
)
_JOINS = re.compile(r"partecip|aderi(?:re|sc|am)|adesione|tavol[oi]")
_FILLABLE = 3  # fields that make a page one to fill on the screen
_HEAD = 500  # letters of a page's beginning, where a title stands

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
_OFFICE_EMAIL = re.compile(r"comune\.|@comune|pianodizona|regione\.", re.IGNORECASE)
_CODES = re.compile(
    r"(?<!\d)\d{11}(?!\d)|\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b|(?<![\d/])(?:\+39 ?)?3\d{2}[ ./-]?\d{6,7}(?!\d)"
    r"|(?i:tel|cell|telefono|cellulare)[\s.:]*(?:\+39\s*)?0?\d[\d ./-]{6,}", re.MULTILINE)  # fmt: skip
_TICKED = re.compile(r"[☒☑✓✔✗✘✕✖⊠]|[\[(] ?[xX] ?[\])]")
_AFTER_LABEL = re.compile(
    r"(?:sottoscritt[oa]?(?:/[ao])?|cognome e nome|nome e cognome|denominazione(?: */ *ragione sociale)?"
    r"|ragione sociale)\b[^\S\n]*+(?:\([^)\n]*\))?[\s:._…\-–]*+([^\W\d_][^\n_.…(]{3,})", re.IGNORECASE)  # fmt: skip
_PRINTED = """
    nato nata residente in qualita di cognome nome codice fiscale sigla denominazione ragione sociale partita iva sede
    legale natura giuridica il la lo a e dell ente della societa ditta associazione luogo data prov cf piva via pec
    rappresentante dichiara manifesta chiede firma timbro se o per con del telefono cellulare email carica dichiarante
    facoltativo consapevole delle sanzioni sotto propria responsabilita ai sensi organizzazione nella sua presso comune
    ruolo incarico oggetto procedura allegare delega referente coincide tipo provincia indirizzo
"""
_PRINTED_WORDS = frozenset(_PRINTED.split())


def roles_of(pages: Sequence[PageFacts]) -> tuple[Role, ...]:
    """The role of every page. Pages of one form are FORM together if anything was written on any of them."""
    roles: list[Role] = []
    for page in pages:
        roles.append(_role(page, roles[-1] if roles else None))
    for first, last in _forms(pages, roles):
        if not any(filled(page) for page in pages[first:last]):
            roles[first:last] = [Role.BLANK_FORM] * (last - first)
    return tuple(roles)


def document_role(roles: Sequence[Role]) -> Role:
    """The role of a document: a form on any page makes it a form, else what most pages are."""
    for decisive in (Role.FORM, Role.BLANK_FORM):
        if decisive in roles:
            return decisive
    telling = Counter(role for role in roles if role != Role.OTHER)
    return telling.most_common(1)[0][0] if telling else Role.OTHER


def asks_to_take_part(page: PageFacts) -> bool:
    """Whether a page that is no form asks for what the form asks: a letter of one's own ("chiediamo di partecipare").

    Only a person can tell an application from the letter that goes with one.
    """
    letters = squeeze(page.text)
    about = _PROCEDURE.search(letters) or _THEMES.search(letters)
    return bool(about and _VERB.search(letters) and _JOINS.search(letters))


def filled(page: PageFacts) -> bool:
    """Whether the page holds more than its print: when in doubt it does, as a blank form is never answered for."""
    if page.written or _CODES.search(page.text) or _TICKED.search(page.text):
        return True
    if any(not _OFFICE_EMAIL.search(found) for found in _EMAIL.findall(page.text)):
        return True
    if page.widgets >= _FILLABLE:
        return False  # what is typed into a form with fields is in the fields
    return any(_is_value(found) for found in _AFTER_LABEL.findall(page.text))


def _is_value(text: str) -> bool:
    """Whether what follows a label is something a person wrote, not the next label."""
    words = [squeeze(word) for word in re.split(r"[\s/'’]+", text)]
    return any(len(word) > 2 and word not in _PRINTED_WORDS for word in words[:3])


def _role(page: PageFacts, before: Role | None) -> Role:
    letters = squeeze(page.text)
    if not letters:
        return Role.OTHER
    if _is_form(page, letters):
        return Role.FORM
    for role, is_one in ((Role.IDENTITY, _is_identity), (Role.NOTICE, _is_notice), (Role.STATUTE, _is_statute)):
        if is_one(page, letters):
            return role
    return _continued(page, letters, before)


def _continued(page: PageFacts, letters: str, before: Role | None) -> Role:
    """The role of a page without anchors of its own: often the next page of what came before."""
    if before == Role.FORM and (_CONTINUES.search(letters) or page.widgets):
        return Role.FORM
    if before == Role.NOTICE and _PROCEDURE.search(letters):
        return Role.NOTICE
    if before == Role.STATUTE and _ARTICLES.search(page.text):
        return Role.STATUTE
    return Role.COVER_LETTER if before is None and _COVER.search(letters) else Role.OTHER


def _is_form(page: PageFacts, letters: str) -> bool:
    """Labels to fill, a declarant, a request or a signature, and words of this procedure or of such a form.

    When in doubt it is one: a form taken for something else is not read by anybody, the reverse is seen by a person.
    """
    declarant, labels = _DECLARANT.search(letters), len(set(_LABELS.findall(letters)))
    titled = _ALLEGATO.search(letters[:_HEAD]) or _TITLE.search(letters[:_HEAD])
    about = titled or _PROCEDURE.search(letters) or _THEMES.search(letters)
    if not about or _is_statute(page, letters) or _is_notice(page, letters) or (_COVER.search(letters) and labels < 4):
        return False
    if not declarant:
        return labels >= 4 and bool(page.widgets or titled)
    asks = _VERB.search(letters) or _SIGNATURE.search(letters)
    return labels >= 4 or bool(labels >= 2 and asks)


def _is_identity(page: PageFacts, letters: str) -> bool:
    if len(letters) > 1500:
        return False
    if _MACHINE_READABLE.search(page.text.replace(" ", "")):
        return True
    return bool(_IDENTITY.search(letters) and len(set(_IDENTITY_BODY.findall(letters))) >= 2)


def _is_notice(_page: PageFacts, letters: str) -> bool:
    if _DECLARANT.search(letters):
        return False
    body = len(set(_NOTICE_BODY.findall(letters)))
    titled = _NOTICE.search(letters[: 2 * _HEAD])
    return bool((titled and (body or _PROCEDURE.search(letters))) or (body >= 2 and _PROCEDURE.search(letters)))


def _is_statute(page: PageFacts, letters: str) -> bool:
    return bool(_STATUTE.search(letters[:_HEAD]) and len(set(_ARTICLES.findall(page.text))) >= 2)


def _forms(pages: Sequence[PageFacts], roles: Sequence[Role]) -> Iterator[tuple[int, int]]:
    """The runs of pages that make one form each: a new one begins where a declarant is named again."""
    starts = [
        number
        for number, role in enumerate(roles)
        if role == Role.FORM and (number == 0 or roles[number - 1] != Role.FORM or _begins(pages[number]))
    ]
    for first, following in pairwise([*starts, len(roles)]):
        last = first
        while last < following and roles[last] == Role.FORM:
            last += 1
        yield first, last


def _begins(page: PageFacts) -> bool:
    letters = squeeze(page.text)
    return "sottoscritt" in letters and len(set(_LABELS.findall(letters))) >= 3
