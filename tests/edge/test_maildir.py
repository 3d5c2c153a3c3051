"""What only a maildir can do: be changed by others as files."""

import fcntl
from pathlib import Path

import pytest

from ingest.mailbox import FolderMissing, MailboxUnavailable
from ingest.maildir import Maildir
from tests.edge.houses import a_maildir_house


def listed(path: Path) -> tuple[int, list[int]]:
    with Maildir(path).open() as box:
        return box.uidvalidity, box.uids()


def test_a_message_keeps_its_uid_from_new_to_cur_and_through_every_flag(tmp_path: Path) -> None:
    house = a_maildir_house(tmp_path / "M")
    house.deliver(b"a", b"b")
    validity, (first, second) = listed(house.path)
    (path,) = house.path.glob("new/*1.M1P1.prova")
    path = path.rename(house.path / "cur" / f"{path.name}:2,")
    assert listed(house.path) == (validity, [first, second])
    path.rename(f"{path}FRS")
    assert listed(house.path) == (validity, [first, second])


def test_a_message_renamed_by_a_mail_program_after_the_listing_is_still_read(tmp_path: Path) -> None:
    house = a_maildir_house(tmp_path / "M")
    house.deliver(b"a")
    with house.mailbox.open() as box:
        (uid,) = box.uids()
        (path,) = house.path.glob("new/*")
        path.rename(house.path / "cur" / f"{path.name}:2,S")
        pieces: list[bytes] = []
        assert box.fetch(uid, pieces.append)
    assert pieces == [b"a"]


def test_a_uid_is_never_given_twice(tmp_path: Path) -> None:
    house = a_maildir_house(tmp_path / "M")
    house.deliver(b"a", b"b")
    assert listed(house.path)[1] == [1, 2]
    for path in house.path.glob("new/*"):
        path.unlink()
    house.deliver(b"c")
    assert listed(house.path)[1] == [3]


def test_a_later_message_has_the_greater_uid_whatever_its_name(tmp_path: Path) -> None:
    house = a_maildir_house(tmp_path / "M")
    house.deliver(b"z")
    listed(house.path)
    (house.path / "new" / "0.prima-nell-alfabeto").write_bytes(b"a")
    with house.mailbox.open() as box:
        pieces: list[bytes] = []
        (uid,) = box.uids(after=1)
        box.fetch(uid, pieces.append)
    assert pieces == [b"a"]


def test_an_index_line_cut_short_by_a_crash_is_written_anew(tmp_path: Path) -> None:
    house = a_maildir_house(tmp_path / "M")
    house.deliver(b"a")
    validity, _ = listed(house.path)
    index = house.path / ".pec-ingest-uids"
    with index.open("ab") as file:
        file.write(b"2 179000")
    house.deliver(b"b")
    assert listed(house.path) == (validity, [1, 2])
    assert listed(house.path) == (validity, [1, 2])
    assert index.read_bytes().count(b"\n") == 3


def test_an_unusable_index_gives_a_new_uidvalidity_and_lists_everything(tmp_path: Path) -> None:
    house = a_maildir_house(tmp_path / "M")
    house.deliver(b"a", b"b")
    validity, _ = listed(house.path)
    (house.path / ".pec-ingest-uids").write_bytes(b"rovinato\n1 x\n")
    again, uids = listed(house.path)
    assert again != validity
    assert uids == [1, 2]


def test_what_is_still_being_delivered_is_not_listed(tmp_path: Path) -> None:
    house = a_maildir_house(tmp_path / "M")
    (house.path / "tmp" / "1.in-arrivo").write_bytes(b"met")
    (house.path / "new" / ".nascosto").write_bytes(b"x")
    assert listed(house.path)[1] == []


def test_moving_never_replaces_another_message(tmp_path: Path) -> None:
    house = a_maildir_house(tmp_path / "M")
    house.deliver(b"nuovo")
    (name,) = [path.name for path in house.path.glob("new/*")]
    (house.path / ".Elaborati" / "new").mkdir(parents=True)
    (house.path / ".Elaborati" / "new" / name).write_bytes(b"vecchio")
    with house.mailbox.open() as box:
        assert box.move(1, "Elaborati")
    assert sorted(house.contents("Elaborati")) == [b"nuovo", b"vecchio"]


def test_folder_names_are_those_other_programs_use(tmp_path: Path) -> None:
    house = a_maildir_house(tmp_path / "M")
    house.deliver(b"a")
    with house.mailbox.open() as box:
        assert box.move(1, "Archivio/Novità")
        assert box.folders() == ["INBOX", "Archivio/Novità"]
    assert (house.path / ".Archivio.Novit&AOA-" / "cur").is_dir()
    with house.mailbox.open("Archivio/Novità") as box:
        assert box.uids() == [1]


def test_a_path_that_is_no_maildir_is_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FolderMissing), Maildir(tmp_path / "niente").open():
        pass
    assert not (tmp_path / "niente").exists()


def test_a_maildir_whose_index_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    house = a_maildir_house(tmp_path / "M")
    (house.path / ".pec-ingest-uids").mkdir()
    with pytest.raises(MailboxUnavailable) as caught, house.mailbox.open():
        pass
    assert caught.value.temporary


def test_an_index_held_by_a_process_that_stands_still_is_a_fault_and_no_hang(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("ingest.maildir._PATIENCE", 0.1)
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    with (tmp_path / ".pec-ingest-uids").open("wb") as index:
        fcntl.flock(index, fcntl.LOCK_EX)
        with pytest.raises(MailboxUnavailable, match="another process"), Maildir(tmp_path).open():
            pass
    with Maildir(tmp_path).open() as box:
        assert box.uids() == []
