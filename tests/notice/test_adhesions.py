"""What the notice makes of a reading."""

import time
from dataclasses import replace
from datetime import datetime

import pytest

from ingest.form.schema import field_of
from ingest.form.value import Doubt
from ingest.notice import below_threshold, identity_sure, read_unsurely
from ingest.relation import SENDER_FALLBACK, certified_return_address
from ingest.topic import is_withdrawal, mentions_notice
from ingest.vocabulary import EnvelopeKind, Reason, Role, SenderRelation, SignatureState
from tests.letters.builders import (
    SENDER,
    SUMMER,
    a_document,
    a_reading,
    a_signature,
    a_value,
    adhesions_of,
    an_adhesion,
    an_envelope,
)

LATE = {"accepted_at": datetime(2021, 8, 2, 9, 0, tzinfo=SUMMER), "delivered_at": None}
STRANGER = "studio@pec.example.com"


def test_a_complete_form_from_the_bodys_own_pec_lacks_nothing_and_needs_nobody():
    adhesion = an_adhesion()
    assert adhesion.missing == ()
    assert not adhesion.needs_review
    assert adhesion.sender_relation is SenderRelation.SAME


@pytest.mark.parametrize("nature", ["trade_union", "religious_body", "other"])
def test_a_category_beyond_article_4_is_a_flag_and_never_an_error(nature):
    adhesion = an_adhesion(organisation__legal_nature=nature)
    assert Reason.CATEGORY_OUTSIDE_ART4 in adhesion.reasons
    assert not adhesion.needs_review
    assert Reason.CATEGORY_OUTSIDE_ART4 not in an_adhesion(organisation__legal_nature="foundation").reasons


def test_a_public_body_is_flagged_only_when_it_is_late():
    late = an_adhesion(envelope=an_envelope(**LATE), organisation__legal_nature="public_body")
    assert Reason.PUBLIC_BODY_LATE in late.reasons
    assert Reason.PUBLIC_BODY_LATE not in an_adhesion(organisation__legal_nature="public_body").reasons


def test_no_theme_is_asked_for_and_refuses_nothing():
    adhesion = an_adhesion(themes=None)
    assert "themes" in adhesion.missing
    assert Reason.FIELDS_MISSING in adhesion.reasons
    assert not adhesion.needs_review


def test_the_sending_pec_stands_in_for_a_missing_contact_and_is_marked():
    adhesion = an_adhesion(organisation__emails=None, organisation__pec=None, contact__email=None)
    field = adhesion.fields["organisation.pec"]
    assert (field.value, field.warnings) == (SENDER, (SENDER_FALLBACK,))
    assert "organisation.emails" not in adhesion.missing
    assert Reason.SENT_BY_ANOTHER not in adhesion.reasons  # the form names nobody it could differ from


def test_an_unproven_sender_never_stands_in_for_a_contact():
    forged = an_envelope(signature=SignatureState.BROKEN)
    adhesion = an_adhesion(envelope=forged, organisation__emails=None, organisation__pec=None, contact__email=None)
    assert "organisation.pec" not in adhesion.fields
    assert "organisation.emails" in adhesion.missing


@pytest.mark.parametrize(
    ("changes", "relation"),
    [
        ({"sender": SENDER.upper()}, SenderRelation.SAME),
        ({"sender": "presidenza@pec.example.org"}, SenderRelation.SAME_DOMAIN),
        ({"sender": STRANGER}, SenderRelation.OTHER),
        ({"kind": EnvelopeKind.ANOMALY}, SenderRelation.ORDINARY),
        ({"kind": EnvelopeKind.ORDINARY}, SenderRelation.ORDINARY),
    ],
)
def test_the_sender_is_compared_with_the_addresses_on_the_form(changes, relation):
    assert an_adhesion(envelope=an_envelope(**changes)).sender_relation is relation


def test_two_customers_of_one_provider_are_not_one_house():
    adhesion = an_adhesion(envelope=an_envelope(sender="uno@pec.it"), organisation__pec="due@pec.it")
    assert adhesion.sender_relation is SenderRelation.OTHER
    assert Reason.SENT_BY_ANOTHER in adhesion.reasons


