"""What only a server can do wrong, on a real Dovecot and on one that answers word for word as told."""

import base64
import io
import logging
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from ingest.connection import verifying_context
from ingest.imap import ImapMailbox
from ingest.imap_box import ImapBox, ImapLimits
from ingest.mailbox import Box, FolderMissing, LoginRefused, MailboxUnavailable, MessageUnavailable, Quota
from tests.edge.houses import a_dovecot_house, settings_for
from tests.servers.certificate import write_certificate
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.scripted import CUT, DRIP, scripted_imap

IMPATIENT = ImapLimits(connect=2, silence=2, call=0.5)
ABOUT = b'* 1 FETCH (UID 1 RFC822.SIZE 5 INTERNALDATE "26-Jul-2021 10:15:05 +0200")\r\n{tag} OK done\r\n'


@pytest.fixture(scope="module")
def dovecot_copies_only() -> Iterator[Dovecot]:
    with running_dovecot(without=("MOVE", "UIDPLUS", "IDLE", "QUOTA")) as server:
        yield server


@pytest.fixture(scope="module")
def dovecot_without_move() -> Iterator[Dovecot]:
    with running_dovecot(without=("MOVE",), prefix="INBOX.", quota_mb=3) as server:
        yield server


def read(box: Box, uid: int) -> bytes | None:
    kept = io.BytesIO()
    return kept.getvalue() if box.fetch(uid, kept.write) else None


def whole_fault(error: BaseException) -> str:
    return "".join(traceback.format_exception(error, chain=True)) + repr(error.__dict__)


# moving


def test_without_move_the_message_is_copied_then_expunged_alone(dovecot_without_move: Dovecot) -> None:
    house = a_dovecot_house(dovecot_without_move)
    house.deliver(b"a\r\n", b"b\r\n", b"c\r\n")
    with house._client() as client:  # somebody else marked a message as deleted and has not expunged it
        client.select_folder("INBOX")
        client.delete_messages([1])
    with house.mailbox.open() as box:
        assert box.move(2, "Elaborati")
        assert box.uids() == [1, 3]
        assert "INBOX.Elaborati" in box.folders()  # this server keeps all folders below INBOX
    assert house.contents("INBOX.Elaborati") == [b"b\r\n"]
    with house.mailbox.open("Elaborati") as box:
        assert len(box.uids()) == 1


def test_without_move_and_uid_expunge_the_message_stays_and_no_copy_is_made(dovecot_copies_only: Dovecot) -> None:
    house = a_dovecot_house(dovecot_copies_only)
    house.deliver(b"a\r\n")
    with house.mailbox.open() as box:
        assert not box.move(1, "Elaborati")
        assert box.uids() == [1]
        assert "Elaborati" not in box.folders()
    assert house.seen("INBOX") == [False]


def test_after_a_move_the_folder_is_read_only_again(dovecot: Dovecot) -> None:
    house = a_dovecot_house(dovecot)
    house.deliver(b"a\r\n", b"b\r\n")
    with house.mailbox.open() as box:
        box.move(1, "Elaborati")
        read(box, 2)
        assert isinstance(box, ImapBox)
        box._client.add_flags([2], [rb"\Seen"])  # without effect in an examined folder
    assert house.seen("INBOX") == [False]


# quota, searching, waiting


def test_quota_is_in_bytes(dovecot_without_move: Dovecot) -> None:
    house = a_dovecot_house(dovecot_without_move)
    house.deliver(b"x" * 1_000_000)
    with house.mailbox.open() as box:
        quota = box.quota()
    assert quota is not None
    assert quota.limit == 3 * 1024 * 1024
    assert 1_000_000 <= quota.used < 1_003_000


def test_a_server_without_quota_tells_none(dovecot_copies_only: Dovecot) -> None:
    with a_dovecot_house(dovecot_copies_only).mailbox.open() as box:
        assert box.quota() is None


