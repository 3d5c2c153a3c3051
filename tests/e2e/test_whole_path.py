"""The whole way of a mixed mailbag: server, ledger, judgement, register, letters, receipts, on both databases."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from hashlib import sha256

import pytest
from sqlalchemy import select

from ingest.demo.facts import OFFICE
from ingest.queries import LogRow
from ingest.reconcile import reconcile
from models import Letter, Organisation
from tests.e2e.house import House, a_house
from tests.e2e.mailbag import Posted, about_a_letter, mailbag
from tests.servers.postgresql import PostgreSQL

Flags = dict[int, frozenset[bytes]]


@dataclass(frozen=True)
class Week:
    """A house after its mail was worked through, with what was seen on the way."""

    house: House
    bag: tuple[tuple[Posted, str], ...]  # with the SHA-256 of the bytes as the server gives them
    flags_before: Flags
    flags_after: Flags

    def rows(self) -> list[tuple[Posted, LogRow]]:
        """Each message with its line of the log."""
        log = {row.sha256: row for row in self.house.log()}
        return [(item, log[key]) for item, key in self.bag]

    def row(self, name: str) -> LogRow:
        return next(row for item, row in self.rows() if item.name == name)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def week(request, tmp_path_factory, premises) -> Iterator[Week]:
    """All mail at once, rounds until quiet; then what comes about a delivered letter, and rounds again."""
    folder = tmp_path_factory.mktemp("casa")
    url = ""
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        url = server.url(server.create_database())
    with a_house(folder, premises, url) as house:
        bag = put(house, _bag(thin=request.param == "postgresql"))
        before = house.inbox.flags()
        house.settle()
        with house.db.reading() as session:
            letter = session.scalars(select(Letter).where(Letter.to_address == "ilponte@pec.example")).first()
        sent = next(one for one in house.sent if letter and one.message_id == letter.message_id)
        later = put(house, list(about_a_letter(sent, letter.identifier if letter else "", house.clock())))
        house.settle()
        yield Week(house, (*bag, *later), before, house.inbox.flags())


def _bag(*, thin: bool) -> list[Posted]:
    """Everything; or, thin, everything but two of three messages of the gallery."""
    return [
        item for place, item in enumerate(mailbag()) if not (thin and item.name.startswith("gallery") and place % 3)
    ]


def put(house: House, bag: list[Posted]) -> list[tuple[Posted, str]]:
    """Appends the messages in order: servers turn bare line feeds into CRLF, so what lies there counts."""
    house.inbox.append_all([(item.raw, item.at, item.flags) for item in bag])
    there = sorted(house.inbox.messages().items())[-len(bag) :]
    return [(item, sha256(raw).hexdigest()) for item, (_, raw) in zip(bag, there, strict=True)]


def test_the_bag_holds_every_kind_of_message(week):
    kinds = {item.name.split()[1][0] for item, _ in week.bag if item.name.startswith("gallery")}
    assert kinds == set("ABCDEG")
    assert len(week.bag) > 120


def test_every_message_stands_in_the_log_exactly_once(week):
    log = Counter(row.sha256 for row in week.house.log())
    assert set(log.values()) == {1}
    assert set(log) == {sha256(raw).hexdigest() for raw in week.house.inbox.messages().values()}
    assert len(week.flags_after) == len(week.bag) + 2 * len(week.house.sent)  # with two receipts of every letter


def test_every_message_has_the_outcome_it_must_have(week):
    wrong = [(item.name, row.outcome, row.reasons) for item, row in week.rows() if row.outcome not in item.outcomes]
    assert wrong == []


def test_what_a_person_must_see_is_marked_so(week):
    log = week.house.log()
    assert [row for row in log if row.outcome in ("review", "unreadable") and not row.needs_review] == []
    assert [row for row in log if "held-for-person" in row.reasons and not row.needs_review] == []
    assert [row for row in log if row.outcome == "receipt" and row.needs_review] == []


def test_each_body_is_one_organisation(week):
    with week.house.db.reading() as session:
        codes = [body.fiscal_code for body in session.scalars(select(Organisation))]
    assert max(Counter(codes).values()) == 1
    found: dict[str, set[int]] = {}
    for item, row in week.rows():
        if item.letter.startswith("adhesion"):
            assert len(row.organisations) == 1
            found.setdefault(item.to, set()).update(row.organisations)
    assert {len(ids) for ids in found.values()} == {1}
    assert len(set().union(*found.values())) == len(found)


def test_each_message_is_answered_once_or_not_at_all(week):
    wanted = {key: (item.to, item.letter) for item, key in reversed(week.bag) if item.letter}
    assert Counter((letter.to, letter.letter) for letter in week.house.letters()) == Counter(wanted.values())
    assert max(Counter(letter.entry for letter in week.house.letters()).values()) == 1


def test_every_letter_went_over_the_wire_once_to_one_address(week):
    sent = week.house.sent
    assert all(submission.accepted for submission in sent)
    assert max(Counter(submission.message_id for submission in sent).values()) == 1
    assert {submission.message_id for submission in sent} == {letter.message_id for letter in week.house.letters()}
    for submission in sent:
        letter = message_from_bytes(submission.raw, policy=policy.default)
        (to,) = submission.recipients
        assert letter["To"] == to
        assert letter["Cc"] is letter["Bcc"] is None
        assert letter["From"].addresses[0].addr_spec == OFFICE
        assert letter["Auto-Submitted"] == "auto-replied"
        assert letter["In-Reply-To"]


def test_no_letter_goes_to_a_machine_or_to_ourselves(week):
    told = {address for submission in week.house.sent for address in submission.recipients}
    machines = {"posta-certificata", "no-reply", "noreply", "postmaster", "mailer-daemon"}
    assert OFFICE not in told
    assert not {address.partition("@")[0].lower() for address in told} & machines
    assert all(address.endswith("@pec.example") for address in told)


def test_every_letter_is_delivered_and_nothing_said_later_changes_that(week):
    assert {letter.state for letter in week.house.letters()} == {"delivered"}


def test_a_reply_to_our_letter_and_a_bounce_are_seen_as_such(week):
    assert "reply-to-our-letter" in week.row("reply to the PEC id").reasons
    assert "reply-to-our-letter" in week.row("reply to our id").reasons
    assert "bounce" in week.row("bounce of our letter").reasons
    assert "receipt-of-ours" not in week.row("receipt of a person's mail").reasons


def test_no_flag_in_the_mailbox_changed(week):
    assert {uid: week.flags_after[uid] for uid in week.flags_before} == week.flags_before
    assert {b"\\Seen", b"\\Answered", b"\\Flagged", b"$Forwarded"} <= frozenset().union(*week.flags_before.values())
    assert {flags for uid, flags in week.flags_after.items() if uid not in week.flags_before} == {frozenset()}


def test_the_stored_originals_are_the_mailbox_byte_for_byte(week):
    for raw in week.house.inbox.messages().values():
        assert week.house.service.store.path_of(sha256(raw).hexdigest()).read_bytes() == raw


def test_one_more_round_changes_nothing(week):
    rows, wire, log = week.house.rows(), len(week.house.sent), week.house.log()
    week.house.clock.advance(hours=3)
    report = week.house.round()
    assert (report.collected, report.submitted, report.failed) == (0, 0, [])
    assert (week.house.rows(), len(week.house.sent), week.house.log()) == (rows, wire, log)


def test_the_reconciliation_finds_no_difference(week):
    found = reconcile(week.house.db, week.house.service.mailbox)
    assert (found.difference, found.missing, found.gone, found.waiting) == (0, (), 0, 0)
    assert found.received == len(week.flags_after)
