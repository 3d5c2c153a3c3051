"""Forms as other programs print them and other people word them: none of ours, each seen to be read wrongly once."""

import pickle
from enum import StrEnum
from pathlib import Path

import pytest

from ingest.config import built_in_notice
from ingest.documents import documents_in_file
from ingest.form.reading import read_forms
from ingest.rules import Context, Limits, Progress
from ingest.verdict import FieldValue
from ingest.vocabulary import Role
from tests.corpus.written import printed

HERE = Path(__file__).parent / "foreign"
SEAT = "organisation.registered_office"
WANTED: dict[str, dict[str, object]] = {
    "prose": {
        "declarant.name": "Marta Colnaghi", "declarant.office": "Presidente",
        "organisation.pec": "ilsentiero@pec.example",
        "organisation.name": 'associazione "Il Sentiero - Organizzazione di Volontariato"',
        "organisation.fiscal_code": "99900010010", f"{SEAT}.municipality": "Bussero", f"{SEAT}.number": "3",
        f"{SEAT}.street": "Piazza Diritti dei Bambini", "organisation.phones": ["+390295333344", "+393471234567"],
        "themes": ["abitare", "altro"], "place": "Bussero", "date": "2021-07-20",
    },
    "table": {
        "organisation.name": "Fondazione Casa Serena ETS", "organisation.legal_nature": "foundation",
        f"{SEAT}.street": "Via Pietro Nenni", f"{SEAT}.number": "12/B", f"{SEAT}.municipality": "Bellinzago Lombardo",
        "organisation.emails": ["segreteria@casaserena.example"], "organisation.pec": "casaserena@legal.example",
        "declarant.name": "Piergiorgio Brambilla", "contact.name": "Elisa Tornaghi", "contact.role": "coordinatrice",
        "contact.phone": "+393389876543", "contact.email": "e.tornaghi@casaserena.example", "themes": ["occupazione"],
    },
    "underlined": {
        "declarant.name": "GIUSEPPE MANDELLI", "declarant.birth_date": "1958-11-07",
        "declarant.office": "Amministratore delegato", f"{SEAT}.municipality": "Pioltello",
        "organisation.name": "Cooperativa Sociale LAVORO INSIEME s.c.s. ONLUS", "themes": ["occupazione"],
        "organisation.phones": ["+390292100000"], "place": "Pioltello", "date": "2021-07-28",
    },
    "list": {
        "declarant.name": "Ronchi Anna Maria", "declarant.office": "Direttrice",
        "organisation.legal_nature": "public_body",
        "organisation.name": "Istituto Comprensivo \"Rita Levi\" di Cassina de' Pecchi",
        f"{SEAT}.municipality": "Cassina de' Pecchi", "themes": ["occupazione", "altro"],
        "organisation.phones": ["+39029529000"],
    },
    "capitals": {
        "declarant.name": "PAOLO VERDERIO", "organisation.name": 'SOCIETÀ COOPERATIVA SOCIALE "AURORA" ONLUS',
        "declarant.capacity": "legal_representative", f"{SEAT}.municipality": "Gessate",
        "organisation.vat_number": "99900060015", "contact.name": "SILVIA CALVI", "contact.phone": "+393331112223",
        "themes": ["occupazione"], "date": "2021-07-15",
    },
    "grid": {
        "declarant.name": "Passoni Chiara", "declarant.birth_place": "Milano", "declarant.birth_date": "1977-09-30",
        "organisation.name": "Comitato Genitori Vignate APS", f"{SEAT}.street": "Via Lombardia", f"{SEAT}.number": "5",
        "organisation.fiscal_code": "99900070014", "organisation.vat_number": None,
        "organisation.phones": ["+393495556677"], "themes": ["abitare", "occupazione"], "place": "Vignate",
    },
    "two-columns": {
        "organisation.name": "Parrocchia San Martino", "organisation.legal_nature": "religious_body",
        f"{SEAT}.municipality": "Bellinzago Lombardo", f"{SEAT}.street": "Piazza Libertà", f"{SEAT}.number": "1",
        "organisation.phones": ["+390295781234", "+393401112233"], "declarant.birth_date": "1960-02-14",
        "contact.name": "Carlo Meroni", "themes": ["abitare", "altro"], "theme_other": "anziani soli",
    },
    "dots": {
        "declarant.name": "Sergio Villa", "organisation.name": "Fondazione Martesana Onlus", "themes": ["occupazione"],
        "organisation.fiscal_code": "99900090012", f"{SEAT}.municipality": "Pozzuolo Martesana",
        f"{SEAT}.street": "Via Bologna", f"{SEAT}.number": "10", "organisation.phones": ["+390295350000"],
        "contact.name": "Ugo Carminati", "contact.phone": "+393479990001",
    },
    "official": {
        "declarant.name": "Tiziana Ornaghi", "organisation.legal_nature": "aps",
        "organisation.fiscal_code": "99900110018",
        f"{SEAT}.street": "Via Papa Giovanni XXIII", f"{SEAT}.number": "4", f"{SEAT}.postcode": "20051",
        f"{SEAT}.municipality": "Cassina de' Pecchi", "organisation.network": None, "contact.name": "Galbiati Ivan",
        "proposal": "Gestiamo dal 2010 uno sportello casa e un doposcuola per 60 famiglie del territorio, in rete con i"
        " servizi sociali comunali.",
        "place": "Cassina de' Pecchi", "date": "2021-07-28", "signature.text": None,
    },
    "typewriter": {
        "declarant.birth_place": "Trezzo sull'Adda (MI)", "organisation.name": "AUSER VOLONTARIATO MARTESANA ODV",
        f"{SEAT}.municipality": "Gorgonzola", f"{SEAT}.street": "Via Oberdan", f"{SEAT}.number": "3",
        "themes": ["abitare", "altro"], "theme_other": "trasporto sociale", "place": "Gorgonzola", "date": "2021-07-21",
    },
    "four-columns": {
        "organisation.name": "Consorzio Sociale Est Milano s.c.s.", "declarant.name": "Federica Mauri",
        "organisation.legal_nature": "cooperative_consortium", f"{SEAT}.street": "Strada Padana Superiore",
        f"{SEAT}.number": "28", f"{SEAT}.municipality": "Cernusco sul Naviglio", f"{SEAT}.postcode": "20063",
        "contact.name": "Nicolò Beretta", "contact.phone": "+393401231231",
        "contact.email": "n.beretta@estmilano.example", "themes": ["occupazione"],
    },
    "between-dots": {  # values typed in the middle of the dots, labels broken over two lines
        "declarant.name": "Mapelli Ettore", "declarant.birth_place": "Monza (MB)", "declarant.birth_date": "1977-03-19",
        "declarant.fiscal_code": "MPLTTR77C19F704N", "declarant.office": "Presidente",
        "organisation.name": "Società di Mutuo Soccorso fra Operai", "organisation.fiscal_code": "99900350150",
        "organisation.vat_number": "99900760150", f"{SEAT}.municipality": "Cambiago", f"{SEAT}.province": "MI",
        f"{SEAT}.street": "Viale Assunta", f"{SEAT}.number": "101", f"{SEAT}.postcode": "20040",
        "organisation.phones": ["+39029568935", "+393497991381"], "organisation.pec": "societadimut@pec.example",
        "organisation.emails": ["info@societadimut.example"], "contact.name": "D'Angelo Pier Paolo",
        "contact.phone": "+393224181323", "contact.email": "paolo@societadimut.example",
        "themes": ["abitare", "occupazione"], "place": "Bellinzago Lombardo", "date": "2021-07-21",
    },
    "headed-lines": {  # "IL DICHIARANTE", "DATI DELL'ENTE"; "breve descrizione del contributo" before the closing line
        "declarant.name": "Fiorentini Rossi Gianmaria", "declarant.office": "Presidente",
        "organisation.name": "Il Ponte di Gessate - Organizzazione di Volontariato",
        "organisation.legal_nature": "odv", "contact.name": "D'Angelo Gianmaria", "contact.role": "segreteria",
        "contact.phone": "+393362548446", f"{SEAT}.number": "snc", "date": "2021-07-09",
        "proposal": "Da anni accompagniamo famiglie fragili nella ricerca di una casa e mettiamo a disposizione due"
        " operatori.",
    },
    "several-kinds": {  # "dell'Associazione/Ente", "(MI___)", two values in one place, "_X_", a declared register
        "declarant.name": "ILARIA DE ROSA", "organisation.name": "PARROCCHIA SAN GIOVANNI BATTISTA",
        "declarant.capacity": "legal_representative", f"{SEAT}.municipality": "Cassina de' Pecchi",
        f"{SEAT}.province": "MI", f"{SEAT}.number": "101", "organisation.fiscal_code": "99900170152",
        "organisation.vat_number": "99900940158", "organisation.emails": ["info@parrocchiasa.example"],
        "organisation.pec": "parrocchiasa@pec.example", "organisation.phones": ["+39029559822", "+393373046903"],
        "organisation.registrations": [
            {"register": "runts", "section": "", "number": "3071", "date": "2015-06-03", "status": "enrolled"}
        ],
        "themes": ["abitare"], "contact.name": "CRIPPA LUCA", "date": "2021-07-21",
    },
    "own-letterhead": {  # the body's data in the header and the footer of its own paper alone
        "declarant.name": "Ilaria Colombo", "declarant.office": "Vicepresidente",
        "organisation.name": "Fondazione Casa dell'Angelo Onlus", "organisation.fiscal_code": "99900550155",
        f"{SEAT}.street": "Via Roma", f"{SEAT}.number": "7 bis", f"{SEAT}.postcode": "20040",
        f"{SEAT}.municipality": "Cambiago", f"{SEAT}.province": "MI", "organisation.vat_number": None,
        "organisation.phones": ["+39029590489"], "organisation.emails": ["info@fondazioneca.example"],
        "organisation.pec": "fondazioneca@pec.example", "contact.name": "D'Angelo Luca",
        "contact.phone": "+393242740531", "themes": ["abitare", "occupazione"],
    },
}  # fmt: skip
OF_OTHERS = {"+39039111222", "via Italia", "Carugate", "MELZO"}  # the declarants' own homes


@pytest.mark.parametrize("name", WANTED)
def test_a_form_of_another_hand_is_known_and_read(name):
    content = printed((HERE / f"{name}.html").read_text(encoding="utf-8"))
    found = documents_in_file(f"{name}.pdf", content, Limits(), Progress())
    documents, (reading,) = read_forms(found, Context(notice=built_in_notice()), Progress())
    read = {key: value.value for key, value in reading.fields.items()}

    assert [document.role for document in documents] == [Role.FORM]
    assert {key: read.get(key) for key in WANTED[name]} == WANTED[name]
    assert not OF_OTHERS & {str(value) for value in read.values()}


class _Doubt(StrEnum):
    SOME = "some-doubt"


def test_a_doubt_of_any_enumeration_crosses_to_the_other_process_as_plain_text():
    value = FieldValue("x", "x", warnings=(_Doubt.SOME,))

    assert [type(warning) for warning in pickle.loads(pickle.dumps(value)).warnings] == [str]
