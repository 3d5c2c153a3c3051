"""Handing a letter over: each ending, and above all whether it may have been sent."""

import logging
import socket
import threading
import time
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from ingest.keys import SmtpSettings
from ingest.post import Post, PostLimits, Submission, SubmissionState
from tests.servers.certificate import write_certificate
from tests.servers.submission import LOST, SILENCE, Office, running_office

US, THEM, OTHER = "comune@pec.example", "ente@pec.example", "altro@pec.example"


def a_letter() -> bytes:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Message-ID"] = US, THEM, "<ack.1@pec.example>"
    letter["Subject"] = "Manifestazione d'interesse: ricevuta"
    letter.set_content("Buongiorno,\n.una riga col punto\n..due\ncordiali saluti\n", cte="quoted-printable")
    return letter.as_bytes()


def a_post(office: Office, **changes: Any) -> Post:
    given = {"host": office.host, "port": office.port, "username": US, "password": office.password}
    limits = PostLimits(connect=2, step=2, answer=1)
    return Post(SmtpSettings(**{**given, "ca_file": office.certificate, **changes}), limits)


def submitted(folder: Path, *to: str, **answers: str) -> tuple[Submission, Office]:
    with running_office(folder, answers) as office:
        return a_post(office).submit(a_letter(), US, *(to or (THEM,))), office


def test_a_letter_arrives_byte_for_byte_with_our_address_as_sender(tmp_path: Path) -> None:
    outcome, office = submitted(tmp_path)
    assert outcome == Submission(SubmissionState.ACCEPTED, "250 OK")
    assert office.taken == [(US, (THEM,), a_letter())]


@pytest.mark.parametrize(
    ("raw", "on_arrival"),
    [
        (b"a\r\n.\r\nb\r\n", b"a\r\n.\r\nb\r\n"),
        (b".\r\n", b".\r\n"),
        (b"a\n.\nb", b"a\r\n.\r\nb\r\n"),
        (b"a\r.\rb", b"a\r\n.\r\nb\r\n"),
    ],
)
def test_no_line_of_a_letter_can_end_it(tmp_path: Path, raw: bytes, on_arrival: bytes) -> None:
    with running_office(tmp_path) as office:
        assert a_post(office).submit(raw, US, THEM).state is SubmissionState.ACCEPTED
    assert [taken for _, _, taken in office.taken] == [on_arrival]


@pytest.mark.parametrize(
    ("step", "answer", "state"),
    [
        ("mail", "451 4.3.0 riprovare", SubmissionState.TEMPORARY),
        ("mail", "553 5.7.1 sender address rejected: not owned by user", SubmissionState.PERMANENT),
        ("mail", "530 5.7.0 authentication required", SubmissionState.LOGIN_REFUSED),
        ("rcpt", "452 4.2.2 casella piena", SubmissionState.TEMPORARY),
        ("rcpt", "550 5.1.1 utente sconosciuto", SubmissionState.PERMANENT),
        ("data", "452 4.3.1 spazio esaurito", SubmissionState.TEMPORARY),
        ("data", "554 5.7.1 invio bloccato", SubmissionState.PERMANENT),
    ],
)
def test_a_refusal_is_what_the_server_calls_it(tmp_path: Path, step: str, answer: str, state: SubmissionState) -> None:
    outcome, office = submitted(tmp_path, **{step: answer})
    assert outcome.state is state
    assert answer in outcome.detail
    assert office.taken == []


@pytest.mark.parametrize("form", ["{plain}", "{login}", "{itself}"])
def test_a_server_that_echoes_the_password_does_not_bring_it_into_the_log(tmp_path: Path, form: str) -> None:
    with running_office(tmp_path, {"auth": f"535 5.7.8 no such user: {form}"}) as office:
        outcome = a_post(office, password='un\'altra "parola"').submit(a_letter(), US, THEM)
    assert outcome == Submission(
        SubmissionState.LOGIN_REFUSED, f"login of {US} refused: 535 5.7.8 no such user: ***"
    )  # fmt: skip


