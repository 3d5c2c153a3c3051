"""ISO weeks in Rome, and which one is due."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ingest.week import Week, last_due, parse_week, week_of

ROME = ZoneInfo("Europe/Rome")
W29 = Week(2021, 29)


@pytest.mark.parametrize("text", ["2021-W29", "2021w29", " 2021-w29 "])
def test_a_week_is_read_from_its_iso_name_and_written_back(text):
    assert parse_week(text) == W29
    assert str(W29) == "2021-W29"


@pytest.mark.parametrize("text", ["2021-29", "2021-W00", "2021-W53", "W29", "", "2021-W291", "2021-W2"])
def test_what_is_no_week_is_refused(text):
    with pytest.raises(ValueError, match=r"[Ww]eek"):
        parse_week(text)


def test_the_year_of_a_week_is_that_of_its_thursday():
    assert week_of(date(2021, 1, 3)) == Week(2020, 53)
    assert Week(2021, 1).previous() == Week(2020, 53)
    assert Week(2020, 53).monday == date(2020, 12, 28)


def test_a_week_begins_on_monday_at_midnight_in_rome_and_the_next_begins_where_it_ends():
    start, end = W29.bounds()
    assert start == datetime(2021, 7, 18, 22, 0, tzinfo=UTC)
    assert end == datetime(2021, 7, 25, 22, 0, tzinfo=UTC)
    assert Week(2021, 30).bounds()[0] == end


@pytest.mark.parametrize(("week", "hours"), [(Week(2021, 43), 169), (Week(2021, 12), 167), (W29, 168)])
def test_the_weeks_in_which_the_clock_changes_have_an_hour_more_or_less(week, hours):
    start, end = (instant.astimezone(UTC) for instant in week.bounds())
    assert end - start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (datetime(2021, 7, 26, 7, 59, 59, tzinfo=ROME), Week(2021, 28)),
        (datetime(2021, 7, 26, 8, 0, 0, tzinfo=ROME), W29),
        (datetime(2021, 8, 1, 23, 59, tzinfo=ROME), W29),
        (datetime(2021, 8, 2, 8, 0, tzinfo=ROME), Week(2021, 30)),
        (datetime(2021, 7, 26, 5, 59, tzinfo=UTC), Week(2021, 28)),
        (datetime(2021, 7, 26, 6, 0, tzinfo=UTC), W29),
        (datetime(2021, 11, 1, 6, 59, tzinfo=UTC), Week(2021, 42)),  # winter time by now
        (datetime(2021, 11, 1, 7, 0, tzinfo=UTC), Week(2021, 43)),
    ],
)
def test_on_monday_at_eight_in_rome_the_week_before_is_due(now, week):
    assert last_due("mon 08:00", ROME, now)[0] == week


def test_on_a_friday_schedule_the_last_whole_week_is_due_from_friday_on():
    assert last_due("fri 17:00", ROME, datetime(2021, 7, 30, 16, 59, tzinfo=ROME))[0] == Week(2021, 28)
    week, since = last_due("fri 17:00", ROME, datetime(2021, 7, 30, 17, 0, tzinfo=ROME))
    assert (week, since) == (W29, datetime(2021, 7, 30, 17, 0, tzinfo=ROME))


def test_a_week_in_words_names_its_first_and_last_day():
    assert W29.in_words() == "dal 19 luglio 2021 al 25 luglio 2021"
