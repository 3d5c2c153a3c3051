import pytest

from ingest.form.address import address_parts, split_street
from ingest.form.bodies import legal_nature_in, match_name
from ingest.form.people import office_in
from ingest.form.registers import from_slots, registrations


def entries(normal) -> list[dict[str, str]]:
    return normal.value or []


@pytest.mark.parametrize(
    ("name", "nature"),
    [
        ("Il Girasole ODV", "odv"),
        ("Il Girasole O.D.V.", "odv"),
        ("A.P.S. Il Girasole", "aps"),
        ("Associazione di promozione sociale Girasole", "aps"),
        ("Girasole Coop. Soc. a r.l. Onlus", "social_cooperative"),
        ("Soc. Coop. Soc. Girasole", "social_cooperative"),
        ("Girasole S.C.S. – impresa sociale", "social_cooperative"),
        ("Consorzio Girasole società cooperativa sociale", "cooperative_consortium"),
        ("Fondazione Girasole", "foundation"),
        ("Parrocchia San Luca", "religious_body"),
        ("I.C. Rita Levi Montalcini", "public_body"),
        ("Azienda Speciale Consortile Martesana", "public_body"),
        ("Società di Mutuo Soccorso di Gessate", "mutual_aid"),
        ("CGIL Milano", "trade_union"),
        ("Girasole impresa sociale", "social_enterprise"),
        ("Girasole Onlus", None),
        ("Fondazione Girasole ODV", None),
        ("Associazione Girasole", None),
        ("", None),
    ],
)
def test_a_name_suggests_a_legal_nature_only_when_it_is_unmistakable(name, nature):
    assert legal_nature_in(name) == nature


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Associazione “Il Girasole” O.D.V.", "IL GIRASOLE ODV"),
        ("Ass.ne L'Età d'Oro", "Associazione L’ETA’ D’ORO Onlus"),
        ("Coop. Soc. Il Ponte a r.l.", "Il Ponte Società Cooperativa Sociale"),
        ("Parr. S. Maria", "Parrocchia Santa Maria"),
        ("I.C. di Gessate", "Istituto Comprensivo di Gessate"),
        ("Fond.ne Aurora", "Fondazione Aurora"),
        ("Az. Spec. Cons. Martesana", "Azienda Speciale Consortile Martesana"),
        ("Il  Ponte S.C.S. Onlus", "Il Ponte"),
    ],
)
def test_two_spellings_of_one_body_have_one_key(one, other):
    assert match_name(one) == match_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fondazione Aurora", "Associazione Aurora"),
        ("Il Ponte", "La Fonte"),
        ("Parrocchia San Luca", "Parrocchia San Marco"),
        ("Consorzio Aurora", "Aurora"),
    ],
)
def test_different_bodies_have_different_keys(one, other):
    assert match_name(one) != match_name(other)


def test_a_name_of_legal_words_only_is_its_own_key():
    assert match_name("Associazione APS")


@pytest.mark.parametrize(
    ("raw", "street", "number"),
    [
        ("Via Roma 12/A", "Via Roma", "12/A"),
        ("via Roma, n. 4 bis", "Via Roma", "4 bis"),
        ("P.zza IV Novembre n° 7", "Piazza IV Novembre", "7"),
        ("Via 25 Aprile", "Via 25 Aprile", ""),
        ("Via 25 Aprile 3", "Via 25 Aprile", "3"),
        ("Cascina Nuova snc", "Cascina Nuova", "snc"),
        ("Viale Europa 12 int. 3", "Viale Europa", "12 int. 3"),
        ("c/o Parrocchia San Luca", "c/o Parrocchia San Luca", ""),
    ],
)
def test_the_house_number_is_split_from_the_street(raw, street, number):
    assert split_street(raw) == (street, number)


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        (
            "Via Roma 12/A – 20064 Gorgonzola (MI)",
            {
                "street": "Via Roma",
                "number": "12/A",
                "postcode": "20064",
                "municipality": "Gorgonzola",
                "province": "MI",
            },
        ),
        ("Gorgonzola, via Roma 12", {"municipality": "Gorgonzola", "street": "Via Roma", "number": "12"}),
        (
            "Viale Europa, 4 bis – Pessano con Bornago (MI)",
            {"street": "Viale Europa", "number": "4 bis", "municipality": "Pessano con Bornago", "province": "MI"},
        ),
        (
            "Via XXV Aprile, – Bellinzago Lombardo (MI)",
            {"street": "Via XXV Aprile", "municipality": "Bellinzago Lombardo", "province": "MI"},
        ),
        ("V.le Europa 3", {"street": "Viale Europa", "number": "3"}),
    ],
)
def test_an_address_on_one_line_is_taken_apart(raw, parts):
    assert address_parts(raw) == parts


