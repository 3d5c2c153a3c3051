"""What servers say that no rule foresees: it costs the round at most, never a message, and never gives a wrong one."""

import io
from pathlib import Path
from typing import Any

import pytest

from ingest.imap import ImapMailbox
from ingest.imap_box import ImapLimits
from ingest.mailbox import Box, LoginRefused, MailboxUnavailable, MessageUnavailable
from tests.edge.houses import settings_for
from tests.servers.scripted import CUT, ScriptedImap, scripted_imap

IMPATIENT = ImapLimits(connect=3, silence=3, call=1.5)
RAW = b"ciao!"
NOISE = (
    b"* OK [ALERT] manutenzione questa notte\r\n* 7 EXISTS\r\n* 3 RECENT\r\n* FLAGS (\\Seen \\Deleted)\r\n"
    b"* 1 FETCH (FLAGS (\\Seen))\r\n* 6 EXPUNGE\r\n* STATUS INBOX (MESSAGES 6)\r\n"
)


def about(size: int = len(RAW), uid: int = 1) -> bytes:
    return b'* 1 FETCH (UID %d RFC822.SIZE %d INTERNALDATE "26-Jul-2021 10:15:05 +0200")\r\n' % (uid, size)


def body(raw: bytes, uid: int = 1, announced: int | None = None) -> bytes:
    return b"* 1 FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, len(raw) if announced is None else announced, raw)


DONE = b"{tag} OK done\r\n"


def opened(server: ScriptedImap):
    return ImapMailbox(settings_for(server), IMPATIENT).open()


def a_round(server: ScriptedImap) -> None:
    with opened(server) as box:
        box.uids()
        read(box)


def read(box: Box, uid: int = 1) -> bytes | None:
    kept = io.BytesIO()
    return kept.getvalue() if box.fetch(uid, kept.write) else None


def fetched(folder: Path, *bodies: bytes, sizes: bytes = b"") -> bytes | None:
    with scripted_imap(folder, uid_fetch=(sizes or about()) + DONE) as server:
        server.answers["UID FETCH 1 (BODY.PEEK["] = list(bodies)
        with opened(server) as box:
            return read(box)


def test_a_literal_longer_than_what_follows_gives_no_message(tmp_path):
    """The closing of the answer is swallowed as content, and then silence."""
    with pytest.raises((MailboxUnavailable, MessageUnavailable)):
        fetched(tmp_path, body(RAW, announced=9000) + DONE)


def test_a_literal_shorter_than_what_follows_gives_no_cut_message(tmp_path):
    with pytest.raises((MailboxUnavailable, MessageUnavailable)):
        fetched(tmp_path, body(RAW, announced=3) + DONE)


def test_a_literal_that_is_no_number_gives_no_message(tmp_path):
    with pytest.raises((MailboxUnavailable, MessageUnavailable)):
        fetched(tmp_path, b"* 1 FETCH (UID 1 BODY[] {molti}\r\nciao!)\r\n" + DONE)


def test_a_quoted_body_is_taken_like_a_literal_one(tmp_path):
    assert fetched(tmp_path, b'* 1 FETCH (UID 1 BODY[] "ciao!")\r\n' + DONE) == RAW


def test_untagged_noise_around_and_between_answers_changes_nothing(tmp_path):
    found = fetched(tmp_path, NOISE + body(RAW) + NOISE + DONE, sizes=NOISE + about() + NOISE)
    assert found == RAW


def test_noise_does_not_invent_or_hide_messages(tmp_path):
    with (
        scripted_imap(tmp_path, uid_search=NOISE + b"* SEARCH 4 9\r\n" + NOISE + DONE) as server,
        opened(server) as box,
    ):
        assert box.uids() == [4, 9]


def test_a_search_that_names_messages_twice_and_out_of_order_lists_each_once(tmp_path):
    listed = b"* SEARCH 9 4 4 7 4\r\n" + DONE
    with scripted_imap(tmp_path, uid_search=listed) as server, opened(server) as box:
        assert box.uids() == [4, 7, 9]
        assert box.uids(after=4) == [7, 9]


def test_a_search_answered_twice_is_not_believed_by_half(tmp_path):
    listed = b"* SEARCH 9 4\r\n* SEARCH 7\r\n" + DONE
    with (
        scripted_imap(tmp_path, uid_search=listed) as server,
        opened(server) as box,
        pytest.raises(MailboxUnavailable),
    ):
        box.uids()


def test_the_body_of_another_message_is_not_taken_for_this_one(tmp_path):
    with pytest.raises(MessageUnavailable):
        fetched(tmp_path, body(b"altro", uid=2) + DONE)


def test_of_two_answers_with_the_same_uid_only_the_announced_size_is_believed(tmp_path):
    """A server that gives one uid to two messages: what does not have the announced size is not taken."""
    with pytest.raises((MailboxUnavailable, MessageUnavailable)):
        fetched(tmp_path, body(b"un altro messaggio") + body(b"x") + DONE, body(b"y") + DONE)


@pytest.mark.parametrize("command", ["capability", "login", "examine", "noop", "uid_search", "uid_fetch", "logout"])
def test_a_farewell_at_any_command_costs_this_round_alone(tmp_path, command):
    farewell = b"* BYE [UNAVAILABLE] manutenzione\r\n" + CUT
    given: Any = {command: farewell}
    with scripted_imap(tmp_path, **given) as server:
        if command == "logout":
            with opened(server) as box:
                assert box.uids() == [1]
            return
        with pytest.raises(MailboxUnavailable) as caught:
            a_round(server)
        assert caught.value.temporary
        assert not isinstance(caught.value, LoginRefused)


