import pytest
from stdnum import luhn

from ingest.form.identifiers import body_code, is_person_code, masked, person_code, repairs, split_codes

SYNTHETIC = (
    *("99900010150", "99900020159", "99900030158", "99900040967", "99900050966", "99900060155"),
    *("99900070154", "99900080153", "99900090152", "99900100159", "99900110968", "99900120157"),
)
PERSONS = [
    "BNCLGU65M10E094X",
    "CLMPLA58T55F205Z",
    "VLLNNA81C60D995G",
    "FRRGNN49E03B850H",
    "MHMLHU85D12Z336W",
    "DNGLSE90P51C014A",
]


@pytest.mark.parametrize("code", SYNTHETIC)
def test_a_valid_body_code_is_kept_without_a_doubt(code):
    assert body_code(code).value == code
    assert body_code(code).warnings == ()


@pytest.mark.parametrize(
    "raw",
    [
        "9 9 9 0 0 0 1 0 1 5 0",
        "999.000.101-50",
        "IT99900010150",
        "IT 999 000 101 50",
        "C.F. 99900010150",
        "P.IVA: IT99900010150",
        "Codice fiscale 99900010150",
    ],
)
def test_blanks_dots_prefixes_and_labels_around_a_code_do_not_matter(raw):
    normal = body_code(raw)
    assert normal.value == "99900010150"
    assert normal.confidence_factor == 1.0


def test_a_lost_digit_with_one_possible_repair_is_suggested_and_not_applied():
    normal = body_code("0086193154")
    assert normal.value == "0086193154"
    assert "check-digit:suggest=00861930154" in normal.warnings
    assert normal.confidence_factor < 0.5


def test_a_wrong_digit_with_several_possible_repairs_is_only_a_warning():
    normal = body_code("99900010151")
    assert normal.value == "99900010151"
    assert normal.warnings == ("check-digit",)
    assert len(repairs("99900010151")) > 1


def test_an_office_code_that_does_not_exist_is_a_wrong_code():
    code = "9990001500"  # office 500
    assert body_code(code + luhn.calc_check_digit(code)).warnings[0].startswith("check-digit")


def test_letters_read_for_digits_are_turned_back_with_a_doubt():
    normal = body_code("999OOO1O1S0")
    assert normal.value == "99900010150"
    assert normal.warnings == ("ocr-confusion:999OOO1O1S0",)
    assert normal.confidence_factor < 0.9


def test_a_persons_code_in_the_bodys_slot_is_flagged():
    normal = body_code("BNCLGU65M10E094X")
    assert normal.warnings == ("personal-code",)
    assert normal.confidence_factor < 0.5


def test_words_in_a_code_slot_give_no_value():
    assert body_code("vedi statuto").value is None


@pytest.mark.parametrize(
    ("raw", "fiscal", "vat"),
    [
        ("99900010150", "99900010150", None),
        ("99900010150 / 04532840966", "99900010150", "04532840966"),
        ("c.f.: 97341720155 – p.i.: 04532840966", "97341720155", "04532840966"),
        ("04532840966 - 97341720155", "97341720155", "04532840966"),
        ("9990001015004532840966", "99900010150", "04532840966"),
        ("99900010150 e 04532840966", "99900010150", "04532840966"),
        ("99900010150 stesso", "99900010150", None),
        ("99900010150 P.IVA 99900010150", "99900010150", None),
    ],
)
def test_a_merged_slot_is_split_into_fiscal_code_and_vat_number(raw, fiscal, vat):
    first, second = split_codes(raw)
    assert first is not None
    assert first.value == fiscal
    assert (second.value if second else None) == vat


@pytest.mark.parametrize("code", PERSONS)
def test_a_valid_personal_code_is_kept(code):
    assert person_code(code.lower()).value == code
    assert person_code(" ".join(code)).warnings == ()


@pytest.mark.parametrize("code", ["RSSMRA80A01C523Y", "RSSMRA80A01C52PU", "RSSMRA80A01C5NPF", "RSSMRAULALMCRNPL"])
def test_omocodia_is_a_valid_code(code):
    assert is_person_code(code)


def test_a_personal_code_with_a_wrong_check_character_is_kept_and_failed():
    normal = person_code("BNCLGU65M10E094A")
    assert normal.value == "BNCLGU65M10E094A"
    assert normal.warnings == ("check-digit",)


def test_a_digit_read_for_a_letter_is_turned_back_by_its_place():
    normal = person_code("BNCLGU65M1OE094X")
    assert normal.value == "BNCLGU65M10E094X"
    assert normal.confidence_factor < 0.9


def test_a_bodys_code_in_the_persons_slot_is_flagged():
    assert person_code("99900010150").warnings == ("body-code",)


def test_a_masked_code_hides_its_end():
    assert masked("RSSMRA70A41C523Y") == "RSSMRA70A41*****"


def test_a_number_of_another_register_beside_a_code_is_no_second_code():
    fiscal, vat = split_codes("99900310154 – R.e.a. MI-1234567 – Albo Società Cooperative A104500")

    assert fiscal is not None
    assert (fiscal.value, fiscal.warnings, vat) == ("99900310154", (), None)
