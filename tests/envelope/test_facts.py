import quopri
from datetime import UTC, datetime, timedelta

import pytest

from ingest.demo import messages as post
from ingest.demo.facts import APPLICANT, AT, OFFICE, OUR_ID
from ingest.demo.ordinary import a_bounce, a_plain_mail, a_provider_notice
from ingest.demo.originals import an_original
from ingest.envelope.mime import message
from ingest.envelope.outer import original_in
from ingest.rules import Arrival
from ingest.vocabulary import EnvelopeKind, Reason, ReceiptType, SignatureState
from tests.envelope.opened import opened
from tests.gallery.case import Case
from tests.gallery.gallery import case, gallery

QUARANTINE = {
    Reason.HEADER_DISAGREES,
    Reason.CERTIFICATION_DATA_MISSING,
    Reason.CERTIFICATION_DATA_UNREADABLE,
    Reason.ORIGINAL_MISSING,
    Reason.SENDER_INVALID,
    Reason.NOT_ADDRESSED_TO_US,
    Reason.UNKNOWN_RECEIPT,
}
LATER = Arrival(now=AT + timedelta(days=350))


def seen(found: Case):
    return opened(found.raw, arrival=Arrival(LATER.now, found.internal_date))


def test_a_sound_envelope_gives_its_certified_facts_and_nothing_odd():
    found = opened(post.an_envelope())
    envelope = found.envelope
    assert (envelope.kind, envelope.signature) == (EnvelopeKind.CERTIFIED, SignatureState.VALID)
    assert found.reasons == ()
    assert (envelope.sender, envelope.recipients) == (APPLICANT, (OFFICE,))
    assert envelope.subject == "Domanda di contributo"
    assert envelope.provider == "Gestore Di Prova S.p.A."
    assert envelope.identifier == envelope.message_id
    assert envelope.traits.client_id == "cliente-0001@pec.example"
    assert envelope.accepted_literal == "05/10/2026 10:15:00 +0200"
    assert envelope.accepted_at == datetime(2026, 10, 5, 8, 15, tzinfo=UTC)
    assert envelope.accepted_at.isoformat() == "2026-10-05T10:15:00+02:00"
    assert envelope.claimed_at == AT - timedelta(seconds=2)
    assert envelope.delivered_at == AT
    assert envelope.receipt is None
    assert found.text.startswith("Buongiorno,\nsi trasmette la domanda")


@pytest.mark.parametrize(
    "alter",
    [
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: b"\r\n\r\n" + raw,
        lambda raw: b">From ente@pec.example Mon Oct  5 10:15:00 2026\r\n" + raw,
        lambda raw: b"una riga che non e' un campo\r\n" + raw,
        lambda raw: raw.replace(b"\r\nX-Trasporto", b"\r\nuna riga rotta\r\nX-Trasporto", 1),
    ],
    ids=["a mark", "blank lines", "an escaped mbox separator", "no field on top", "no field among the headers"],
)
def test_what_programs_leave_above_or_among_the_headers_costs_an_envelope_nothing(alter):
    sound = post.an_envelope()
    found, other = opened(alter(sound)), opened(sound)
    assert alter(sound) != sound
    assert (found.envelope, found.reasons, found.original) == (other.envelope, other.reasons, other.original)


def test_an_original_in_quoted_printable_is_decoded_and_one_that_only_says_so_is_not_altered():
    said = b"Content-Type: message/rfc822; name=postacert.eml\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    mail = b'From: a@b.example\nContent-Type: multipart/mixed; boundary="bb"\n\n--bb\n\nx=3D1\n--bb--\n'
    for enclosed in (quopri.encodestring(mail), mail):
        assert original_in((message(said + enclosed),)) == mail


def test_the_original_is_the_bytes_that_travelled():
    postacert = b"Subject: x\r\n\r\nriga\r\n \r\n\r\n"
    raw = post.envelope_around(postacert, post.facts_of(an_original(), identifier="id@gestore.example"))
    assert opened(raw).original == postacert


@pytest.mark.parametrize("found", gallery(), ids=lambda found: found.name)
def test_what_may_not_act_alone_shows_it_by_signature_reason_or_kind(found):
    result = seen(found)
    by_kind = result.envelope.kind not in (EnvelopeKind.CERTIFIED, EnvelopeKind.RECEIPT)
    held = by_kind or result.envelope.signature is not SignatureState.VALID or QUARANTINE & set(result.reasons)
    if found.expect.answerable:
        assert not held, result.reasons
    elif not found.expect.trusted and not found.name.startswith(("C5 part", "G")):  # the documents, the loop guard
        assert held


@pytest.mark.parametrize("found", [c for c in gallery() if c.expect.receipt], ids=lambda found: found.name)
def test_a_receipt_has_nothing_to_open(found):
    assert (seen(found).original, seen(found).text) == (b"", "")


def test_an_8bit_original_is_read_by_its_charset():
    assert "\ufffd" not in seen(case("C3")).text
    assert seen(case("C3")).text.isprintable() or "\n" in seen(case("C3")).text


def test_a_base64_original_is_decoded():
    assert b"domanda.pdf" in seen(case("C4")).original