@pytest.mark.parametrize(
    ("reply_to", "to"),
    [
        ("", SENDER),
        (SENDER.upper(), SENDER),
        ("presidenza@pec.example.org", "presidenza@pec.example.org"),
        ("vittima@example.com", SENDER),
        ("due@pec.example.org.example.com", SENDER),
    ],
)
def test_a_reply_address_is_used_only_inside_the_senders_own_domain(reply_to, to):
    assert certified_return_address(an_envelope(reply_to=reply_to)) == to


def test_a_value_read_below_its_threshold_is_shown_to_a_person():
    adhesion = an_adhesion(organisation__name=a_value("Associazione Aurora ODV", confidence=0.5))
    assert Reason.LOW_CONFIDENCE in adhesion.reasons
    assert adhesion.needs_review


def test_a_value_at_its_threshold_is_read_surely():
    key = "organisation.name"
    threshold = field_of(key).threshold
    assert not below_threshold(key, a_value("Aurora", confidence=threshold))
    assert below_threshold(key, a_value("Aurora", confidence=threshold - 0.001))


@pytest.mark.parametrize("absent", [None, "", []])
def test_an_absent_value_is_never_in_doubt(absent):
    assert not below_threshold("organisation.name", a_value(absent, confidence=0.0))


def test_a_key_that_is_no_field_of_the_form_has_no_threshold():
    assert read_unsurely("role", a_value("operative", confidence=0.0)) is False


def test_a_complete_and_signed_form_gives_no_reason_at_all():
    (adhesion,) = adhesions_of(a_reading(signature__kind="pades"), documents=SIGNED)
    assert (adhesion.reasons, adhesion.needs_review) == ((), False)


@pytest.mark.parametrize("document", [-1, 1])
def test_a_reading_of_no_known_document_has_the_signature_of_none(document):
    (adhesion,) = adhesions_of(a_reading(document, signature__kind="cades"), envelope=OTHER, documents=SIGNED)
    assert Reason.VERIFY_SIGNATURE in adhesion.reasons


def test_a_wrong_check_digit_is_a_doubt_with_its_suggestion_or_without():
    code = a_value("99900010151", warnings=("check-digit:suggest=99900010150",))
    adhesion = an_adhesion(organisation__fiscal_code=code)
    assert Reason.CHECK_DIGIT in adhesion.reasons
    assert adhesion.needs_review


@pytest.mark.parametrize(
    ("changes", "sure"),
    [
        ({}, True),
        ({"organisation__fiscal_code": None}, True),
        ({"organisation__name": a_value("Auroro", confidence=0.4)}, True),
        ({"organisation__fiscal_code": a_value("99900010151", warnings=("check-digit",))}, False),
        ({"organisation__fiscal_code": a_value("99900010150", confidence=0.6)}, False),
        ({"organisation__fiscal_code": None, "organisation__name": a_value("Auroro", confidence=0.4)}, False),
        ({"organisation__fiscal_code": None, "organisation__name": None}, False),
    ],
)
def test_a_body_is_entered_without_a_person_only_when_what_identifies_it_is_beyond_doubt(changes, sure):
    assert identity_sure(an_adhesion(**changes)) is sure


def test_a_form_without_name_and_code_waits_for_a_person():
    adhesion = an_adhesion(organisation__fiscal_code=None, organisation__name=None)
    assert Reason.IDENTITY_INCOMPLETE in adhesion.reasons
    assert adhesion.needs_review


@pytest.mark.parametrize("name", ["Delega presidente.pdf", "PROCURA.pdf"])
def test_a_delegate_needs_a_delegation_and_an_enclosed_one_is_found(name):
    alone = an_adhesion(declarant__capacity="delegate")
    assert Reason.DELEGATION_MISSING in alone.reasons
    assert alone.needs_review
    assert "attachments_declared" in alone.missing
    documents = (a_document(), a_document(name, Role.OTHER))
    (enclosed,) = adhesions_of(a_reading(declarant__capacity="delegate"), documents=documents)
    assert Reason.DELEGATION_MISSING not in enclosed.reasons
    assert "attachments_declared" not in enclosed.missing


def test_the_same_form_and_its_signed_copy_are_one_adhesion_read_from_the_signed_one():
    documents = (a_document(), a_document("Allegato 1.pdf.p7m", signatures=(a_signature(kind="cades"),)))
    signed = a_reading(1, signature__kind="cades")
    (adhesion,) = adhesions_of(a_reading(signature__kind="none"), signed, documents=documents)
    assert adhesion.document == 1
    assert Reason.SAME_FORM_TWICE in adhesion.reasons
    assert Reason.SEVERAL_FORMS not in adhesion.reasons


