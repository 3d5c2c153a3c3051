"""Two readings of a line: what they share is believed, what they do not goes to a person."""

import pytest

from ingest.form.illegible import ILLEGIBLE, UNREAD, unguessed
from ingest.form.ocr.agreement import AGREED, ALONE, CHECKED, DISPUTED, agreed_words
from ingest.form.ocr.engines import Line, Sign
from ingest.verdict import FieldValue, Reading
from ingest.vocabulary import Method


def a_line(text: str, sure: float = 0.99) -> Line:
    words, at, length = [], 0, len(text)
    for word in text.split(" "):
        words.append(tuple(Sign(char, (at + i + 0.5) / length, sure) for i, char in enumerate(word)))
        at += len(word) + 1
    return Line(tuple(words), sure)


def read(text: str, second: str | None, *, sure: float = 0.99, dots: bool = False) -> list[tuple[str, float]]:
    return [(word.text, word.sure) for word in agreed_words(a_line(text, sure), second, dots=dots)]


def test_what_both_engines_read_is_believed():
    assert read("Rossi Anna", "Rossi Anna") == [("Rossi", AGREED), ("Anna", AGREED)]


def test_a_word_they_read_differently_is_doubted_and_its_neighbour_is_not():
    assert read("Rossi Anna", "Bossi Anna") == [("Rossi", DISPUTED), ("Anna", AGREED)]


def test_without_a_second_engine_nothing_is_sure_enough_for_an_address():
    assert all(sure < 0.85 for _, sure in read("info@ente.example", None))


def test_a_code_whose_check_digit_is_right_needs_no_second_engine():
    assert read("99900010150", "gggooo10lSo") == [("99900010150", CHECKED)]
    assert read("99900010151", "gggooo10lSl")[0][1] < 0.75


def test_of_a_code_both_misread_the_one_valid_reading_is_shown_and_never_believed():
    assert read("99900010150".replace("1", "7", 1), "99900010150") == [("99900010150", DISPUTED)]
    assert read("BNCLGU65M1QE094X", "BNCLGUB5M10E094X") == [("BNCLGU65M10E094X", DISPUTED)]
    assert read("BNCLGUJ65M10E094X", "BNCLGU65M10E094X") == [("BNCLGU65M10E094X", DISPUTED)]


def test_a_digit_neither_engine_saw_is_not_tried():
    assert read("99900010151", "99900010151")[0][0] == "99900010151"
    assert read("9990001015", "9990001015")[0][0] == "9990001015"


def test_a_word_without_figures_is_no_code():
    assert [text for text, _ in read("Associazion", "99900010150")] == ["Associazion"]


@pytest.mark.parametrize(("sure", "second"), [(0.3, "Rossi"), (0.8, "m~//i"), (0.4, "")])
def test_what_cannot_be_read_is_a_guess_and_no_more(sure, second):
    assert read("Kowh", second, sure=sure)[0][1] == UNREAD


def test_blanks_are_set_where_the_second_engine_sees_them():
    assert [text for text, _ in read("viaRoma 12", "via Roma 12")] == ["via", "Roma", "12"]


def test_a_box_that_was_read_as_a_letter_is_never_sure():
    assert read("di:■legale", "di: ■legale")[1:] == [("■", DISPUTED), ("legale", AGREED)]


def test_an_apostrophe_stays_with_the_word_it_ends():
    assert [text for text, _ in read("de'Pecchi (MI)", "de' Pecchi (MI)")] == ["de'", "Pecchi", "(MI)"]
    assert [text for text, _ in read("via'Roma'", "via 'Roma'")] == ["via", "'Roma'"]


def test_the_number_of_a_label_stands_apart_from_it():
    assert [text for text, _ in read("B10tel.", "B10tel.")] == ["B10", "tel."]
    assert [text for text, _ in read(")A3il", ")A3il")] == [")", "A3", "il"]


def test_what_was_typed_on_dots_is_believed_once_they_are_taken_off():
    assert read("..Segretaria..", "Segretaria", dots=True) == [("Segretaria", AGREED)]
    assert read("..Largo..", "Larga", dots=True) == [("Largo", DISPUTED)]
    assert read("..029785102", "029785102", dots=True) == [("029785102", AGREED)]
    assert read("29/07/2021..", "29/07/2021", dots=True) == [("29/07/2021", AGREED)]


@pytest.mark.parametrize("text", ["Coop", "CVI", "BI", "ente.example"])
def test_on_dots_a_full_stop_or_the_foot_of_an_l_may_be_lost_to_both_engines(text):
    assert read(text, text, dots=True) == [(text, DISPUTED)]
    assert read(text, text)[0][1] == AGREED


