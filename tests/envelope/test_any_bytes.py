import random
import re
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.demo import messages as post
from ingest.demo.originals import an_original
from ingest.envelope import Opened
from ingest.vocabulary import EnvelopeKind, SignatureState
from tests.envelope.opened import opened
from tests.gallery.gallery import gallery

SIGNED = b"X-Ricevuta: accettazione\nContent-Type: multipart/signed; boundary=b\n\n--b\n"
P7S = b"\n--b\nContent-Type: application/pkcs7-signature\n\n"
WORDS = rb"""X-Trasporto: posta-certificata
X-Ricevuta: accettazione
From: |<a@b.example>|Content-Type: multipart/signed; boundary=b|Content-Type: multipart/mixed; boundary=c|
--b
--c
--
Content-Type: message/rfc822
Content-Type: text/xml
Content-Transfer-Encoding: base64
<postacert>|Content-Type: application/pkcs7-signature|Subject: =?utf-8?q?|?=|"|(|Content-Type: text/html; charset=
iso-2022-jp|Date: Mon, |5 Oct 99999|Received: ;"""
OTHERS = (b"\r\n", b"\n", b"\x30\x80", b"\xe0", b"\0", b"\x1b$B")
PIECES = st.sampled_from([*WORDS.replace(b"\n", b"\n|").split(b"|"), *OTHERS])


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.lists(PIECES, max_size=25).map(b"".join)))
def test_any_bytes_give_an_opened_message(raw):
    assert isinstance(opened(raw), Opened)


@pytest.mark.parametrize("layout", ["L26", "LIC"])
def test_mutated_messages_never_raise_and_never_change_a_signed_fact_unnoticed(layout):
    dice, raw = random.Random(layout), post.an_envelope(layout=layout)
    sound = opened(raw)
    for _ in range(400):
        mutant = bytearray(raw)
        for _ in range(dice.choice((1, 1, 3, 30))):
            place = dice.randrange(len(mutant))
            action = dice.random()
            if action < 0.6:
                mutant[place] = dice.randrange(256)
            elif action < 0.8:
                del mutant[place : place + dice.randrange(1, 200)]
            else:
                mutant[place:place] = mutant[dice.randrange(len(mutant)) :][: dice.randrange(100)]
        found = opened(bytes(mutant))
        if found.envelope.signature is SignatureState.VALID and found.envelope.kind is EnvelopeKind.CERTIFIED:
            assert (found.original, found.envelope.accepted_at) == (sound.original, sound.envelope.accepted_at)
            assert found.envelope.sender == sound.envelope.sender


def test_every_sample_cut_anywhere_is_opened():
    dice = random.Random(7)
    for found in gallery():
        if len(found.raw) < 100_000:
            for _ in range(3):
                opened(found.raw[: dice.randrange(len(found.raw))])


HOSTILE = {
    "lines alone": b"\n" * 5_000_000,
    "headers alone": b"A: b\n" * 1_000_000,
    "lines like delimiters": b"Content-Type: multipart/mixed; boundary=-\n\n" + b"---x\n" * 1_000_000,
    "parts without end": b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 100_000,
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(20_000)),
    "nested ASN.1": SIGNED + b"\nx" + P7S + b"\x30\x80" * 90_000 + b"\n--b--",
    "deep XML": SIGNED
    + b"Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: text/xml\n\n"
    + b"<a>" * 300_000,
    "open comments": b"Content-Type: text/html\n\n" + b"<!--" * 1_000_000,
    "open tags": b"Content-Type: text/html\n\n" + b"<a b='" * 1_000_000,
    "encoded words": b"Subject: " + b"=?utf-8?b?YQ==?= " * 50_000 + b"\n\n",
    "open quotes": b"X-Trasporto: posta-certificata\nTo: " + b'"\\' * 400_000 + b"\n\n",
    "parameters": b"Content-Type: multipart/mixed" + b';a="\\' * 100_000 + b"\n\n",
    "open brackets": b"References: " + b"<" * 900_000 + b"\n\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_message_made_to_be_slow_is_opened_in_seconds(name):
    start = time.process_time()
    opened(HOSTILE[name])
    assert time.process_time() - start < 8


def test_the_peak_of_memory_is_about_the_message_itself():
    raw = post.an_envelope(
        an_original(attachments=[("a.bin", "application/pdf", random.Random(1).randbytes(3_000_000))])
    )
    assert re.search(rb"X-Trasporto", raw)
    tracemalloc.start()
    found = opened(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.envelope.signature is SignatureState.VALID
    assert peak < 2 * len(raw)
