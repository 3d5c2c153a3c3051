"""A form's row: what is stored of its reading, by which clock, and what becomes of it when it is judged again."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from ingest.database import Database
from ingest.decisions import Deciding, correct, mark_reviewed, reject
from ingest.ledger import Origin, enter
from ingest.record import record
from ingest.vocabulary import Outcome, Reason
from models import Adhesion, Correction
from tests.letters.builders import a_document, a_value
from tests.register.builders import (
    CODES,
    HOUR,
    NOW,
    WRONG_CODE,
    Sending,
    a_message,
    a_stored,
    a_verdict,
    entries,
    letters,
    organisations,
    recorded,
    the_settings,
)

SEED = {"organisation__fiscal_code": CODES[1], "organisation__name": "Cooperativa Il Seme"}


def forms(db: Database) -> list[Adhesion]:
    with db.reading() as session:
        return list(session.scalars(select(Adhesion).order_by(Adhesion.id)))


def test_a_form_s_row_says_what_its_reading_says(db):
    verdict = a_verdict(Sending(), {}, SEED | {"themes": None})
    reading = replace(verdict.adhesions[1], pages=(2, 3), needs_review=True)
    recorded(db, replace(verdict, adhesions=(verdict.adhesions[0], reading)))
    first, second = forms(db)
    assert (first.position, second.position, second.document, second.pages) == (0, 1, 1, [2, 3])
    assert (second.created_at, second.needs_review) == (NOW, True)
    assert second.fields["organisation.name"]["value"] == "Cooperativa Il Seme"
    assert (second.missing, second.clock, second.sender_relation) == (["themes"], "acceptance", "same")
    assert (second.timeliness, second.role) == ("on-time", "operative")
    assert (second.reasons, second.state) == (["fields-missing", "signed-by-sending"], "recorded")
    assert [one.form_sha256 for one in (first, second)] == [one.sha256 for one in verdict.documents]
    assert len({first.content_key, second.content_key, ""}) == 3


@pytest.mark.parametrize("documents", [(), (a_document(),)])
def test_a_form_of_no_known_document_has_no_paper_to_be_known_by(db, documents):
    verdict = a_verdict()
    lost = replace(verdict.adhesions[0], document=len(documents) or -1)
    recorded(db, replace(verdict, documents=documents, adhesions=(lost,)))
    assert forms(db)[0].form_sha256 == ""


@pytest.mark.parametrize(
    ("clock", "clocks", "at"),
    [
        ("acceptance", {}, HOUR),
        ("acceptance", {"accepted_at": None}, 2 * HOUR),
        ("delivery", {}, 3 * HOUR),
        ("received", {}, 3 * HOUR),
        ("received", {"delivered_at": None}, 5 * HOUR),
        ("internal-date", {}, 4 * HOUR),
        ("another", {}, 5 * HOUR),
    ],
)
def test_the_instant_of_a_form_is_that_of_the_clock_that_decided(db, clock, clocks, at):
    times = {"accepted_at": NOW + HOUR, "signed_at": NOW + 2 * HOUR, "delivered_at": NOW + 3 * HOUR}
    verdict = a_verdict(Sending(envelope=times | clocks))
    verdict = replace(verdict, adhesions=(replace(verdict.adhesions[0], clock=clock),))
    entry_id = enter(db, a_stored(), None, Origin("imap", NOW + 4 * HOUR), NOW + 5 * HOUR)
    record(db, entry_id, verdict, the_settings(), NOW + 5 * HOUR)
    assert forms(db)[0].accepted_at == NOW + at


def test_a_form_for_a_person_has_the_register_s_reason_beside_its_own(db):
    recorded(db, a_verdict(Sending(), SEED | {"organisation__fiscal_code": WRONG_CODE, "themes": None}))
    (form,) = forms(db)
    assert (form.state, form.needs_review, form.organisation_id) == ("review", True, None)
    assert form.reasons == ["fields-missing", "signed-by-sending", "check-digit"]


def test_a_form_of_a_message_sent_twice_belongs_where_the_first_one_does(db):
    sending = Sending()
    recorded(db, a_verdict(sending, {}, SEED))
    recorded(db, a_verdict(sending, {}, SEED))
    assert [one.organisation_id for one in forms(db)] == [1, 2, 1, 2]
    assert [one.state for one in forms(db)[2:]] == ["duplicate", "duplicate"]


def test_a_second_copy_of_a_message_that_waits_makes_no_organisation_even_if_it_reads_better(db):
    sending = Sending()
    recorded(db, a_verdict(sending, {"organisation__fiscal_code": WRONG_CODE}))
    assert recorded(db, a_verdict(sending)) == Outcome.DUPLICATE
    assert organisations(db) == []
    assert [one.state for one in forms(db)] == ["review", "duplicate"]


def test_a_duplicate_judged_again_is_no_version(db):
    entry_id, verdict = a_message(db), a_verdict(Sending())
    recorded(db, a_verdict(Sending()))
    for _ in range(2):
        assert record(db, entry_id, verdict, the_settings(), NOW) == Outcome.DUPLICATE
    assert organisations(db)[0].versions == 1
    assert [one.state for one in forms(db)] == ["recorded", "duplicate"]


def test_a_form_without_code_judged_again_keeps_its_place_and_troubles_nobody(db):
    entry_id, verdict = a_message(db), a_verdict(Sending(), {"organisation__fiscal_code": None})
    for _ in range(2):
        assert record(db, entry_id, verdict, the_settings(), NOW) == Outcome.RECORDED
    assert (len(organisations(db)), entries(db)[0].needs_review, forms(db)[0].needs_review) == (1, False, False)


def test_a_form_judged_again_with_another_code_says_so(db):
    entry_id, sending = a_message(db), Sending()
    record(db, entry_id, a_verdict(sending), the_settings(), NOW)
    record(db, entry_id, a_verdict(sending, SEED), the_settings(), NOW)
    assert Reason.DIFFERENT_BODY_SAME_CODE in entries(db)[0].reasons
    assert (forms(db)[0].needs_review, forms(db)[0].organisation_id) == (True, 1)


def test_a_message_that_a_person_settled_waits_again_only_when_it_reads_as_another_body_since(db):
    entry_id, sending = a_message(db), Sending()
    record(db, entry_id, a_verdict(sending), the_settings(), NOW)
    mark_reviewed(db, entry_id, Deciding("anna", NOW))
    doubtful = {"organisation__registered_office__municipality": a_value("Bussero", confidence=0.3)}
    record(db, entry_id, a_verdict(sending, doubtful), the_settings(), NOW)
    assert not entries(db)[0].needs_review
    record(db, entry_id, a_verdict(sending, SEED), the_settings(), NOW)
    assert entries(db)[0].needs_review


def test_a_rejected_form_judged_again_is_placed_nowhere(db):
    entry_id, sending = a_message(db), Sending()
    record(db, entry_id, a_verdict(sending, {"organisation__fiscal_code": WRONG_CODE}), the_settings(), NOW)
    reject(db, 1, Deciding("anna", NOW))
    record(db, entry_id, a_verdict(sending), the_settings(), NOW)
    assert (organisations(db), forms(db)[0].state, letters(db)) == ([], "rejected", [])


@pytest.mark.parametrize("reason", [Reason.WITHDRAWAL, Reason.POSSIBLE_MATCH, Reason.LOW_CONFIDENCE])
def test_only_a_doubt_about_whose_or_whether_keeps_a_form_from_its_body(db, reason):
    verdict = a_verdict()
    doubted = replace(verdict.adhesions[0], reasons=(reason,))
    outcome = recorded(db, replace(verdict, adhesions=(doubted,)))
    assert outcome == (Outcome.RECORDED if reason is Reason.LOW_CONFIDENCE else Outcome.REVIEW)


def test_the_first_the_newest_and_an_earlier_form_are_told_apart(db):
    for at, themes in ((0, "a"), (2, "b"), (1, "c")):
        recorded(db, a_verdict(Sending(at=NOW + at * HOUR), {"themes": [themes]}))
    told = {Reason.NEW_ORGANISATION, Reason.NEW_VERSION, Reason.EARLIER_FORM}
    assert [told & set(entry.reasons) for entry in entries(db)] == [
        {Reason.NEW_ORGANISATION}, {Reason.NEW_VERSION}, {Reason.EARLIER_FORM},
    ]  # fmt: skip
    assert organisations(db)[0].themes == ["b"]


def test_what_a_person_said_of_a_waiting_form_is_asked_for_no_more_and_says_whose_it_is(db):
    unread = {"organisation__fiscal_code": None, "organisation__name": None, "themes": None}
    entry_id, verdict = a_message(db), a_verdict(Sending(), unread)
    record(db, entry_id, verdict, the_settings(), NOW)
    assert forms(db)[0].missing == list(verdict.adhesions[0].missing)
    told = {"organisation.fiscal_code": CODES[2], "organisation.name": "Terzo Ente", "themes": ["altro"]}
    with db.transaction() as session:
        for key, new in told.items():
            session.add(Correction(adhesion_id=1, key=key, old=None, new=new, who="anna", at=NOW))
    assert record(db, entry_id, verdict, the_settings(), NOW) == Outcome.RECORDED
    assert (forms(db)[0].missing, organisations(db)[0].fiscal_code) == ([], CODES[2])


def test_what_a_person_said_of_one_body_is_laid_over_no_form_of_another(db):
    recorded(db, a_verdict())
    for key, new in (("organisation.fiscal_code", CODES[2]), ("organisation.name", "Aurora")):
        assert correct(db, 1, key, new, Deciding("anna", NOW)) is None
    assert recorded(db, a_verdict(Sending(), SEED)) == Outcome.RECORDED
    assert [(body.name, body.fiscal_code) for body in organisations(db)] == [
        ("Aurora", CODES[2]), ("Cooperativa Il Seme", CODES[1]),
    ]  # fmt: skip


def test_a_doubtful_value_that_a_person_settled_before_troubles_nobody_again(db):
    doubtful = {"organisation__registered_office__municipality": a_value("Bussero", confidence=0.3)}
    entry_id, verdict = a_message(db), a_verdict(Sending(), doubtful)
    record(db, entry_id, verdict, the_settings(), NOW)
    assert forms(db)[0].needs_review
    with db.transaction() as session:
        session.get_one(Adhesion, 1).decided_at = NOW
    record(db, entry_id, verdict, the_settings(), NOW)
    assert not forms(db)[0].needs_review
