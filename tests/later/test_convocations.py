"""Convocations: whom they go to, what they say, as fast as allowed, never twice, and who was not reached."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import select, update

from ingest.convocations.audience import recipients
from ingest.convocations.convening import queue_due
from ingest.convocations.drafts import Author, confirm, outlook, rewrite, stop, write
from ingest.convocations.letter import MergeFields, TextProblem, check_text, compose_convocation
from ingest.convocations.state import Reach, counted_it, counts, lines, replies
from ingest.outbox import send_due
from ingest.release import release
from ingest.vocabulary import ReceiptType
from models import Audit, Convocation, Letter, Organisation, Via
from tests.fakes import FakePost
from tests.later.builders import BY, NOTICE, a_writing, adherents, confirmed, the_settings
from tests.register.builders import HOUR, NOW, OURS, REFUSED, UNSURE, Sending, a_receipt, a_verdict, letters, recorded

DAY = timedelta(days=1)


def reached(db, number):
    with db.reading() as session:
        return lines(session, number)


def body_of(message, kind):
    return message.get_body((kind,)).get_content()


def to(post):
    return sorted(handed.to[0] for handed in post.handed)


def test_each_adherent_of_a_theme_gets_one_letter_of_its_own_by_pec(db):
    adherents(db, 3)
    adherents(db, 2, themes=["occupazione"], pec="altro@pec.example")
    settings, post = the_settings(), FakePost()
    number = confirmed(db, settings, a_writing(theme="abitare"))
    assert queue_due(db, settings, NOW) == 3
    assert queue_due(db, settings, NOW) == 0
    send_due(db, post, NOW)
    assert to(post) == [f"ente000{n}@pec.example" for n in range(3)]
    message = message_from_bytes(post.handed[0].raw, policy=default)
    assert message["Subject"] == "Invito: Associazione 0000"
    assert (message["To"], message["From"]) == ("ente0000@pec.example", OURS)
    assert "Gentile Paola Colombo 0," in body_of(message, "plain")
    assert "Associazione 0000 è invitato" in body_of(message, "html")
    with db.reading() as session:
        assert session.get_one(Convocation, number).state == "sent"


@pytest.mark.parametrize(
    ("audience", "found"),
    [({}, 4), ({"municipality": "Gorgonzola"}, 1), ({"role": "consultative"}, 1), ({"nature": "aps"}, 1),
     ({"municipality": "Gorgonzola", "role": "consultative"}, 0)],
)  # fmt: skip
def test_an_audience_is_told_by_municipality_role_and_category(db, audience, found):
    for change in ({"municipality": "Gorgonzola"}, {"role": "consultative"}, {"legal_nature": "aps"}, {}):
        adherents(db, 1, **change)
    adherents(db, 1, status="withdrawn")
    number = confirmed(db, the_settings(), a_writing(**audience))
    assert len(reached(db, number)) == found


@pytest.mark.parametrize(
    ("via", "addresses"),
    [(Via.PEC, ["ente0000@pec.example"]), (Via.ORDINARY, ["ente0000@posta.example"]),
     (Via.BOTH, ["ente0000@pec.example", "ente0000@posta.example"])],
)  # fmt: skip
def test_it_goes_to_pec_to_ordinary_mail_or_to_both(db, via, addresses):
    adherents(db, 1)
    settings, post = the_settings(alerts={"host": "mail.example", "sender": "ufficio@comune.example"}), FakePost()
    confirmed(db, settings, a_writing(via))
    assert queue_due(db, settings, NOW) == len(addresses)
    for channel in ("pec", "alerts"):
        send_due(db, post, NOW, channel=channel)
    assert to(post) == addresses
    for handed in post.handed:
        certified = "@pec." in handed.to[0]
        assert handed.sender == (OURS if certified else "ufficio@comune.example")
        assert (b"X-TipoRicevuta" in handed.raw) == certified


def test_who_has_no_address_or_a_bad_one_is_listed_as_not_reached(db):
    adherents(db, 1, pec=None)
    adherents(db, 1, pec="senza chiocciola")
    adherents(db, 1, pec=OURS)
    number = confirmed(db, the_settings())
    assert queue_due(db, the_settings(), NOW) == 0
    found = reached(db, number)
    assert [one.reach for one in found] == [Reach.NOT_REACHED] * 3
    assert all(one.why for one in found)
    assert letters(db) == []


def test_one_address_given_as_pec_and_as_e_mail_is_the_certified_one(db):
    adherents(db, 1, emails=["ente0000@pec.example"])
    (line,) = reached(db, confirmed(db, the_settings(), a_writing(Via.BOTH)))
    assert (line.address, line.certified) == ("ente0000@pec.example", True)


def test_a_draft_counts_all_its_recipients_shows_the_first_and_finds_one_of_them(db):
    known = adherents(db, 3) + adherents(db, 2, pec=None)
    number = write(db, NOTICE["id"], a_writing(), BY)
    with db.reading() as session:
        draft = session.get_one(Convocation, number)
        found = outlook(session, draft, the_settings(), 1)
        assert (found.total, found.missed) == (3, 2)
        assert [one.organisation_id for one in (*found.reached, *found.without)] == [known[0], known[3]]
        assert list(found.bodies) == [known[0]]
        assert [one.organisation_id for one in recipients(session, draft, the_settings(), known[1])] == [known[1]]
        assert not any(recipients(session, draft, the_settings(), 999))
        first = next(recipients(session, draft, the_settings()))  # no cursor of the database stays open behind it
        assert first.organisation_id == known[0]


@pytest.mark.parametrize(("number", "word"), [(0, "Raggiunti"), (1, "Raggiunto"), (2, "Raggiunti")])
def test_how_many_were_reached_is_said_in_the_number_that_it_is(number, word):
    assert counted_it(Reach.REACHED, number) == word


def test_it_keeps_to_the_hour_s_and_the_day_s_limit_and_leaves_the_answers_their_reserve(db):
    adherents(db, 30)
    settings = the_settings(
        answers={"daily_limit": 14, "per_address_limit": 3}, convocations={"per_hour": 6, "reserve": 4}
    )
    number = confirmed(db, settings)
    assert [queue_due(db, settings, NOW + n * HOUR) for n in range(4)] == [6, 4, 0, 0]
    assert [queue_due(db, settings, NOW + DAY + n * HOUR) for n in range(4)] == [6, 4, 0, 0]
    assert [queue_due(db, settings, NOW + 2 * DAY + n * HOUR) for n in range(4)] == [6, 4, 0, 0]
    assert counts(reached(db, number))[Reach.ON_ITS_WAY] == 30


def test_one_address_of_many_organisations_gets_no_more_in_a_day_than_its_limit(db):
    adherents(db, 5, pec="consulente@pec.example")
    settings = the_settings(answers={"per_address_limit": 3})
    confirmed(db, settings)
    assert queue_due(db, settings, NOW) == 3
    assert queue_due(db, settings, NOW + HOUR) == 0
    assert queue_due(db, settings, NOW + DAY) == 2


def test_the_letters_of_a_convocation_do_not_take_the_answers_place(db):
    adherents(db, 30)
    settings = the_settings(answers={"daily_limit": 20}, convocations={"reserve": 5})
    confirmed(db, settings)
    assert queue_due(db, settings, NOW) == 15
    recorded(db, a_verdict(), settings=settings)
    assert letters(db)[-1].state == "queued"


def test_confirming_twice_or_by_two_at_once_sends_once(db):
    adherents(db, 4)
    settings = the_settings()
    number = write(db, NOTICE["id"], a_writing(), BY)
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda who: confirm(db, number, settings, Author(who, NOW)), ("anna", "carlo")))
    assert sorted(done, key=str) == [4, None]
    with ThreadPoolExecutor(3) as three:
        queued = list(three.map(lambda _: queue_due(db, settings, NOW), range(3)))
    assert sum(queued) == 4
    assert len(letters(db)) == 4


def test_what_was_confirmed_is_what_is_sent_and_who_withdrew_since_is_left_out(db):
    first, second = adherents(db, 2)
    settings = the_settings()
    number = confirmed(db, settings)
    adherents(db, 1, pec="nuovo@pec.example")
    with db.transaction() as session:
        session.execute(update(Organisation).where(Organisation.id == first).values(status="withdrawn"))
    assert queue_due(db, settings, NOW) == 1
    assert {one.organisation: one.reach for one in reached(db, number)} == {
        first: Reach.NOT_REACHED, second: Reach.ON_ITS_WAY,
    }  # fmt: skip
    assert not rewrite(db, number, a_writing(), BY)


def test_a_stopped_convocation_writes_no_further_letter(db):
    adherents(db, 4)
    settings = the_settings(convocations={"per_hour": 2})
    number = confirmed(db, settings)
    assert queue_due(db, settings, NOW) == 2
    assert stop(db, number, BY)
    assert queue_due(db, settings, NOW + 2 * HOUR) == 0
    assert not stop(db, number, BY)
    assert counts(reached(db, number))[Reach.TO_WRITE] == 2


def test_receipts_and_refusals_tell_who_was_reached_and_why_not(db):
    adherents(db, 5)
    settings, post = the_settings(), FakePost([REFUSED, UNSURE])
    number = confirmed(db, settings)
    queue_due(db, settings, NOW)
    send_due(db, post, NOW)
    for position, letter in enumerate(letters(db)):
        if position > 1:
            told: dict[str, Any] = {"identifier": f"opec{position}", "recipients": (letter.to_address,)}
            recorded(db, a_receipt(ReceiptType.ACCEPTANCE, letter.message_id, **told))
        if position > 2:
            kind = ReceiptType.DELIVERY if position == 4 else ReceiptType.DELIVERY_ERROR
            code = "" if position == 4 else "5.1.1 - indirizzo non valido"
            receipt = a_receipt(kind, letter.message_id, letter.to_address, identifier=f"opec{position}", code=code)
            recorded(db, receipt)
    found = reached(db, number)
    assert [(one.reach, one.state) for one in found] == [
        (Reach.NOT_REACHED, "failed"), (Reach.NOT_REACHED, "uncertain"), (Reach.ON_ITS_WAY, "accepted"),
        (Reach.NOT_REACHED, "failed"), (Reach.REACHED, "delivered"),
    ]  # fmt: skip
    assert "550" in found[0].why
    assert "5.1.1" in found[3].why
    again = release(db, found[0].letter, "carlo", NOW + HOUR)
    assert reached(db, number)[0].letter == again
    assert reached(db, number)[0].reach is Reach.ON_ITS_WAY


def test_a_reply_to_a_convocation_is_listed_with_it(db):
    adherents(db, 1)
    settings = the_settings()
    number = confirmed(db, settings)
    queue_due(db, settings, NOW)
    (letter,) = letters(db)
    answer = a_verdict(Sending())
    traits = type(answer.envelope.traits)(in_reply_to=(letter.message_id,))
    sending = Sending(envelope={"traits": traits})
    recorded(db, a_verdict(sending))
    with db.reading() as session:
        (found,) = replies(session, number)
        assert found.reply_to_letter_id == letter.id


def test_every_step_is_in_the_audit_with_its_author(db):
    adherents(db, 1)
    confirmed(db, the_settings())
    with db.reading() as session:
        deeds = [(one.who, one.what) for one in session.scalars(select(Audit).order_by(Audit.id))]
    assert deeds == [("carlo", "convocation-written"), ("carlo", "convocation-confirmed")]


def test_what_an_organisation_wrote_of_itself_is_only_words(db):
    hostile = "{{ 7*7 }} <script>alert(1)</script>\r\nBcc: altri@pec.example"
    adherents(db, 1, name=hostile)
    settings, post = the_settings(), FakePost()
    confirmed(db, settings)
    queue_due(db, settings, NOW)
    send_due(db, post, NOW)
    message = message_from_bytes(post.handed[0].raw, policy=default)
    assert message["Bcc"] is None
    assert "{{ 7*7 }}" in message["Subject"]
    assert "<script>" not in body_of(message, "html")


@pytest.mark.parametrize(
    "text",
    ["", "   ", "{{ ente", "{{ pippo }}", "{{ ente.__class__ }}", "{{ ente[0] }}", "{{ 'a' * 9 }}", "{{ ente() }}",
     "{% for a in ente %}x{% endfor %}", "{% set ente = 1 %}", "{{ ente|pprint }}", "{{ ente|upper(1) }}",
     "{% if ente < 1 %}x{% endif %}", "{{ '(' }}{{ " + "(" * 9000 + "ente" + ")" * 9000 + " }}",
     "{{ " + "not " * 3000 + "ente }}", "a" * 20_001, "{% include 'x' %}", "{% macro m() %}{% endmacro %}"],
)  # fmt: skip
def test_a_text_that_is_more_than_fields_and_conditions_is_refused(text):
    with pytest.raises(TextProblem):
        check_text("Invito", text)
    with pytest.raises(TextProblem):
        check_text(text, "Testo")


def test_conditions_choose_what_is_said_and_an_empty_letter_is_refused():
    text = "{% if ruolo == 'consultivo' %}Ruolo consultivo.{% else %}Buongiorno {{ ente|upper }}.{% endif %}"
    assert "Buongiorno AURORA." in compose_convocation("x", text, MergeFields("Aurora"), "CONV-0001").text
    with pytest.raises(TextProblem):
        compose_convocation("x", "{% if comune %}a{% endif %}", MergeFields("Aurora"), "CONV-0001")


def test_a_text_that_fails_for_one_organisation_is_not_confirmed_for_any(db):
    adherents(db, 2)
    adherents(db, 1, municipality=None)
    writing = a_writing()
    number = write(db, NOTICE["id"], type(writing)("Invito", "{{ comune }}", writing.audience), BY)
    with pytest.raises(TextProblem):
        confirm(db, number, the_settings(), BY)
    assert reached(db, number) == []
    with db.reading() as session:
        assert session.scalars(select(Letter)).all() == []
