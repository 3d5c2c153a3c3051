"""Deadlines to the last fraction of their last second, in summer and winter time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ingest.notice import deciding_instant, role, timeliness
from ingest.rules import Arrival
from ingest.vocabulary import EnvelopeKind, ParticipationRole, Reason, SignatureState, Timeliness
from tests.letters.builders import NOW, SUMMER, a_notice, an_adhesion, an_envelope

WINTER = timezone(timedelta(hours=1))
START = datetime(2021, 9, 15, 23, 59, 59, tzinfo=SUMMER)
ON, LATE, AFTER = Timeliness.ON_TIME, Timeliness.LATE_BEFORE_START, Timeliness.AFTER_START


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2021, 7, 29, 23, 59, 59, tzinfo=SUMMER), ON),
        (datetime(2021, 7, 29, 23, 59, 59, 900_000, tzinfo=SUMMER), ON),
        (datetime(2021, 7, 29, 23, 59, 59, 999_999, tzinfo=SUMMER), ON),
        (datetime(2021, 7, 30, 0, 0, 0, tzinfo=SUMMER), LATE),
        (datetime(2021, 7, 29, 21, 59, 59, tzinfo=UTC), ON),
        (datetime(2021, 7, 29, 22, 0, 0, tzinfo=UTC), LATE),
        (datetime(2021, 7, 29, 22, 59, 59, tzinfo=WINTER), ON),  # a provider that forgot daylight time
        (datetime(2021, 9, 15, 23, 59, 59, 999_999, tzinfo=SUMMER), LATE),
        (datetime(2021, 9, 16, 0, 0, 0, tzinfo=SUMMER), AFTER),
        (datetime(2021, 12, 1, 0, 0, tzinfo=WINTER), AFTER),
    ],
)
def test_the_whole_last_second_of_a_term_belongs_to_it(at, expected):
    assert timeliness(at, a_notice(works_start=START)) is expected


def test_while_the_start_of_the_works_is_unset_nothing_comes_after_it():
    assert timeliness(datetime(2030, 1, 1, tzinfo=UTC), a_notice()) is LATE


def test_a_term_with_an_hour_ends_with_that_second():
    noon = a_notice(deadline=datetime(2021, 7, 26, 13, 0, 0, tzinfo=SUMMER))
    assert timeliness(datetime(2021, 7, 26, 13, 0, 0, 500_000, tzinfo=SUMMER), noon) is ON
    assert timeliness(datetime(2021, 7, 26, 13, 0, 33, tzinfo=SUMMER), noon) is LATE


def test_the_hour_that_comes_twice_in_october_is_told_apart_by_its_offset():
    notice = a_notice(deadline=datetime(2021, 10, 31, 2, 30, 0, tzinfo=SUMMER))
    assert timeliness(datetime(2021, 10, 31, 2, 30, 0, tzinfo=SUMMER), notice) is ON
    assert timeliness(datetime(2021, 10, 31, 2, 30, 0, tzinfo=WINTER), notice) is LATE


def test_each_time_class_has_its_role_and_the_office_chooses_the_middle_one():
    notice = a_notice(late_role=ParticipationRole.OPERATIVE)
    assert role(ON, notice) is ParticipationRole.OPERATIVE
    assert role(LATE, a_notice()) is ParticipationRole.TO_CONFIRM
    assert role(LATE, notice) is ParticipationRole.OPERATIVE
    assert role(AFTER, notice) is ParticipationRole.CONSULTATIVE


ACCEPTED = datetime(2021, 7, 29, 23, 58, tzinfo=SUMMER)
DELIVERED = datetime(2021, 7, 30, 0, 2, tzinfo=SUMMER)
INTERNAL = datetime(2021, 7, 30, 0, 3, tzinfo=SUMMER)


def test_acceptance_decides_when_the_notice_says_so_and_the_disagreement_is_told():
    late_delivery = an_envelope(accepted_at=ACCEPTED, delivered_at=DELIVERED)
    adhesion = an_adhesion(envelope=late_delivery)
    assert (adhesion.timeliness, adhesion.clock) == (ON, "acceptance")
    assert {Reason.NEAR_DEADLINE, Reason.CLOCKS_DISAGREE} <= set(adhesion.reasons)
    assert not adhesion.needs_review


def test_delivery_decides_when_the_notice_says_so():
    late_delivery = an_envelope(accepted_at=ACCEPTED, delivered_at=DELIVERED)
    adhesion = an_adhesion(envelope=late_delivery, notice={"clock": "delivery"})
    assert (adhesion.timeliness, adhesion.clock) == (LATE, "delivery")


def test_a_comfortable_margin_gives_no_reason():
    assert not {Reason.NEAR_DEADLINE, Reason.CLOCKS_DISAGREE, Reason.CLOCK_APPROXIMATE} & set(an_adhesion().reasons)


@pytest.mark.parametrize(
    ("changes", "clock", "at"),
    [
        ({"signature": SignatureState.BROKEN}, "received", DELIVERED),
        ({"signature": SignatureState.CHAIN_UNKNOWN}, "received", DELIVERED),
        ({"kind": EnvelopeKind.ANOMALY, "accepted_at": None}, "received", DELIVERED),
        ({"kind": EnvelopeKind.ORDINARY, "delivered_at": None}, "internal-date", INTERNAL),
        ({"accepted_at": None, "signed_at": ACCEPTED}, "acceptance", ACCEPTED),
        ({"accepted_at": None, "claimed_at": ACCEPTED}, "received", DELIVERED),
    ],
)
def test_without_a_certified_time_the_next_trusted_clock_decides_and_says_it_is_approximate(changes, clock, at):
    envelope = an_envelope(**{"accepted_at": ACCEPTED, "delivered_at": DELIVERED, **changes})
    chosen = deciding_instant(envelope, a_notice(), Arrival(now=NOW, internal_date=INTERNAL))
    assert (chosen.clock, chosen.at) == (clock, at)
    assert Reason.CLOCK_APPROXIMATE in chosen.reasons


@pytest.mark.parametrize(
    ("changes", "clock", "at"),
    [
        ({"signature": SignatureState.BROKEN}, "received", DELIVERED),
        ({"kind": EnvelopeKind.ANOMALY}, "received", DELIVERED),
        ({"delivered_at": None, "signed_at": ACCEPTED}, "acceptance", ACCEPTED),
        ({"delivered_at": None}, "internal-date", INTERNAL),
    ],
)
def test_where_delivery_decides_an_unproven_or_unknown_one_is_approximate(changes, clock, at):
    envelope = an_envelope(**{"accepted_at": ACCEPTED, "delivered_at": DELIVERED, **changes})
    chosen = deciding_instant(envelope, a_notice(clock="delivery"), Arrival(now=NOW, internal_date=INTERNAL))
    assert (chosen.clock, chosen.at) == (clock, at)
    assert Reason.CLOCK_APPROXIMATE in chosen.reasons


def test_where_delivery_decides_a_certified_one_is_exact():
    chosen = deciding_instant(an_envelope(delivered_at=DELIVERED), a_notice(clock="delivery"), Arrival(now=NOW))
    assert (chosen.clock, chosen.at) == ("delivery", DELIVERED)
    assert Reason.CLOCK_APPROXIMATE not in chosen.reasons


@pytest.mark.parametrize("before", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_near_the_start_of_the_works_is_said_too(before):
    envelope = an_envelope(accepted_at=START - before, delivered_at=None)
    assert Reason.NEAR_DEADLINE in an_adhesion(envelope, {"works_start": START}).reasons
    assert Reason.NEAR_DEADLINE not in an_adhesion(envelope).reasons


def test_a_message_without_any_time_arrived_when_it_was_judged():
    bare = an_envelope(accepted_at=None, delivered_at=None)
    chosen = deciding_instant(bare, a_notice(), Arrival(now=NOW))
    assert (chosen.at, chosen.clock) == (NOW, "received")


@pytest.mark.parametrize(("before", "near"), [(timedelta(minutes=10), False), (timedelta(minutes=9, seconds=59), True)])
@pytest.mark.parametrize("side", [1, -1])
def test_near_is_less_than_ten_minutes_on_either_side_of_a_term(before, near, side):
    end = a_notice().deadline + timedelta(seconds=1)
    envelope = an_envelope(accepted_at=end + side * before, delivered_at=None)
    assert (Reason.NEAR_DEADLINE in an_adhesion(envelope).reasons) is near