def test_on_dots_the_end_of_a_sentence_may_have_lost_its_full_stop():
    sentence = "registra quanto abbiamo sempre offerto insieme"

    assert read(sentence, sentence, dots=True)[-1] == ("insieme", DISPUTED)
    assert read(f"{sentence}.", f"{sentence}.", dots=True)[-1] == ("insieme.", DISPUTED)
    assert read(sentence, sentence)[-1] == ("insieme", AGREED)
    assert read("quanto abbiamo offerto", "quanto abbiamo offerto", dots=True)[-1] == ("offerto", AGREED)


def test_dots_left_among_figures_and_around_an_at_sign_are_the_leaders():
    assert read("347.1326950", "3471326950", dots=True) == [("3471326950", AGREED)]
    assert read("20Q41", "20041", dots=True) == [("20041", AGREED)]
    assert read("20Q41", "20Q41", dots=True) == [("20041", DISPUTED)]
    assert read("347.1326950", "3471326950")[0] == ("347.1326950", DISPUTED)
    assert read("info.@.ente.example", "info@ente.example", dots=True)[0][0] == "info@ente.example"


def test_above_the_dots_only_what_may_have_lost_a_full_stop_is_looked_at():
    assert read("..Bianchi..di..", "Bianchi di", dots=True) == [("Bianchi", AGREED), ("di", AGREED)]
    assert [sure for _, sure in read("S Coop srl", "S Coop srl", dots=True)] == [DISPUTED] * 3


def test_a_blank_in_an_address_over_dots_is_its_full_stop_and_is_looked_at():
    assert read("info@ente example", "info@ente example", dots=True) == [("info@ente.example", DISPUTED)]
    assert read("www ente.example", "www ente.example", dots=True) == [("www.ente.example", DISPUTED)]


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [("Caşsina", "Cassina", "Cassina"), ("M!", "MI", "MI"), ("sr!", "srl", "srl"), ("llaria", "Ilaria", "Ilaria"),
     ("ll/La", "Il/La", "Il/La"), ("Impręsa", "Impresa", "Impresa")],
)  # fmt: skip
def test_a_letter_no_italian_form_holds_is_read_as_the_other_engine_reads_it(first, second, wanted):
    assert read(first, second) == [(wanted, AGREED)]


@pytest.mark.parametrize(("first", "second"), [("Caşsina", "Cussina"), ("M!", "NI"), ("M!", "M"), ("Lopę", "Lopez")])
def test_a_foreign_letter_the_other_engine_does_not_explain_stays_and_is_doubted(first, second):
    assert read(first, second)[0] == (first, DISPUTED)


def test_a_foreign_name_both_engines_read_is_believed():
    assert read("Françoise", "Françoise") == [("Françoise", AGREED)]


def test_a_line_that_is_a_municipality_to_the_letter_needs_no_second_engine_and_a_longer_one_does():
    assert {sure for _, sure in read("Pessano con Bornago", "Pessano can Baraga")} == {AGREED, CHECKED}
    assert min(sure for _, sure in read("Bussero Nuova", "Bussera Nuova")) == DISPUTED
    assert read("Bussera", "Bussero") == [("Bussera", DISPUTED)]


def test_a_short_word_on_which_the_second_engine_is_silent_stands_alone():
    assert read("MI", "") == [("MI", ALONE)]
    assert read("M!", "")[0][1] <= DISPUTED
    assert read("MI", "", sure=0.7)[0][1] < DISPUTED
    assert read("Kowhsky", "")[0][1] <= DISPUTED


def test_a_capital_i_in_an_address_is_doubted_even_when_both_read_it():
    assert read("I.ferrari@ente.example", "I.ferrari@ente.example")[0][1] == DISPUTED


def test_an_illegible_field_has_no_value_a_low_confidence_and_says_why():
    fields = {
        "declarant.name": FieldValue("Rossi [illeggibile]", f"Rossi {ILLEGIBLE}", confidence=0.9),
        "place": FieldValue("Bussero", "Bussero", confidence=0.9),
        "contact.name": FieldValue("Kowh", "Kowh", method=Method.OCR, confidence=UNREAD),
    }

    found = unguessed(Reading(fields, 0, (1,))).fields

    assert (found["declarant.name"].value, found["declarant.name"].warnings) == (None, ("handwriting",))
    assert type(found["declarant.name"].warnings[0]) is str  # it crosses to the daemon as plain text
    assert found["declarant.name"].confidence <= 0.2
    assert (found["contact.name"].value, found["contact.name"].raw) == (None, ILLEGIBLE)
    assert found["place"] == fields["place"]


@pytest.mark.parametrize(
    "text", ["info@lagua.example", "www.lagua.example", "paolo.@ente.example", "info@.ente.example"]
)
def test_a_letter_with_a_tail_or_a_stray_dot_in_an_address_is_doubted_even_when_both_read_it(text):
    assert read(text, text) == [(text, DISPUTED)]


def test_the_same_letters_in_a_word_are_believed():
    assert read("Guglielmo segue", "Guglielmo segue") == [("Guglielmo", AGREED), ("segue", AGREED)]
    assert read("info@aquila.example", "info@aquila.example")[0][1] == AGREED
