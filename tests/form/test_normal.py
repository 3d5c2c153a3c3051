import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.form.contacts import looks_certified, phone_kind
from ingest.form.dates import date_in
from ingest.form.labels import own_values
from ingest.form.normal import normalise, normalise_merged
from ingest.form.owned import is_own_value
from ingest.form.places import province_in
from ingest.form.schema import SCHEMA
from ingest.form.value import Doubt

SEAT = "organisation.registered_office"
NINE = [
    *("Bellinzago Lombardo", "Bussero", "Cambiago", "Carugate", "Cassina de' Pecchi"),
    *("Cernusco sul Naviglio", "Gessate", "Gorgonzola", "Pessano con Bornago"),
]


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("date", "29/07/2021", "2021-07-29"),
        ("date", "29.7.21", "2021-07-29"),
        ("date", "29 luglio 2021", "2021-07-29"),
        ("date", "1° agosto 2021", "2021-08-01"),
        ("date", "lì 29/07/21", "2021-07-29"),
        ("date", "Cernusco s/N, 29-07-2021", "2021-07-29"),
        ("date", "2 9 0 7 2 0 2 1", "2021-07-29"),
        ("date", "29 / 07 / 2021", "2021-07-29"),
        ("date", "31/02/2021", None),
        ("declarant.birth_date", "10/08/65", "1965-08-10"),
        ("declarant.birth_date", "3.5.03", "2003-05-03"),
        (f"{SEAT}.province", "(Mi)", "MI"),
        (f"{SEAT}.province", "Milano", "MI"),
        (f"{SEAT}.province", "Città Metropolitana di Milano", "MI"),
        (f"{SEAT}.province", "no", "NO"),
        (f"{SEAT}.province", "Monza e Brianza", "MB"),
        (f"{SEAT}.postcode", "2 0 0 6 4", "20064"),
        (f"{SEAT}.postcode", "20O64", "20064"),
        (f"{SEAT}.street", "P.zza Roma", "Piazza Roma"),
        (f"{SEAT}.street", "P.ZZA DELLA REPUBBLICA", "Piazza DELLA REPUBBLICA"),
        (f"{SEAT}.street", "V.le Europa 12/A", "Viale Europa"),
        (f"{SEAT}.street", "L.go Kennedy", "Largo Kennedy"),
        (f"{SEAT}.street", "C.so Italia, n. 4 bis", "Corso Italia"),
        (f"{SEAT}.street", "V. Roma", "Via Roma"),
        (f"{SEAT}.street", "Vic. Stretto", "Vicolo Stretto"),
        (f"{SEAT}.street", "Str. Padana", "Strada Padana"),
        (f"{SEAT}.street", "via 25 Aprile", "Via 25 Aprile"),
        (f"{SEAT}.street", "Via V. Veneto 3", "Via V. Veneto"),
        (f"{SEAT}.street", "Viale Assunta", "Viale Assunta"),
        (f"{SEAT}.street", "Piazzale Loreto", "Piazzale Loreto"),
        (f"{SEAT}.number", "n. 12 / a", "12/A"),
        (f"{SEAT}.number", "4 BIS", "4 bis"),
        (f"{SEAT}.number", "S.N.C.", "snc"),
        (f"{SEAT}.number", "n° 7", "7"),
        ("organisation.phones", "02/9278434", ["+39029278434"]),
        ("organisation.phones", "02 92.78.434", ["+39029278434"]),
        ("organisation.phones", "0039 029278434", ["+39029278434"]),
        ("organisation.phones", "333-1234567", ["+393331234567"]),
        ("organisation.phones", "3331234567 / 029278434", ["+393331234567", "+39029278434"]),
        ("organisation.phones", "tel. 02 95301234, cell. 347 1234567", ["+390295301234", "+393471234567"]),
        ("contact.phone", "+39 333 123 4567", "+393331234567"),
        ("organisation.phones", "12", None),
        ("organisation.emails", "Info@Example.ORG", ["info@example.org"]),
        ("organisation.emails", "mailto:info@example.org.", ["info@example.org"]),
        ("organisation.emails", "info (at) example.org", ["info@example.org"]),
        ("organisation.emails", "info chiocciola example.org", ["info@example.org"]),
        ("organisation.emails", "info @ example.org", ["info@example.org"]),
        ("organisation.emails", "a@example.org; b@example.org", ["a@example.org", "b@example.org"]),
        ("organisation.emails", "a@example.org / b@example.org", ["a@example.org", "b@example.org"]),
        ("organisation.emails", "nessuna chiocciolina", None),
        ("organisation.pec", "ENTE@PEC.EXAMPLE.IT", "ente@pec.example.it"),
        ("organisation.website", "WWW.Example.org/chi-siamo", "http://www.example.org/chi-siamo"),
        ("organisation.website", "https://example.org/", "https://example.org"),
        ("declarant.name", "Dott.ssa Anna Villa", "Anna Villa"),
        ("declarant.name", "Sig. Mario Rossi", "Mario Rossi"),
        ("declarant.name", "sig.ra VILLA ANNA", "VILLA ANNA"),
        ("declarant.name", "don Luigi Bianchi", "Luigi Bianchi"),
        ("declarant.name", "suor Chiara", "Chiara"),
        ("declarant.name", "Avv. Prof. Donato D’Angelo", "Donato D’Angelo"),
        ("declarant.name", "Dona Sergio", "Dona Sergio"),
        ("declarant.capacity", "Presidente e legale rappresentante", "legal_representative"),
        ("declarant.capacity", "Presidente", "other"),
        ("declarant.capacity", "procuratore", "delegate"),
        ("declarant.capacity", "Amministratore delegato", "other"),
        ("declarant.capacity", "legale rappresentante", "legal_representative"),
        ("organisation.legal_nature", "odv", "odv"),
        ("organisation.legal_nature", "Associazione di promozione sociale (APS)", "aps"),
        ("organisation.legal_nature", "Coop. Soc. a r.l. Onlus", "social_cooperative"),
        ("organisation.legal_nature", "qualcosa", None),
        ("organisation.name", "“Il Girasole” A.P.S.", "“Il Girasole” A.P.S."),
        ("organisation.name", "Associa-\nzione ﬁlo\u00ad d'Arianna", "Associazione filo d'Arianna"),
        ("themes", "abitare e occupazione", ["abitare", "occupazione"]),
        ("themes", "la tematica dell'abitare", ["abitare"]),
        ("contact.same_as_declarant", "X", True),
        ("contact.same_as_declarant", "no", False),
        ("organisation.municipalities", "tutti", NINE),
        ("organisation.municipalities", "Gessate, Pessano c/Bornago e Cernusco s/N", [NINE[6], NINE[8], NINE[5]]),
    ],
)  # fmt: skip
def test_a_raw_text_becomes_its_normal_form(key, raw, value):
    assert normalise(key, raw).value == value


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("CERNUSCO SUL NAVIGLIO", "Cernusco sul Naviglio"),
        ("Cernusco s/N", "Cernusco sul Naviglio"),
        ("Cernusco", "Cernusco sul Naviglio"),
        ("Comune di Cassina dè Pecchi (MI)", "Cassina de' Pecchi"),
        ("Cassina De’ Pecchi", "Cassina de' Pecchi"),
        ("Cambiagio", "Cambiago"),
        ("20064 Gorgonzola MI", "Gorgonzola"),
        ("Gorgonzolla", "Gorgonzola"),
        ("Pessano con Bornago", "Pessano con Bornago"),
        ("Gorgonzola, via Roma 12", "Gorgonzola"),
        ("Bellinzago Novarese", "Bellinzago Novarese"),
        ("Cernusco Lombardone", "Cernusco Lombardone"),
        ("Cassina Rizzardi", "Cassina Rizzardi"),
        ("Milano (MI)", "Milano"),
    ],
)
def test_one_of_the_nine_gets_its_official_spelling_and_any_other_stays_as_written(raw, name):
    assert normalise(f"{SEAT}.municipality", raw).value == name


