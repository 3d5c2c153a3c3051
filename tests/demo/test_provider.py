"""The simulated provider, spoken to by the standard library's client."""

import smtplib
import ssl
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage

import pytest

from ingest.demo.conduct import Conduct, Fate, Fault, Step
from ingest.demo.facts import AT, OFFICE
from ingest.demo.provider import Channel, Provider
from ingest.demo.tls import server_certificate
from tests.demo.test_messages import openssl_accepts

TO = "circolo@pec.example"


class Mailboxes:
    """Remembers what was laid where."""

    def __init__(self):
        self.laid = []

    def __call__(self, address, raw, at):
        self.laid.append((address, raw, at))

    def receipts(self, address=OFFICE):
        return [message_from_bytes(raw)["X-Ricevuta"] for to, raw, _ in self.laid if to == address]


def a_provider(mailboxes, conduct=None, channel=None):
    return Provider({OFFICE: "segreto"}, mailboxes, lambda: AT, conduct or Conduct(), channel or Channel())


def a_letter(to=TO, sender=OFFICE, msgid="<lettera-1@pec.example>", **headers):
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"], letter["Message-ID"] = sender, to, "Conferma", msgid
    for name, value in headers.items():
        letter[name.replace("_", "-")] = value
    letter.set_content("Buongiorno\n")
    return letter


@contextmanager
def a_client(provider, *, login=True):
    with smtplib.SMTP("127.0.0.1", provider.port, timeout=5) as client:
        if login:
            client.login(OFFICE, "segreto")
        yield client


def test_a_letter_is_accepted_and_delivered_with_signed_receipts(tmp_path):
    mailboxes = Mailboxes()
    with a_provider(mailboxes) as provider, a_client(provider) as client:
        client.send_message(a_letter())
    assert mailboxes.receipts() == ["accettazione", "avvenuta-consegna"]
    assert [message_from_bytes(raw)["X-Trasporto"] for to, raw, _ in mailboxes.laid if to == TO] == [
        "posta-certificata"
    ]
    assert all(openssl_accepts(raw, tmp_path) for _, raw, _ in mailboxes.laid)
    assert [found.message_id for found in provider.letters()] == ["lettera-1@pec.example"]


def test_receipts_of_one_letter_share_the_provider_s_identifier_and_name_the_letter():
    mailboxes = Mailboxes()
    with a_provider(mailboxes) as provider, a_client(provider) as client:
        client.send_message(a_letter())
    envelope = next(message_from_bytes(raw) for to, raw, _ in mailboxes.laid if to == TO)
    for _, raw, _ in mailboxes.laid:
        data = next(p for p in message_from_bytes(raw).walk() if p.get_filename() == "daticert.xml")
        text = str(data.get_payload(decode=True))
        assert f"<identificativo>{envelope['Message-ID'].strip('<>')}</identificativo>" in text
        assert "<msgid>&lt;lettera-1@pec.example&gt;</msgid>" in text


@pytest.mark.parametrize(("kind", "inside"), [("completa", True), ("breve", True), ("sintetica", False)])
def test_the_delivery_receipt_is_of_the_kind_asked_for(kind, inside):
    mailboxes = Mailboxes()
    with a_provider(mailboxes) as provider, a_client(provider) as client:
        client.send_message(a_letter(X_TipoRicevuta=kind))
    raw = mailboxes.laid[-1][1]
    data = next(p for p in message_from_bytes(raw).walk() if p.get_filename() == "daticert.xml")
    assert f'<ricevuta tipo="{kind}"/>'.encode() in data.get_payload(decode=True)
    assert (b"postacert.eml" in raw) is inside


def test_recipients_in_copy_get_the_short_receipt():
    mailboxes = Mailboxes()
    with a_provider(mailboxes) as provider, a_client(provider) as client:
        client.send_message(a_letter(Cc="altro@pec.example"))
    deliveries = [raw for to, raw, _ in mailboxes.laid if to == OFFICE][1:]
    assert [b"postacert.eml" in raw for raw in deliveries] == [True, False]


