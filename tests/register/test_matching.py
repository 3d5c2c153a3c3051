"""Whose form it is, when two names may be one, what is believed of it, and when two forms say the same."""

import pytest

from ingest.matching import Identity, alike, believed, content_key, identity_of, match_name, same_person
from ingest.relation import SENDER_FALLBACK
from tests.letters.builders import SENDER, a_value, some_fields
from tests.register.builders import CODES, WRONG_CODE

FAILED = ["check-digit", "wrong-length", "personal-code", "several-values", "own-value", "mixed-script"]


def test_a_complete_form_says_who_its_body_is():
    assert identity_of(some_fields(organisation__pec=SENDER.upper())) == Identity(
        code=CODES[0],
        code_doubtful=False,
        name="Associazione Aurora ODV",
        match_name="aurora",
        pec=SENDER,
        representative="Bianchi Luigi",
    )


def test_an_empty_form_says_nothing_of_it():
    assert identity_of({}) == Identity("", code_doubtful=False, name="", match_name="", pec="", representative="")


def test_the_address_that_only_sent_the_form_is_not_the_body_s_own():
    assert identity_of(some_fields(organisation__pec=a_value(SENDER, warnings=(SENDER_FALLBACK,)))).pec == ""


@pytest.mark.parametrize(
    ("written", "code", "doubtful"),
    [
        (a_value(CODES[1]), CODES[1], False),
        (a_value(WRONG_CODE), "", True),
        (a_value(CODES[1], confidence=0.1), "", True),
        (a_value(None, warnings=("declared-absent",)), "", False),
        (a_value(""), "", False),
        (a_value([CODES[1]]), "", True),
    ],
)
def test_a_code_is_believed_when_it_was_read_surely_and_passes_its_check(written, code, doubtful):
    found = identity_of(some_fields(organisation__fiscal_code=written))
    assert (found.code, found.code_doubtful) == (code, doubtful)


@pytest.mark.parametrize("warning", [*FAILED, *(f"{one}:detail" for one in FAILED)])
def test_a_value_that_failed_its_check_identifies_nobody_and_is_not_believed(warning):
    fields = some_fields(organisation__name=a_value("Aurora", warnings=(warning,)))
    assert identity_of(fields).name == ""
    assert "organisation.name" not in believed(fields)


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Associazione Aurora ODV", "aurora"),
        ("AURORA  O.D.V.", "aurora"),
        ("Fondazione di volontariato Bianchi e Neri", "bianchi e neri"),
        ("Cooperativa Sociale Il Seme S.R.L. del Terzo Settore", "il seme"),
        ("Coop. soc. Il Seme a r.l.", "il seme"),
        ("Coop. soc. Il Seme A R L", "il seme"),
        ("A.S.D. Gessate, sezione di Bussero - ASD", "gessate bussero"),
        ("Gessate Calcio asd", "gessate calcio"),
        ("Associazione", "associazione"),
        ("", ""),
    ],
)
def test_names_are_compared_without_their_legal_form(name, bare):
    assert match_name(name) == bare


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        ("", "aurora", True),
        ("aurora", "", True),
        ("aurora", "aurora di gessate", True),
        ("aaaaaaabbb", "aaaaaaaccc", True),  # 70 of 100
        ("aaaaaaaaabbbb", "aaaaaaaaacccc", False),  # 69
        ("aurora", "polisportiva gessate", False),
    ],
)
def test_two_names_may_be_one_body_s_from_seventy_of_a_hundred(one, other, may_be):
    assert alike(one, other) is may_be


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        ("", "Verdi Anna", True),
        ("Verdi Anna", "", True),
        ("Verdi Anna", "ANNA VERDÌ", True),
        ("a" * 17 + "bbb", "a" * 17 + "ccc", True),  # 85 of 100
        ("a" * 16 + "bbb", "a" * 16 + "ccc", False),  # 84
        ("Verdi Anna", "Bianchi Luigi", False),
    ],
)
def test_two_names_may_be_one_person_s_from_eighty_five_of_a_hundred(one, other, may_be):
    assert same_person(one, other) is may_be


@pytest.mark.parametrize(
    ("field", "held"),
    [
        (a_value("https://a.example"), True),
        (a_value("https://a.example", confidence=0.1), False),
        (a_value(None, warnings=("declared-absent",)), True),
        (a_value(None, warnings=("pending:2021",)), True),
        (a_value("", warnings=("declared-absent",)), True),
        (a_value(None, confidence=0.1, warnings=("declared-absent",)), False),
        (a_value(None), False),
        (a_value(""), False),
        (a_value([]), False),
        (a_value(None, warnings=("unknown-option",)), False),
    ],
)
def test_what_was_read_surely_or_declared_empty_is_believed(field, held):
    found = believed({"organisation.website": field})
    assert found == ({"organisation.website": field.value} if held else {})


def test_two_forms_say_the_same_whatever_their_order_signature_or_sender():
    form = some_fields()
    key = content_key(form)
    turned = dict(reversed(list(form.items())))
    signed = some_fields(signature__kind="cades", signature__text="firmato", contact__phone=a_value(""))
    sent = some_fields(organisation__website=a_value("x", warnings=(SENDER_FALLBACK,)), contact__role=a_value(None))
    assert {content_key(one) for one in (turned, signed, sent, form | {"themes_none": a_value([])})} == {key}
    assert content_key(some_fields(themes=["occupazione"])) != key


def test_a_form_without_any_value_says_the_same_as_none():
    assert content_key({}) == content_key({"themes": a_value([]), "signature.kind": a_value("ink")}) == ""