def test_the_tightest_of_several_quotas_counts(tmp_path: Path) -> None:
    answer = (
        b"* QUOTAROOT INBOX a b\r\n* QUOTA a (STORAGE 10 500 MESSAGE 1 9)\r\n* QUOTA b (STORAGE 90 100)\r\n"
        b"{tag} OK done\r\n"
    )
    told = b"* CAPABILITY IMAP4rev1 QUOTA\r\n{tag} OK done\r\n"
    with scripted_imap(tmp_path, capability=told, getquotaroot=answer) as server, opened(server) as box:
        assert box.quota() == Quota(90 * 1024, 100 * 1024)


def test_two_thousand_five_hundred_messages_are_listed_through_windows(dovecot: Dovecot) -> None:
    house = a_dovecot_house(dovecot, ImapLimits(window=400, chunk=300))
    house.deliver(*(b"Subject: %d\r\n\r\n" % number for number in range(2500)))
    with house.mailbox.open() as box:
        uids = box.uids()
        assert uids == list(range(1, 2501))
        assert box.uids(after=2399) == list(range(2400, 2501))
        assert len(box.sizes(uids)) == 2500


def test_idle_wakes_up_for_a_new_message(dovecot: Dovecot) -> None:
    house = a_dovecot_house(dovecot)
    with house.mailbox.open() as box:
        assert box.wait(0.2) is False
        delivery = threading.Timer(0.3, house.deliver, [b"nuovo\r\n"])
        delivery.start()
        began = time.monotonic()
        assert box.wait(20) is True
        assert time.monotonic() - began < 10
        delivery.join()
        assert box.uids() == [1]
        assert box.wait(0.2) is False  # told once


def test_what_arrived_before_idle_began_wakes_up_as_well(dovecot: Dovecot) -> None:
    house = a_dovecot_house(dovecot)
    with house.mailbox.open() as box:
        assert box.wait(0.2) is False
        house.deliver(b"nuovo\r\n")
        began = time.monotonic()
        assert box.wait(20) is True
        assert time.monotonic() - began < 5


def test_idle_ends_when_it_is_told_to(dovecot: Dovecot) -> None:
    with a_dovecot_house(dovecot).mailbox.open() as box:
        began = time.monotonic()
        assert box.wait(60, stopped=lambda: time.monotonic() - began > 0.2) is False
        assert time.monotonic() - began < 5
        assert box.alive


def test_a_server_without_idle_has_no_news(dovecot_copies_only: Dovecot) -> None:
    with a_dovecot_house(dovecot_copies_only).mailbox.open() as box:
        assert box.wait(30) is False
        assert box.alive


def test_a_line_lost_during_idle_is_no_news_and_the_box_is_dead(tmp_path: Path) -> None:
    with scripted_imap(tmp_path, idle=b"+ idling\r\n" + CUT) as server, opened(server) as box:
        began = time.monotonic()
        assert box.wait(30) is False
        assert time.monotonic() - began < 5
        assert not box.alive
        with pytest.raises(MailboxUnavailable):
            box.uids()


def test_still_here_is_no_news(tmp_path: Path) -> None:
    with (
        scripted_imap(tmp_path, idle=b"+ idling\r\n* OK Still here\r\n") as server,
        opened(server, ImapLimits()) as box,
    ):
        assert box.wait(0.5) is False
        assert box.alive


# logging in, connecting


def test_a_wrong_password_is_a_refused_login_and_is_not_repeated(dovecot: Dovecot) -> None:
    settings = settings_for(dovecot, "a@pec.example", password="parola-sbagliata")
    with pytest.raises(LoginRefused) as caught, ImapMailbox(settings).open():
        pass
    assert not caught.value.temporary
    assert "parola-sbagliata" not in whole_fault(caught.value)


def test_an_authority_put_in_place_or_taken_away_counts_at_the_next_connection(tmp_path: Path) -> None:
    """The authorities are read once and kept, as long as their file is the same."""
    with scripted_imap(tmp_path) as server:
        known = tmp_path / "authorities.pem"
        (tmp_path / "other").mkdir()
        stranger, _ = write_certificate(tmp_path / "other", "localhost")
        mailbox = ImapMailbox(settings_for(server, ca_file=known), IMPATIENT)
        for content, trusted in ((stranger, False), (server.certificate, True), (stranger, False)):
            (tmp_path / "new").write_bytes(content.read_bytes())
            (tmp_path / "new").rename(known)
            refused = nullcontext() if trusted else pytest.raises(MailboxUnavailable, match="not trusted")
            with refused, mailbox.open():
                pass
    assert verifying_context(known) is verifying_context(known)
    assert verifying_context(known) is not verifying_context(None)


