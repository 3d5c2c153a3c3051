import pytest

from ingest.form.doubts import doubt_it
from ingest.form.field import FieldType, Need
from ingest.form.schema import SCHEMA, field_of, identity_incomplete, missing
from ingest.form.value import Doubt
from ingest.verdict import FieldValue

COMPLETE = {
    "declarant.name": "Bianchi Luigi",
    "organisation.name": "Il Girasole",
    "organisation.legal_nature": "aps",
    "organisation.fiscal_code": "99900010150",
    "organisation.registered_office.municipality": "Gessate",
    "organisation.emails": ["info@example.org"],
    "themes": ["abitare"],
    "signature.kind": "ink",
}
PERSONAL = {
    "declarant.name",
    "declarant.birth_place",
    "declarant.birth_date",
    "declarant.fiscal_code",
    "organisation.phones",
    "organisation.emails",
    "contact.name",
    "contact.role",
    "contact.phone",
    "contact.email",
    "proposal",
    "signature.text",
}


def a_reading(**changes):
    """COMPLETE with changes (dots of a key written as __); None takes a value away."""
    values = {**COMPLETE, **{key.replace("__", "."): value for key, value in changes.items()}}
    return {key: FieldValue(value=value, raw=str(value)) for key, value in values.items()}


def test_keys_are_unique_and_found_by_name():
    keys = [field.key for field in SCHEMA]
    assert len(keys) == len(set(keys))
    assert all(field_of(key).key == key for key in keys)
    with pytest.raises(KeyError):
        field_of("declarant.residence")


def test_every_field_that_is_asked_for_has_a_question_and_every_field_a_label_and_a_hint():
    for field in SCHEMA:
        assert field.label_it
        assert field.hint_it
        assert 0 < field.threshold <= 1
        if field.need in {Need.BLOCK, Need.INTEGRATE}:
            assert field.question_it


def test_exactly_the_data_of_persons_are_personal():
    assert {field.key for field in SCHEMA if field.personal} == PERSONAL


def test_lists_of_choices_have_options():
    for field in SCHEMA:
        if field.type in {FieldType.ENUM, FieldType.TICKS}:
            assert field.options


def test_nothing_is_missing_from_a_complete_reading():
    assert missing(a_reading()) == ()
    assert not identity_incomplete(a_reading())


@pytest.mark.parametrize("key", [key for key in COMPLETE if key != "organisation.legal_nature"])
def test_each_needed_field_is_asked_for_when_it_is_not_there_or_declared_empty(key):
    expected = (key, "contact.name") if key == "organisation.emails" else (key,)
    assert missing(a_reading(**{key.replace(".", "__"): None})) == expected
    assert missing({name: value for name, value in a_reading().items() if name != key}) == expected


def test_missing_keys_come_in_printed_order():
    assert missing({}) == (
        "declarant.name",
        "organisation.name",
        "organisation.legal_nature",
        "organisation.fiscal_code",
        "organisation.registered_office.municipality",
        "organisation.emails",
        "contact.name",
        "themes",
        "signature.kind",
    )


def test_everything_that_can_be_missing_has_a_question():
    asked = {*missing({}), *missing(a_reading(declarant__capacity="delegate"))}
    assert all(field_of(key).question_it for key in asked)


@pytest.mark.parametrize("key", ["organisation__pec", "contact__email"])
def test_any_one_address_is_enough(key):
    assert missing(a_reading(organisation__emails=None, **{key: "a@example.org"})) == ()


def test_a_contact_person_is_asked_for_only_when_there_is_no_contact_at_all():
    assert missing(a_reading(organisation__emails=None)) == ("organisation.emails", "contact.name")
    assert missing(a_reading(organisation__emails=None, organisation__phones=["+39029278434"])) == (
        "organisation.emails",
    )


def test_identity_is_incomplete_only_without_both_name_and_code():
    assert not identity_incomplete(a_reading(organisation__name=None))
    assert not identity_incomplete(a_reading(organisation__fiscal_code=None))
    assert identity_incomplete(a_reading(organisation__name=None, organisation__fiscal_code=None))


def test_a_legal_nature_that_the_name_gives_away_is_not_asked_for():
    assert missing(a_reading(organisation__legal_nature=None)) == ("organisation.legal_nature",)
    assert missing(a_reading(organisation__legal_nature=None, organisation__name="Il Girasole ODV")) == ()


def test_a_public_body_is_not_asked_for_a_signature():
    assert missing(a_reading(organisation__legal_nature="public_body", signature__kind=None)) == ()
    assert missing(a_reading(signature__kind="none")) == ("signature.kind",)
    assert missing(a_reading(signature__kind="none"), signature_needed=False) == ()


def test_a_delegate_without_delegation_is_asked_for_it():
    assert missing(a_reading(declarant__capacity="delegate")) == ("attachments_declared",)
    assert missing(a_reading(declarant__capacity="delegate", attachments_declared=["delegation"])) == ()


def test_text_in_other_theme_counts_as_a_theme():
    assert missing(a_reading(themes=None, theme_other="anziani soli")) == ()


@pytest.mark.parametrize("doubt", list(Doubt))
def test_every_doubt_has_italian_words(doubt):
    assert doubt_it(doubt) != str(doubt)


def test_the_detail_of_a_doubt_is_shown():
    assert doubt_it("check-digit:suggest=00861930154") == "il carattere di controllo non torna (forse 00861930154)"
    assert doubt_it("something-new:1") == "something-new:1"
