"""The loop guard, case by case: silence for every machine, a letter for every person."""

from dataclasses import replace

import pytest

from ingest.loopguard import GuardFacts, plain_address, replies_to, why_not_answer
from ingest.verdict import Traits
from ingest.vocabulary import EnvelopeKind, Reason, SignatureState
from tests.letters.builders import OURS, SENDER, an_envelope

FACTS = GuardFacts(own_addresses=(OURS, "protocollo@pec.example.it"), to=SENDER)
ANOMALY, ORDINARY = EnvelopeKind.ANOMALY, EnvelopeKind.ORDINARY


def with_traits(**changes):
    return an_envelope(traits=Traits(**changes))


SILENT = [
    # rule 1: only a valid certified envelope
    ("a receipt", an_envelope(kind=EnvelopeKind.RECEIPT), Reason.NOT_CERTIFIED),
    ("an anomaly", an_envelope(kind=ANOMALY), Reason.NOT_CERTIFIED),
    ("ordinary mail", an_envelope(kind=ORDINARY), Reason.NOT_CERTIFIED),
    ("european registered mail", an_envelope(kind=EnvelopeKind.REM), Reason.NOT_CERTIFIED),
    ("an unknown chain", an_envelope(signature=SignatureState.CHAIN_UNKNOWN), Reason.NOT_CERTIFIED),
    ("a broken signature", an_envelope(signature=SignatureState.BROKEN), Reason.NOT_CERTIFIED),
    ("no signature", an_envelope(signature=SignatureState.ABSENT), Reason.NOT_CERTIFIED),
    ("an unreadable signature", an_envelope(signature=SignatureState.UNREADABLE), Reason.NOT_CERTIFIED),
    ("a signature without meaning", an_envelope(signature=SignatureState.NOT_APPLICABLE), Reason.NOT_CERTIFIED),
    # rule 2: headers of machines
    ("auto-replied", with_traits(auto_submitted="auto-replied"), Reason.AUTO_SUBMITTED),
    ("auto-generated, in capitals", with_traits(auto_submitted="AUTO-GENERATED"), Reason.AUTO_SUBMITTED),
    ("auto-notified with parameters", with_traits(auto_submitted=" auto-notified; x=no"), Reason.AUTO_SUBMITTED),
    ("an unknown keyword", with_traits(auto_submitted="yes"), Reason.AUTO_SUBMITTED),
    ("a keyword hidden behind a comment", with_traits(auto_submitted="(no) auto-replied"), Reason.AUTO_SUBMITTED),
    ("X-Auto-Response-Suppress", with_traits(auto_response=True), Reason.AUTO_SUBMITTED),
    ("multipart/report", with_traits(report=True), Reason.AUTO_SUBMITTED),
    ("precedence bulk", with_traits(precedence="bulk"), Reason.BULK_MAIL),
    ("precedence list, in capitals", with_traits(precedence=" LIST "), Reason.BULK_MAIL),
    ("precedence junk", with_traits(precedence="Junk"), Reason.BULK_MAIL),
    ("precedence auto-reply", with_traits(precedence="auto-reply"), Reason.BULK_MAIL),
    ("precedence auto_reply", with_traits(precedence="auto_reply"), Reason.BULK_MAIL),
    ("a mailing list", with_traits(list_mail=True), Reason.BULK_MAIL),
    ("a null return path", with_traits(null_return_path=True), Reason.MACHINE_SENDER),
    ("inner From of a daemon", with_traits(inner_from="MAILER-DAEMON@pec.example.org"), Reason.MACHINE_SENDER),
    ("inner From with a name", with_traits(inner_from='"Posta" <Postmaster@x.example>'), Reason.MACHINE_SENDER),
    ("inner From no-reply", with_traits(inner_from="no-reply@pec.example.org"), Reason.MACHINE_SENDER),
    ("noreply as sender", an_envelope(sender="noreply@pec.example.org"), Reason.MACHINE_SENDER),
    ("protocollo-noreply", an_envelope(sender="protocollo-noreply@pec.example.org"), Reason.MACHINE_SENDER),
    ("do_not_reply", an_envelope(sender="Do_Not_Reply@pec.example.org"), Reason.MACHINE_SENDER),
    ("non-rispondere", an_envelope(sender="non-rispondere@pec.example.org"), Reason.MACHINE_SENDER),
    ("nonrispondere2", an_envelope(sender="protocollo.nonrispondere@pec.example.org"), Reason.MACHINE_SENDER),
    ("a bounce address", an_envelope(sender="bounce+aurora=pec@pec.example.org"), Reason.MACHINE_SENDER),
    ("a list server", an_envelope(sender="listserv@pec.example.org"), Reason.MACHINE_SENDER),
    # rule 3: ourselves and the providers
    ("our own address", an_envelope(sender=OURS), Reason.OWN_ADDRESS),
    ("our own address in capitals", an_envelope(sender=OURS.upper()), Reason.OWN_ADDRESS),
    ("our own address with a name", an_envelope(sender=f'"Comune" <{OURS}>'), Reason.OWN_ADDRESS),
    ("our own address with a final dot", an_envelope(sender=OURS + "."), Reason.OWN_ADDRESS),
    ("our own address in full-width letters", an_envelope(sender="ｃｏｍｕｎｅ@pec.example.it"), Reason.OWN_ADDRESS),
    ("our own address with a tag", an_envelope(sender="comune+x@pec.example.it"), Reason.OWN_ADDRESS),
    ("our own address, quoted", an_envelope(sender='"comune"@pec.example.it'), Reason.OWN_ADDRESS),
    ("another mailbox served here", an_envelope(sender="Protocollo@PEC.example.it"), Reason.OWN_ADDRESS),
    ("our address to reply to", an_envelope(reply_to=OURS), Reason.OWN_ADDRESS),
    ("our address as inner From", with_traits(inner_from=OURS), Reason.OWN_ADDRESS),
    ("a look-alike of our address", an_envelope(sender="cоmune@pec.example.it"), Reason.SENDER_INVALID),  # Cyrillic о
    ("a provider", an_envelope(sender="posta-certificata@pec.gestore.example"), Reason.PROVIDER_ADDRESS),
    ("any provider", an_envelope(sender="Posta-Certificata@altro.example"), Reason.PROVIDER_ADDRESS),
    ("a provider to reply to", an_envelope(reply_to="posta-certificata@x.example"), Reason.PROVIDER_ADDRESS),
    ("no sender", an_envelope(sender=""), Reason.SENDER_INVALID),
    ("a sender that is no address", an_envelope(sender="Associazione Aurora"), Reason.SENDER_INVALID),
    ("a sender with blanks", an_envelope(sender="a b@pec. example.org"), Reason.SENDER_INVALID),
    # rule 7: not written to us
    ("nobody's recipient", an_envelope(recipients=()), Reason.NOT_ADDRESSED_TO_US),
    ("a forward", an_envelope(recipients=("altro@pec.example.it",)), Reason.NOT_ADDRESSED_TO_US),
    ("a look-alike recipient", an_envelope(recipients=("cоmune@pec.example.it",)), Reason.NOT_ADDRESSED_TO_US),
]


