"""The corpus as it is mailed: signed inside, wrapped, photographed, and several forms in one message."""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from ingest.demo.facts import OFFICE
from ingest.demo.messages import an_envelope
from ingest.demo.originals import an_original
from ingest.demo.pki import authority
from ingest.judge import judge
from ingest.rules import Arrival, Context
from ingest.vocabulary import EnvelopeKind, Reason, SenderRelation, Timeliness, VerdictKind
from tests.corpus.sample import Sample
from tests.corpus.variants import NOTICE, generate

ROME = ZoneInfo("Europe/Rome")
FIRST_LATE_SECOND = datetime(2021, 7, 30, tzinfo=ROME)
CONTEXT = Context(NOTICE, addresses=(OFFICE,), trust_anchors=(authority().ca_pem,))
CONSULTANT = "studio.verdi@pec.example.org"


def judged(sample: Sample, at: datetime, sender: str = CONSULTANT):
    files = [(sample.name, sample.media_type, sample.content)]
    files += [(name, "application/octet-stream", content) for name, content in sample.parts]
    original = an_original(sender=sender, attachments=files, at=at, subject="Allegato 1")
    raw = an_envelope(original, sender=sender, at=at)
    return judge(raw, CONTEXT, Arrival(now=at + timedelta(minutes=1)))


def values(adhesion, keys):
    return {key: adhesion.fields[key].value for key in keys if key in adhesion.fields}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_letter_on_the_bodys_paper_in_its_p7m_by_a_consultant_in_the_first_late_second(seed):
    sample = generate("V09-p7m", seed)
    verdict = judged(sample, FIRST_LATE_SECOND)
    (adhesion,) = verdict.adhesions
    assert values(adhesion, sample.truths[0]) == sample.truths[0]
    assert adhesion.timeliness is Timeliness.LATE_BEFORE_START
    assert adhesion.sender_relation is SenderRelation.OTHER
    assert {signature.kind for signature in verdict.documents[0].signatures} == {"cades"}
    assert {signature.integrity for signature in verdict.documents[0].signatures} == {"intact"}
    assert verdict.documents[0].name == "Allegato 1.pdf"


def test_the_last_second_of_the_term_is_in_time():
    (adhesion,) = judged(generate("V04-pades", 1), FIRST_LATE_SECOND - timedelta(seconds=1)).adhesions
    assert adhesion.timeliness is Timeliness.ON_TIME


def test_a_form_signed_within_is_signed_and_its_stamp_alone_is_not():
    signed = judged(generate("V04-pades", 1), FIRST_LATE_SECOND)
    assert signed.adhesions[0].fields["signature.kind"].value == "pades"
    assert [one.kind for one in signed.documents[0].signatures] == ["pades"]
    (stamped,) = judged(generate("stamp-only", 1), FIRST_LATE_SECOND).adhesions
    assert stamped.fields["signature.kind"].value == "stamp_text_only"
    assert "signature.kind" in stamped.missing


def test_one_file_with_two_forms_and_the_first_again_are_two_adhesions():
    several = generate("V11", 1)
    again = (("Allegato 1 (2).pdf", several.content), ("logo.png", several.parts[1][1]))
    sample = replace(several, parts=again)
    verdict = judged(sample, FIRST_LATE_SECOND - timedelta(days=3))
    assert len(verdict.adhesions) == 2
    reasons = {reason for adhesion in verdict.adhesions for reason in adhesion.reasons} | set(verdict.reasons)
    assert {Reason.SEVERAL_FORMS, Reason.SAME_FORM_TWICE} <= reasons
    names = {adhesion.fields["organisation.name"].value for adhesion in verdict.adhesions}
    assert names == {truth["organisation.name"] for truth in sample.truths}


def test_the_first_form_again_as_a_word_file_with_less_in_it_is_shown_to_a_person():
    verdict = judged(generate("V11", 1), FIRST_LATE_SECOND - timedelta(days=3))
    codes = [adhesion.fields["organisation.fiscal_code"].value for adhesion in verdict.adhesions]
    assert len(codes) == 3
    assert codes[0] == codes[2] != codes[1]
    assert Reason.POSSIBLE_MATCH in verdict.adhesions[2].reasons
    assert Reason.POSSIBLE_MATCH not in verdict.adhesions[1].reasons


def test_two_photographs_in_ordinary_mail_two_seconds_before_the_end_go_to_a_person():
    at = FIRST_LATE_SECOND - timedelta(seconds=2)
    pictures = [(f"IMG-2021072{n}-WA000{n}.jpg", "image/jpeg", a_turned_photograph(n)) for n in (1, 2)]
    raw = an_original(sender="anna.villa@posta.example", attachments=pictures, at=at, subject="Allegato 1")
    verdict = judge(b"Return-Path: <anna.villa@posta.example>\r\n" + raw, CONTEXT, Arrival(now=at, internal_date=at))
    assert verdict.envelope.kind is EnvelopeKind.ORDINARY
    assert verdict.kind is VerdictKind.REVIEW
    assert [document.media_type for document in verdict.documents] == ["image/jpeg"] * 2
    assert Reason.SCAN_NEEDS_PERSON in verdict.reasons or verdict.adhesions
    assert not verdict.answer.send


def a_turned_photograph(number: int) -> bytes:
    """Grey paper in which no engine finds a word, and EXIF that says it lies on its side."""
    picture = Image.linear_gradient("L").resize((1200, 900 + number))
    exif = Image.Exif()
    exif[0x0112] = 6
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=40, exif=exif)
    return target.getvalue()
