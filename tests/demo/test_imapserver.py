"""The embedded mailbox, read with the client the daemon uses."""

import gc
import smtplib
import ssl
import threading
from contextlib import contextmanager

import pytest
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError

from ingest.demo.facts import AT, OFFICE
from ingest.demo.imapserver import Mailbox
from ingest.demo.messages import an_envelope
from ingest.demo.originals import an_original
from ingest.demo.provider import Provider
from ingest.demo.tls import server_certificate


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return server_certificate(tmp_path_factory.mktemp("tls"), AT)


@contextmanager
def a_mailbox(certificate):
    with Mailbox(OFFICE, "segreto", certificate.context()) as mailbox:
        yield mailbox


@contextmanager
def a_client(mailbox, certificate, password="segreto"):
    trust = ssl.create_default_context(cafile=str(certificate.ca_file))
    timeout = SocketTimeout(connect=5, read=5)
    client = IMAPClient("localhost", mailbox.port, ssl_context=trust, timeout=timeout)
    client.normalise_times = False
    try:
        client.login(OFFICE, password)
        yield client
    finally:
        client.logout()


@pytest.mark.parametrize("layout", ["L14", "L18", "L26", "LIC"])
def test_a_deposited_message_comes_back_byte_for_byte_with_its_date(certificate, layout):
    raw = an_envelope(layout=layout)
    with a_mailbox(certificate) as mailbox, a_client(mailbox, certificate) as client:
        mailbox.deposit(raw, AT)
        client.select_folder("INBOX")
        [uid] = client.search(["ALL"])
        found = client.fetch([uid], ["BODY.PEEK[]", "INTERNALDATE", "RFC822.SIZE", "FLAGS"])[uid]
    assert found[b"BODY[]"] == raw
    assert found[b"INTERNALDATE"] == AT
    assert found[b"RFC822.SIZE"] == len(raw)
    assert b"\\Seen" not in found[b"FLAGS"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"no header at all", b"A: b\nbare: lf\n\nbody\n", b"Subject: \xe0\xe8\r\n\r\n\xff\x00\r\n", b"\r\n.\r\n"],
)
def test_odd_bytes_come_back_as_they_are(certificate, raw):
    with a_mailbox(certificate) as mailbox, a_client(mailbox, certificate) as client:
        mailbox.deposit(raw, AT)
        client.select_folder("INBOX")
        [uid] = client.search(["ALL"])
        assert client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"] == raw


def test_append_search_by_header_and_partial_fetch_work(certificate):
    raw = an_envelope(msgid="cercato@pec.example")
    with a_mailbox(certificate) as mailbox, a_client(mailbox, certificate) as client:
        client.append("INBOX", raw, msg_time=AT)
        client.append("INBOX", an_envelope(msgid="altro@pec.example"), msg_time=AT)
        client.select_folder("INBOX", readonly=True)
        first, second = client.search(["ALL"])
        assert client.search(["HEADER", "X-Riferimento-Message-ID", "cercato@pec.example"]) == [first]
        assert client.search(["UID", f"{first + 1}:*"]) == [second]
        slice_ = client.fetch([first], ["BODY.PEEK[]<10.20>"])[first][b"BODY[]<10>"]
    assert slice_ == raw[10:30]


def test_messages_move_to_the_office_s_folders(certificate):
    raw = an_envelope()
    with a_mailbox(certificate) as mailbox, a_client(mailbox, certificate) as client:
        mailbox.deposit(raw, AT)
        names = {name for _, _, name in client.list_folders()}
        client.select_folder("INBOX")
        client.move(client.search(["ALL"]), "Elaborati")
        assert client.search(["ALL"]) == []
        client.select_folder("Elaborati")
        [uid] = client.search(["ALL"])
        assert client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"] == raw
    assert {"INBOX", "Elaborati", "Da verificare"} <= names


def test_idle_wakes_when_a_message_arrives(certificate):
    with a_mailbox(certificate) as mailbox, a_client(mailbox, certificate) as client:
        client.select_folder("INBOX")
        client.idle()
        threading.Timer(0.2, mailbox.deposit, (an_envelope(), AT)).start()
        answers = client.idle_check(timeout=5)
        client.idle_done()
    assert (1, b"EXISTS") in answers


def test_a_wrong_password_is_refused(certificate):
    with a_mailbox(certificate) as mailbox, pytest.raises(LoginError), a_client(mailbox, certificate, "sbagliata"):
        pass


def test_uidvalidity_stays_while_the_server_runs(certificate):
    with a_mailbox(certificate) as mailbox:
        with a_client(mailbox, certificate) as client:
            first = client.select_folder("INBOX")[b"UIDVALIDITY"]
        with a_client(mailbox, certificate) as client:
            assert client.select_folder("INBOX")[b"UIDVALIDITY"] == first


def test_receipts_of_a_letter_sent_by_smtp_are_found_by_imap(certificate):
    letter = an_original(sender=OFFICE, recipients=("circolo@pec.example",), msgid="lettera-7@pec.example")
    with a_mailbox(certificate) as mailbox:
        boxes = {OFFICE: mailbox}

        def deposit(address, raw, at):
            if address in boxes:
                boxes[address].deposit(raw, at)

        with Provider({OFFICE: "segreto"}, deposit, lambda: AT) as provider:
            with smtplib.SMTP("127.0.0.1", provider.port, timeout=5) as sender:
                sender.login(OFFICE, "segreto")
                sender.sendmail(OFFICE, ["circolo@pec.example"], letter)
            with a_client(mailbox, certificate) as client:
                client.select_folder("INBOX")
                found = client.search(["HEADER", "X-Riferimento-Message-ID", "lettera-7@pec.example"])
                kinds = client.fetch(found, ["BODY.PEEK[HEADER.FIELDS (X-Ricevuta)]"]).values()
    told = [kind[b"BODY[HEADER.FIELDS (X-RICEVUTA)]"].strip().lower() for kind in kinds]
    assert told == [b"x-ricevuta: accettazione", b"x-ricevuta: avvenuta-consegna"]


def test_nothing_is_left_running_even_with_a_client_connected(certificate):
    before = threading.active_count()
    with a_mailbox(certificate) as mailbox:
        trust = ssl.create_default_context(cafile=str(certificate.ca_file))
        client = IMAPClient("localhost", mailbox.port, ssl_context=trust, timeout=SocketTimeout(5, 5))
        client.login(OFFICE, "segreto")
    client.shutdown()
    gc.collect()
    assert threading.active_count() == before
