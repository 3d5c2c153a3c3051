from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import ingest
from ingest.demo import messages as post
from ingest.demo.facts import AT
from ingest.demo.pki import authority
from ingest.envelope import open_envelope
from ingest.envelope.certificates import allows_mail, anchors
from ingest.envelope.cms import canonical_digest, content_digest
from ingest.rules import Arrival
from ingest.vocabulary import Reason, SignatureState
from tests.envelope.opened import ARRIVAL, CONTEXT, opened

LAYOUTS = ("L14", "L18", "L26", "LIC")
AGID = (Path(ingest.__file__).parent / "data" / "agid-ca1.pem").read_bytes()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_verifies_and_only_sha1_is_called_weak(layout):
    found = opened(post.an_envelope(layout=layout))
    assert found.envelope.signature is SignatureState.VALID
    assert (Reason.WEAK_DIGEST in found.reasons) == (layout != "L26")
    assert found.envelope.signed_at == AT
    assert found.envelope.signer == "Posta Certificata Gestore Di Prova S.p.A."


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_copy_with_unix_line_ends_stays_valid(layout):
    raw = post.an_envelope(layout=layout).replace(b"\r\n", b"\n")
    assert opened(raw).envelope.signature is SignatureState.VALID


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_changed_letter_of_the_signed_part_breaks_it(layout):
    raw = post.an_envelope(layout=layout)
    changed = raw.replace(b"domanda.pdf", b"domandA.pdf", 1)
    assert changed != raw
    assert opened(changed).envelope.signature is SignatureState.BROKEN


@pytest.mark.parametrize(
    "anchor", [authority().ca_der, authority().ca_pem, authority().older_ca.public_bytes(Encoding.DER)]
)
def test_an_anchor_is_der_or_pem_and_pinned_by_its_key(anchor):
    found = opened(post.an_envelope(), replace(CONTEXT, trust_anchors=(anchor,)))
    assert found.envelope.signature is SignatureState.VALID


def test_without_an_anchor_or_with_the_real_one_the_test_authority_is_unknown():
    for trusted in ((), (AGID,)):
        found = opened(post.an_envelope(), replace(CONTEXT, trust_anchors=trusted))
        assert found.envelope.signature is SignatureState.CHAIN_UNKNOWN
        assert Reason.SIGNATURE_CHAIN_UNKNOWN in found.reasons


def test_the_root_above_the_pinned_authority_vouches_for_nothing():
    found = opened(post.an_envelope(), replace(CONTEXT, trust_anchors=(authority().root_pem,)))
    assert found.envelope.signature is SignatureState.CHAIN_UNKNOWN


def test_the_real_authority_may_vouch_for_service_domains_alone():
    (agid,) = anchors((AGID,))
    assert allows_mail(agid, "posta-certificata@pec.aruba.it")
    assert allows_mail(agid, "posta-certificata@legalmail.it")
    assert not allows_mail(agid, "posta-certificata@example.org")
    assert not allows_mail(agid, "posta-certificata@evil.pec.aruba.it")


def test_an_anchor_that_is_no_certificate_is_a_wrong_configuration():
    with pytest.raises(ValueError, match="trust anchor"):
        opened(post.an_envelope(), replace(CONTEXT, trust_anchors=(b"not a certificate",)))


def test_a_certificate_expired_today_was_valid_then():
    found = opened(post.an_envelope(), arrival=Arrival(now=AT + timedelta(days=3650)))
    assert found.envelope.signature is SignatureState.VALID


@pytest.mark.parametrize(
    ("arrival", "state"),
    [
        (Arrival(AT, AT), SignatureState.VALID),
        (Arrival(AT, AT + timedelta(days=6)), SignatureState.VALID),
        (Arrival(AT, AT + timedelta(days=800)), SignatureState.VALID),
        (Arrival(AT, AT - timedelta(hours=2)), SignatureState.CHAIN_UNKNOWN),
        (Arrival(AT - timedelta(hours=2), None), SignatureState.CHAIN_UNKNOWN),
    ],
)
def test_a_signature_from_the_future_or_from_after_its_arrival_is_not_valid(arrival, state):
    found = opened(post.an_envelope(), arrival=arrival)
    assert found.envelope.signature is state
    assert (Reason.SIGNATURE_TIME in found.reasons) == (state is not SignatureState.VALID)


@pytest.mark.parametrize(("days", "told"), [(6, False), (8, True)])
def test_an_arrival_long_after_the_acceptance_is_told(days, told):
    found = opened(post.an_envelope(), arrival=Arrival(AT + timedelta(days=9), AT + timedelta(days=days)))
    assert found.envelope.signature is SignatureState.VALID
    assert (Reason.ARRIVED_LONG_AFTER in found.reasons) == told


def test_policy_failure_is_never_valid_and_says_so():
    raw = post.an_envelope().replace(b"<posta-certificata@gestore.example>", b"<posta-certificata@altro.example>", 1)
    found = opened(raw)
    assert found.envelope.signature is SignatureState.CHAIN_UNKNOWN
    assert found.reasons == (Reason.SIGNATURE_POLICY,)


def test_a_signature_moved_to_another_message_is_broken():
    one, other = post.an_envelope(), post.an_envelope(msgid="altro@pec.example", subject="Un'altra domanda")
    stolen = one.rpartition(b'filename="smime.p7s"')[2]
    head, name, _ = other.rpartition(b'filename="smime.p7s"')
    boundary = other.rstrip().rpartition(b"\r\n")[2]
    moved = head + name + stolen.rpartition(b"\r\n--")[0] + b"\r\n" + boundary + b"\r\n"
    assert opened(moved).envelope.signature is SignatureState.BROKEN


def test_canonical_digest_equals_the_digest_of_the_converted_text():
    text = b"a\r\nb\nc\r\r\n\n" * 300_000
    converted = text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    expected = content_digest(memoryview(converted), "sha256")
    for piece in (text, text[:-1] + b"\r\n"):
        assert canonical_digest(memoryview(piece), "sha256") == expected


def test_the_verdict_does_not_depend_on_the_clock_of_the_machine():
    raw = post.an_envelope()
    assert open_envelope(raw, CONTEXT, ARRIVAL) == open_envelope(raw, CONTEXT, ARRIVAL)
