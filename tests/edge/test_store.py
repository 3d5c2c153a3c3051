"""The originals on disk."""

import hashlib
import stat
from pathlib import Path

import pytest

from ingest.store import Store

RAW = b"Subject: citt\xe0\r\n\r\nbyte nudi \x00\xff\n"
SHA256 = hashlib.sha256(RAW).hexdigest()


def a_store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data" / "originals")


def files(store: Store) -> list[Path]:
    return [path for path in store.path.rglob("*") if path.is_file()]


def test_an_original_is_a_plain_file_with_exactly_its_bytes_named_by_their_hash(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    stored = store.keep(RAW)
    assert (stored.sha256, stored.size) == (SHA256, len(RAW))
    assert stored.path == store.path / SHA256[:2] / SHA256[2:4] / f"{SHA256}.eml"
    assert files(store) == [stored.path]
    assert stored.path.read_bytes() == RAW == store.read(SHA256)
    assert store.path_of(SHA256) == stored.path


def test_pieces_make_the_same_original_as_the_whole(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    with store.incoming() as sink:
        for at in range(0, len(RAW), 7):
            sink.write(RAW[at : at + 7])
        assert list(store) == []
    assert sink.stored == store.keep(RAW)
    assert len(files(store)) == 1


def test_an_empty_message_is_an_original_too(tmp_path: Path) -> None:
    stored = a_store(tmp_path).keep(b"")
    assert stored.path.read_bytes() == b""


def test_originals_are_told_in_order_and_files_of_other_names_are_none(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert list(store) == []
    hashes = [store.keep(b"%d" % number).sha256 for number in range(50)]
    first = store.path_of(hashes[0])
    first.with_name("appunti.eml").write_bytes(b"")
    first.with_name(f"{hashes[0]} (copia).eml").write_bytes(b"0")
    (store.path / "leggimi").mkdir()
    (store.path / "00").touch()
    assert list(store) == sorted(hashes)


def test_only_the_owner_may_look(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    stored = store.keep(RAW)
    assert stat.S_IMODE(stored.path.stat().st_mode) == 0o600
    for folder in [store.path, *(path for path in store.path.rglob("*") if path.is_dir())]:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    before = store.keep(RAW).path.stat()
    after = store.keep(RAW).path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_was_cut_short_by_the_disk_is_replaced_by_the_whole(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    path = store.keep(RAW).path
    path.write_bytes(RAW[:5])
    assert not store.verify(SHA256)
    store.keep(RAW)
    assert store.verify(SHA256)


def test_a_message_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    store = a_store(tmp_path)

    def breaks_off() -> None:
        with store.incoming() as sink:
            sink.write(RAW[:5])
            raise ConnectionError

    with pytest.raises(ConnectionError):
        breaks_off()
    assert files(store) == []
    assert list(store) == []


def test_a_discarded_message_leaves_nothing(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    with store.incoming() as sink:
        sink.discard()
    assert sink.stored is None
    assert files(store) == []


def test_an_altered_or_missing_original_is_found_out(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    path = store.keep(RAW).path
    assert store.verify(SHA256)
    path.write_bytes(RAW.replace(b"nudi", b"Nudi"))
    assert not store.verify(SHA256)
    path.unlink()
    assert not store.verify(SHA256)
    with pytest.raises(FileNotFoundError):
        store.read(SHA256)


def test_every_original_is_walked_through_in_order_and_nothing_else(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert list(store) == []
    kept = {store.keep(b"%d" % number).sha256 for number in range(40)}
    with store.incoming() as sink:
        sink.write(b"in arrivo")
        assert list(store) == sorted(kept)


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", SHA256.upper(), SHA256[:-1], SHA256 + "0", "../" + SHA256[3:]]
)
def test_what_is_no_hash_names_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        a_store(tmp_path).path_of(name)


def test_sweeping_removes_what_a_crash_left_and_not_what_is_arriving(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.keep(RAW)
    (store.path / "incoming" / "abbandonato").write_bytes(b"met\xe0")
    with store.incoming() as sink:
        sink.write(b"in arrivo")
        assert store.sweep() == 1
    assert sink.stored is not None
    assert store.verify(sink.stored.sha256)
    assert not (store.path / "incoming" / "abbandonato").exists()
    assert store.sweep() == 0


def test_messages_that_settle_together_are_originals_together_and_the_others_leave_nothing(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    with store.arrivals() as arrivals:
        sinks = []
        for number in (1, 2, 2, 3):
            with arrivals.incoming() as sink:
                sink.write(b"%d" % number)
            sinks.append(sink)
        assert (len(arrivals), arrivals.size, list(store), store.sweep()) == (4, 4, [], 0)
        arrivals.settle()
        assert {sink.stored.sha256 for sink in sinks if sink.stored} == set(store)
        assert len(files(store)) == 3
        with arrivals.incoming() as sink:
            sink.write(b"never settled")
    assert sink.stored is None
    assert len(files(store)) == 3