@pytest.mark.parametrize(("envelope", "reason"), [case[1:] for case in SILENT], ids=[case[0] for case in SILENT])
def test_machines_providers_and_ourselves_get_no_letter(envelope, reason):
    assert why_not_answer(envelope, FACTS) is reason


ANSWERED = [
    ("a plain certified message", an_envelope()),
    ("recipients in capitals", an_envelope(recipients=("altro@pec.example.it", OURS.upper()))),
    ("our address listed as ordinary by their provider", an_envelope(recipients=(), ordinary_recipients=(OURS,))),
    ("Auto-Submitted: no", with_traits(auto_submitted="no")),
    ("Auto-Submitted: no with a parameter", with_traits(auto_submitted="no; checked=1")),
    ("Auto-Submitted: No with a comment", with_traits(auto_submitted=" No (typed by a person)")),
    ("first-class mail", with_traits(precedence="first-class")),
    ("a reply to somebody else's message", with_traits(in_reply_to=("altro@example.org",))),
    ("a name that only contains a machine's word", an_envelope(sender="daemonia.reply@pec.example.org")),
    ("an association of Noretta", an_envelope(sender="noretta@pec.example.org")),
    ("a certified mailbox whose domain speaks of certified mail", an_envelope(sender="aps@postacertificata.example")),
    ("a body's own mailbox for certified mail", an_envelope(sender="postacertificata@pec.ente.example")),
    ("the same, dotted", an_envelope(sender="posta.certificata@pec.ente.example")),
]


