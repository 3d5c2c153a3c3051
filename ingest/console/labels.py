"""What each field of the form is called on the console's pages, in the form's order.

The printed labels are halves of sentences ("nato/a a", "n."); on a page of their own they would say nothing.
"""

from ingest.form.schema import SCHEMA

LABELS: dict[str, str] = {
    "organisation.name": "Denominazione",
    "organisation.acronym": "Sigla",
    "organisation.legal_nature": "Natura giuridica",
    "organisation.legal_nature_other": "Natura giuridica, altro",
    "organisation.cooperative_type": "Tipo di cooperativa",
    "organisation.fiscal_code": "Codice fiscale dell'ente",
    "organisation.vat_number": "Partita IVA",
    "organisation.registered_office.street": "Sede legale: via",
    "organisation.registered_office.number": "Sede legale: numero civico",
    "organisation.registered_office.postcode": "Sede legale: CAP",
    "organisation.registered_office.municipality": "Sede legale: Comune",
    "organisation.registered_office.province": "Sede legale: provincia",
    "organisation.registered_office.istat": "Sede legale: codice ISTAT",
    "organisation.operating_office": "Sede operativa",
    "organisation.phones": "Telefono dell'ente",
    "organisation.emails": "E-mail dell'ente",
    "organisation.pec": "PEC dell'ente",
    "organisation.website": "Sito web",
    "organisation.registrations": "Iscrizioni in registri e albi",
    "organisation.municipalities": "Comuni in cui opera",
    "organisation.network": "In rete con",
    "declarant.name": "Chi sottoscrive",
    "declarant.birth_place": "Chi sottoscrive: luogo di nascita",
    "declarant.birth_date": "Chi sottoscrive: data di nascita",
    "declarant.fiscal_code": "Chi sottoscrive: codice fiscale",
    "declarant.capacity": "Chi sottoscrive: in qualità di",
    "declarant.office": "Chi sottoscrive: carica",
    "contact.same_as_declarant": "Il referente è chi sottoscrive",
    "contact.name": "Referente",
    "contact.role": "Referente: ruolo",
    "contact.phone": "Referente: telefono",
    "contact.email": "Referente: e-mail",
    "themes": "Tematiche",
    "theme_other": "Altra tematica",
    "proposal": "Esperienza e contributo",
    "declarations.art4_body": "Dichiara: ente dell'art. 4 del Codice del Terzo settore",
    "declarations.public_body": "Dichiara: soggetto di diritto pubblico",
    "declarations.commitment": "Dichiara: impegno per tutto il processo",
    "declarations.consultative_role_known": "Dichiara: conosce il ruolo consultivo",
    "declarations.ip_release": "Dichiara: liberatoria sulla proprietà intellettuale",
    "declarations.privacy_read": "Dichiara: ha letto l'informativa privacy",
    "attachments_declared": "Allegati dichiarati",
    "place": "Luogo del modulo",
    "date": "Data del modulo",
    "signature.kind": "Firma",
    "signature.text": "Firma: testo",
    "role": "Ruolo",
}
ORDER = {key: number for number, key in enumerate(LABELS)}


def label(key: str) -> str:
    """A field's name; the key itself when a later version brings one we do not know."""
    return LABELS.get(key, key)


def unnamed() -> list[str]:
    """The fields of the schema that have no name here: a test holds this empty."""
    return [field.key for field in SCHEMA if field.key not in LABELS]