def test_a_greeting_that_is_a_farewell_is_unavailable(tmp_path):
    with (
        scripted_imap(tmp_path, greeting=b"* BYE troppe connessioni\r\n" + CUT) as server,
        pytest.raises(MailboxUnavailable),
        opened(server),
    ):
        pass


@pytest.mark.parametrize("answer", [b"{tag} NO [LIMIT] slow down\r\n", b"{tag} NO [INUSE] try later\r\n"])
def test_a_login_put_off_by_the_server_is_no_refused_login(tmp_path, answer):
    with scripted_imap(tmp_path, login=answer) as server, pytest.raises(MailboxUnavailable), opened(server):
        pass


def test_a_message_put_off_by_the_server_stops_only_itself(tmp_path):
    with scripted_imap(tmp_path, uid_fetch=about() + DONE) as server:
        server.answers["UID FETCH 1 (BODY.PEEK["] = [b"{tag} NO [LIMIT] too many\r\n", body(RAW) + DONE]
        with opened(server) as box:
            with pytest.raises(MessageUnavailable):
                read(box)
            assert read(box) == RAW


def test_a_search_put_off_by_the_server_is_not_an_empty_folder(tmp_path):
    refusal = b"{tag} NO [LIMIT] too many\r\n"
    with (
        scripted_imap(tmp_path, uid_search=refusal) as server,
        opened(server) as box,
        pytest.raises(MailboxUnavailable),
    ):
        box.uids()


def test_a_folder_renumbered_while_it_is_open_for_moving_is_left_alone(tmp_path):
    renumbered = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\n* OK [UIDNEXT 2] x\r\n{tag} OK [READ-WRITE] done\r\n"
    with scripted_imap(tmp_path, select=renumbered) as server:
        with opened(server) as box:
            assert not box.move(1, "Elaborati")
        assert not [command for command in server.commands if command.startswith(("UID MOVE", "UID COPY"))]


ALL_ABOUT = about(uid=1) + about(uid=2) + about(uid=3) + DONE
ALL_BODIES = body(b"prima", uid=1) + body(b"media", uid=2) + body(b"terza", uid=3) + DONE
LISTED = b"* SEARCH 1 2 3\r\n" + DONE


def expected(folder: Path, together: bytes, *, alone: bytes = b"{tag} NO none\r\n", **limits: Any):
    """What comes of three messages of five bytes each that are expected, and the commands it took."""
    with scripted_imap(folder, uid_fetch=ALL_ABOUT, uid_search=LISTED) as server:
        server.answers["UID FETCH 1,2,3 (BODY.PEEK["] = together
        server.answers["UID FETCH 1,2 (BODY.PEEK["] = body(b"prima", uid=1) + body(b"media", uid=2) + DONE
        server.answers["UID FETCH 2 (BODY.PEEK["] = alone
        server.answers["UID FETCH 3 (BODY.PEEK["] = body(b"terza", uid=3) + DONE
        server.answers["UID FETCH 1 (BODY.PEEK["] = body(b"prima", uid=1) + DONE
        found: list[bytes | type | None] = []
        with ImapMailbox(settings_for(server), ImapLimits(connect=3, silence=3, call=1.5, **limits)).open() as box:
            box.expect([1, 2, 3])
            for uid in (1, 2, 3):
                try:
                    found.append(read(box, uid))
                except (MessageUnavailable, MailboxUnavailable) as error:
                    found.append(type(error))
        return found, [command for command in server.commands if command.startswith("UID FETCH")]


def test_messages_that_are_expected_are_asked_for_all_at_once(tmp_path):
    found, asked = expected(tmp_path, ALL_BODIES)
    assert found == [b"prima", b"media", b"terza"]
    assert asked == ["UID FETCH 1,2,3 (RFC822.SIZE INTERNALDATE)", "UID FETCH 1,2,3 (BODY.PEEK[])"]


def test_no_more_is_held_than_the_limit_allows(tmp_path):
    found, asked = expected(tmp_path, ALL_BODIES, held=12)
    assert found == [b"prima", b"media", b"terza"]
    assert asked[1:] == ["UID FETCH 1,2 (BODY.PEEK[])", "UID FETCH 3 (BODY.PEEK[])"]


@pytest.mark.parametrize(
    "together",
    [
        b"{tag} NO [SERVERBUG] internal error\r\n",
        body(b"prima", uid=1) + b"{tag} NO [LIMIT] slow down\r\n",
        body(b"prima", uid=1) + body(b"medi", uid=2) + body(b"terza", uid=3) + DONE,
        body(b"prima", uid=1) + body(b"terza", uid=3) + DONE,
        body(b"prima", uid=1) + b"* 2 FETCH (UID 2 BODY[] NIL)\r\n" + body(b"terza", uid=3) + DONE,
    ],
    ids=["refused", "broken-off", "cut", "left-out", "nil"],
)
def test_what_does_not_come_whole_together_is_asked_for_by_itself(tmp_path, together):
    assert expected(tmp_path, together)[0] == [b"prima", MessageUnavailable, b"terza"]
    assert expected(tmp_path, together, alone=body(b"media", uid=2) + DONE)[0] == [b"prima", b"media", b"terza"]


def test_a_line_lost_at_messages_asked_for_together_gives_none_of_them(tmp_path):
    found, _ = expected(tmp_path, body(b"prima", uid=1) + CUT)
    assert found == [MailboxUnavailable] * 3
