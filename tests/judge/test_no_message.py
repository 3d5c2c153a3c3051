"""A file that is no mail is told to a person, and mail with next to nothing in it is still mail."""

from datetime import UTC, datetime

import pytest

from ingest.config import built_in_notice
from ingest.judge import judge
from ingest.rules import Arrival, Context
from ingest.vocabulary import Reason, VerdictKind

CONTEXT = Context(notice=built_in_notice())
NOW = Arrival(now=datetime(2026, 10, 5, tzinfo=UTC))


@pytest.mark.parametrize("raw", [b"", b"\x00\x01\x02" * 50, b"\xd0\xcf\x11\xe0" + bytes(600), b"\r\n\r\n"])
def test_a_file_without_any_header_is_unreadable(raw):
    verdict = judge(raw, CONTEXT, NOW)
    assert verdict.kind is VerdictKind.UNREADABLE
    assert Reason.NOT_A_MESSAGE in verdict.reasons
    assert not verdict.answer.send


@pytest.mark.parametrize("raw", [b"From: a@example.org\r\n\r\nx", b"Subject: x\r\n\r\n"])
def test_a_mail_with_one_header_is_a_mail(raw):
    assert judge(raw, CONTEXT, NOW).kind is VerdictKind.NOTED
