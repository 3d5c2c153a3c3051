"""Other processes open and close the register beside the service, some are killed at it: nothing is lost, all is seen.

A few of each series here; the long versions of all of them by `python -m tests.faults.soak`, which has strangers too,
and whose figures are in docs/reliability.md.
"""

from dataclasses import replace
from datetime import timedelta

from tests.faults.freezing import frozen_again_and_again, frozen_everywhere
from tests.faults.killing import Grounds, a_day, killed_at_random, killed_everywhere, small_post
from tests.faults.lines import Line, recovery, struck_lines


def test_with_strangers_at_the_register_a_process_killed_at_random_leaves_everything_to_the_next(
    grounds, victim, strangers
):
    toll = killed_at_random(replace(grounds, strangers=strangers), victim, 10, seed=14)
    assert toll.broken == []
    assert toll.kills >= 10
    assert strangers.done["look"] > 1
    assert strangers.done.total() > 20


def test_with_strangers_over_tls_and_a_real_imap_server_too(tmp_path, dovecot, certificate, victim, strangers):
    toll = killed_at_random(Grounds(tmp_path, None, dovecot, certificate, strangers=strangers), victim, 5, seed=15)
    assert toll.broken == []
    assert toll.kills >= 5


def test_with_strangers_a_process_killed_at_its_effects_comes_to_the_same_outcomes(tmp_path, victim, strangers):
    toll = killed_everywhere(Grounds(tmp_path, strangers=strangers), victim, step=71, first=9)
    assert toll.broken == []
    assert toll.kills + toll.shorter > 1


def test_with_strangers_after_a_day_of_faults_what_was_received_is_what_is_recorded(tmp_path, victim, strangers):
    toll = a_day(Grounds(tmp_path, strangers=strangers), victim, 16, step=timedelta(hours=2))
    assert toll.broken == []
    assert toll.messages > 12


def test_with_strangers_a_process_stopped_past_its_lease_doubles_no_effect(grounds, victim, strangers):
    rash = replace(grounds, impatient=True, strangers=strangers)
    toll = frozen_everywhere(rash, victim, step=97, first=3 if grounds.postgresql else 20)
    assert toll.broken == []
    assert toll.kills > 1


def test_with_strangers_two_daemons_stopped_and_woken_in_turn_do_everything_once(tmp_path, strangers):
    told = frozen_again_and_again(Grounds(tmp_path, impatient=True, strangers=strangers), 4, seed=17)
    assert told.broken == []
    assert told.stopped > 1


def test_with_strangers_a_broken_line_loses_nothing(tmp_path, strangers):
    grounds = Grounds(tmp_path, strangers=strangers)
    assert struck_lines(grounds, Line.SMTP, 3, seed=18).broken == []
    assert recovery(grounds, Line.SMTP, timedelta(seconds=60)) <= timedelta(minutes=1)


def test_a_register_whose_locks_are_dropped_would_be_found_out(tmp_path, victim, strangers):
    """As it once was: the service closed a descriptor of the open register, and whoever else closed it took the log."""
    toll = killed_at_random(Grounds(tmp_path, strangers=strangers), victim, 5, seed=19, opens_the_file=True)
    assert [words for words in toll.broken if "invisible" in words]


def test_what_was_witnessed_and_is_not_there_is_told_at_the_end_of_the_world(tmp_path, victim, strangers):
    found: list[str] = []
    with Grounds(tmp_path, strangers=strangers).world(found) as world:
        small_post(world)
        victim.live(world)
        assert world.witness is not None
        with world.witness.open("a") as lines:
            lines.write("1000 0 0 0 0 0\n")
    assert any("entry 1000 was committed" in words for words in found)
