"""What a person decides holds against every later message, and is on record with a name."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ingest.database import Database
from ingest.decisions import Deciding, accept, correct, mark_reviewed, reject, set_status
from ingest.record import record
from ingest.terms import reclassify
from ingest.vocabulary import Outcome, Reason, VerdictKind
from ingest.watch import note_rem, open_conditions
from models import Adhesion, Audit, OrganisationStatus
from tests.letters.builders import a_notice, a_value
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
LATER = NOW + timedelta(days=3)
OTHER = {"organisation__name": "Polisportiva Gessate", "declarant__name": "Verdi Anna"}


def audit(db: Database) -> list[tuple[str, str, str]]:
    with db.reading() as session:
        return [(one.who, one.what, one.object) for one in session.scalars(select(Audit).order_by(Audit.id))]


def forms(db: Database) -> list[Adhesion]:
    with db.reading() as session:
        return list(session.scalars(select(Adhesion).order_by(Adhesion.id)))


def test_a_correction_is_shown_at_once_and_survives_later_forms_and_replays(db):
    entry_id, sending = a_message(db), Sending()
    record(db, entry_id, a_verdict(sending), the_settings(), NOW)
    assert correct(db, 1, "organisation.registered_office.municipality", "Bussero", ANNA) is None
    assert organisations(db)[0].municipality == "Bussero"
    record(db, entry_id, a_verdict(sending), the_settings(), LATER)
    recorded(db, a_verdict(Sending(at=LATER), {"themes": ["occupazione"]}))
    (body,) = organisations(db)
    assert (body.municipality, body.themes, body.versions) == ("Bussero", ["occupazione"], 2)
    assert audit(db) == [("anna", "corrected", "organisation:1")]


def test_the_last_of_two_corrections_counts(db):
    recorded(db, a_verdict())
    correct(db, 1, "organisation.name", "Prima", ANNA)
    correct(db, 1, "organisation.name", "Seconda", ANNA)
    assert organisations(db)[0].name == "Seconda"


def test_a_role_can_be_confirmed_by_a_person(db):
    recorded(db, a_verdict(Sending(at=datetime.fromisoformat("2021-08-03T10:00:00+02:00"))))
    assert organisations(db)[0].role == "to-confirm"
    correct(db, 1, "role", "operative", ANNA)
    recorded(db, a_verdict(Sending(at=LATER + timedelta(days=9)), {"themes": ["altro"]}))
    assert organisations(db)[0].role == "operative"


@pytest.mark.parametrize(("key", "value"), [("organisation.nonsense", "x"), ("role", "boss")])
def test_only_known_keys_and_roles_can_be_corrected(db, key, value):
    recorded(db, a_verdict())
    with pytest.raises((KeyError, ValueError)):
        correct(db, 1, key, value, ANNA)
    assert audit(db) == []


def test_a_code_of_another_organisation_is_not_taken(db):
    recorded(db, a_verdict())
    recorded(db, a_verdict(Sending(), OTHER | {"organisation__fiscal_code": CODES[1], "organisation__pec": None}))
    assert correct(db, 2, "organisation.fiscal_code", CODES[0], ANNA) == 1
    assert [body.fiscal_code for body in organisations(db)] == [CODES[0], CODES[1]]
    assert correct(db, 2, "organisation.fiscal_code", CODES[2], ANNA) is None
    assert organisations(db)[1].fiscal_code == CODES[2]


def test_a_waiting_form_is_given_to_its_organisation_and_its_letter_leaves(db):
    recorded(db, a_verdict())
    changed = {"declarant__name": "Verdi Anna", "themes": ["occupazione"]}
    assert recorded(db, a_verdict(Sending(at=LATER), changed)) == Outcome.REVIEW
    accepted = accept(db, 2, 1, the_settings(), ANNA)
    assert accepted is not None
    assert (accepted.organisation_id, accepted.version, accepted.unanswered) == (1, 2, None)
    assert organisations(db)[0].themes == ["occupazione"]
    assert [letter.kind for letter in letters(db)] == ["adhesion-received", "adhesion-updated"]
    entry = entries(db)[1]
    assert (entry.outcome, entry.needs_review, entry.reviewed_by) == ("updated", False, "anna")
    assert accept(db, 2, 1, the_settings(), ANNA) is None  # once
    assert len(letters(db)) == 2


def test_a_waiting_form_with_the_code_of_another_section_becomes_a_body_of_its_own(db):
    recorded(db, a_verdict())
    recorded(db, a_verdict(Sending(), OTHER))
    accepted = accept(db, 2, None, the_settings(), ANNA)
    assert accepted is not None
    assert accepted.version == 1
    assert [(body.name, body.fiscal_code) for body in organisations(db)] == [
        ("Associazione Aurora ODV", CODES[0]),
        ("Polisportiva Gessate", None),
    ]
    assert [letter.kind for letter in letters(db)][1] == "adhesion-received"


def test_an_accepted_form_stays_accepted_when_its_message_is_judged_again(db):
    entry_id, sending = a_message(db), Sending()
    doubtful = {"organisation__fiscal_code": a_value(WRONG_CODE, confidence=0.4, warnings=("check-digit",))}
    record(db, entry_id, a_verdict(sending, doubtful), the_settings(), NOW)
    accept(db, 1, None, the_settings(), ANNA)
    record(db, entry_id, a_verdict(sending, doubtful), the_settings(), LATER)
    assert [form.organisation_id for form in forms(db)] == [1]
    assert forms(db)[0].state == "recorded"
    assert not entries(db)[0].needs_review
    assert len(letters(db)) == 1


def test_a_rejected_form_stays_on_record_and_stays_rejected(db):
    entry_id, sending = a_message(db), Sending()
    wrong = {"organisation__fiscal_code": WRONG_CODE}
    record(db, entry_id, a_verdict(sending, wrong), the_settings(), NOW)
    assert reject(db, 1, ANNA, "non è una domanda")
    assert not reject(db, 1, ANNA)
    record(db, entry_id, a_verdict(sending, wrong), the_settings(), LATER)
    assert (forms(db)[0].state, organisations(db)) == ("rejected", [])
    assert audit(db) == [("anna", "rejected", "adhesion:1")]


def test_an_entry_that_a_person_agreed_with_waits_no_longer(db):
    doubtful = {"organisation__registered_office__municipality": a_value("Bussero", confidence=0.3)}
    recorded(db, a_verdict(Sending(), doubtful))
    assert organisations(db)[0].status == "to-confirm"
    mark_reviewed(db, 1, ANNA)
    assert organisations(db)[0].status == "active"
    assert (entries(db)[0].needs_review, entries(db)[0].reviewed_at) == (False, ANNA.now)


def test_a_withdrawn_organisation_stays_so_until_a_person_says_otherwise(db):
    recorded(db, a_verdict())
    set_status(db, 1, OrganisationStatus.WITHDRAWN, ANNA)
    assert recorded(db, a_verdict(Sending(at=LATER), {"themes": ["altro"]})) == Outcome.REVIEW
    assert Reason.WITHDRAWAL in entries(db)[1].reasons
    assert organisations(db)[0].status == "withdrawn"


def test_moved_terms_of_the_notice_move_the_classes_and_nothing_else(db):
    recorded(db, a_verdict(Sending(at=datetime.fromisoformat("2021-08-03T10:00:00+02:00"))))
    moved = replace(a_notice(), deadline=datetime.fromisoformat("2021-08-05T13:00:00+02:00"))
    assert reclassify(db, moved, ANNA) == 1
    assert (organisations(db)[0].timeliness, organisations(db)[0].role) == ("on-time", "operative")
    assert reclassify(db, moved, ANNA) == 0
    started = replace(a_notice(), works_start=datetime.fromisoformat("2021-08-01T23:59:59+02:00"))
    assert reclassify(db, started, ANNA) == 1
    assert organisations(db)[0].role == "consultative"
    assert audit(db)[:2] == [
        (ANNA.who, "reclassified", "adhesion:1"), (ANNA.who, "reclassified", "notice:piano-di-zona"),
    ]  # fmt: skip


def test_a_person_who_has_seen_a_rem_message_ends_its_condition(db):
    first, second = a_message(db), a_message(db)
    for entry_id in (first, second):
        record(db, entry_id, a_verdict(kind=VerdictKind.REVIEW), the_settings(), NOW)
        note_rem(db, entry_id, (Reason.REM_UNSUPPORTED,), NOW)
    mark_reviewed(db, first, ANNA)
    assert [one.code for one in open_conditions(db)] == [f"rem-received:{second}"]


def code(value: str) -> dict[str, object]:
    return {"organisation__fiscal_code": value, "organisation__name": "Cooperativa Il Seme"}


TWO: tuple[dict[str, Any], ...] = (
    {},
    {"organisation__name": "Altro Ente", "organisation__fiscal_code": WRONG_CODE},
)  # sound, and for a person


def test_deciding_about_one_form_leaves_the_outcome_that_the_others_gave(db):
    recorded(db, a_verdict())
    assert recorded(db, a_verdict(Sending(), *TWO), LATER) == Outcome.REVIEW  # the first is a duplicate
    assert reject(db, forms(db)[2].id, ANNA)
    assert (entries(db)[1].outcome, entries(db)[1].needs_review) == ("duplicate", False)
    assert recorded(db, a_verdict(Sending(), code(CODES[1]), TWO[1]), LATER) == Outcome.RECORDED
    assert accept(db, forms(db)[4].id, 1, the_settings(), ANNA) is not None  # a version of another body
    assert (entries(db)[2].outcome, entries(db)[2].needs_review) == ("recorded", False)


def test_of_two_accepted_forms_a_new_body_is_what_the_log_says(db):
    recorded(db, a_verdict())
    recorded(db, a_verdict(Sending(at=LATER), TWO[1], TWO[1] | {"organisation__name": "Terzo Ente"}))
    accept(db, 2, None, the_settings(), ANNA)
    assert (entries(db)[1].outcome, entries(db)[1].needs_review) == ("recorded", True)
    accept(db, 3, 1, the_settings(), ANNA)
    assert (entries(db)[1].outcome, entries(db)[1].needs_review) == ("recorded", False)


def test_judging_again_does_not_take_back_what_a_person_accepted_of_a_message_in_quarantine(db):
    entry_id, verdict = a_message(db), a_verdict(Sending(), kind=VerdictKind.REVIEW)
    record(db, entry_id, verdict, the_settings(), NOW)
    accept(db, 1, None, the_settings(), ANNA)
    assert record(db, entry_id, verdict, the_settings(), LATER) == Outcome.RECORDED
    assert (entries(db)[0].outcome, entries(db)[0].needs_review) == ("recorded", False)