def test_a_foreign_sender_is_refused_at_once():
    with a_provider(Mailboxes()) as provider, a_client(provider) as client:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.send_message(a_letter(sender="altri@pec.example"))
        assert refused.value.smtp_code == 553
    assert provider.submissions == []


def test_without_login_nothing_is_taken():
    with (
        a_provider(Mailboxes()) as provider,
        a_client(provider, login=False) as client,
        pytest.raises(smtplib.SMTPSenderRefused),
    ):
        client.send_message(a_letter())
    assert provider.submissions == []


def test_a_wrong_password_is_refused_and_counted():
    with (
        a_provider(Mailboxes()) as provider,
        a_client(provider, login=False) as client,
        pytest.raises(smtplib.SMTPAuthenticationError),
    ):
        client.login(OFFICE, "sbagliata")
    assert provider.logins
    assert not any(good for _, good in provider.logins)


@pytest.mark.parametrize(
    "change", ["hidden recipient", "copy left out", "no recipient", "other author", "two authors", "Bcc line"]
)
def test_a_malformed_letter_gets_a_notice_of_non_acceptance(change):
    letter, recipients = a_letter(), [TO]
    if change == "hidden recipient":
        recipients.append("nascosto@pec.example")
    if change == "copy left out":
        letter["Cc"] = "altro@pec.example"
    if change == "Bcc line":
        letter["Bcc"] = "nascosto@pec.example"
    if change == "no recipient":
        del letter["To"]
    if change in ("other author", "two authors"):
        del letter["From"]
        letter["From"] = "altri@pec.example" if change == "other author" else f"{OFFICE}, altri@pec.example"
    mailboxes = Mailboxes()
    with a_provider(mailboxes) as provider, a_client(provider) as client:
        client.sendmail(OFFICE, recipients, letter.as_bytes())
    assert mailboxes.receipts() == ["non-accettazione"]
    assert len(mailboxes.laid) == 1


def test_a_virus_is_not_accepted():
    mailboxes = Mailboxes()
    letter = a_letter()
    letter.set_content("EICAR-STANDARD-ANTIVIRUS-TEST-FILE\n")
    with a_provider(mailboxes) as provider, a_client(provider) as client:
        client.send_message(letter)
    assert [message_from_bytes(raw)["X-VerificaSicurezza"] for _, raw, _ in mailboxes.laid] == ["errore"]


@pytest.mark.parametrize(
    ("fate", "receipts"),
    [
        (Fate.UNKNOWN, ["accettazione", "errore-consegna"]),
        (Fate.FULL, ["accettazione", "errore-consegna"]),
        (Fate.VIRUS, ["accettazione", "errore-consegna"]),
        (Fate.SILENT, ["accettazione"]),
        (Fate.ORDINARY, ["accettazione"]),
    ],
)
def test_each_fate_has_its_receipts(fate, receipts):
    mailboxes = Mailboxes()
    with a_provider(mailboxes, Conduct(fates={TO: fate})) as provider, a_client(provider) as client:
        client.send_message(a_letter())
    assert mailboxes.receipts() == receipts


