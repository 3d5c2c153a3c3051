"""The weekly digest over a real register: once a week, late rather than never, also when nothing happened."""

from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest

from ingest.demo.facts import AT
from tests.e2e.house import House, a_house
from tests.e2e.mailbag import a_body, an_application

ROME = ZoneInfo("Europe/Rome")
READER = "pianodizona@posta.example"


@pytest.fixture
def reading(tmp_path, premises) -> Iterator[House]:
    """An office whose digest somebody reads; installed on Wednesday 7 October 2026 at noon."""
    with a_house(tmp_path, premises, digest={"to": [READER]}) as built:
        built.clock.now = datetime(2026, 10, 7, 12, 0, tzinfo=ROME)
        yield built


def rome(*when: int) -> datetime:
    return datetime(*when, tzinfo=ROME)  # type: ignore[arg-type, misc]


def digests(house: House) -> list[str]:
    """The text of every digest that went over the wire."""
    mails = [message_from_bytes(sent.raw, policy=policy.default) for sent in house.sent if sent.recipients == (READER,)]
    bodies = [mail.get_body(("plain",)) for mail in mails]
    return [body.get_content() for body in bodies if body is not None]


def test_the_digest_of_a_week_goes_out_once_at_its_hour(reading):
    reading.inbox.append(an_application(80), AT)
    reading.settle()
    reading.clock.now = rome(2026, 10, 12, 7, 50)
    reading.settle()
    assert digests(reading) == []
    reading.clock.now = rome(2026, 10, 12, 8, 0)
    reading.settle()
    reading.clock.advance(hours=5)
    reading.settle()
    (text,) = digests(reading)
    assert a_body(80).name in text


def test_a_digest_missed_while_the_service_was_off_is_sent_late_and_once(reading):
    reading.inbox.append(an_application(80), AT)
    reading.settle()
    reading.clock.now = rome(2026, 10, 29, 15, 0)  # two Mondays later, on a Thursday
    reading.settle()
    reading.clock.advance(hours=1)
    reading.settle()
    assert len(digests(reading)) == 1


def test_an_empty_week_has_its_digest_too(reading):
    reading.inbox.append(an_application(80), AT)
    reading.settle()
    for monday in (12, 19, 26):
        reading.clock.now = rome(2026, 10, monday, 8, 5)
        reading.settle()
    assert len(digests(reading)) == 3
    assert a_body(80).name not in digests(reading)[1]


def test_the_digest_is_never_answered_nor_taken_for_an_application(reading):
    reading.inbox.append(an_application(80), AT)
    reading.settle()
    reading.clock.now = rome(2026, 10, 12, 8, 5)
    reading.settle()
    assert [row.outcome for row in reading.log()].count("recorded") == 1
    assert [letter.letter for letter in reading.letters()] == ["adhesion-received-after-start", "digest"]