@pytest.mark.parametrize(
    ("password", "echo"),
    [
        ("parola-di-prova", '"parola-di-prova"'),
        ('parola-"di"-prova', r'"parola-\"di\"-prova"'),
        ("perché-no", base64.b64encode("\0a@pec.example\0perché-no".encode()).decode()),
    ],
)
def test_a_server_that_echoes_the_password_does_not_bring_it_into_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, password: str, echo: str
) -> None:
    caplog.set_level(logging.DEBUG)
    refusal = f"{{tag}} NO no such user {echo}\r\n".encode()
    with scripted_imap(tmp_path, login=refusal, authenticate=refusal) as server:
        settings = settings_for(server, "a@pec.example", password=password)
        with pytest.raises(LoginRefused) as caught, ImapMailbox(settings, IMPATIENT).open():
            pass
        assert sum(command.startswith(("LOGIN", "AUTHENTICATE")) for command in server.commands) == 1
    assert password not in whole_fault(caught.value) + caplog.text
    assert echo.strip('"') not in whole_fault(caught.value) + caplog.text


@pytest.mark.parametrize("answer", [b"{tag} NO [UNAVAILABLE] try later\r\n", b"* BYE too many\r\n" + CUT, CUT])
def test_a_server_in_trouble_at_login_is_no_refused_login(tmp_path: Path, answer: bytes) -> None:
    with (
        scripted_imap(tmp_path, login=answer) as server,
        pytest.raises(MailboxUnavailable) as caught,
        opened(server),
    ):
        pass
    assert caught.value.temporary


def test_a_password_outside_ascii_works(dovecot: Dovecot, tmp_path: Path) -> None:
    settings = settings_for(dovecot, "a@pec.example", password="perché-no")
    with pytest.raises(LoginRefused) as caught, ImapMailbox(settings).open():
        pass
    assert "AUTHENTICATIONFAILED" in str(caught.value)  # it reached the server and was judged there


def test_a_certificate_nobody_vouches_for_is_named(dovecot: Dovecot, tmp_path: Path) -> None:
    other, _ = write_certificate(tmp_path)
    with (
        pytest.raises(MailboxUnavailable, match="certificate is not trusted") as caught,
        ImapMailbox(settings_for(dovecot, ca_file=other)).open(),
    ):
        pass
    assert caught.value.temporary


def test_a_certificate_for_another_host_is_not_accepted(tmp_path: Path) -> None:
    with (
        scripted_imap(tmp_path, named="imaps.example.org") as server,
        pytest.raises(MailboxUnavailable, match="certificate is not trusted"),
        opened(server),
    ):
        pass


def test_nobody_at_the_door_is_unavailable(dovecot: Dovecot) -> None:
    with (
        pytest.raises(MailboxUnavailable, match="refused") as caught,
        ImapMailbox(settings_for(dovecot, port=1)).open(),
    ):
        pass
    assert caught.value.temporary


def test_without_tls_only_this_machine_is_spoken_to() -> None:
    class Abroad:
        host, port, certificate, password = "imaps.example.org", 143, None, "x"

    with pytest.raises(ValueError, match="TLS"):
        ImapMailbox(settings_for(Abroad), tls=False)


def test_a_folder_without_uidvalidity_is_refused(tmp_path: Path) -> None:
    with (
        scripted_imap(tmp_path, examine=b"* 0 EXISTS\r\n{tag} OK done\r\n") as server,
        pytest.raises(MailboxUnavailable, match="UIDVALIDITY") as caught,
        opened(server),
    ):
        pass
    assert not caught.value.temporary


