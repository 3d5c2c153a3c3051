"""The table of Allegato 1: every field, once, in printed order.

A field's threshold follows what a wrong value would cost: codes and addresses we write to are held to 0.9, names and
boxes to 0.85, everything else to the common 0.75, free text to 0.5.
"""

from functools import partial

from ingest.form import options
from ingest.form.field import Field, FieldType, Group, Need

_SEAT = "organisation.registered_office"
_T, _N = FieldType, Need
_declarant = partial(Field, group=Group.DECLARANT, personal=True)
_body = partial(Field, group=Group.ORGANISATION)
_contact = partial(Field, group=Group.CONTACT, personal=True, need=_N.OPTIONAL)
_theme = partial(Field, group=Group.THEMES)
_declaration = partial(Field, group=Group.DECLARATIONS, type=_T.BOOLEAN, need=_N.NOTE)
_closing = partial(Field, group=Group.CLOSING)

_DECLARANT = (
    _declarant(key="declarant.name", id="A1", label_it="Il/La sottoscritto/a (cognome e nome)", length=90,
        hint_it="Cognome e nome di chi firma, nell'ordine", type=_T.PERSON, need=_N.INTEGRATE, threshold=0.85,
        question_it="il cognome e il nome di chi sottoscrive la manifestazione di interesse"),
    _declarant(key="declarant.birth_place", id="A2", label_it="nato/a a", length=60,
        hint_it="Comune di nascita, oppure Stato estero", type=_T.TEXT, need=_N.OPTIONAL),
    _declarant(key="declarant.birth_date", id="A3", label_it="il", length=10,
        hint_it="Data di nascita: gg/mm/aaaa", type=_T.DATE, need=_N.OPTIONAL),
    _declarant(key="declarant.fiscal_code", id="A4", label_it="codice fiscale (facoltativo)", length=16,
        hint_it="Codice fiscale di chi firma: 16 caratteri, facoltativo", type=_T.PERSON_CODE, need=_N.OPTIONAL,
        threshold=0.9),
    _declarant(key="declarant.capacity", id="A5", label_it="in qualità di", personal=False,
        hint_it="Titolo con cui chi firma rappresenta l'ente", type=_T.ENUM, need=_N.NOTE, threshold=0.85,
        options=options.CAPACITIES),
    _declarant(key="declarant.office", id="A6", label_it="carica (es. Presidente)", length=60, personal=False,
        hint_it="Carica ricoperta nell'ente, per esempio Presidente", type=_T.TEXT, need=_N.NOTE),
)  # fmt: skip

