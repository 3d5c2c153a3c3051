"""What was asked, until when, what came: linked, completed as a version on time, reminded once, shown as waiting."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from ingest import integration
from ingest.app import Service
from ingest.config import parse
from ingest.console.pages.integrazioni import asked_it
from ingest.digest import preview_digest
from ingest.digest_facts import gather
from ingest.letters_due import queue_letters
from ingest.outbox import send_due
from ingest.reminders import remind_due
from ingest.store import Store
from ingest.verdict import Traits
from ingest.vocabulary import VerdictKind
from ingest.watch import open_conditions
from ingest.week import week_of
from models import Entry, Integration, Letter
from tests.fakes import FakeMailbox, FakePost
from tests.later.builders import adherents, confirmed
from tests.register.builders import (
    CODES,
    NOW,
    OURS,
    Sending,
    a_verdict,
    entries,
    letters,
    organisations,
    recorded,
)

DAY = timedelta(days=1)
LATER = datetime(2021, 8, 2, 9, 0, tzinfo=UTC)  # after the deadline of 29 July
INCOMPLETE = {"organisation__municipality": None, "themes": None}
AFTER_TERM = NOW + 12 * DAY


def the_settings(**answers):
    notice = {"id": "piano-di-zona", "title": "Co-programmazione", "deadline": "2021-07-29T23:59:59+02:00"}
    return parse({"mailbox": {"host": "imaps.example.it", "username": OURS}, "notice": notice, "answers": answers}, {})


@pytest.fixture
def asked(db):
    """A register where one adhesion was asked for its themes, by a letter that has left."""
    recorded(db, a_verdict(Sending(), {"themes": None}))
    send_due(db, FakePost(), NOW)
    (letter,) = letters(db)
    assert letter.kind == "adhesion-incomplete"
    return db


def requests(db):
    with db.reading() as session:
        return list(session.scalars(select(Integration).order_by(Integration.id)))


def waiting(db, now=AFTER_TERM):
    with db.reading() as session:
        return integration.waiting(session, now)


def a_reply(db, *forms, at=LATER, **envelope):
    """A message that answers our letter in its thread."""
    traits = Traits(in_reply_to=(letters(db)[0].message_id,))
    return a_verdict(Sending(at=at, envelope={"traits": traits, **envelope}), *forms)


def without_form(verdict):
    return replace(verdict, kind=VerdictKind.NOTED, adhesions=(), documents=(), reasons=())


def test_a_letter_that_asks_opens_one_request_until_the_end_of_the_day_it_names(asked):
    (request,) = requests(asked)
    assert (request.entry_id, request.asked, request.state) == (1, ["themes"], "open")
    assert request.due_at == datetime(2021, 8, 6, 21, 59, 59, tzinfo=UTC)
    assert waiting(asked, request.due_at) == []
    assert [one.entry for one in waiting(asked, request.due_at + timedelta(seconds=1))] == [1]


def test_a_complete_adhesion_opens_none(db):
    recorded(db, a_verdict())
    assert requests(db) == []


def test_a_complete_form_in_reply_is_a_new_version_on_time_and_ends_the_request(asked):
    recorded(asked, a_reply(asked, {}), LATER)
    (request,) = requests(asked)
    assert (request.state, request.answered_by) == ("completed", 2)
    (body,) = organisations(asked)
    assert (body.versions, body.timeliness, body.themes) == (2, "on-time", ["abitare"])
    assert body.first_entry_id == 1
    reply = entries(asked)[1]
    assert "integration-reply" in reply.reasons
    assert not reply.needs_review
    assert waiting(asked) == []
    assert len(letters(asked)) == 1  # a reply to ours gets no other letter


def test_words_without_a_form_in_reply_wait_for_a_person(asked):
    recorded(asked, without_form(a_reply(asked)), LATER)
    (request,) = requests(asked)
    assert (request.state, request.answered_by) == ("answered", 2)
    assert entries(asked)[1].needs_review
    assert waiting(asked) == []


def test_a_form_that_still_lacks_something_waits_for_a_person(asked):
    recorded(asked, a_reply(asked, {"themes": None, "organisation__phones": ["+39029599999"]}), LATER)
    assert requests(asked)[0].state == "answered"
    assert entries(asked)[1].needs_review


@pytest.mark.parametrize("how", ["reference", "organisation", "sender"])
def test_a_reply_outside_the_thread_is_known_by_reference_organisation_or_sender(asked, how):
    if how == "reference":
        verdict = without_form(a_verdict(Sending(at=LATER, envelope={"subject": "Re: [PDZ-000001] dati"})))
    elif how == "organisation":
        verdict = a_verdict(Sending(sender="altra@pec.example.org", at=LATER))
    else:
        verdict = without_form(a_verdict(Sending(at=LATER)))
    recorded(asked, verdict, LATER)
    assert requests(asked)[0].answered_by == 2


def test_what_came_before_the_request_or_from_another_sender_answers_nothing(asked):
    recorded(asked, without_form(a_verdict(Sending(at=NOW - DAY))), LATER)
    recorded(asked, without_form(a_verdict(Sending(sender="altra@pec.example.org", at=LATER))), LATER)
    subject = {"subject": "Re: [PDZ-000001]"}
    recorded(asked, without_form(a_verdict(Sending("altra@pec.example.org", LATER, envelope=subject))), LATER)
    assert requests(asked)[0].state == "open"


def test_of_two_requests_to_one_sender_none_is_taken_by_guess(asked):
    recorded(asked, a_verdict(Sending(), {"themes": None, "organisation__fiscal_code": CODES[1],
                                          "organisation__name": "Beta APS"}))  # fmt: skip
    assert len(requests(asked)) == 2
    recorded(asked, without_form(a_verdict(Sending(at=LATER))), LATER)
    assert {one.state for one in requests(asked)} == {"open"}


@pytest.mark.parametrize("traits", [{"auto_submitted": "auto-replied"}, {"auto_response": True}, {"report": True}])
def test_an_absence_notice_answers_nothing(asked, traits):
    reply = a_reply(asked)
    envelope = replace(reply.envelope, traits=replace(reply.envelope.traits, **traits))
    recorded(asked, without_form(replace(reply, envelope=envelope)), LATER)
    assert requests(asked)[0].state == "open"


def test_without_a_configured_reminder_it_waits_for_the_office_in_the_digest(asked):
    assert remind_due(asked, the_settings(), AFTER_TERM) == 0
    notice = the_settings().notice.rules()
    with asked.reading() as session:
        facts = gather(session, notice, week_of(AFTER_TERM.date()), AFTER_TERM)
    assert [one.entry for one in facts.unanswered] == [1]
    letter = preview_digest(facts)
    for text in (letter.text, letter.html):
        assert "ntegrazioni chieste e non arrivate entro il termine" in text
        assert "aurora@pec.example.org" in text


def test_one_reminder_goes_out_and_then_it_waits_for_the_office(asked):
    settings, post = the_settings(reminder=True, reminder_days=5), FakePost()
    assert remind_due(asked, settings, NOW + 9 * DAY) == 0
    assert [remind_due(asked, settings, AFTER_TERM) for _ in range(3)] == [1, 0, 0]
    assert waiting(asked) == []
    send_due(asked, post, AFTER_TERM)
    (handed,) = post.handed
    assert handed.to == ("aurora@pec.example.org",)
    assert b"In-Reply-To: <opec" in handed.raw
    _, reminder = letters(asked)
    assert (reminder.kind, reminder.entry_id, reminder.key) == ("integration-reminder", 1, "entry:1:reminder")
    later = AFTER_TERM + 10 * DAY
    assert remind_due(asked, settings, later) == 0
    assert [(one.entry, one.reminded) for one in waiting(asked, later)] == [(1, True)]
    recorded(asked, without_form(a_verdict(
        Sending(at=later, envelope={"traits": Traits(in_reply_to=(reminder.message_id,))}))), later)  # fmt: skip
    assert requests(asked)[0].state == "answered"


def test_a_request_whose_letter_never_left_is_neither_reminded_nor_late(db):
    recorded(db, a_verdict(Sending(), {"themes": None}), settings=the_settings(daily_limit=0))
    assert remind_due(db, the_settings(reminder=True), AFTER_TERM) == 0
    assert waiting(db) == []


def test_a_reminder_over_the_day_s_limit_waits_and_answers_switched_off_say_why(asked):
    assert remind_due(asked, the_settings(reminder=True, daily_limit=0), AFTER_TERM) == 0
    assert requests(asked)[0].unreminded == ""
    assert remind_due(asked, the_settings(reminder=True, enabled=False), AFTER_TERM) == 0
    assert requests(asked)[0].unreminded == "answers-disabled"
    assert [one.entry for one in waiting(asked)] == [1]


def test_a_person_closes_a_request_once(asked):
    assert integration.close(asked, 1, "carlo", LATER)
    assert not integration.close(asked, 1, "carlo", LATER)
    assert not integration.close(asked, 99, "carlo", LATER)
    assert waiting(asked) == []
    with asked.reading() as session:
        assert session.scalars(select(Letter.id)).all() == [1]


def test_a_reminder_that_cannot_be_written_is_told_and_keeps_no_convocation_back(asked, tmp_path):
    settings = the_settings(reminder=True)
    service = Service(
        settings=settings, context=settings.context(), db=asked, store=Store(tmp_path), mailbox=FakeMailbox(),
        post=None, alerts=None, sandbox=None, clock=lambda: AFTER_TERM,  # type: ignore[arg-type]
    )  # fmt: skip
    adherents(asked, 2)
    confirmed(asked, settings, now=AFTER_TERM)
    with asked.transaction() as session:
        session.execute(update(Entry).where(Entry.id == 1).values(verdict="{}"))
    queue_letters(service, AFTER_TERM)
    assert [(one.code, one.detail) for one in open_conditions(asked)] == [
        ("reminder-failing", "piano-di-zona KeyError")
    ]
    assert [letter.kind for letter in letters(asked)][1:] == ["convocation"] * 3


def test_what_was_asked_is_said_in_words_one_after_the_other():
    assert asked_it(["themes", "integrate-signature"]) == "Tematiche; Il modulo va integrato con la firma"