def test_sending_under_a_foreign_address_is_explained(tmp_path: Path) -> None:
    outcome, _ = submitted(tmp_path, mail="553 5.7.1 not owned")
    assert f"does not let this login send as {US}" in outcome.detail


def test_one_refused_recipient_does_not_hide_behind_an_accepted_one(tmp_path: Path) -> None:
    outcome, office = submitted(tmp_path, THEM, OTHER, **{OTHER: "550 5.1.1 sconosciuto"})
    assert outcome.state is SubmissionState.ACCEPTED
    assert [(refusal.address, refusal.code) for refusal in outcome.refused] == [(OTHER, 550)]
    assert office.taken[0][1] == (THEM,)


def test_all_refused_is_temporary_as_long_as_one_may_still_be_taken(tmp_path: Path) -> None:
    outcome, office = submitted(tmp_path, THEM, OTHER, **{OTHER: "450 4.2.1 dopo", "rcpt": "550 5.1.1 sconosciuto"})
    assert outcome.state is SubmissionState.TEMPORARY
    assert {refusal.code for refusal in outcome.refused} == {450, 550}
    assert office.taken == []


@pytest.mark.parametrize("step", ["mail", "rcpt"])
@pytest.mark.parametrize("answer", [LOST, SILENCE])
def test_a_line_lost_before_the_letter_means_nothing_was_sent(tmp_path: Path, step: str, answer: str) -> None:
    outcome, office = submitted(tmp_path, **{step: answer})
    assert outcome.state is SubmissionState.TEMPORARY
    assert office.taken == []


@pytest.mark.parametrize("answer", [LOST, SILENCE])
def test_a_line_lost_after_the_letter_is_uncertain_because_the_server_may_have_taken_it(
    tmp_path: Path, answer: str
) -> None:
    outcome, office = submitted(tmp_path, data=answer)
    assert outcome.state is SubmissionState.UNCERTAIN
    assert len(office.taken) == 1  # and here it has


def test_an_answer_without_sense_after_the_letter_is_uncertain() -> None:
    outcome = with_a_server_that_says(b"354 go\r\n", b"eh?\r\n")
    assert outcome.state is SubmissionState.UNCERTAIN


def test_an_answer_that_drips_is_uncertain_in_time() -> None:
    began = time.monotonic()
    outcome = with_a_server_that_says(b"354 go\r\n", *[b"2"] * 100, pause=0.05)
    assert outcome.state is SubmissionState.UNCERTAIN
    assert "too long" in outcome.detail
    assert time.monotonic() - began < 3


def test_data_refused_before_the_letter_is_no_uncertainty() -> None:
    assert with_a_server_that_says(b"451 4.3.0 later\r\n").state is SubmissionState.TEMPORARY
    assert with_a_server_that_says(b"554 5.5.1 no\r\n").state is SubmissionState.PERMANENT


def test_a_wrong_password_is_tried_once_and_shown_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with running_office(tmp_path) as office:
        outcome = a_post(office, password="sbagliata-davvero").submit(a_letter(), US, THEM)
    assert outcome.state is SubmissionState.LOGIN_REFUSED
    assert len(office.logins) == 1
    assert "sbagliata" not in repr(outcome)
    assert office.taken == []


def test_a_password_outside_ascii_is_sent_as_utf_8(tmp_path: Path) -> None:
    with running_office(tmp_path) as office:
        office.password = "perché-no"
        assert a_post(office, password="perché-no").submit(a_letter(), US, THEM).state is SubmissionState.ACCEPTED


def test_without_user_name_there_is_no_login(tmp_path: Path) -> None:
    with running_office(tmp_path, security="none", with_login=False) as office:
        post = a_post(office, security="none", username="", password="", ca_file=None)
        assert post.submit(a_letter(), US, THEM).state is SubmissionState.ACCEPTED
    assert office.logins == []


def test_starttls_encrypts_before_anything_is_said(tmp_path: Path) -> None:
    with running_office(tmp_path, security="starttls") as office:
        assert a_post(office, security="starttls").submit(a_letter(), US, THEM).state is SubmissionState.ACCEPTED
    assert office.logins == [("PLAIN", True)]