def test_the_forms_of_several_bodies_are_several_adhesions():
    other = a_reading(organisation__fiscal_code="99900020159", organisation__name="Cooperativa Ponte")
    first, second = adhesions_of(a_reading(), other)
    assert Reason.SEVERAL_FORMS in first.reasons
    assert Reason.SEVERAL_FORMS in second.reasons
    assert not first.needs_review


def test_two_different_forms_of_one_body_in_one_message_are_shown_to_a_person():
    adhesions = adhesions_of(a_reading(), a_reading(themes=["occupazione"]))
    assert [adhesion.needs_review for adhesion in adhesions] == [True, True]
    assert all(Reason.POSSIBLE_MATCH in adhesion.reasons for adhesion in adhesions)


def test_two_forms_without_any_value_are_not_taken_for_the_same():
    empty = replace(a_reading(), fields={})
    assert len(adhesions_of(empty, replace(empty, pages=(2,)))) == 2


def test_without_readings_there_are_no_adhesions():
    assert adhesions_of() == ()


@pytest.mark.parametrize(
    "subject",
    [
        "Rinuncia all'adesione - Associazione Aurora",
        "REVOCA ADESIONE",
        "Ritiro della manifestazione di interesse",
        "Adesione alla co-programmazione: rinuncia",
    ],
)
def test_a_withdrawal_is_seen_and_waits_for_a_person(subject):
    adhesion = an_adhesion(envelope=an_envelope(subject=subject))
    assert Reason.WITHDRAWAL in adhesion.reasons
    assert adhesion.needs_review


@pytest.mark.parametrize(
    "text",
    [
        "Adesione alla co-programmazione",
        "Non intende rinunciare alla propria adesione",
        "In caso di rinuncia la partecipazione decade",
        "La revoca del consenso al trattamento non pregiudica la partecipazione",
        "Ho ritirato la raccomandata. La nostra adesione è allegata",
        "Il titolare ha diritto di revoca per la domanda",
    ],
)
def test_words_that_only_sound_like_a_withdrawal_are_not_one(text):
    assert not is_withdrawal("Invio documenti", text)


def test_a_withdrawal_in_the_text_is_seen_too():
    assert is_withdrawal("Comunicazione", "Con la presente\nsi rinuncia alla partecipazione ai tavoli.")


@pytest.mark.parametrize(
    ("subject", "about"),
    [
        ("Adesione avviso co-programmazione", True),
        ("Piano di Zona 2021-2023", True),
        ("ALLEGATO_1 compilato", True),
        ("Manifestazione d'interesse", True),
        ("Fattura n. 12 del 2021", False),
        ("Richiesta accesso agli atti pratica edilizia", False),
        ("", False),
    ],
)
def test_only_messages_about_the_notice_are_taken_for_adhesions_without_form(subject, about):
    assert mentions_notice(subject) is about


OWN, OTHER = an_envelope(), an_envelope(sender=STRANGER)
PLAIN = an_envelope(kind=EnvelopeKind.ANOMALY, signature=SignatureState.NOT_APPLICABLE)
SIGNED = (a_document(signatures=(a_signature(),)),)
ALTERED = (a_document(signatures=(a_signature(integrity="broken"),)),)
SOMEBODY = (a_document(signatures=(a_signature(signer_fiscal_code="VLLNNA81C60D995G"),)),)
CHANGED = (a_document(signatures=(a_signature(modified_after="other"),)),)
WITH_ID = (a_document(), a_document("ci.pdf", Role.IDENTITY))
BARE = (a_document(),)


