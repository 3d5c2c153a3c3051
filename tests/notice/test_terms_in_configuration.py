"""A term written as a day, with or without an hour, in the configuration."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from ingest.keys import NoticeSettings
from ingest.notice import timeliness
from ingest.vocabulary import Timeliness


def the_notice(**changes):
    return NoticeSettings.model_validate({"id": "x", "deadline": "2021-07-29T23:59:59+02:00", **changes}).rules()


@pytest.mark.parametrize("day", ["2021-09-15", date(2021, 9, 15)])
def test_a_start_of_the_works_without_an_hour_lasts_to_the_end_of_its_day_in_rome(day):
    notice = the_notice(works_start=day)
    assert timeliness(datetime(2021, 9, 15, 21, 59, 59, 999_999, tzinfo=UTC), notice) is Timeliness.LATE_BEFORE_START
    assert timeliness(datetime(2021, 9, 15, 22, 0, 0, tzinfo=UTC), notice) is Timeliness.AFTER_START


def test_a_day_in_winter_ends_an_hour_later_in_utc():
    notice = the_notice(works_start="2021-12-01")
    assert timeliness(datetime(2021, 12, 1, 22, 59, 59, tzinfo=UTC), notice) is Timeliness.LATE_BEFORE_START
    assert timeliness(datetime(2021, 12, 1, 23, 0, 0, tzinfo=UTC), notice) is Timeliness.AFTER_START


def test_a_deadline_may_be_a_day_too_and_an_unset_start_stays_unset():
    notice = the_notice(deadline="2021-07-29", works_start="")
    assert notice.deadline == datetime(2021, 7, 29, 21, 59, 59, tzinfo=UTC)
    assert notice.works_start is None


@pytest.mark.parametrize("bad", ["2021-02-30", "2021-09-15T12:00:00", "presto"])
def test_a_term_without_zone_or_sense_is_refused(bad):
    with pytest.raises(ValidationError):
        the_notice(works_start=bad)