_BODY = (
    _body(key="organisation.name", id="B1", label_it="Denominazione / Ragione sociale", length=160,
        hint_it="Denominazione completa dell'ente, come da statuto", type=_T.ORGANISATION, need=_N.BLOCK,
        threshold=0.85, question_it="la denominazione completa dell'ente"),
    _body(key="organisation.acronym", id="B2", label_it="Sigla", length=40,
        hint_it="Sigla dell'ente, se usata", type=_T.TEXT, need=_N.OPTIONAL),
    _body(key="organisation.legal_nature", id="B3", label_it="Natura giuridica (barrare una sola voce)",
        hint_it="Natura giuridica dell'ente: una sola voce", type=_T.ENUM, need=_N.INTEGRATE, threshold=0.85,
        options=options.LEGAL_NATURES,
        question_it="la natura giuridica dell'ente (una sola voce tra quelle elencate nel modulo)"),
    _body(key="organisation.legal_nature_other", id="B3", label_it="specificare", length=60,
        hint_it="Se la natura giuridica è altra, specificare quale", type=_T.TEXT, need=_N.OPTIONAL),
    _body(key="organisation.cooperative_type", id="B3", label_it="tipo",
        hint_it="Tipo di cooperativa sociale: A, B oppure A+B", type=_T.ENUM, need=_N.OPTIONAL,
        options=options.COOPERATIVE_TYPES),
    _body(key="organisation.fiscal_code", id="B4", label_it="Codice fiscale", length=16,
        hint_it="Codice fiscale dell'ente: 11 cifre", type=_T.BODY_CODE, need=_N.BLOCK, threshold=0.9,
        question_it="il codice fiscale dell'ente (11 cifre)"),
    _body(key="organisation.vat_number", id="B5", label_it="Partita IVA (se diversa)", length=16,
        hint_it="Partita IVA, solo se diversa dal codice fiscale: 11 cifre", type=_T.VAT, need=_N.OPTIONAL,
        threshold=0.9),
    _body(key=f"{_SEAT}.municipality", id="B6", label_it="con sede legale in (Comune)", length=60,
        hint_it="Comune della sede legale", type=_T.MUNICIPALITY, need=_N.INTEGRATE, threshold=0.85,
        question_it="il Comune in cui l'ente ha la sede legale"),
    _body(key=f"{_SEAT}.province", id="B6", label_it="prov.", length=2,
        hint_it="Sigla della provincia: due lettere", type=_T.PROVINCE, need=_N.NOTE),
    _body(key=f"{_SEAT}.street", id="B7", label_it="via/piazza", length=80,
        hint_it="Via o piazza della sede legale, senza il numero civico", type=_T.STREET, need=_N.NOTE),
    _body(key=f"{_SEAT}.number", id="B7", label_it="n.", length=12,
        hint_it="Numero civico", type=_T.NUMBER, need=_N.NOTE),
    _body(key=f"{_SEAT}.postcode", id="B8", label_it="CAP", length=5,
        hint_it="Codice di avviamento postale: 5 cifre", type=_T.POSTCODE, need=_N.NOTE),
    _body(key=f"{_SEAT}.istat", id="", label_it="codice ISTAT del Comune",
        hint_it="Ricavato dal Comune della sede legale", type=_T.ISTAT, need=_N.OPTIONAL),
    _body(key="organisation.operating_office", id="B9", label_it="sede operativa nel Distretto (se diversa)",
        length=120, hint_it="Indirizzo della sede operativa nel Distretto, se diversa dalla sede legale", type=_T.TEXT,
        need=_N.OPTIONAL),
    _body(key="organisation.phones", id="B10", label_it="tel.", length=60, personal=True,
        hint_it="Numeri di telefono dell'ente", type=_T.PHONES, need=_N.NOTE),
    _body(key="organisation.emails", id="B12", label_it="e-mail", length=100, personal=True,
        hint_it="Indirizzo di posta elettronica ordinaria", type=_T.EMAILS, need=_N.INTEGRATE, threshold=0.9,
        question_it="un indirizzo e-mail o PEC dell'ente, oppure l'indirizzo e-mail del referente"),
    _body(key="organisation.pec", id="B13", label_it="PEC", length=100,
        hint_it="Indirizzo di posta elettronica certificata", type=_T.EMAIL, need=_N.OPTIONAL, threshold=0.9),
    _body(key="organisation.website", id="B14", label_it="sito web", length=100,
        hint_it="Sito web dell'ente", type=_T.URL, need=_N.OPTIONAL),
    _body(key="organisation.registrations", id="B15", label_it="Iscrizione",
        hint_it="Iscrizione al RUNTS o ad altri registri e albi, con numero e data", type=_T.REGISTRATIONS,
        need=_N.NOTE, options=options.REGISTERS),
    _body(key="organisation.municipalities", id="B16", label_it="Comuni del Distretto in cui opera",
        hint_it="Comuni del Distretto in cui l'ente opera", type=_T.MUNICIPALITIES, need=_N.OPTIONAL),
    _body(key="organisation.network", id="B17", label_it="in rete/raggruppamento con (facoltativo)", length=160,
        hint_it="Altri enti con cui si partecipa in rete o in raggruppamento", type=_T.TEXT, need=_N.OPTIONAL),
)  # fmt: skip

_CONTACT = (
    _contact(key="contact.same_as_declarant", id="C", label_it="coincide con il dichiarante", personal=False,
        hint_it="Barrare se il referente è la stessa persona che firma", type=_T.BOOLEAN),
    _contact(key="contact.name", id="C1", label_it="cognome e nome", length=90,
        hint_it="Cognome e nome del referente per la procedura", type=_T.PERSON, need=_N.NOTE,
        question_it="il nome e un recapito di un referente per la procedura"),
    _contact(key="contact.role", id="C2", label_it="ruolo", length=60,
        hint_it="Ruolo del referente nell'ente", type=_T.TEXT),
    _contact(key="contact.phone", id="C3", label_it="tel./cell.", length=40,
        hint_it="Telefono o cellulare del referente", type=_T.PHONE),
    _contact(key="contact.email", id="C4", label_it="e-mail", length=100,
        hint_it="Indirizzo e-mail del referente", type=_T.EMAIL, threshold=0.9),
)  # fmt: skip