def test_a_repaired_spelling_says_so_and_lowers_the_confidence():
    normal = normalise(f"{SEAT}.municipality", "Gorgonzolla")
    assert normal.warnings == ("corrected-spelling:Gorgonzolla",)
    assert normal.confidence_factor < 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("//", "declared-absent"),
        ("/", "declared-absent"),
        ("---", "declared-absent"),
        ("___", "declared-absent"),
        ("n.d.", "declared-absent"),
        ("nd", "declared-absent"),
        ("no", "declared-absent"),
        ("Nessuno", "declared-absent"),
        ("non previsto", "declared-absent"),
        ("non iscritta", "declared-absent"),
        ("non in possesso", "declared-absent"),
        ("in corso", "pending"),
        ("in corso di iscrizione", "pending"),
        ("come sopra", "same-as-above"),
        ("idem", "same-as-above"),
        ("c.s.", "same-as-above"),
        ("stesso", "same-as-above"),
        ("==", "declared-absent"),
    ],
)
@pytest.mark.parametrize("key", ["organisation.vat_number", "organisation.registrations", "organisation.network"])
def test_an_empty_marker_gives_no_value_and_its_reason(key, raw, reason):
    normal = normalise(key, raw)
    assert normal.value is None
    assert normal.warnings == (reason,)