@pytest.mark.parametrize("envelope", [case[1] for case in ANSWERED], ids=[case[0] for case in ANSWERED])
def test_a_person_who_wrote_a_certified_message_gets_a_letter(envelope):
    assert why_not_answer(envelope, replace(FACTS, to="")) is None


COUNTED = [
    ("already answered", {"already_answered": True}, Reason.ALREADY_ANSWERED),
    ("a reply to our letter", {"replies_to_ours": True}, Reason.REPLY_TO_OUR_LETTER),
    ("the third letter to an address was the last", {"sent_to_address": 3}, Reason.ADDRESS_LIMIT),
    ("the daily limit", {"sent_today": 200}, Reason.DAILY_LIMIT),
    ("a limit of none", {"daily_limit": 0}, Reason.DAILY_LIMIT),
    ("answers switched off", {"answers_enabled": False}, Reason.ANSWERS_DISABLED),
    ("a target that is ours", {"to": OURS}, Reason.OWN_ADDRESS),
    ("a target that is a provider", {"to": "posta-certificata@x.example"}, Reason.PROVIDER_ADDRESS),
    ("a target that is a machine", {"to": "no.reply@x.example"}, Reason.MACHINE_SENDER),
    ("a target that is no address", {"to": "niente"}, Reason.SENDER_INVALID),
]


@pytest.mark.parametrize(("facts", "reason"), [case[1:] for case in COUNTED], ids=[case[0] for case in COUNTED])
def test_the_register_and_its_counters_hold_a_letter_back(facts, reason):
    assert why_not_answer(an_envelope(), replace(FACTS, **facts)) is reason


def test_one_letter_below_each_limit_still_goes_out():
    assert why_not_answer(an_envelope(), replace(FACTS, sent_to_address=2, sent_today=199)) is None


@pytest.mark.parametrize("kind", [ANOMALY, ORDINARY])
def test_ordinary_mail_is_answered_only_when_a_person_approved_and_the_office_allows_it(kind):
    ordinary = an_envelope(kind=kind, signature=SignatureState.NOT_APPLICABLE, recipients=())
    allowed = replace(FACTS, approved=True, to_ordinary_mail=True)
    assert why_not_answer(ordinary, allowed) is None
    assert why_not_answer(ordinary, replace(allowed, approved=False)) is Reason.NOT_CERTIFIED
    assert why_not_answer(ordinary, replace(allowed, to_ordinary_mail=False)) is Reason.NOT_CERTIFIED
    assert why_not_answer(replace(ordinary, bounce_of="ours@x.example"), allowed) is Reason.NOT_CERTIFIED


def test_a_persons_approval_waives_no_rule_about_machines():
    approved = replace(FACTS, approved=True, to_ordinary_mail=True)
    assert why_not_answer(with_traits(auto_submitted="auto-replied"), approved) is Reason.AUTO_SUBMITTED
    assert why_not_answer(an_envelope(kind=EnvelopeKind.RECEIPT), approved) is Reason.NOT_CERTIFIED
    assert why_not_answer(an_envelope(sender=OURS), approved) is Reason.OWN_ADDRESS


@pytest.mark.parametrize("written", ["<ACK.1@pec.example.it>", "ack.1@pec.example.it", " ack.1@PEC.example.it "])
def test_a_reply_is_known_by_our_message_id_or_the_learned_pec_id_however_it_is_written(written):
    assert replies_to(Traits(in_reply_to=("x@y.example", written)), ["<ack.1@pec.example.it>"])
    assert not replies_to(Traits(in_reply_to=(written,)), ["ack.2@pec.example.it"])


def test_an_address_is_compared_without_name_case_and_final_dot():
    assert plain_address('"Ente, il" <Info@PEC.Example.org.>') == "info@pec.example.org"


def test_an_empty_own_address_is_nobody_s():
    unnamed = replace(FACTS, own_addresses=("", OURS))
    assert why_not_answer(an_envelope(sender=""), unnamed) is Reason.SENDER_INVALID
    assert why_not_answer(an_envelope(recipients=("",)), unnamed) is Reason.NOT_ADDRESSED_TO_US


def test_after_a_restore_a_letter_waits_unless_a_person_wants_it():
    restored = replace(FACTS, register_restored=True)
    assert why_not_answer(an_envelope(), restored) is Reason.REGISTER_RESTORED
    assert why_not_answer(an_envelope(), replace(restored, approved=True)) is None