def test_a_folder_the_server_cannot_open_now_is_not_called_missing(tmp_path: Path) -> None:
    there = b'* LIST () "/" INBOX\r\n{tag} OK done\r\n'
    with (
        scripted_imap(tmp_path, examine=b"{tag} NO [SERVERBUG] disk\r\n", list=there) as server,
        pytest.raises(MailboxUnavailable, match="SERVERBUG"),
        opened(server),
    ):
        pass
    with (
        scripted_imap(tmp_path, examine=b"{tag} NO what\r\n", list=b"{tag} OK done\r\n") as server,
        pytest.raises(FolderMissing),
        opened(server),
    ):
        pass


# fetching from a server that does it badly


def opened(server: object, limits: ImapLimits = IMPATIENT):
    return ImapMailbox(settings_for(server), limits).open()


def fetched(folder: Path, *bodies: bytes, about: bytes = ABOUT, limits: ImapLimits = IMPATIENT, listed: bytes = b" 1"):
    """What fetching message 1 gives from a server that answers BODY[] with `bodies`, one after the other."""
    with scripted_imap(folder, uid_fetch=about, uid_search=b"* SEARCH%s\r\n{tag} OK done\r\n" % listed) as server:
        server.answers["UID FETCH 1 (BODY.PEEK["] = list(bodies)
        with opened(server, limits) as box:
            return read(box, 1)


def body(raw: bytes) -> bytes:
    return b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n{tag} OK done\r\n" % (len(raw), raw)


def test_a_short_answer_is_asked_for_again(tmp_path: Path) -> None:
    assert fetched(tmp_path, body(b"cia"), body(b"ciao!")) == b"ciao!"


@pytest.mark.parametrize("short", [b"* 1 FETCH (UID 1 BODY[] NIL)\r\n{tag} OK done\r\n", body(b""), body(b"ci")])
def test_what_stays_short_is_never_returned(tmp_path: Path, short: bytes) -> None:
    with pytest.raises(MessageUnavailable) as caught:
        fetched(tmp_path, short, body(b"cia"))
    assert caught.value.temporary


def test_an_empty_answer_is_not_taken_for_an_empty_message(tmp_path: Path) -> None:
    with pytest.raises(MessageUnavailable):
        fetched(tmp_path, body(b""))


def test_twice_the_same_bytes_are_believed_against_a_wrong_size(tmp_path: Path) -> None:
    assert fetched(tmp_path, body(b"ciao a tutti")) == b"ciao a tutti"


def test_a_message_gone_between_size_and_body_is_none(tmp_path: Path) -> None:
    assert fetched(tmp_path, b"{tag} OK done\r\n", listed=b"") is None


def test_a_message_that_is_listed_and_not_given_is_not_taken_for_gone(tmp_path: Path) -> None:
    with pytest.raises(MessageUnavailable):
        fetched(tmp_path, b"{tag} OK done\r\n")
    with pytest.raises(MessageUnavailable):
        fetched(tmp_path, about=b"{tag} OK done\r\n")


def test_a_message_the_server_refuses_stops_only_itself(tmp_path: Path) -> None:
    with scripted_imap(tmp_path, uid_fetch=b"{tag} NO [SERVERBUG] corrupted\r\n") as server, opened(server) as box:
        with pytest.raises(MessageUnavailable, match="SERVERBUG"):
            read(box, 1)
        assert box.alive
        assert box.uids() == [1]


@pytest.mark.parametrize("date", [b'"31-Feb-2021 10:15:05 +0200"', b'"x"', b"NIL", b'"26-Jul-2021 10:15:05 +9999"'])
def test_an_impossible_time_of_arrival_is_left_out(tmp_path: Path, date: bytes) -> None:
    about = b"* 1 FETCH (UID 1 RFC822.SIZE 5 INTERNALDATE %s)\r\n{tag} OK done\r\n" % date
    with scripted_imap(tmp_path, uid_fetch=about) as server:
        server.answers["UID FETCH 1 (BODY"] = body(b"ciao!")
        with opened(server) as box:
            arrived = box.fetch(1, lambda piece: None)
    assert arrived is not None
    assert arrived.internal_date is None


