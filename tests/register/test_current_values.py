"""Where a form belongs, and what an organisation's values are after all its forms and what people said."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from ingest.database import Database
from ingest.decisions import Deciding, correct
from ingest.matching import identity_of
from ingest.register import (
    confirmed,
    is_confirmation,
    knows_sender,
    merged,
    open_new,
    open_organisation,
    refresh,
    twin,
)
from ingest.verdict import Verdict
from ingest.vocabulary import Outcome, Reason
from models import Adhesion, AdhesionState, Correction, Organisation, OrganisationStatus
from tests.letters.builders import a_document, a_value, some_fields
from tests.register.builders import CODES, HOUR, NOW, WRONG_CODE, Sending, a_verdict, entries, organisations, recorded

WHO = {"organisation__name": "Polisportiva Gessate", "organisation__pec": None, "declarant__name": "Verdi Anna"}


def a_correction(**changes: object) -> Correction:
    return Correction(**({"key": "themes", "old": ["altro"], "new": ["abitare"], "who": "anna", "at": NOW} | changes))


def test_every_value_that_lists_and_searches_use_is_shown(db):
    recorded(db, a_verdict(Sending(), {"organisation__vat_number": "99900010150"}))
    (body,) = organisations(db)
    assert (body.name, body.match_name, body.fiscal_code) == ("Associazione Aurora ODV", "aurora", CODES[0])
    assert (body.vat_number, body.legal_nature, body.municipality) == ("99900010150", "odv", "Gessate")
    assert (body.pec, body.emails) == ("aurora@pec.example.org", ["info@aurora.example.org"])
    assert (body.phones, body.themes) == (["+39029500000"], ["abitare"])
    assert (body.first_entry_id, body.updated_at, body.created_at) == (1, NOW, NOW)


def test_a_value_that_is_no_text_or_no_list_is_shown_as_none(db):
    odd = {"organisation__legal_nature": ["odv"], "themes": "abitare"}
    recorded(db, a_verdict(Sending(), odd))
    (body,) = organisations(db)
    assert (body.legal_nature, body.themes) == (None, [])


@pytest.mark.parametrize("group", ["declarant.", "organisation.registered_office.", "contact."])
def test_what_belongs_together_is_replaced_whole_and_the_rest_stays(group):
    old, new = {f"{group}name": 1, f"{group}email": 1, "themes": 1}, {f"{group}name": 2}
    assert merged([old, new], []) == {f"{group}name": 2, "themes": 1}
    assert merged([old, {"organisation.name": 2}], []) == old | {"organisation.name": 2}


def test_what_a_person_said_last_is_the_value_and_says_whose_it_is():
    first, last = a_correction(new=["altro"]), a_correction(adhesion_id=7)
    held = {"value": ["abitare"], "entry": None, "adhesion": 7, "source": "person"}
    assert merged([{"themes": 1}], [first, last]) == {"themes": held}


def test_a_value_that_a_person_found_read_rightly_counts_for_its_own_form():
    rightly = a_correction(new=["altro"], adhesion_id=7)
    others = [a_correction(new=["altro"]), a_correction(adhesion_id=7), a_correction(new=["altro"], adhesion_id=8)]
    assert [is_confirmation(one) for one in (rightly, *others)] == [True, False, False, True]
    assert confirmed(7, [rightly, *others]) == {
        "themes": {"value": ["altro"], "entry": None, "adhesion": 7, "source": "person"}
    }


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        (WHO | {"organisation__fiscal_code": WRONG_CODE}, Reason.CHECK_DIGIT),
        ({"organisation__fiscal_code": WRONG_CODE}, Reason.POSSIBLE_MATCH),
        (WHO | {"organisation__fiscal_code": WRONG_CODE, "organisation__name": None}, Reason.CHECK_DIGIT),
        (WHO | {"organisation__fiscal_code": None, "organisation__name": None}, Reason.IDENTITY_INCOMPLETE),
        (WHO | {"organisation__fiscal_code": None, "organisation__name": "Aurora aps"}, Reason.POSSIBLE_MATCH),
        (
            WHO | {"organisation__fiscal_code": None, "organisation__pec": "aurora@pec.example.org"},
            Reason.POSSIBLE_MATCH,
        ),
        ({"declarant__name": "Verdi Anna"}, Reason.DIFFERENT_BODY_SAME_CODE),
    ],
)
def test_a_form_whose_body_the_register_does_not_tell_waits_with_the_reason(db, form, reason):
    recorded(db, a_verdict())
    assert recorded(db, a_verdict(Sending(at=NOW), form)) == Outcome.REVIEW
    asked = {Reason.CHECK_DIGIT, Reason.POSSIBLE_MATCH, Reason.IDENTITY_INCOMPLETE, Reason.DIFFERENT_BODY_SAME_CODE}
    assert asked & set(entries(db)[1].reasons) == {reason}
    assert len(organisations(db)) == 1


def test_a_body_without_a_name_is_no_namesake_of_another(db):
    recorded(db, a_verdict(Sending(), {"organisation__name": None, "organisation__pec": None}))
    assert organisations(db)[0].match_name == ""
    nameless = {"organisation__name": None, "organisation__pec": None, "organisation__fiscal_code": WRONG_CODE}
    assert recorded(db, a_verdict(Sending(at=NOW), nameless)) == Outcome.REVIEW
    assert Reason.POSSIBLE_MATCH not in entries(db)[1].reasons


@pytest.mark.parametrize("named", ["piano-di-zona", "altro"])
def test_each_notice_has_a_register_of_its_own(db, named):
    recorded(db, a_verdict())
    assert recorded(db, replace(a_verdict(Sending(at=NOW), {"themes": ["altro"]}), notice=named)) == (
        Outcome.UPDATED if named == "piano-di-zona" else Outcome.RECORDED
    )


def test_a_body_without_a_representative_is_the_same_as_one_with_any(db):
    recorded(db, a_verdict(Sending(), {"declarant__name": None}))
    assert recorded(db, a_verdict(Sending(at=NOW))) == Outcome.UPDATED


def test_the_same_body_is_opened_once_and_under_its_code_if_that_is_free(db):
    recorded(db, a_verdict())
    identity = identity_of(some_fields(organisation__fiscal_code=CODES[1]))
    with db.transaction() as session:
        form = session.scalars(select(Adhesion)).one()
        opened = [open_organisation(session, form, identity, "piano-di-zona", NOW) for _ in range(2)]
        again = open_new(session, form, identity, "piano-di-zona", NOW)
        free = open_new(session, form, replace(identity, code=CODES[2]), "piano-di-zona", NOW)
        codes = [session.get_one(Organisation, one).fiscal_code for one in (opened[0], again, free)]
    assert opened[0] == opened[1] != again
    assert codes == [CODES[1], None, CODES[2]]


def read_from(verdict: Verdict, sha256: str, *pages: int) -> Verdict:
    forms = tuple(replace(one, pages=pages) for one in verdict.adhesions)
    return replace(verdict, documents=(a_document(sha256=sha256),), adhesions=forms)


@pytest.mark.parametrize(
    ("sha256", "page", "themes", "outcome"),
    [
        ("a" * 64, 1, ["altro"], Outcome.DUPLICATE),  # the same pages, read otherwise
        ("a" * 64, 2, ["altro"], Outcome.UPDATED),
        ("b" * 64, 1, ["altro"], Outcome.UPDATED),
        ("b" * 64, 2, ["abitare"], Outcome.DUPLICATE),  # the same words on other paper
        ("", 1, ["altro"], Outcome.UPDATED),
    ],
)
def test_the_same_form_is_known_by_what_it_says_or_by_its_pages(db, sha256, page, themes, outcome):
    recorded(db, read_from(a_verdict(), sha256 and "a" * 64, 1))
    assert recorded(db, read_from(a_verdict(Sending(at=NOW), {"themes": themes}), sha256, page)) == outcome


def test_a_doubt_makes_a_body_wait_for_confirmation_until_none_is_left(db):
    doubtful = {"organisation__registered_office__municipality": a_value("Bussero", confidence=0.3)}
    recorded(db, a_verdict())
    recorded(db, a_verdict(Sending(at=NOW), doubtful), NOW + HOUR)
    (body,) = organisations(db)
    assert (body.status, body.updated_at, body.versions) == ("to-confirm", NOW + HOUR, 2)


def test_a_body_without_code_takes_the_one_a_person_gives_it_unless_another_has_it(db: Database):
    recorded(db, a_verdict(Sending(), {"organisation__fiscal_code": None}))
    assert correct(db, 1, "organisation.fiscal_code", CODES[2], Deciding("anna", NOW)) is None
    assert organisations(db)[0].fiscal_code == CODES[2]


def test_two_forms_of_which_nothing_was_read_are_not_the_same_form(db: Database):
    recorded(db, read_from(a_verdict(), "a" * 64, 1))
    recorded(db, read_from(a_verdict(Sending(at=NOW), {"themes": ["altro"]}), "b" * 64, 1))
    with db.transaction() as session:
        first, second = session.scalars(select(Adhesion).order_by(Adhesion.id))
        assert first.organisation_id is not None
        first.content_key = second.content_key = ""
        session.flush()
        assert twin(session, second, first.organisation_id) is None


def test_an_address_speaks_for_the_body_it_wrote_for_and_for_no_other(db: Database):
    nameless = {"organisation__pec": None, "contact__email": None}
    other = nameless | {"organisation__name": "Polisportiva Gessate", "organisation__fiscal_code": CODES[1]}
    recorded(db, a_verdict(Sending(sender="uno@libero.example"), nameless))
    recorded(db, a_verdict(Sending(sender="due@altrove.example", at=NOW), other))
    with db.reading() as session:
        assert [knows_sender(session, body, "uno@libero.example") for body in (1, 2)] == [True, False]
        assert [knows_sender(session, body, "due@altrove.example") for body in (1, 2)] == [False, True]


def test_a_body_that_withdrew_stays_so_when_its_values_are_worked_out_anew(db: Database):
    recorded(db, a_verdict())
    with db.transaction() as session:
        session.get_one(Organisation, 1).status = OrganisationStatus.WITHDRAWN
        refresh(session, 1, NOW)
    assert organisations(db)[0].status == OrganisationStatus.WITHDRAWN


def test_a_body_that_no_form_speaks_for_any_more_keeps_what_it_had(db: Database):
    recorded(db, a_verdict())
    with db.transaction() as session:
        session.scalars(select(Adhesion)).one().state = AdhesionState.REJECTED
        refresh(session, 1, NOW + HOUR)
    (body,) = organisations(db)
    assert (body.name, body.updated_at) == ("Associazione Aurora ODV", NOW)


def test_a_form_that_no_provider_dated_counts_from_when_it_was_entered(db: Database):
    undated = {"accepted_at": None, "delivered_at": None}
    recorded(db, a_verdict(Sending(envelope=undated)))
    recorded(db, a_verdict(Sending(envelope=undated), {"themes": ["altro"]}), NOW + HOUR)
    assert organisations(db)[0].themes == ["altro"]
