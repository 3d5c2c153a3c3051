from datetime import UTC, datetime, timedelta

import pytest

from ingest.envelope.addresses import addresses_in, plain_address, single_address
from ingest.envelope.headers import decode_words, parameters, to_text
from ingest.envelope.mime import from_base64, message
from ingest.envelope.receipts import error_code
from ingest.envelope.times import certified_time, mail_date


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('"Per conto di: a@b.example" <posta-certificata@g.example>', ("posta-certificata@g.example",)),
        ("pct@pec. x.example, b@c.example", ("b@c.example",)),
        ("a@b.example>, <c@d.example>", ("a@b.example", "c@d.example")),
        ('"Rossi, Mario" <R@D.example>, r@d.example', ("r@d.example",)),
        ('"aperta <a@b.example>', ("a@b.example",)),
        ("Nome (commento, con virgola) <a@b.example>", ("a@b.example",)),
        ("nessuno", ()),
        ("", ()),
    ],
)
def test_a_damaged_field_gives_the_addresses_that_are_surely_there(field, expected):
    assert addresses_in(field) == expected


def test_a_sender_is_one_address_in_one_field():
    assert single_address(("A <a@b.example>",)) == "a@b.example"
    assert single_address(("a@b.example, c@d.example",)) == ""
    assert single_address(("a@b.example", "a@b.example")) == ""
    assert single_address(("a@@b",)) == ""
    assert single_address(()) == ""
    assert plain_address(" <A@B.Example> ") == "a@b.example"


def test_certified_times_become_instants():
    assert certified_time("05/10/2026", "10:15:00", "+0200") == datetime(2026, 10, 5, 8, 15, tzinfo=UTC)
    assert certified_time("31/12/2026", "23:59:60", "+0100") == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    for wrong in (
        ("5/13/2026", "1:00:00", "+0100"),
        ("05/10/2026", "10:15:00", ""),
        ("01/01/0001", "00:00:00", "+0200"),
    ):
        assert certified_time(*wrong) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 5 Oct 2026 10:15:00 +0200 (CEST)", datetime(2026, 10, 5, 8, 15, tzinfo=UTC)),
        ("Mon, 5 Oct 2026 10:15:00 CEST", datetime(2026, 10, 5, 8, 15, tzinfo=UTC)),
        ("Mon, 05 Oct 26 10:15:00 -0000", datetime(2026, 10, 5, 10, 15, tzinfo=UTC)),
        ("Mon, 5 Oct 2026 10:15:00 XYZ", datetime(2026, 10, 5, 10, 15, tzinfo=UTC)),
        ("Mon, 5 Oct 2026 10:15:00 +9999", None),
        ("ieri", None),
        ("", None),
    ],
)
def test_the_senders_date_is_read_tolerantly(text, expected):
    assert mail_date(text) == expected


def test_parts_end_before_exactly_one_line_end_and_delimiters_are_whole_lines():
    raw = (
        b'Content-Type: multipart/mixed;\r\n boundary="--x"\r\n\r\npreamble ----x\r\n----x \r\n\r\na\r\n\r\n----xy\r\n'
        b"----x\r\n\r\nb\n----x--\r\n----x\r\n\r\nafter the end\r\n"
    )
    assert [bytes(part.content()) for part in message(raw).children()] == [b"a\r\n\r\n----xy", b"b"]


def test_a_part_without_last_delimiter_reaches_to_the_end():
    raw = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x\n\nb\n"
    assert [bytes(part.content()) for part in message(raw).children()] == [b"a", b"b\n"]


def test_parameters_quoted_folded_and_bare():
    value = 'multipart/signed; Protocol="a/b"; boundary="a;\\"b"; name=plain.eml ; micalg*=utf-8\'\'sha1'
    assert parameters(value) == {"protocol": "a/b", "boundary": 'a;"b', "name": "plain.eml", "micalg": "sha1"}


def test_text_is_decoded_by_what_it_contains():
    assert to_text("è".encode(), "us-ascii") == "è"
    assert to_text("è€".encode("cp1252"), "utf-8") == "è€"
    assert to_text(b"abc", "rot13") == "abc"
    assert decode_words('"=?utf-8?Q?Citt=C3=A0.xml?="') == '"Città.xml"'
    assert decode_words("=?utf-8?b?x?=") in ("=?utf-8?b?x?=", "")
    assert from_base64(b"YW Jj\r\n!ZA==trailing") == b"abcd"


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        ("5.1.1 - ARUBA PEC S.p.A. - indirizzo non valido", "5.1.1"),
        ("5.5.1, Aruba Pec S.p.A., presenza di un virus", "5.5.1"),
        ("  5.1.10 altro", "5.1.10"),
        ("15.1.1", ""),
        ("5.1.100", ""),
        ("casella 5.2.2", ""),
    ],
)
def test_the_code_stands_at_the_beginning_or_nowhere(detail, code):
    assert error_code(detail) == code


def test_time_zones_keep_the_certified_offset():
    found = certified_time("05/10/2026", "10:15:00", "-0930")
    assert found is not None
    assert found.utcoffset() == -timedelta(hours=9, minutes=30)
