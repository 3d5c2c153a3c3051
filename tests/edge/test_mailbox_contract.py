"""What every mailbox promises, shown on a fake, a maildir and a real server."""

import tracemalloc
from datetime import datetime
from pathlib import Path

import pytest

from ingest.mailbox import Box, FolderMissing
from tests.edge.houses import FakeHouse, House, a_dovecot_house, a_maildir_house
from tests.fakes import FakeMailbox

ENVELOPE = b"Subject: POSTA CERTIFICATA: Allegato 1\r\nX-Trasporto: posta-certificata\r\n\r\nbuongiorno\r\n"


@pytest.fixture(params=["fake", "maildir", "dovecot"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    if request.param == "fake":
        return FakeHouse(FakeMailbox())
    if request.param == "maildir":
        return a_maildir_house(tmp_path / "Maildir")
    return a_dovecot_house(request.getfixturevalue("dovecot"))


def read(box: Box, uid: int) -> bytes | None:
    pieces: list[bytes] = []
    return b"".join(pieces) if box.fetch(uid, pieces.append) else None


def test_new_messages_are_listed_in_order_and_only_those_after_the_last_known(house: House) -> None:
    house.deliver(ENVELOPE, ENVELOPE + b"2\r\n", ENVELOPE + b"3\r\n")
    with house.mailbox.open() as box:
        first, second, third = box.uids()
        assert first < second < third
        assert box.uids(after=first) == [second, third]
        assert box.uids(after=third) == []
        assert box.uids(after=third + 1000) == []


def test_an_empty_folder_lists_nothing(house: House) -> None:
    with house.mailbox.open() as box:
        assert box.uids() == []
        assert box.sizes([]) == {}


def test_a_message_that_arrives_while_the_box_is_open_is_seen_by_the_next_listing(house: House) -> None:
    with house.mailbox.open() as box:
        assert box.uids() == []
        house.deliver(ENVELOPE)
        assert len(box.uids()) == 1


@pytest.mark.parametrize(
    "raw",
    [
        ENVELOPE,
        b"Subject: riga nuda\n\nfine riga unix\nancora\n",
        b"Subject: citt\xe0\r\n\r\nperch\xe9 \xff\xfe\x80\r\n",
        b"Subject: fine\r\n\r\nsenza ritorno a capo",
        b"Subject: graffe\r\n\r\n{12}\r\n)\r\nA001 OK FETCH\r\n",
        b"\r\n",
        b"x",
        b'"',
        b"",
    ],
    ids=["crlf", "bare-lf", "8-bit", "no-last-line-end", "protocol-like", "blank", "one-byte", "quote", "empty"],
)
def test_a_message_comes_back_byte_for_byte(house: House, raw: bytes) -> None:
    house.deliver(raw)
    with house.mailbox.open() as box:
        (uid,) = box.uids()
        assert read(box, uid) == house.as_given(raw)
        assert box.sizes([uid]) == {uid: len(house.as_given(raw))}


def test_messages_expected_together_come_one_by_one_byte_for_byte_and_one_that_vanished_does_not(house: House) -> None:
    raws = [ENVELOPE + b"%d\r\n" % number * (number + 1) for number in range(6)]
    house.deliver(*raws)
    before = house.marks()
    with house.mailbox.open() as box:
        uids = box.uids()
        house.remove(uids[3])
        box.expect(uids)
        assert [read(box, uid) for uid in uids] == [*raws[:3], None, *raws[4:]]
        assert read(box, uids[0]) == raws[0], "a second time, and out of order"
    if isinstance(before, dict):
        assert house.marks() == {uid: marks for uid, marks in before.items() if uid != uids[3]}


def test_a_zero_byte_inside_a_message_does_not_stop_it(house: House) -> None:
    house.deliver(b"Subject: zero\r\n\r\nprima\x00dopo\r\n", ENVELOPE)
    with house.mailbox.open() as box:
        first, second = box.uids()
        given = read(box, first)
        assert given is not None
        assert given.replace(b"\x80", b"\x00") == b"Subject: zero\r\n\r\nprima\x00dopo\r\n"  # Dovecot's own replacement
        assert read(box, second) == ENVELOPE


def test_a_message_somebody_already_read_is_listed_like_any_other(house: House) -> None:
    house.deliver(ENVELOPE, seen=True)
    with house.mailbox.open() as box:
        assert len(box.uids()) == 1


def test_reading_leaves_every_flag_as_it_was(house: House) -> None:
    house.deliver(ENVELOPE)
    house.deliver(ENVELOPE, seen=True)
    before = house.marks()
    with house.mailbox.open() as box:
        for uid in box.uids():
            assert read(box, uid) == ENVELOPE
        box.sizes(box.uids())
        box.search_header("X-Trasporto", "posta-certificata")
        box.quota()
        box.folders()
    assert house.marks() == before


def test_the_servers_time_of_arrival_is_aware(house: House) -> None:
    house.deliver(ENVELOPE)
    with house.mailbox.open() as box:
        arrived = box.fetch(box.uids()[0], lambda piece: None)
    assert arrived
    assert isinstance(arrived.internal_date, datetime)
    assert arrived.internal_date.tzinfo


def test_a_place_is_the_same_after_a_restart(house: House) -> None:
    house.deliver(ENVELOPE, ENVELOPE + b"2\r\n")
    with house.mailbox.open() as box:
        before = (box.uidvalidity, box.uids())
    house.deliver(ENVELOPE + b"3\r\n")
    with house.mailbox.open() as box:
        assert box.uidvalidity == before[0] > 0
        assert box.uids()[:2] == before[1]
        assert len(box.uids()) == 3


def test_a_renumbered_folder_shows_by_its_uidvalidity(house: House) -> None:
    house.deliver(ENVELOPE)
    with house.mailbox.open() as box:
        before = box.uidvalidity
        box.uids()
    house.renumber()
    with house.mailbox.open() as box:
        assert box.uidvalidity != before
        assert [read(box, uid) for uid in box.uids()] == [ENVELOPE]


def test_a_message_that_vanished_after_the_listing_is_none_and_the_next_is_read(house: House) -> None:
    house.deliver(ENVELOPE, ENVELOPE + b"2\r\n")
    with house.mailbox.open() as box:
        first, second = box.uids()
        house.remove(first)
        box.uids()
        written: list[bytes] = []
        assert box.fetch(first, written.append) is None
        assert written == []
        assert read(box, second) == ENVELOPE + b"2\r\n"
        assert box.sizes([first, second]) == {second: len(ENVELOPE) + 3}


def test_moving_creates_the_folder_and_takes_that_message_alone(house: House) -> None:
    house.deliver(ENVELOPE, ENVELOPE + b"2\r\n", ENVELOPE + b"3\r\n")
    with house.mailbox.open() as box:
        first, second, third = box.uids()
        assert box.move(second, "Elaborati")
        assert box.uids() == [first, third]
        assert box.move(first, "Elaborati")
        assert box.uids() == [third]
        assert "Elaborati" in box.folders()
    assert sorted(house.contents("Elaborati")) == sorted([ENVELOPE, ENVELOPE + b"2\r\n"])


def test_moving_a_message_that_is_already_gone_is_no_fault(house: House) -> None:
    house.deliver(ENVELOPE)
    with house.mailbox.open() as box:
        (uid,) = box.uids()
        assert box.move(uid, "Elaborati")
        assert box.move(uid, "Elaborati")
    assert house.contents("Elaborati") == [ENVELOPE]


def test_moving_keeps_the_read_mark_and_sets_none(house: House) -> None:
    house.deliver(ENVELOPE)
    house.deliver(ENVELOPE, seen=True)
    with house.mailbox.open() as box:
        for uid in box.uids():
            assert box.move(uid, "Elaborati")
    assert sorted(house.seen("Elaborati")) == [False, True]


def test_the_folder_messages_were_moved_to_can_be_opened_by_name(house: House) -> None:
    house.deliver(ENVELOPE)
    with house.mailbox.open() as box:
        box.move(box.uids()[0], "Da verificare")
    with house.mailbox.open("Da verificare") as box:
        assert box.folder == "Da verificare"
        assert [read(box, uid) for uid in box.uids()] == [ENVELOPE]


def test_a_missing_folder_is_named(house: House) -> None:
    with pytest.raises(FolderMissing, match="Inesistente") as caught, house.mailbox.open("Inesistente"):
        pass
    assert not caught.value.temporary


def test_a_header_is_searched_for_without_regard_to_case(house: House) -> None:
    about_us = b"X-Riferimento-Message-ID: <Ack.1@pec.example>\r\nSubject: ACCETTAZIONE\r\n\r\n.\r\n"
    only_in_body = b"Subject: x\r\n\r\nX-Riferimento-Message-ID: <ack.1@pec.example>\r\n"
    house.deliver(ENVELOPE, about_us, only_in_body)
    with house.mailbox.open() as box:
        uids = box.uids()
        assert box.search_header("X-Riferimento-Message-ID", "ack.1@pec.example") == [uids[1]]
        assert box.search_header("X-Riferimento-Message-ID", "ack.2@pec.example") == []


def test_a_message_of_30_megabytes_passes_through_little_memory(house: House) -> None:
    line = b"0123456789abcdef" * 4 + b"\r\n"
    house.deliver(b"Subject: grande\r\n\r\n" + line * (30_000_000 // len(line)))
    written = 0

    def count(piece: bytes) -> None:
        nonlocal written
        written += len(piece)

    with house.mailbox.open() as box:
        (uid,) = box.uids()
        size = box.sizes([uid])[uid]
        if isinstance(house, FakeHouse):
            box.fetch(uid, count)
        else:
            tracemalloc.start()
            try:
                box.fetch(uid, count)
                assert tracemalloc.get_traced_memory()[1] < 6_000_000
            finally:
                tracemalloc.stop()
    assert written == size > 29_900_000