@pytest.mark.parametrize(
    ("documents", "kind", "own", "other", "ordinary"),
    [
        (SIGNED, "pades", None, None, None),
        (ALTERED, "pades", Reason.SIGNED_BY_SENDING, Reason.VERIFY_SIGNATURE, Reason.VERIFY_SIGNATURE),
        (SOMEBODY, "pades", Reason.SIGNED_BY_SENDING, Reason.VERIFY_SIGNATURE, Reason.VERIFY_SIGNATURE),
        (CHANGED, "pades", Reason.SIGNED_BY_SENDING, Reason.VERIFY_SIGNATURE, Reason.VERIFY_SIGNATURE),
        (BARE, "cades", Reason.SIGNED_BY_SENDING, Reason.VERIFY_SIGNATURE, Reason.VERIFY_SIGNATURE),
        (WITH_ID, "ink", None, None, None),
        (BARE, "ink", Reason.SIGNED_BY_SENDING, Reason.INTEGRATE_IDENTITY, Reason.INTEGRATE_IDENTITY),
        (BARE, "typed", Reason.SIGNED_BY_SENDING, Reason.INTEGRATE_SIGNATURE, Reason.INTEGRATE_SIGNATURE),
        (BARE, "stamp_text_only", Reason.SIGNED_BY_SENDING, Reason.INTEGRATE_SIGNATURE, Reason.INTEGRATE_SIGNATURE),
        (BARE, "none", Reason.SIGNED_BY_SENDING, Reason.INTEGRATE_SIGNATURE, Reason.INTEGRATE_SIGNATURE),
        (BARE, None, Reason.SIGNED_BY_SENDING, Reason.INTEGRATE_SIGNATURE, Reason.INTEGRATE_SIGNATURE),
    ],
)
def test_signature_sender_and_identity_copy_together_give_advice_and_never_a_refusal(
    documents, kind, own, other, ordinary
):
    advices = {Reason.SIGNED_BY_SENDING, Reason.VERIFY_SIGNATURE, Reason.INTEGRATE_IDENTITY, Reason.INTEGRATE_SIGNATURE}
    for envelope, expected in ((OWN, own), (OTHER, other), (PLAIN, ordinary)):
        (adhesion,) = adhesions_of(a_reading(signature__kind=kind), envelope=envelope, documents=documents)
        assert advices & set(adhesion.reasons) == ({expected} if expected else set())
        assert adhesion.missing.count("signature.kind") == (expected is Reason.INTEGRATE_SIGNATURE)  # asked for once


def test_a_pasted_picture_of_a_signature_counts_as_none():
    pasted = a_value("ink", warnings=(Doubt.SIGNATURE_IMAGE,))
    adhesion = an_adhesion(envelope=OTHER, signature__kind=pasted)
    assert Reason.INTEGRATE_SIGNATURE in adhesion.reasons


@pytest.mark.parametrize(
    ("envelope", "documents", "doubt"),
    [
        (OWN, BARE, False),
        (OTHER, (a_document(), a_document("Segnatura.xml", Role.SEGNATURA)), False),
        (OTHER, BARE, True),
        (PLAIN, BARE, True),
    ],
)
def test_between_administrations_a_protocol_mark_or_the_pec_is_enough(envelope, documents, doubt):
    school = a_reading(organisation__legal_nature="public_body", signature__kind=None)
    (adhesion,) = adhesions_of(school, envelope=envelope, documents=documents)
    assert (Reason.VERIFY_ORIGIN in adhesion.reasons) is doubt
    assert "signature.kind" not in adhesion.missing


@pytest.mark.parametrize("kept", ["organisation__emails", "organisation__pec", "contact__email"])
def test_one_contact_on_the_form_is_enough_and_the_sending_pec_is_not_put_beside_it(kept):
    left_out = dict.fromkeys({"organisation__emails", "organisation__pec", "contact__email"} - {kept})
    adhesion = an_adhesion(**left_out)
    assert not [key for key, field in adhesion.fields.items() if SENDER_FALLBACK in field.warnings]


@pytest.mark.parametrize("warning", ["conflicting-ticks", "conflicting-ticks:odv,aps"])
def test_two_ticks_where_one_is_meant_wait_for_a_person(warning):
    adhesion = an_adhesion(organisation__legal_nature=a_value("odv", warnings=(warning,)))
    assert Reason.CONFLICTING_TICKS in adhesion.reasons
    assert adhesion.needs_review


@pytest.mark.parametrize("words", ["manifestazione di" + " " * 20_000, "adesione " * 200_000, "rinuncia " * 200_000])
def test_an_endless_subject_costs_no_more_than_a_long_one(words):
    begun = time.process_time()
    mentions_notice(words, words)
    is_withdrawal(words, words)
    assert time.process_time() - begun < 2
