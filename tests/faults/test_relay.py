"""The line breaks anywhere: the round may fail, the next one completes, and nothing is lost or doubled.

More strikes, and recovery times, by `python -m tests.faults.soak --lines 400 --outages`, whose figures are in
docs/reliability.md.
"""

from datetime import timedelta

import pytest

from tests.faults.killing import Grounds
from tests.faults.lines import Line, recovery, struck_lines


@pytest.fixture(params=[*Line])
def line_and_grounds(request, tmp_path):
    """The line to break, and grounds on which it is a real one."""
    line = request.param
    server = request.getfixturevalue("postgresql") if line is Line.POSTGRESQL else None
    imap = request.getfixturevalue("dovecot") if line is Line.IMAP else None
    certificate = request.getfixturevalue("certificate") if imap else None
    return line, Grounds(tmp_path, server, imap, certificate)


def test_wherever_the_line_breaks_the_next_round_completes(line_and_grounds):
    line, grounds = line_and_grounds
    toll = struck_lines(grounds, line, 4, seed=7)
    assert toll.broken == []
    assert toll.where.total() > 1


def test_at_whatever_step_the_line_breaks_the_next_round_completes(line_and_grounds):
    """Four early steps of a conversation; the long version takes all of them."""
    line, grounds = line_and_grounds
    toll = struck_lines(grounds, line, 4, seed=1, every_step=True, first=3)
    assert toll.broken == []
    assert toll.where.total() == 4


@pytest.mark.parametrize("outage", [1, 60, 600])
def test_after_an_outage_the_next_try_makes_up_for_it(line_and_grounds, outage):
    """Rounds come every two minutes; a submission server that was away is asked again after one.

    A round that the database failed is made again after 2, 4, 8 … seconds: at most as long again as it was away.
    """
    line, grounds = line_and_grounds
    at_most = timedelta(minutes=1 if line is Line.SMTP else 2)
    if line is Line.POSTGRESQL:
        at_most = min(at_most, timedelta(seconds=outage + 2))
    assert recovery(grounds, line, timedelta(seconds=outage)) <= at_most