_THEMES = (
    _theme(key="themes", id="D1", label_it="in particolare per",
        hint_it="Tematiche di interesse: anche più di una", type=_T.TICKS, need=_N.INTEGRATE, threshold=0.85,
        options=options.THEMES, question_it="almeno una tematica di interesse tra quelle proposte nel modulo"),
    _theme(key="theme_other", id="D1", label_it="altro (specificare)", length=100,
        hint_it="Altra tematica di interesse: specificare quale", type=_T.TEXT, need=_N.OPTIONAL, threshold=0.5),
    _theme(key="proposal", id="D2", personal=True,  # free text: it may name persons
        label_it="breve descrizione dell'esperienza e del contributo che si intende portare (max 10 righe)",
        hint_it="Descrizione dell'esperienza e del contributo: al massimo dieci righe", type=_T.TEXT,
        need=_N.OPTIONAL, threshold=0.5, length=1500),
)  # fmt: skip

_DECLARATIONS = (
    _declaration(key="declarations.art4_body", id="E1",
        label_it="di rientrare tra i soggetti di cui all'art. 4 D.Lgs. 117/2017",
        hint_it="L'ente rientra tra i soggetti dell'art. 4 del Codice del Terzo settore"),
    _declaration(key="declarations.public_body", id="E1", label_it="di essere soggetto di diritto pubblico",
        hint_it="L'ente è un soggetto di diritto pubblico"),
    _declaration(key="declarations.commitment", id="E2",
        label_it="di impegnarsi a garantire il proprio apporto durante tutto l'arco del processo",
        hint_it="Impegno a partecipare per tutta la durata del processo"),
    _declaration(key="declarations.consultative_role_known", id="E3",
        label_it="di sapere che le adesioni oltre l'avvio dei lavori hanno ruolo consultivo e non operativo",
        hint_it="Presa d'atto del ruolo consultivo delle adesioni successive all'avvio dei lavori"),
    _declaration(key="declarations.ip_release", id="E4",
        label_it="di sollevare l'Amministrazione da responsabilità sulla proprietà intellettuale delle proposte "
        "presentate", hint_it="Liberatoria sulla proprietà intellettuale delle proposte"),
    _declaration(key="declarations.privacy_read", id="E5",
        label_it="di aver letto l'informativa sul trattamento dei dati (Reg. UE 2016/679)",
        hint_it="Presa visione dell'informativa sul trattamento dei dati personali"),
)  # fmt: skip

_CLOSING = (
    Field(key="attachments_declared", id="F", label_it="ALLEGATI", group=Group.ATTACHMENTS,
        hint_it="Documenti allegati al modulo", type=_T.TICKS, need=_N.NOTE, options=options.ATTACHMENTS,
        question_it="la delega o la procura di chi sottoscrive, da allegare"),
    _closing(key="place", id="G1", label_it="Luogo", length=60,
        hint_it="Luogo in cui si firma", type=_T.TEXT, need=_N.NOTE, threshold=0.5),
    _closing(key="date", id="G2", label_it="data", length=10,
        hint_it="Data della firma: gg/mm/aaaa", type=_T.DATE, need=_N.NOTE),
    _closing(key="signature.kind", id="G3", label_it="Firma del dichiarante",
        hint_it="Firma digitale oppure autografa", type=_T.ENUM, need=_N.INTEGRATE, options=options.SIGNATURES,
        question_it="la firma del dichiarante: digitale, oppure autografa con copia del documento di identità"),
    _closing(key="signature.text", id="G3", label_it="Firma del dichiarante", personal=True,
        hint_it="Nome che si legge nella firma", type=_T.TEXT, need=_N.OPTIONAL, threshold=0.5),
)  # fmt: skip

SCHEMA: tuple[Field, ...] = (*_DECLARANT, *_BODY, *_CONTACT, *_THEMES, *_DECLARATIONS, *_CLOSING)