def test_a_line_cut_in_the_middle_of_a_message_is_unavailable_and_nothing_is_written(tmp_path: Path) -> None:
    written: list[bytes] = []
    with scripted_imap(tmp_path, uid_fetch=ABOUT) as server:
        server.answers["UID FETCH 1 (BODY"] = b"* 1 FETCH (UID 1 BODY[] {5}\r\nci" + CUT
        with opened(server) as box:
            with pytest.raises(MailboxUnavailable) as caught:
                box.fetch(1, written.append)
            assert not box.alive
    assert caught.value.temporary
    assert written == []


def test_a_server_that_drips_is_left_in_time(tmp_path: Path) -> None:
    with scripted_imap(tmp_path, uid_fetch=ABOUT) as server:
        server.answers["UID FETCH 1 (BODY"] = b"* 1 FETCH (UID 1 BODY[] {5000}\r\n" + DRIP + b"x"
        began = time.monotonic()
        with pytest.raises(MailboxUnavailable, match="too long"), opened(server) as box:
            read(box, 1)
        assert time.monotonic() - began < 3


def test_a_greeting_that_drips_is_left_in_time(tmp_path: Path) -> None:
    with scripted_imap(tmp_path, greeting=DRIP + b"x") as server:
        began = time.monotonic()
        impatient = ImapLimits(connect=0.4, silence=2, call=0.5)
        with pytest.raises(MailboxUnavailable, match="too long"), opened(server, impatient):
            pass
        assert time.monotonic() - began < 3


def test_a_fault_of_the_disk_is_not_taken_for_one_of_the_mailbox(dovecot: Dovecot) -> None:
    house = a_dovecot_house(dovecot)
    house.deliver(b"a\r\n")

    def full(piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    with house.mailbox.open() as box:
        with pytest.raises(OSError, match="No space left"):
            box.fetch(1, full)
        assert box.alive


# large messages


SLICED = ImapLimits(whole=4, slice=3)
LARGE = b'* 1 FETCH (UID 1 RFC822.SIZE 8 INTERNALDATE "26-Jul-2021 10:15:05 +0200")\r\n{tag} OK done\r\n'


def part(offset: int, raw: bytes) -> bytes:
    return b"* 1 FETCH (UID 1 BODY[]<%d> {%d}\r\n%s)\r\n{tag} OK done\r\n" % (offset, len(raw), raw)


def sliced(folder: Path, answers: dict[str, bytes]) -> bytes | None:
    with scripted_imap(folder, uid_fetch=LARGE) as server:
        server.answers |= {f"UID FETCH 1 (BODY.PEEK[]{which}": answer for which, answer in answers.items()}
        with opened(server, SLICED) as box:
            return read(box, 1)


def test_a_slice_that_comes_short_is_continued_where_it_ended(tmp_path: Path) -> None:
    answers = {"<7.": part(7, b"8"), "<0.": part(0, b"12"), "<2.": part(2, b"345"), "<5.": part(5, b"678")}
    assert sliced(tmp_path, answers) == b"12345678"


def test_slices_that_stop_before_the_end_are_never_returned(tmp_path: Path) -> None:
    nothing = b"* 1 FETCH (UID 1 BODY[]<3> NIL)\r\n{tag} OK done\r\n"
    with pytest.raises(MessageUnavailable, match="3 of 8"):
        sliced(tmp_path, {"<7.": part(7, b"8"), "<0.": part(0, b"123"), "<3.": nothing})


def test_a_message_that_vanishes_between_slices_is_a_fault_not_a_short_message(tmp_path: Path) -> None:
    with pytest.raises(MessageUnavailable):
        sliced(tmp_path, {"<7.": part(7, b"8"), "<0.": part(0, b"123"), "<3.": b"{tag} OK done\r\n"})


def test_a_large_message_whose_size_is_wrong_is_read_whole(tmp_path: Path) -> None:
    assert sliced(tmp_path, {"<7.": part(7, b"89"), ")": body(b"123456789")}) == b"123456789"