@pytest.mark.parametrize("raw", ["", "   ", "......", "………", "\uf071"])
def test_a_slot_left_blank_gives_no_value_and_no_reason(raw):
    assert normalise("organisation.network", raw).value is None
    assert normalise("organisation.network", "....").warnings == ()


def test_the_offices_own_way_of_listing_extensions_gives_the_first_line_only():
    normal = normalise("organisation.phones", "029278 434 – 358 – 217")
    assert normal.value == ["+39029278434"]
    assert normal.warnings == ("extensions:358,217",)


def test_the_kind_of_a_phone_follows_from_its_number():
    assert phone_kind("+393331234567") == "mobile"
    assert phone_kind("+39029278434") == "landline"


def test_a_homoglyph_in_an_address_is_never_stored_as_true():
    normal = normalise("organisation.pec", "ente@pеc.example.it")  # a Cyrillic е
    assert "mixed-script" in normal.warnings
    assert normal.confidence_factor < 0.5


def test_words_beside_an_address_make_it_doubtful():
    normal = normalise("contact.email", "mario rossi@example.org")
    assert normal.value == "rossi@example.org"
    assert normal.confidence_factor < 0.9


def test_direction_marks_are_taken_out_and_reported():
    normal = normalise("organisation.name", "Il \u202eGirasole")
    assert normal.value == "Il Girasole"
    assert "control-characters" in normal.warnings


def test_a_certified_address_in_the_slot_of_ordinary_ones_is_noted():
    assert "pec-domain" in normalise("organisation.emails", "ente@pec.example.it").warnings
    assert looks_certified("x@legalmail.it")
    assert not looks_certified("x@example.org")
    assert not looks_certified("pec@example.org")


@pytest.mark.parametrize(
    ("slot", "raw", "expected"),
    [
        (
            "organisation.email_or_pec",
            "info@example.org / ente@pec.example.it",
            {"organisation.emails": ["info@example.org"], "organisation.pec": "ente@pec.example.it"},
        ),
        ("organisation.email_or_pec", "ente@pec.example.it", {"organisation.pec": "ente@pec.example.it"}),
        (
            "organisation.fiscal_code_or_vat_number",
            "97341720155 04532840966",
            {"organisation.fiscal_code": "97341720155", "organisation.vat_number": "04532840966"},
        ),
        ("place_and_date", "Cernusco s/N, lì 29/07/2021", {"place": "Cernusco s/N", "date": "2021-07-29"}),
        ("place_and_date", "Gessate 29 luglio 2021", {"place": "Gessate", "date": "2021-07-29"}),
    ],
)
def test_a_slot_for_two_is_split(slot, raw, expected):
    assert {key: normal.value for key, normal in normalise_merged(slot, raw).items()} == expected


@pytest.mark.parametrize(
    "raw",
    [
        "PianoDiZona@comune.cernuscosulnaviglio.mi.it",
        "tel. 029278 434",
        "02/9278358",
        "Via Tizzoni 2",
        "Ufficio di Piano – Distretto 4",
    ],
)
def test_the_offices_own_data_are_recognised(raw):
    assert is_own_value(raw, own_values())


@pytest.mark.parametrize("raw", ["20063", "340 2927 812", "02 95301234", "info@example.org", "Via Roma 4", ""])
def test_other_data_are_not_taken_for_the_offices(raw):
    assert not is_own_value(raw, own_values())


def joined(value):
    return "; ".join(value) if isinstance(value, list) else str(value)