def test_a_server_without_starttls_is_not_spoken_to_in_clear_text(tmp_path: Path) -> None:
    with running_office(tmp_path, security="none", with_login=False) as office:
        outcome = a_post(office, security="starttls").submit(a_letter(), US, THEM)
    assert outcome.state is SubmissionState.UNREACHABLE
    assert office.logins == []
    assert office.taken == []


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_nobody_vouches_for_stops_the_letter_and_the_password(tmp_path: Path, security: str) -> None:
    (tmp_path / "other").mkdir()
    other, _ = write_certificate(tmp_path / "other")
    with running_office(tmp_path, security=security) as office:
        outcome = a_post(office, security=security, ca_file=other).submit(a_letter(), US, THEM)
    assert outcome.state is SubmissionState.UNREACHABLE
    assert "certificate is not trusted" in outcome.detail
    assert office.logins == []
    assert office.taken == []


def test_nobody_at_the_door_is_no_fault_of_the_letter() -> None:
    post = Post(SmtpSettings(host="localhost", port=1), PostLimits(connect=1))
    assert post.submit(a_letter(), US, THEM).state is SubmissionState.UNREACHABLE
    assert post.probe().state is SubmissionState.UNREACHABLE


def test_probing_logs_in_and_sends_nothing(tmp_path: Path) -> None:
    with running_office(tmp_path) as office:
        assert a_post(office).probe().state is SubmissionState.ACCEPTED
        assert a_post(office, password="x").probe().state is SubmissionState.LOGIN_REFUSED
    assert office.taken == []


@pytest.mark.parametrize("address", ["a@b.example\r\nRCPT TO:<c@d.example>", "perché@pec.example"])
def test_an_address_that_cannot_be_sent_is_permanent(tmp_path: Path, address: str) -> None:
    outcome, office = submitted(tmp_path, address)
    assert outcome.state is SubmissionState.PERMANENT
    assert office.taken == []


def test_a_post_without_server_or_in_clear_text_abroad_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="submission server"):
        Post(SmtpSettings())
    abroad = SmtpSettings(host="smtps.example.org").model_copy(update={"security": "none"})
    with pytest.raises(ValueError, match="TLS"):
        Post(abroad)


def with_a_server_that_says(to_data: bytes, *to_letter: bytes, pause: float = 0) -> Submission:
    """The outcome at a clear-text server that answers DATA and the letter with these very bytes."""

    def serve() -> None:
        line, _ = listener.accept()
        with line, line.makefile("rb") as lines:
            line.sendall(b"220 ready\r\n")
            for heard in lines:
                if heard.upper().startswith(b"QUIT"):
                    return
                if heard.upper().startswith(b"DATA"):
                    line.sendall(to_data)
                if heard == b".\r\n":
                    try:
                        for piece in to_letter:
                            line.sendall(piece)
                            time.sleep(pause)
                    except OSError:
                        return
                if heard[:4].upper() in (b"EHLO", b"MAIL", b"RCPT"):
                    line.sendall(b"250 OK\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        settings = SmtpSettings(host="localhost", port=listener.getsockname()[1], security="none")
        outcome = Post(settings, PostLimits(connect=2, step=2, answer=1)).submit(a_letter(), US, THEM)
        thread.join(10)
    return outcome


def test_a_letter_taken_up_long_ago_is_not_begun_any_more(tmp_path: Path) -> None:
    """A process that was stopped on the way to DATA: its letter was given up, and a person may have sent a copy."""
    with running_office(tmp_path, {"rcpt": SILENCE}) as office:  # five seconds, then the answer
        given = {"host": office.host, "port": office.port, "username": US, "password": office.password}
        settings = SmtpSettings(**given, ca_file=office.certificate)
        outcome = Post(settings, PostLimits(connect=9, step=9, answer=9, before=2)).submit(a_letter(), US, THEM)
    assert outcome.state is SubmissionState.TEMPORARY
    assert office.taken == []
