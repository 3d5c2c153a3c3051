"""What is made of every message of the gallery."""

from datetime import timedelta

import pytest

from ingest.demo.facts import AT, OFFICE, OUR_ID, OUR_PEC_ID
from ingest.demo.pki import authority
from ingest.envelope.opening import open_envelope
from ingest.loopguard import GuardFacts, replies_to, why_not_answer
from ingest.rules import Arrival, Context, Notice
from ingest.vocabulary import SignatureState
from tests.gallery.gallery import gallery

CASES = gallery()
CONTEXT = Context(
    notice=Notice(id="prova", title="Avviso di prova", deadline=AT),
    addresses=(OFFICE,),
    trust_anchors=(authority().ca_der,),
)


def opened(found):
    return open_envelope(found.raw, CONTEXT, Arrival(AT + timedelta(days=350), found.internal_date))


@pytest.mark.parametrize("found", CASES, ids=lambda found: found.name)
def test_a_message_is_recognised_and_its_signature_judged(found):
    seen = opened(found).envelope
    assert seen.kind is found.expect.kind
    if found.expect.signature is None:
        assert seen.signature is not SignatureState.VALID
    else:
        assert seen.signature is found.expect.signature


@pytest.mark.parametrize("found", [c for c in CASES if c.expect.reasons], ids=lambda found: found.name)
def test_the_reasons_against_a_message_are_given(found):
    assert set(found.expect.reasons) <= set(opened(found).reasons)


@pytest.mark.parametrize("found", [c for c in CASES if c.expect.receipt], ids=lambda found: found.name)
def test_a_receipt_says_what_became_of_which_letter(found):
    seen = opened(found).envelope.receipt
    assert seen is not None
    assert seen.type is found.expect.receipt
    said = {name: getattr(found.expect, name) for name in ("final", "about", "recipient", "code")}
    assert {name: getattr(seen, name) for name, value in said.items() if value is not None} == {
        name: value for name, value in said.items() if value is not None
    }


@pytest.mark.parametrize("found", [c for c in CASES if c.expect.details], ids=lambda found: found.name)
def test_further_facts_are_read(found):
    seen = opened(found).envelope
    assert {name: getattr(seen, name) for name in found.expect.details} == found.expect.details


@pytest.mark.parametrize("found", [c for c in CASES if c.expect.why], ids=lambda found: found.name)
def test_a_machine_or_a_reply_is_never_answered(found):
    seen = opened(found).envelope
    ours = replies_to(seen.traits, (OUR_ID, OUR_PEC_ID))
    facts = GuardFacts(own_addresses=(OFFICE,), to=seen.sender, replies_to_ours=ours)
    assert why_not_answer(seen, facts) is found.expect.why


@pytest.mark.parametrize("found", [c for c in CASES if c.expect.answerable], ids=lambda found: found.name)
def test_a_sound_envelope_may_be_answered(found):
    seen = opened(found).envelope
    assert why_not_answer(seen, GuardFacts(own_addresses=(OFFICE,), to=seen.sender)) is None
