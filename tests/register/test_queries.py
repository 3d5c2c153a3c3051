"""The lists: what they hold, in which order, and what they cost on a big register."""

from datetime import timedelta
from time import process_time

from sqlalchemy import insert

from ingest.outbox import send_due
from ingest.queries import LogFilter, log_rows, organisation_rows, outcome_counts, outgoing_rows
from ingest.vocabulary import ReceiptType
from models import Entry
from tests.fakes import FakePost
from tests.register.builders import CODES, NOW, WRONG_CODE, Sending, a_message, a_receipt, a_verdict, letters, recorded

DAY = timedelta(days=1)


def three_messages(db):
    recorded(db, a_verdict(), NOW - 3 * DAY)
    recorded(db, a_verdict(Sending(), {"organisation__fiscal_code": WRONG_CODE, "organisation__name": "Il Bruco"}), NOW)
    a_message(db)


def test_the_log_shows_every_message_newest_first(db):
    three_messages(db)
    with db.reading() as session:
        waiting, doubtful, sure = log_rows(session)
    assert (waiting.outcome, doubtful.outcome, sure.outcome) == ("", "review", "recorded")
    assert (sure.organisations, sure.letters, doubtful.organisations) == ((1,), (1,), ())
    assert (sure.at, sure.kind, len(sure.sha256)) == (NOW - 3 * DAY, "certified", 64)


def test_the_log_can_be_narrowed(db):
    three_messages(db)

    def ids(**chosen):
        with db.reading() as session:
            return [row.id for row in log_rows(session, LogFilter(**chosen))]

    assert ids(since=NOW - DAY) == [3, 2]
    assert ids(outcomes=("recorded", "updated")) == [1]
    assert ids(search="Àurora ODV") == [1]
    assert ids(search=CODES[0]) == [1]
    assert ids(search="bruco") == [2]
    assert ids(search="100% bruco_") == []
    assert ids(needs_review=True) == [2]
    assert ids(limit=1) == [3]
    assert ids(before=3, limit=1) == [2]


def test_counts_by_outcome_cover_half_open_spans(db):
    three_messages(db)
    with db.reading() as session:
        assert outcome_counts(session) == {"": 1, "review": 1, "recorded": 1}
        assert outcome_counts(session, NOW - 3 * DAY, NOW) == {"recorded": 1}


def test_organisations_are_listed_by_name(db):
    for number, name in enumerate(("Zefiro ODV", "Associazione Aurora")):
        recorded(db, a_verdict(Sending(), {"organisation__fiscal_code": CODES[number], "organisation__name": name}))
    with db.reading() as session:
        rows = organisation_rows(session, notice_id="piano-di-zona")
        assert [row.name for row in rows] == ["Associazione Aurora", "Zefiro ODV"]
        assert [row.name for row in organisation_rows(session, search="zéfiro")] == ["Zefiro ODV"]
        assert organisation_rows(session, notice_id="another") == []
    assert (rows[0].fiscal_code, rows[0].emails, rows[0].versions) == (CODES[1], ("info@aurora.example.org",), 1)


def test_outgoing_letters_carry_their_history(db):
    recorded(db, a_verdict())
    send_due(db, FakePost(), NOW)
    recorded(db, a_receipt(ReceiptType.ACCEPTANCE, letters(db)[0].message_id))
    with db.reading() as session:
        (row,) = outgoing_rows(session)
        assert outgoing_rows(session, states=("failed",)) == []
    assert (row.letter, row.entry, row.to, row.state) == ("adhesion-received", 1, "aurora@pec.example.org", "accepted")
    assert [(step.state, step.receipt) for step in row.history] == [
        ("queued", ""), ("submitting", ""), ("submitted", ""), ("accepted", "acceptance"),
    ]  # fmt: skip
    assert row.recipients == (("aurora@pec.example.org", "accepted"),)


def test_a_page_of_a_big_log_is_quick(db):
    with db.transaction() as session:
        session.execute(
            insert(Entry),
            [
                {
                    "sha256": f"{number:064d}", "size": 1, "received_at": NOW + number * timedelta(seconds=1),
                    "state": "done", "outcome": "recorded" if number % 50 else "review", "reasons": [],
                    "search": f"ente numero {number}", "needs_review": number % 50 == 0,
                }
                for number in range(20_000)
            ],
        )  # fmt: skip
    for chosen in (
        LogFilter(limit=50),
        LogFilter(limit=50, before=10_000),
        LogFilter(limit=50, outcomes=("review",)),
        LogFilter(limit=50, needs_review=True),
        LogFilter(limit=50, search="numero 77"),
    ):
        with db.reading() as session:
            began = process_time()
            assert len(log_rows(session, chosen)) == 50
            assert process_time() - began < 1