@pytest.mark.parametrize(
    ("raw", "office"),
    [
        ("Presidente e legale rappresentante", "Presidente"),
        ("vice presidente", "Vice presidente"),
        ("Dirigente scolastico", "Dirigente scolastico"),
        ("legale rappresentante", None),
    ],
)
def test_the_office_is_named_in_the_capacity(raw, office):
    assert office_in(raw) == office


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("RUNTS sez. a rep. n. 83894 dal 01/12/2021", ("runts", "a", "83894", "2021-12-01", "enrolled")),
        (
            "Albo regionale cooperative sociali n. 99900010150",
            ("social_cooperatives", "", "99900010150", "", "enrolled"),
        ),
        ("Albo Società Cooperative A104500", ("other", "", "A104500", "", "enrolled")),
        ("R.E.A. n. MI-1234567", ("other", "", "MI-1234567", "", "enrolled")),
        ("Registro APS n. 20 del 17.12.2007", ("aps", "", "20", "2007-12-17", "enrolled")),
        ("iscritta all'Anagrafe Onlus dal 03/02/2010", ("onlus", "", "", "2010-02-03", "enrolled")),
        ("Registro persone giuridiche n. 15", ("legal_persons", "", "15", "", "enrolled")),
        (
            "Registro Imprese sezione imprese sociali n. 99900010150",
            ("companies_social_enterprise", "imprese", "99900010150", "", "enrolled"),
        ),
        ("iscrizione al RUNTS in corso", ("runts", "", "", "", "pending")),
    ],
)
def test_a_registration_is_read_from_its_text(raw, expected):
    entry = entries(registrations(raw))[0]
    assert tuple(entry[key] for key in ("register", "section", "number", "date", "status")) == expected


def test_several_registrations_are_several_entries():
    normal = registrations("Albo Società Cooperative A104500; R.E.A. N° 222968 – Registro ODV n. 5")
    assert [entry["number"] for entry in entries(normal)] == ["A104500", "222968", "5"]


def test_a_runts_date_before_the_register_existed_is_flagged():
    assert registrations("RUNTS n. 12 dal 10/05/2019").warnings == ("runts-too-early",)
    assert registrations("RUNTS n. 12 dal 23/11/2021").warnings == ()


def test_the_slots_of_the_form_become_entries():
    slots = {"runts": "x", "runts_section": "a", "runts_number": "1234", "runts_date": "01/12/2021", "onlus": ""}
    assert from_slots(slots).value == [
        {"register": "runts", "section": "a", "number": "1234", "date": "2021-12-01", "status": "enrolled"}
    ]


def test_the_shared_line_belongs_to_the_one_register_ticked():
    normal = from_slots({"odv": "x", "number": "foglio 3 n. 12", "date": "3/2/2010"})
    assert normal.value == [
        {"register": "odv", "section": "", "number": "foglio 3 n. 12", "date": "2010-02-03", "status": "enrolled"}
    ]
    assert normal.confidence_factor == 1.0


def test_whose_the_shared_line_is_with_two_registers_ticked_is_for_a_person():
    normal = from_slots({"odv": "x", "onlus": "x", "number": "12"})
    assert len(entries(normal)) == 2
    assert normal.confidence_factor < 0.75


def test_pending_and_none_are_states():
    assert entries(from_slots({"runts": "x", "pending": "x"}))[0]["status"] == "pending"
    assert entries(from_slots({"none": "x"}))[0]["status"] == "none"
    assert from_slots({}).value is None
