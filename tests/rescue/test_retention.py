"""Derived data go when their time is over; the record never does."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from ingest.keys import RetentionSettings
from ingest.rescue.dump import rows_of
from ingest.retention import expire
from models import Adhesion, Audit, Condition, Entry, LoginFailure, Round
from tests.register.builders import NOW
from tests.rescue.conftest import Place

LONG_AGO, LATELY = NOW - timedelta(days=400), NOW - timedelta(days=2)
RECORD = ("entry", "document", "adhesion", "organisation", "organisation_version", "letter", "receipt", "answered")


def traces(place: Place) -> None:
    """Old and new rows of every kind that may go."""
    with place.db.transaction() as session:
        for at in (LONG_AGO, LATELY):
            session.add(LoginFailure(address="192.0.2.1", at=at))
            session.add(Round(started_at=at, finished_at=at, ok=True))
            session.add(Condition(code="disk-low", since=at, last_seen=at, cleared_at=at))
            session.add(Audit(at=at, who="anna", what="login", object="user:anna", old=None, new=None))
        session.add(Condition(code="mailbox-full", since=LONG_AGO, last_seen=NOW))


def counts(place: Place, **policy: Any) -> dict[str, int]:
    return {one.what: one.count for one in expire(place.db, RetentionSettings(**policy), NOW) if one.count}


def test_old_traces_go_and_new_ones_and_open_conditions_stay(place):
    traces(place)
    assert counts(place) == {"failed logins": 1, "rounds": 1, "ended conditions": 1}
    rows = rows_of(place.db)
    assert (rows["login_failure"], rows["round"], rows["condition"]) == (1, 1, 2)
    assert counts(place) == {}


def test_the_record_and_the_audit_stay_whatever_the_policy_says(place):
    for number in range(3):
        place.receive(number)
    traces(place)
    before, audits = rows_of(place.db), rows_of(place.db)["audit"]
    counts(place, sessions="1s", service_traces="1s", readings_until=date(2021, 1, 1))
    after = rows_of(place.db)
    assert {name: after[name] for name in RECORD} == {name: before[name] for name in RECORD}
    assert after["audit"] == audits + 1
    assert len(set(place.store)) == 3


def test_a_dry_run_counts_and_changes_nothing(place):
    traces(place)
    before = rows_of(place.db)
    found = expire(place.db, RetentionSettings(), NOW, dry_run=True)
    assert sum(one.count for one in found) == 3
    assert rows_of(place.db) == before


def test_after_the_day_forms_keep_their_values_and_lose_the_words(place):
    entry = place.receive(0)
    assert counts(place, readings_until=NOW.date()) == {}
    assert counts(place, readings_until=NOW.date() - timedelta(days=1)) == {"readings, word for word": 1}
    with place.db.reading() as session:
        form = session.scalars(select(Adhesion)).one()
        stored = session.get_one(Entry, entry).verdict or ""
    assert form.fields["organisation.name"]["value"]
    assert {value["raw"] for value in form.fields.values()} == {""}
    assert '"raw": ""' in stored


def test_a_form_that_waits_for_a_person_keeps_its_words(place):
    place.receive(0)
    with place.db.transaction() as session:
        session.scalars(select(Entry)).one().needs_review = True
    assert counts(place, readings_until=date(2021, 1, 1)) == {}


def test_what_was_removed_is_in_the_audit_in_numbers(place):
    traces(place)
    counts(place)
    with place.db.reading() as session:
        noted = session.scalars(select(Audit).where(Audit.what == "retention")).one()
        assert noted.new == {"failed logins": 1, "rounds": 1, "ended conditions": 1}
        assert session.scalar(select(func.count()).select_from(Audit)) == 3
