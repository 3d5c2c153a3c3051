"""A person corrects a form that waits and decides in one step: what they say holds, and no colleague's word is lost."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ingest.corrected import mark_of
from ingest.database import Database
from ingest.decisions import Deciding, correct
from ingest.form.schema import field_of
from ingest.merge import merge
from ingest.record import record
from ingest.review import Act, Choice, Done, Seen, Stale, Taken, decide, fields_now
from models import Adhesion, Audit, Correction
from tests.letters.builders import a_value
from tests.register.builders import (
    CODES,
    NOW,
    WRONG_CODE,
    Sending,
    a_message,
    a_verdict,
    entries,
    letters,
    organisations,
    recorded,
    the_settings,
)

ANNA = Deciding("anna", NOW + timedelta(hours=2))
CARLO = Deciding("carlo", NOW + timedelta(hours=3))
LATER = NOW + timedelta(days=3)
DOUBTFUL = {"organisation__fiscal_code": a_value(WRONG_CODE, confidence=0.4, warnings=("check-digit",))}
CODE, TOWN = "organisation.fiscal_code", "organisation.registered_office.municipality"
OTHER = {"organisation__name": "Polisportiva Gessate", "declarant__name": "Verdi Anna", "organisation__pec": None}


def seen(db: Database, number: int = 1) -> Seen:
    with db.reading() as session:
        return Seen(number, mark_of(session, session.get_one(Adhesion, number)))


def values(db: Database, number: int = 1) -> dict[str, Any]:
    with db.reading() as session:
        return {key: one.value for key, one in fields_now(session, session.get_one(Adhesion, number)).items()}


def audit(db: Database) -> list[tuple[str, str, Any, Any]]:
    with db.reading() as session:
        return [(one.who, one.what, one.old, one.new) for one in session.scalars(select(Audit).order_by(Audit.id))]


def test_a_form_that_waits_is_corrected_and_confirmed_at_once_and_its_letter_has_the_new_values(db):
    recorded(db, a_verdict(Sending(), DOUBTFUL))
    assert organisations(db) == []
    choice = Choice(Act.CONFIRM, {CODE: CODES[0], "organisation.name": "Aurora corretta ODV"})
    done = decide(db, seen(db), choice, the_settings(), ANNA)
    assert isinstance(done, Done)
    assert done.accepted is not None
    assert done.accepted.unanswered is None
    (body,) = organisations(db)
    assert (body.fiscal_code, body.name) == (CODES[0], "Aurora corretta ODV")
    (letter,) = letters(db)
    with db.reading() as session:
        raw = session.get_one(type(letter), letter.id).raw.decode()
    assert "Aurora corretta ODV" in raw
    assert not entries(db)[0].needs_review
    assert [line[:2] for line in audit(db)] == [("anna", "corrected"), ("anna", "corrected"), ("anna", "accepted")]
    assert audit(db)[0][2:] == ({CODE: WRONG_CODE}, {CODE: CODES[0]})


def test_a_correction_of_a_waiting_form_survives_judging_again_and_places_the_form_by_its_code(db):
    entry, sending = a_message(db), Sending()
    record(db, entry, a_verdict(sending, DOUBTFUL), the_settings(), NOW)
    assert decide(db, seen(db), Choice(Act.SAVE, {CODE: CODES[0]}), the_settings(), ANNA) == Done()
    assert organisations(db) == []  # saving decides nothing
    record(db, entry, a_verdict(sending, DOUBTFUL), the_settings(), LATER)
    assert values(db)[CODE] == CODES[0]
    assert [body.fiscal_code for body in organisations(db)] == [CODES[0]]  # now nothing speaks against it


def test_a_person_s_value_wins_over_a_later_reading_of_the_same_form_and_over_later_forms(db):
    entry, sending = a_message(db), Sending()
    record(db, entry, a_verdict(sending, DOUBTFUL), the_settings(), NOW)
    changes = {CODE: CODES[0], TOWN: "Bussero", "organisation.acronym": None}
    decide(db, seen(db), Choice(Act.CONFIRM, changes), the_settings(), ANNA)
    reread = {"organisation__fiscal_code": CODES[1], "organisation__registered_office__municipality": "Gessate"}
    record(db, entry, a_verdict(sending, reread), the_settings(), LATER)
    recorded(db, a_verdict(Sending(at=LATER), {"themes": ["altro"]}))
    (body,) = organisations(db)
    assert (body.fiscal_code, body.municipality, body.versions) == (CODES[0], "Bussero", 2)
    assert not entries(db)[0].needs_review  # what a person settled is not asked again
    assert len(letters(db)) == 2


def test_a_confirmed_reading_is_stored_as_true_but_yields_to_a_newer_form(db):
    unsure = {"organisation__registered_office__municipality": a_value("Bussero", confidence=0.3)}
    recorded(db, a_verdict(Sending(), unsure))
    assert organisations(db)[0].municipality != "Bussero"
    decide(db, seen(db), Choice(Act.CONFIRM, {TOWN: "Bussero"}), the_settings(), ANNA)
    assert (organisations(db)[0].municipality, organisations(db)[0].status) == ("Bussero", "active")
    assert [line[1] for line in audit(db)] == ["values-confirmed", "reviewed"]
    recorded(db, a_verdict(Sending(at=LATER), {"organisation__registered_office__municipality": "Cassano d'Adda"}))
    assert organisations(db)[0].municipality == "Cassano d'Adda"


def test_who_saw_an_older_state_writes_nothing_and_gets_both_values(db):
    recorded(db, a_verdict(Sending(), DOUBTFUL))
    before = seen(db)
    decide(db, before, Choice(Act.SAVE, {TOWN: "Bussero"}), the_settings(), ANNA)
    lost = decide(db, before, Choice(Act.CONFIRM, {TOWN: "Gessate"}), the_settings(), CARLO)
    assert isinstance(lost, Stale)
    assert lost.fields[TOWN].value == "Bussero"
    assert values(db)[TOWN] == "Bussero"
    assert (organisations(db), letters(db)) == ([], [])
    assert [line[0] for line in audit(db)] == ["anna"]
    assert isinstance(decide(db, seen(db), Choice(Act.SAVE, {TOWN: "Gessate"}), the_settings(), CARLO), Done)
    assert values(db)[TOWN] == "Gessate"


def test_a_form_judged_again_meanwhile_is_another_one_than_the_person_saw(db):
    entry, sending = a_message(db), Sending()
    record(db, entry, a_verdict(sending, DOUBTFUL), the_settings(), NOW)
    before = seen(db)
    record(db, entry, a_verdict(sending, DOUBTFUL | {"organisation__name": "Altro nome"}), the_settings(), LATER)
    assert isinstance(decide(db, before, Choice(Act.CONFIRM), the_settings(), ANNA), Stale)


def test_a_form_is_rejected_once_and_only_while_it_waits(db):
    recorded(db, a_verdict(Sending(), DOUBTFUL))
    decide(db, seen(db), Choice(Act.REJECT, why="è un preventivo"), the_settings(), ANNA)
    decide(db, seen(db), Choice(Act.REJECT), the_settings(), ANNA)
    assert [line[1] for line in audit(db)] == ["rejected"]
    assert not entries(db)[0].needs_review


def test_neither_an_unknown_organisation_nor_another_body_s_code_is_taken(db):
    recorded(db, a_verdict())
    recorded(db, a_verdict(Sending(), OTHER | {"organisation__fiscal_code": CODES[1]}))
    recorded(db, a_verdict(Sending(), OTHER | DOUBTFUL))
    assert decide(db, seen(db, 3), Choice(Act.CONFIRM, into=99), the_settings(), ANNA) == Taken(99)
    assert decide(db, seen(db, 2), Choice(Act.SAVE, {CODE: CODES[0]}), the_settings(), ANNA) == Taken(1)
    with pytest.raises(KeyError):
        decide(db, seen(db, 2), Choice(Act.SAVE, {"organisation.nonsense": "x"}), the_settings(), ANNA)
    assert audit(db) == []


def test_what_a_correction_fills_in_is_not_asked_for_and_what_it_empties_is(db):
    recorded(db, a_verdict(Sending(), DOUBTFUL | {"declarant__name": None}))
    with db.reading() as session:
        assert "declarant.name" in session.get_one(Adhesion, 1).missing
    decide(db, seen(db), Choice(Act.SAVE, {"declarant.name": "Verdi Anna", "themes": None}), the_settings(), ANNA)
    with db.reading() as session:
        missing = session.get_one(Adhesion, 1).missing
    assert "declarant.name" not in missing
    assert "themes" in missing
    assert field_of("themes").question_it


def test_two_organisations_become_one_and_nothing_is_lost(db):
    recorded(db, a_verdict())
    recorded(db, a_verdict(Sending(at=LATER), OTHER | {"organisation__fiscal_code": CODES[1]}))
    correct(db, 2, TOWN, "Bussero", ANNA)
    assert merge(db, 2, 1, CARLO)
    kept, gone = organisations(db)
    assert (gone.status, gone.merged_into, kept.versions) == ("merged", 1, 2)
    assert (kept.fiscal_code, kept.municipality, gone.fiscal_code) == (CODES[0], "Bussero", CODES[1])
    assert [line[:2] for line in audit(db)][-2:] == [("carlo", "merged"), ("carlo", "merged")]
    assert not merge(db, 2, 1, CARLO)
    assert not merge(db, 1, 1, CARLO)
    assert not merge(db, 1, 99, CARLO)


def test_after_a_merger_later_forms_and_judging_again_lead_to_the_one_that_remains(db):
    recorded(db, a_verdict())
    entry, sending = a_message(db), Sending(at=LATER)
    form = OTHER | {"organisation__fiscal_code": CODES[1]}
    record(db, entry, a_verdict(sending, form), the_settings(), NOW)
    merge(db, 2, 1, CARLO)
    record(db, entry, a_verdict(sending, form), the_settings(), LATER)
    recorded(db, a_verdict(Sending(at=LATER + timedelta(hours=1)), form | {"themes": ["altro"]}))
    assert next((body.id, body.versions, body.status) for body in organisations(db)) == (1, 3, "active")
    with db.reading() as session:
        assert {one.organisation_id for one in session.scalars(select(Adhesion))} == {1}


def test_where_people_set_a_value_of_both_the_remaining_one_s_holds(db):
    recorded(db, a_verdict())
    recorded(db, a_verdict(Sending(at=LATER), OTHER | {"organisation__fiscal_code": CODES[1]}))
    correct(db, 1, TOWN, "Gessate", ANNA)
    correct(db, 2, TOWN, "Bussero", ANNA)
    merge(db, 2, 1, CARLO)
    assert organisations(db)[0].municipality == "Gessate"
    with db.reading() as session:
        assert {one.organisation_id for one in session.scalars(select(Correction))} == {1}