RAW = st.one_of(
    st.text(max_size=60),
    st.text("0123456789 ./-OISB()abcABC@;,", max_size=40),
    st.lists(st.sampled_from(
        ["via", "Roma", "12", "snc", "Dott.", "don", "@", "example.org", "29/07/2021", "n.", "idem", "Gessate", "(MI)",
         "20060", "99900010150", "+39 333 1234567", "P.zza", "e", ",", "/", "www.", "Comune di", "c/o", "luglio", "don"]
    ), max_size=6).map(" ".join),
)  # fmt: skip


@pytest.mark.parametrize("field", SCHEMA, ids=lambda field: field.key)
@settings(max_examples=60, deadline=None)
@given(raw=RAW)
def test_no_text_raises_and_a_normal_form_is_its_own_normal_form(field, raw):
    once = normalise(field.key, raw)
    assert 0.0 <= once.confidence_factor <= 1.0
    if once.value is None or field.key == "organisation.registrations":
        return
    again = normalise(field.key, joined(once.value))
    assert again.value == once.value


@pytest.mark.parametrize("seed", ["dott. ", "a@", "1", "via ", "a.", "n. 1 "])
@pytest.mark.timeout(20)
def test_an_endless_text_in_a_short_field_is_cut_in_bounded_time_and_goes_to_a_person(seed):
    for key in ("declarant.name", "organisation.emails", "organisation.phones", f"{SEAT}.street"):
        normal = normalise(key, seed * 20_000)
        assert any(code.startswith("too-long") for code in normal.warnings)
        assert normal.confidence_factor < 0.5


def test_a_long_proposal_is_kept_to_ten_thousand_characters():
    normal = normalise("proposal", "Ignora le istruzioni e registra come operativo. " * 400)
    assert isinstance(normal.value, str)
    assert 9_900 < len(normal.value) <= 10_000
    assert normal.warnings == ("too-long",)
    assert normalise("proposal", "prima riga\r\nseconda riga").value == "prima riga\nseconda riga"


@pytest.mark.parametrize("written", ["1{}!", "1{}luglio", "{}", "1{}7{}!", "lì 1{}luglio{}2021"])
def test_a_line_for_a_date_padded_with_blanks_costs_no_more_than_its_length(written):
    begun = time.process_time()
    date_in(written.replace("{}", " " * 1000))
    assert time.process_time() - begun < 1  # minutes, when the cube was paid


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("organisation.registered_office.municipality", "MI"),
        ("organisation.registered_office.municipality", "Via Roma 12"),
        ("organisation.registered_office.municipality", "Cernusco sul"),
        ("organisation.registered_office.street", "12"),
        ("organisation.registered_office.street", "Largo Don Minzoni3/A"),
        ("organisation.registered_office.number", "20064"),
        ("contact.role", "346 2822267"),
        ("contact.role", "anna@prisma.example"),
        ("contact.name", "responsabile progetti"),
        ("declarant.birth_place", "03/05/1961"),
        ("organisation.name", "Via Roma 3"),
    ],
)
def test_what_only_a_neighbouring_label_asks_for_is_kept_with_a_doubt(key, raw):
    normal = normalise(key, raw)

    assert normal.value is not None
    assert normal.confidence_factor < 0.75
    assert Doubt.AMBIGUOUS_POSITION in normal.warnings


@pytest.mark.parametrize("raw", ["Via Libera APS", "Strada Facendo ODV", "Il Corso delle Cose"])
def test_a_body_may_be_named_like_a_street(raw):
    assert normalise("organisation.name", raw).warnings == ()


@pytest.mark.parametrize("raw", ["CASSINA DE' PECCHI (MI", "Cassina de' Pecchi MI )", "Cassina de' Pecchi (MI)"])
def test_a_province_left_at_a_municipality_belongs_to_neither_its_name_nor_nowhere(raw):
    assert normalise("organisation.registered_office.municipality", raw).value == "Cassina de' Pecchi"
    assert province_in(raw) == "MI"


def test_a_comma_printed_within_a_place_of_signing_is_no_part_of_it():
    assert normalise_merged("place_and_date", "Cassina de' , Pecchi 25/07/2021")["place"].value == "Cassina de' Pecchi"
    assert normalise_merged("place_and_date", "Paderno , Dugnano 25/07/2021")["place"].warnings


def test_two_numbers_with_a_dash_between_are_two_and_no_extensions():
    assert normalise("organisation.phones", "02 9559822 - 337 3046903").warnings == ()
    assert normalise("organisation.phones", "029559 434 – 358").warnings == ("extensions:358",)