@pytest.mark.parametrize(
    ("fate", "later"),
    [
        (Fate.LATE, ["preavviso-errore-consegna", "avvenuta-consegna"]),
        (Fate.LOST, ["preavviso-errore-consegna", "preavviso-errore-consegna"]),
    ],
)
def test_notices_of_delay_wait_for_their_hour(fate, later):
    mailboxes = Mailboxes()
    with a_provider(mailboxes, Conduct(fates={TO: fate})) as provider, a_client(provider) as client:
        client.send_message(a_letter())
        assert provider.deliver_due(AT + timedelta(hours=11)) == 0
        provider.deliver_due(AT + timedelta(hours=12))
        provider.deliver_due(AT + timedelta(hours=24))
    assert mailboxes.receipts() == ["accettazione", *later]
    receipts = [(message_from_bytes(raw)["Date"], at) for to, raw, at in mailboxes.laid if to == OFFICE]
    assert all(date.startswith(f"{at:%a, %d %b %Y %H:%M}") for date, at in receipts)


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
@pytest.mark.parametrize("reply", ["421 4.3.2 servizio sospeso", "451 4.7.1 riprovare", "554 5.7.1 rifiutato"])
def test_a_faulty_reply_comes_once_at_its_step(step, reply):
    conduct = Conduct(faults=[Fault(step, reply)])
    with a_provider(Mailboxes(), conduct) as provider:
        with a_client(provider) as client, pytest.raises(smtplib.SMTPException):
            client.send_message(a_letter())
        with a_client(provider) as client:
            client.send_message(a_letter())
    assert len(provider.letters()) == 1


@pytest.mark.parametrize("accepted", [True, False])
def test_a_connection_lost_after_the_data_leaves_the_client_in_doubt(accepted):
    mailboxes = Mailboxes()
    with (
        a_provider(mailboxes, Conduct(faults=[Fault(Step.DATA, accepted=accepted)])) as provider,
        pytest.raises(smtplib.SMTPServerDisconnected),
        a_client(provider) as client,
    ):
        client.send_message(a_letter())
    assert len(provider.submissions) == 1
    assert len(provider.letters()) == int(accepted)
    assert ("accettazione" in mailboxes.receipts()) is accepted


def test_a_silent_server_runs_into_the_client_s_deadline():
    conduct = Conduct(faults=[Fault(Step.DATA, stall=5, accepted=True)])
    with a_provider(Mailboxes(), conduct) as provider:
        client = smtplib.SMTP("127.0.0.1", provider.port, timeout=0.3)
        client.login(OFFICE, "segreto")
        with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
            client.send_message(a_letter())
        client.close()
    assert len(provider.letters()) == 1


def test_login_can_fail_on_command():
    conduct = Conduct(faults=[Fault(Step.LOGIN, "454 4.7.0 Temporary authentication failure")] * 2)
    with (
        a_provider(Mailboxes(), conduct) as provider,
        a_client(provider, login=False) as client,
        pytest.raises(smtplib.SMTPAuthenticationError),
    ):
        client.login(OFFICE, "segreto")


def test_receipts_may_come_twice_or_in_the_wrong_order_or_not_at_all():
    for conduct, expected in (
        (Conduct(twice=True), ["accettazione"] * 2 + ["avvenuta-consegna"] * 2),
        (Conduct(delivery_first=True), ["avvenuta-consegna", "accettazione"]),
        (Conduct(without_receipts=True), []),
    ):
        mailboxes = Mailboxes()
        with a_provider(mailboxes, conduct) as provider, a_client(provider) as client:
            client.send_message(a_letter())
        assert mailboxes.receipts() == expected


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_is_spoken_from_the_start_or_on_request(security, tmp_path):
    files = server_certificate(tmp_path, AT)
    trust = ssl.create_default_context(cafile=str(files.ca_file))
    trust.check_hostname = True
    mailboxes = Mailboxes()
    with a_provider(mailboxes, channel=Channel(security, files.context())) as provider:
        if security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL("localhost", provider.port, context=trust, timeout=5)
        else:
            client = smtplib.SMTP("localhost", provider.port, timeout=5)
            client.starttls(context=trust)
        with client:
            client.login(OFFICE, "segreto")
            client.send_message(a_letter())
    assert mailboxes.receipts() == ["accettazione", "avvenuta-consegna"]


def test_without_starttls_no_password_is_asked_for(tmp_path):
    files = server_certificate(tmp_path, AT)
    with (
        a_provider(Mailboxes(), channel=Channel("starttls", files.context())) as provider,
        a_client(provider, login=False) as client,
        pytest.raises(smtplib.SMTPException),
    ):
        client.login(OFFICE, "segreto")