def test_a_raw_8bit_subject_keeps_its_accents():
    for charset in ("utf-8", "cp1252"):
        mail = b"From: a@posta.example\r\nSubject: " + "Città di Forlì".encode(charset) + b"\r\n\r\nciao\r\n"
        assert opened(mail).envelope.subject == "Città di Forlì"


def test_html_is_shown_as_words():
    mail = (
        b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n"
        b"<style>p{}</style><!-- no --><p>Buon&nbsp;giorno</p><p>x &lt; y<br>z"
    )
    assert opened(mail).text == "Buon giorno\nx < y\nz"


def test_an_attached_mail_does_not_speak_for_the_sender():
    attached = an_original(text="testo di un altro\n", sender="altro@posta.example")
    raw = post.an_envelope(an_original(attachments=[("mail.eml", "message/rfc822", attached)]))
    assert "testo di un altro" not in opened(raw).text


def test_disagreement_moves_no_letter():
    receipt = seen(case("B6 receipt")).envelope.receipt
    assert receipt.type is ReceiptType.UNKNOWN
    assert not receipt.final


def test_a_receipt_without_certification_data_moves_no_letter():
    assert seen(case("D1 receipt")).envelope.receipt.type is ReceiptType.UNKNOWN


def test_a_bounce_inside_an_anomaly_names_our_letter():
    found = seen(case("B2"))
    assert found.envelope.bounce_of == OUR_ID
    assert Reason.BOUNCE in found.reasons


def test_a_report_of_success_is_no_bounce():
    found = seen(case("B13"))
    assert found.envelope.bounce_of == ""
    assert Reason.BOUNCE not in found.reasons
    assert found.envelope.traits.report


def test_our_coined_identifier_wins_in_a_shared_domain():
    returned = an_original(sender=OFFICE, msgid="ack.7f2a@pec.example", headers={"References": "<altro@pec.example>"})
    found = opened(a_bounce(returned))
    assert found.envelope.bounce_of == "ack.7f2a@pec.example"


def test_nothing_certified_comes_out_of_an_anomaly():
    for name in ("B1 envelope", "B1 receipt", "B2"):
        envelope = seen(case(name)).envelope
        assert (envelope.accepted_at, envelope.identifier, envelope.receipt) == (None, "", None)


def test_a_forwarded_envelope_counts_once_and_is_noted():
    found = seen(case("B4"))
    assert Reason.FORWARDED in found.reasons
    assert found.envelope.kind is EnvelopeKind.CERTIFIED
    assert b"postacert.eml" in found.original


def test_a_provider_writes_about_quota_and_others_do_not():
    assert Reason.PROVIDER_NOTICE in opened(a_provider_notice()).reasons
    assert Reason.PROVIDER_NOTICE not in opened(a_plain_mail(subject="La casella ha esaurito lo spazio")).reasons
    assert Reason.PROVIDER_NOTICE not in opened(a_provider_notice(subject="Buone feste")).reasons


def test_ordinary_mail_is_its_own_original():
    raw = a_plain_mail()
    found = opened(raw)
    assert found.original == raw
    assert found.envelope.signature is SignatureState.NOT_APPLICABLE
    assert found.reasons == (Reason.ORDINARY_MAIL,)


def test_the_two_half_past_two_of_october_are_an_hour_apart():
    first, second = (seen(case(f"D8 02:30 {which}")).envelope.accepted_at for which in ("first", "second"))
    assert second - first == timedelta(hours=1)


def test_without_received_the_servers_date_stands_for_delivery():
    raw = post.an_envelope(replaced=(("Received", ""),))
    arrived = AT + timedelta(minutes=3)
    assert opened(raw, arrival=Arrival(LATER.now, arrived)).envelope.delivered_at == arrived
    assert opened(raw).envelope.delivered_at is None


def test_an_unescaped_subject_cannot_pose_as_another_element():
    data = case("A1 L26")
    injected = (
        b'<postacert tipo="posta-certificata"><intestazione><oggetto><mittente>x@evil.example</mittente></oggetto>'
        b"<mittente>a@pec.example</mittente><destinatari>ufficio@pec.example</destinatari></intestazione>"
        b'<dati><data zona="+0200"><giorno>05/10/2026</giorno><ora>10:15:00</ora></data></dati></postacert>'
    )
    assert opened(data.raw).envelope.sender == APPLICANT
    assert opened(post.an_envelope(certification=injected)).envelope.sender == "a@pec.example"


def test_a_receipt_tells_who_sent_the_letter_and_to_whom():
    told = opened(post.a_delivery(sender=OFFICE.upper(), recipients=(APPLICANT.upper(),), recipient=APPLICANT.title()))
    assert told.envelope.receipt is not None
    assert (told.envelope.receipt.sender, told.envelope.receipt.recipient) == (OFFICE, APPLICANT)


@pytest.mark.parametrize(
    ("addressees", "recipient"),
    [((APPLICANT,), APPLICANT), ((APPLICANT, "due@pec.example"), "casella-7@gestore.example")],
)
def test_the_mailbox_behind_an_address_stands_for_the_one_addressee_and_for_no_other(addressees, recipient):
    told = opened(post.a_delivery(sender=OFFICE, recipients=addressees, recipient="casella-7@gestore.example"))
    assert told.envelope.receipt is not None
    assert told.envelope.receipt.recipient == recipient
