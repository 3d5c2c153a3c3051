"""The outbox: committed before SMTP, never twice by itself, every state reached only from where it may be."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from sqlalchemy import select

from ingest.database import Database
from ingest.outbox import recover, send_due, waiting
from ingest.post import Refusal, Submission, SubmissionState
from ingest.receipts import overdue
from ingest.release import release
from ingest.vocabulary import ReceiptType
from models import Audit, Condition, Letter, LetterEvent, LetterRecipient, LetterState
from tests.fakes import FakePost
from tests.register.builders import (
    CODES,
    HOUR,
    LATER,
    NO_LOGIN,
    NOW,
    OURS,
    REFUSED,
    UNSURE,
    Sending,
    a_receipt,
    a_verdict,
    letters,
    recorded,
    the_settings,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def queued(db: Database) -> Database:
    """A register with one letter waiting."""
    recorded(db, a_verdict())
    return db


def state(db: Database) -> str:
    return letters(db)[0].state


def history(db: Database, letter_id: int = 1) -> list[str]:
    with db.reading() as session:
        events = select(LetterEvent.state).where(LetterEvent.letter_id == letter_id).order_by(LetterEvent.id)
        return list(session.scalars(events))


def test_a_due_letter_is_handed_over_once_with_its_stored_bytes(queued):
    post = FakePost()
    assert send_due(queued, post, NOW).submitted == [1]
    assert send_due(queued, post, NOW + HOUR).submitted == []
    (handed,) = post.handed
    with queued.reading() as session:
        assert handed.raw == session.scalars(select(Letter.raw)).one()
    assert (handed.sender, handed.to) == (OURS, ("aurora@pec.example.org",))
    assert history(queued) == ["queued", "submitting", "submitted"]


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        (Submission(SubmissionState.ACCEPTED, "250"), "submitted"),
        (LATER, "queued"),
        (REFUSED, "failed"),
        (UNSURE, "uncertain"),
        (NO_LOGIN, "queued"),
    ],
)
def test_each_answer_of_the_server_has_its_state(queued, answer, then):
    send_due(queued, FakePost([answer]), NOW)
    assert state(queued) == then


def test_it_is_committed_as_submitting_before_the_server_sees_a_byte(queued):
    class Looking(FakePost):
        def submit(self, raw, sender, *to):
            assert state(queued) == LetterState.SUBMITTING
            return super().submit(raw, sender, *to)

    assert send_due(queued, Looking(), NOW).submitted == [1]


def test_an_uncertain_letter_is_never_sent_again_by_itself(queued):
    post = FakePost([UNSURE])
    assert send_due(queued, post, NOW).uncertain == [1]
    for days in range(1, 40):
        send_due(queued, post, NOW + timedelta(days=days))
        recover(queued, NOW + timedelta(days=days))
    assert len(post.handed) == 1
    assert state(queued) == "uncertain"


def test_a_process_that_dies_while_sending_leaves_the_letter_uncertain(queued):
    post = FakePost([_Killed()])
    with pytest.raises(_Killed):
        send_due(queued, post, NOW)
    assert state(queued) == "submitting"
    assert send_due(queued, post, NOW + HOUR).submitted == []
    assert recover(queued, NOW + HOUR) == [1]
    assert (state(queued), notes(queued)[-1]) == ("uncertain", "interrupted while being submitted")
    assert recover(queued, NOW + HOUR) == []
    assert len(post.handed) == 1


class _Killed(Exception):  # noqa: N818 - the end of a process
    pass


def a_letter(db: Database, number: int = 1, **changes: Any) -> None:
    """One more letter in the register, due at NOW."""
    given = {
        "key": f"digest:prova:{number}", "message_id": f"digest.{number}@pec.example.it", "kind": "digest",
        "channel": "pec", "sender": OURS, "to_address": "a@x.example", "subject": "", "raw": b"",
        "next_try_at": NOW, "created_at": NOW,
    }  # fmt: skip
    with db.transaction() as session:
        session.add(Letter(**(given | changes)))


def notes(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(LetterEvent.note).order_by(LetterEvent.id)))


def test_each_step_is_in_the_letter_s_history_with_the_server_s_words(queued):
    send_due(queued, FakePost([LATER]), NOW)
    send_due(queued, FakePost([REFUSED]), NOW + MINUTE)
    assert notes(queued) == ["", "attempt 1", "451 later", "attempt 2", "550 no"]
    assert history(queued) == ["queued", "submitting", "queued", "submitting", "failed"]
    with queued.reading() as session:
        assert [one.state for one in session.get_one(Letter, 1).recipients] == ["failed"]
        (condition,) = session.scalars(select(Condition))
        assert (condition.code, condition.detail, condition.since) == ("letter-not-sent", "letter 1", NOW + MINUTE)


def test_the_server_s_words_are_kept_until_the_letter_leaves_and_not_beyond_measure(queued):
    send_due(queued, FakePost([Submission(SubmissionState.TEMPORARY, "x" * 600)]), NOW)
    assert letters(queued)[0].last_error == "x" * 500
    assert notes(queued)[-1] == "x" * 500
    send_due(queued, FakePost(), NOW + MINUTE)
    assert (letters(queued)[0].last_error, letters(queued)[0].submitted_at) == ("", NOW + MINUTE)


def test_a_round_hands_over_a_hundred_letters_and_the_next_one_the_rest(db):
    for number in range(101):
        a_letter(db, number)
    assert len(send_due(db, FakePost(), NOW).submitted) == 100
    assert len(send_due(db, FakePost(), NOW).submitted) == 1


def test_only_the_letters_of_an_account_leave_through_it(db):
    a_letter(db, 1, mailbox="one")
    a_letter(db, 2, mailbox="two")
    post = FakePost([_Killed()])
    with pytest.raises(_Killed):
        send_due(db, post, NOW, among=Letter.mailbox == "two")
    assert [one.state for one in letters(db)] == ["queued", "submitting"]
    assert recover(db, NOW, Letter.mailbox == "one") == []
    assert recover(db, NOW, Letter.mailbox == "two") == [2]
    assert send_due(db, post, NOW, channel="alerts", among=Letter.mailbox == "one").submitted == []
    assert send_due(db, post, NOW, among=Letter.mailbox == "one").submitted == [1]


def test_a_letter_without_recipients_of_its_own_goes_to_its_address(db):
    a_letter(db)
    send_due(db, post := FakePost(), NOW)
    assert post.handed[0].to == ("a@x.example",)


def test_what_should_have_left_is_told_with_the_server_s_words(db):
    a_letter(db, 1)
    a_letter(db, 2, next_try_at=NOW + HOUR)
    a_letter(db, 3, next_try_at=NOW + HOUR, last_error="451 later")
    a_letter(db, 4, channel="alerts")
    a_letter(db, 5, state=LetterState.FAILED, last_error="550 no")
    a_letter(db, 6, mailbox="another")
    assert waiting(db, NOW, "pec", Letter.mailbox == "") == [(1, ""), (3, "451 later")]


def test_a_letter_taken_for_uncertain_is_what_the_server_says_once_it_answers(queued):
    class Asleep(FakePost):
        def submit(self, raw, sender, *to):
            assert recover(queued, NOW + HOUR) == [1]
            return super().submit(raw, sender, *to)

    assert send_due(queued, Asleep(), NOW).submitted == [1]
    assert state(queued) == "submitted"


def test_an_unreachable_server_ends_the_round_and_the_letter_is_due_at_once(queued):
    recorded(queued, a_verdict(Sending(), {"organisation__fiscal_code": CODES[1], "organisation__name": "Ente 1"}))
    away = Submission(SubmissionState.UNREACHABLE, "no route")
    sent = send_due(queued, post := FakePost([away]), NOW)
    assert (sent.unreachable, len(post.handed), letters(queued)[0].attempts) == ("no route", 1, 0)
    assert send_due(queued, FakePost(), NOW).submitted == [1, 2]


def test_a_temporary_refusal_is_tried_after_growing_waits_and_given_up_after_a_day(queued):
    post = FakePost([LATER] * 99)
    tries = []
    for minute in [*range(90), *range(90, 27 * 60, 3)]:
        before = len(post.handed)
        sent = send_due(queued, post, NOW + minute * MINUTE)
        if len(post.handed) > before:
            tries.append(minute)
        if sent.failed:
            break
    assert tries[:5] == [0, 1, 6, 21, 81]
    assert tries[5] - tries[4] == 120
    assert 24 * 60 <= tries[-1] <= 26 * 60
    assert state(queued) == "failed"
    with queued.reading() as session:
        assert session.scalars(select(Condition.code)).all() == ["letter-not-sent"]


def test_a_letter_that_waited_for_days_while_the_service_was_off_still_gets_its_tries(queued):
    assert send_due(queued, FakePost([LATER]), NOW + timedelta(days=5)).waiting == [1]
    assert state(queued) == "queued"


def test_a_refused_login_ends_the_round_and_costs_no_attempt(db):
    for number in range(3):
        form = {"organisation__fiscal_code": CODES[number], "organisation__name": f"Ente {number}"}
        recorded(db, a_verdict(Sending(), form))
    post = FakePost([NO_LOGIN])
    sent = send_due(db, post, NOW)
    assert sent.login_refused
    assert len(post.handed) == 1
    assert [letter.attempts for letter in letters(db)] == [0, 0, 0]
    assert send_due(db, post, NOW + 2 * MINUTE).submitted == [2, 3, 1]


def test_one_refused_letter_does_not_stop_the_next(db):
    for number in range(3):
        form = {"organisation__fiscal_code": CODES[number], "organisation__name": f"Ente {number}"}
        recorded(db, a_verdict(Sending(), form))
    sent = send_due(db, FakePost([REFUSED, UNSURE]), NOW)
    assert (sent.failed, sent.uncertain, sent.submitted) == ([1], [2], [3])


def test_two_processes_that_send_together_send_each_letter_once(db):
    for number in range(6):
        form = {"organisation__fiscal_code": CODES[number], "organisation__name": f"Ente {number}"}
        recorded(db, a_verdict(Sending(), form), settings=the_settings(per_address_limit=99))
    post = FakePost()
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: send_due(db, post, NOW), range(3)))
    assert len(post.handed) == 6
    assert {letter.state for letter in letters(db)} == {"submitted"}


def test_a_receipt_that_is_quicker_than_the_server_s_answer_is_kept(queued):
    about = letters(queued)[0].message_id

    class Slow(FakePost):
        def submit(self, raw, sender, *to):
            recorded(queued, a_receipt(ReceiptType.ACCEPTANCE, about))
            return super().submit(raw, sender, *to)

    send_due(queued, Slow([UNSURE]), NOW)
    assert state(queued) == "accepted"


def test_a_recipient_refused_among_others_is_noted(queued):
    refused = Submission(SubmissionState.ACCEPTED, "250", (Refusal("aurora@pec.example.org", 550, "no such user"),))
    send_due(queued, FakePost([refused]), NOW)
    with queued.reading() as session:
        letter = session.get_one(Letter, 1)
        assert [recipient.state for recipient in letter.recipients] == ["failed"]
        assert letter.events[-1].note == "recipient refused: 550"
        assert (letter.events[-1].state, letter.events[-1].at) == ("failed", NOW)
        (condition,) = session.scalars(select(Condition))
        assert (condition.code, condition.detail) == ("letter-not-sent", "letter 1")


def test_a_recipient_that_the_server_took_is_not_noted_as_refused(queued):
    with queued.transaction() as session:
        session.add(LetterRecipient(letter_id=1, address="due@pec.example.org", state="queued"))
    refused = Submission(SubmissionState.ACCEPTED, "250", (Refusal("DUE@pec.example.org", 550, "no such user"),))
    assert send_due(queued, FakePost([refused]), NOW).submitted == [1]
    with queued.reading() as session:
        states = {one.address: one.state for one in session.get_one(Letter, 1).recipients}
    assert states == {"aurora@pec.example.org": "submitted", "due@pec.example.org": "failed"}
    assert overdue(queued, NOW) == [1]


def test_letters_of_the_other_channel_are_left_alone(queued):
    post = FakePost()
    send_due(queued, post, NOW, channel="alerts")
    assert post.handed == []
    assert state(queued) == "queued"


@pytest.mark.parametrize("answer", [UNSURE, REFUSED])
def test_a_person_sends_again_under_another_message_id(queued, answer):
    post = FakePost([answer])
    send_due(queued, post, NOW)
    copy = release(queued, 1, "anna", NOW + HOUR)
    assert copy == 2
    assert release(queued, 1, "anna", NOW + HOUR) is None  # once
    assert send_due(queued, post, NOW + HOUR).submitted == [2]
    first, second = letters(queued)
    assert first.message_id != second.message_id
    assert (first.state, second.resend_of) == (answer.state.replace("permanent", "failed"), 1)
    assert f"Message-ID: <{second.message_id}>\r\n".encode() in post.handed[1].raw
    assert first.message_id.encode() not in post.handed[1].raw
    assert post.handed[0].raw.partition(b"\r\n\r\n")[2] == post.handed[1].raw.partition(b"\r\n\r\n")[2]
    assert f"Date: {format_datetime(NOW + HOUR)}".encode() in post.handed[1].raw
    assert (second.key, second.created_at, second.to_address) == (
        "entry:1:reply:resend:1",
        NOW + HOUR,
        first.to_address,
    )
    assert notes(queued)[3:6] == ["copy of letter 1", "released by anna", "attempt 1"]
    with queued.reading() as session:
        (audit,) = session.scalars(select(Audit))
        assert (audit.who, audit.what, audit.object) == ("anna", "letter-released", "letter:1")
        assert (audit.old, audit.new) == (first.state, 2)
        assert [one.address for one in session.get_one(Letter, 2).recipients] == ["aurora@pec.example.org"]


def test_a_copy_that_failed_too_is_sent_again_under_a_key_of_its_own(queued):
    send_due(queued, FakePost([REFUSED]), NOW)
    assert release(queued, 1, "anna", NOW) == 2
    send_due(queued, FakePost([REFUSED]), NOW)
    assert release(queued, 2, "anna", NOW) == 3
    assert [one.key for one in letters(queued)][1:] == ["entry:1:reply:resend:1", "entry:1:reply:resend:2"]
    assert letters(queued)[2].resend_of == 2


def test_only_copies_of_the_same_letter_are_counted(db):
    a_letter(db, 1, key="digest:piano_x:1", state=LetterState.FAILED)
    a_letter(db, 2, key="digest:piano-x:1:resend:1")
    release(db, 1, "anna", NOW)
    assert letters(db)[2].key == "digest:piano_x:1:resend:1"


def test_a_letter_that_the_provider_did_not_accept_can_be_sent_again(queued):
    send_due(queued, FakePost(), NOW)
    recorded(queued, a_receipt(ReceiptType.NON_ACCEPTANCE, letters(queued)[0].message_id))
    assert state(queued) == "rejected"
    assert release(queued, 1, "anna", NOW) == 2


def test_a_withheld_letter_waits_for_a_person_and_then_leaves(db):
    recorded(db, a_verdict(), settings=the_settings(daily_limit=0))
    post = FakePost()
    send_due(db, post, NOW)
    assert post.handed == []
    assert release(db, 1, "anna", NOW + HOUR) == 1
    (letter,) = letters(db)
    assert (letter.state, letter.reason, letter.next_try_at) == ("queued", "", NOW + HOUR)
    with db.reading() as session:
        assert [one.state for one in session.get_one(Letter, 1).recipients] == ["queued"]
        assert session.scalars(select(Audit.old)).all() == ["withheld"]
    assert send_due(db, post, NOW + HOUR).submitted == [1]


def test_a_letter_on_its_way_cannot_be_released(queued):
    assert release(queued, 1, "anna", NOW) is None
    send_due(queued, FakePost(), NOW)
    assert release(queued, 1, "anna", NOW) is None


def test_no_acceptance_within_the_hour_is_an_alarm_that_ends_with_the_acceptance(queued):
    send_due(queued, FakePost(), NOW)
    assert overdue(queued, NOW + 60 * MINUTE) == []
    assert overdue(queued, NOW + 61 * MINUTE) == [1]
    assert overdue(queued, NOW + 62 * MINUTE) == [1]
    recorded(queued, a_receipt(ReceiptType.ACCEPTANCE, letters(queued)[0].message_id))
    assert overdue(queued, NOW + 63 * MINUTE) == []
    with queued.reading() as session:
        (condition,) = session.scalars(select(Condition)).all()
        assert (condition.code, condition.since) == ("acceptance-overdue", NOW + 61 * MINUTE)
        assert condition.cleared_at == NOW + 63 * MINUTE


def test_a_refused_letter_is_an_alarm_until_a_person_sends_it_again(queued):
    send_due(queued, FakePost([REFUSED]), NOW)
    assert overdue(queued, NOW) == [1]
    release(queued, 1, "anna", NOW)
    assert overdue(queued, NOW + MINUTE) == []
    with queued.reading() as session:
        (condition,) = session.scalars(select(Condition)).all()
        assert (condition.code, condition.since, condition.cleared_at) == ("letter-not-sent", NOW, NOW + MINUTE)


def test_an_uncertain_letter_comes_before_a_person_after_a_day(queued):
    send_due(queued, FakePost([UNSURE]), NOW)
    assert overdue(queued, NOW + 24 * HOUR) == []
    assert overdue(queued, NOW + 24 * HOUR + MINUTE) == [1]


def test_ordinary_mail_has_no_acceptance_to_wait_for(db):
    a_letter(db, 1, channel="alerts")
    a_letter(db, 2, channel="alerts")
    send_due(db, FakePost([UNSURE]), NOW, channel="alerts")
    assert [one.state for one in letters(db)] == ["uncertain", "submitted"]
    assert overdue(db, NOW + 25 * HOUR) == []


def test_an_alarm_names_the_letters_but_no_more_than_twenty(db):
    for number in range(21):
        a_letter(db, number, state=LetterState.FAILED)
    assert len(overdue(db, NOW)) == 21
    with db.reading() as session:
        (condition,) = session.scalars(select(Condition))
        assert condition.detail == "letters " + ", ".join(str(number) for number in range(1, 21))
