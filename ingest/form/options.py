"""The closed lists of the form: values of the record and words beside the boxes."""

from ingest.form.field import Option

LEGAL_NATURES = (
    Option("odv", "Organizzazione di volontariato (ODV)"),
    Option("aps", "Associazione di promozione sociale (APS)"),
    Option("philanthropic", "Ente filantropico"),
    Option("social_enterprise", "Impresa sociale"),
    Option("social_cooperative", "Cooperativa sociale"),
    Option("cooperative_consortium", "Consorzio di cooperative sociali"),
    Option("network", "Rete associativa"),
    Option("mutual_aid", "Società di mutuo soccorso"),
    Option("recognised_association", "Associazione riconosciuta"),
    Option("unrecognised_association", "Associazione non riconosciuta / comitato"),
    Option("foundation", "Fondazione"),
    Option("religious_body", "Ente religioso civilmente riconosciuto"),
    Option("other_private", "Altro ente di carattere privato senza scopo di lucro"),
    Option("trade_union", "Organizzazione sindacale / parte sociale"),
    Option("public_body", "Soggetto di diritto pubblico"),
    Option("other", "Altro (specificare)"),
)
PUBLIC_KINDS = (
    Option("azienda speciale", "azienda speciale"),
    Option("istituzione scolastica", "istituzione scolastica"),
    Option("altro", "altro"),
)
COOPERATIVE_TYPES = (Option("A", "A"), Option("B", "B"), Option("A+B", "A+B"))
CAPACITIES = (
    Option("legal_representative", "legale rappresentante"),
    Option("delegate", "delegato/procuratore (allegare delega)"),
    Option("other", "altra qualità"),  # no box on the canonical form
)
REGISTERS = (
    Option("runts", "RUNTS"),
    Option("odv", "registro ODV"),
    Option("aps", "registro APS"),
    Option("social_cooperatives", "albo cooperative sociali"),
    Option("onlus", "anagrafe ONLUS"),
    Option("companies_social_enterprise", "registro imprese – sez. imprese sociali"),
    Option("legal_persons", "registro persone giuridiche"),
    Option("other", "altro"),
)
REGISTRATION_STATES = (
    Option("enrolled", "iscritto"),
    Option("pending", "iscrizione in corso"),
    Option("none", "nessuna iscrizione"),
)
THEMES = (  # the notice's own themes prevail (`Notice.themes`); these are the ones of the first notice
    Option("abitare", "la tematica dell'abitare"),
    Option("occupazione", "la tematica dell'occupazione"),
    Option("altro", "altro"),
)
ATTACHMENTS = (
    Option("identity_document", "documento di identità (se non firmato digitalmente)"),
    Option("delegation", "delega"),
    Option("other", "altro"),
)
SIGNATURES = (
    Option("pades", "firma digitale nel PDF (PAdES)"),
    Option("cades", "firma digitale in busta (CAdES)"),
    Option("ink", "firma autografa"),
    Option("typed", "nome dattiloscritto"),
    Option("stamp_text_only", "solo dicitura «Firmato digitalmente», senza firma"),
    Option("none", "nessuna firma"),
)
