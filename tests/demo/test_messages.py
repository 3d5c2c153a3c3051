"""The sample messages, judged by programs that know nothing of how they were made."""

import subprocess
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from ingest.demo import messages as post
from ingest.demo.facts import AT, OFFICE, OUR_ID, OUR_PEC_ID
from ingest.demo.originals import an_original
from ingest.demo.pki import authority

LAYOUTS = ("L14", "L18", "L26", "LIC")
KINDS: dict[str, Any] = {
    "envelope": post.an_envelope,
    "anomaly": post.an_anomaly,
    "acceptance": post.an_acceptance,
    "refusal": post.a_refusal,
    "refusal for virus": post.a_refusal_for_virus,
    "delivery": post.a_delivery,
    "delivery error": post.a_delivery_error,
    "delivery error for virus": post.a_delivery_error_for_virus,
    "delay notice": post.a_delay_notice,
    "taking in charge": post.a_taking_in_charge,
    "virus notice": post.a_virus_notice,
}


def openssl_accepts(raw: bytes, folder: Path, at=AT) -> bool:
    """What `openssl cms -verify` says of the whole message at that time, our root alone trusted."""
    (folder / "message.eml").write_bytes(raw)
    (folder / "root.pem").write_bytes(authority().root_pem)
    command = ["openssl", "cms", "-verify", "-in", f"{folder}/message.eml", "-CAfile", f"{folder}/root.pem"]
    command += ["-purpose", "smimesign", "-attime", str(int(at.timestamp())), "-out", f"{folder}/content"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_accepts_every_kind_in_every_layout(kind, layout, tmp_path):
    raw = KINDS[kind](layout=layout)
    assert openssl_accepts(raw, tmp_path, AT)
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_openssl_refuses_one_altered_letter(tmp_path):
    raw = post.an_envelope()
    assert not openssl_accepts(raw.replace(b"Cordiali", b"cordiali"), tmp_path)


@pytest.mark.parametrize("year", [2014, 2018, 2021, 2024, 2027])
def test_certificates_are_valid_when_the_message_was_sent(year, tmp_path):
    at = AT.replace(year=year)
    assert openssl_accepts(post.an_envelope(at=at), tmp_path, at)


def test_an_envelope_speaks_of_the_original_it_carries():
    original = an_original(sender="circolo@pec.example", subject="Adesione è qui", msgid="uno@circolo.example")
    message = message_from_bytes(post.an_envelope(original))
    parts = [part.get_content_type() for part in message.walk()]
    assert message["X-Trasporto"] == "posta-certificata"
    assert message["From"] == '"Per conto di: circolo@pec.example" <posta-certificata@gestore.example>'
    assert parts[:2] == ["multipart/signed", "multipart/mixed"]
    certification = next(p for p in message.walk() if p.get_filename() == "daticert.xml").get_payload(decode=True)
    assert "<oggetto>Adesione è qui</oggetto>".encode() in certification
    assert b"<msgid>&lt;uno@circolo.example&gt;</msgid>" in certification
    inner = next(p for p in message.walk() if p.get_content_type() == "message/rfc822").as_bytes()
    assert f"Message-ID: {message['Message-ID']}".encode() in inner
    assert b"X-Riferimento-Message-ID: <uno@circolo.example>" in inner


def test_a_receipt_goes_to_the_sender_of_the_letter_and_names_it():
    message = message_from_bytes(post.a_delivery(about="lettera@pec.example", recipient="a@pec.example"))
    assert message["To"] == OFFICE
    assert message["X-Ricevuta"] == "avvenuta-consegna"
    assert message["X-Riferimento-Message-ID"] == "<lettera@pec.example>"
    assert message["Message-ID"] != f"<{OUR_PEC_ID}>"
    assert OUR_ID not in message.as_string()


def test_an_anomaly_carries_no_certification_data():
    names = [part.get_filename() for part in message_from_bytes(post.an_anomaly()).walk()]
    assert "daticert.xml" not in names
    assert "postacert.eml" in names


def test_a_short_receipt_carries_a_hash_in_place_of_the_attachment():
    raw = post.a_delivery(an_original(sender=OFFICE), receipt_kind="breve")
    assert b"domanda.pdf.hash" in raw
    assert b'filename="domanda.pdf"' not in raw
