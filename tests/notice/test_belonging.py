"""Whose a message is, when several notices arrive at one mailbox; and what came before opening or after closing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.config import built_in_notice
from ingest.demo.facts import OFFICE
from ingest.demo.forms import filled_form
from ingest.demo.messages import an_envelope
from ingest.demo.originals import an_original
from ingest.demo.pki import authority
from ingest.demo.samples import PONTE
from ingest.judge import judge
from ingest.rules import Arrival, Context, Notice
from ingest.verdict import Verdict
from ingest.vocabulary import Reason, VerdictKind
from ingest.whose import belonging, is_open, named

AT = datetime(2021, 7, 20, 10, 0, tzinfo=UTC)
PLAN = built_in_notice()
NEXT_PLAN = replace(PLAN, id="piano-2024", title=PLAN.title.replace("2021-2023", "2024-2026"))
HOMES = Notice(
    id="casa-2021", title="Contributi per l'affitto", deadline=AT + timedelta(days=9), named_by=("bando case",)
)


def a_message(subject: str = "Allegato 1", *, form: bool = True, text: str = "In allegato.") -> bytes:
    attachments = [("Allegato 1.pdf", "application/pdf", filled_form(PONTE))] if form else []
    original = an_original(sender=PONTE.pec, recipients=(OFFICE,), subject=subject, text=text, attachments=attachments,
                           at=AT, msgid="m1@pec.example")  # fmt: skip
    return an_envelope(original, at=AT)


def judged(raw: bytes, *notices: Notice) -> Verdict:
    context = Context(notice=notices[0], others=notices[1:], addresses=(OFFICE,), trust_anchors=(authority().ca_pem,))
    return judge(raw, context, Arrival(now=AT))


@pytest.mark.parametrize("order", [(PLAN, NEXT_PLAN, HOMES), (HOMES, NEXT_PLAN, PLAN)])
def test_a_form_belongs_to_the_notice_whose_title_it_carries(order: tuple[Notice, ...]):
    verdict = judged(a_message(), *order)
    assert (verdict.notice, verdict.kind) == (PLAN.id, VerdictKind.ADHESION)
    assert verdict.adhesions[0].timeliness == "on-time"


def test_a_message_without_a_form_belongs_to_the_notice_its_subject_names():
    assert judged(a_message("Domanda BANDO CASE", form=False), PLAN, HOMES).notice == HOMES.id


def test_a_form_that_names_none_belongs_to_the_only_one_open_when_it_was_accepted():
    elsewhere = replace(HOMES, id="sport-2020", title="Impianti sportivi", closes=AT - timedelta(days=1))
    verdict = judged(a_message(), elsewhere, replace(HOMES, opens=AT - timedelta(days=1)))
    assert (verdict.notice, verdict.kind) == (HOMES.id, VerdictKind.ADHESION)


def test_a_form_that_names_none_of_several_open_ones_waits_for_a_person_and_gets_no_letter():
    verdict = judged(a_message(), HOMES, replace(HOMES, id="sport", title="Impianti sportivi"))
    assert (verdict.notice, verdict.kind) == ("", VerdictKind.REVIEW)
    assert Reason.NOTICE_UNCLEAR in verdict.reasons
    assert not verdict.answer.send


def test_words_of_two_notices_name_neither():
    both = belonging((PLAN, NEXT_PLAN), lambda _: AT, ["avviso pubblico: piano 2021-2023 e piano 2024-2026"])
    assert both.doubt is Reason.NOTICE_UNCLEAR
    assert both.id == ""


def test_words_that_both_titles_have_name_neither():
    assert named("avviso pubblico piano sociale di zona", (PLAN, NEXT_PLAN)) == ()


@pytest.mark.parametrize("form", [True, False])
def test_what_was_sent_after_the_closing_waits_for_a_person_under_its_notice(form: bool):  # noqa: FBT001
    closed = replace(PLAN, closes=AT - timedelta(days=1))
    verdict = judged(a_message("Adesione all'avviso", form=form), closed)
    assert (verdict.notice, verdict.kind) == (PLAN.id, VerdictKind.REVIEW)
    assert Reason.NOTICE_NOT_OPEN in verdict.reasons
    assert not verdict.answer.send


def test_what_was_sent_before_the_opening_waits_for_a_person():
    assert Reason.NOTICE_NOT_OPEN in judged(a_message(), replace(PLAN, opens=AT + timedelta(days=1))).reasons


def test_a_form_that_names_a_closed_notice_is_not_given_to_the_open_one():
    closed = replace(PLAN, closes=AT - timedelta(days=1))
    verdict = judged(a_message(), HOMES, closed)
    assert verdict.notice == PLAN.id
    assert Reason.NOTICE_NOT_OPEN in verdict.reasons


def test_a_mail_of_another_matter_says_nothing_about_notices():
    verdict = judged(a_message("Fattura 12", form=False), replace(PLAN, closes=AT - timedelta(days=1)))
    assert Reason.NOTICE_NOT_OPEN not in verdict.reasons


def test_the_last_second_of_the_closing_day_is_open_and_the_next_is_not():
    closes = datetime.fromisoformat("2021-07-31T23:59:59+02:00")
    notice = replace(PLAN, opens=AT, closes=closes)
    assert is_open(notice, closes + timedelta(seconds=0.9))
    assert not is_open(notice, closes + timedelta(seconds=1))
    assert is_open(notice, AT)
    assert not is_open(notice, AT - timedelta(seconds=1))
