"""A daemon stopped past its lease and woken: nothing is lost and nothing doubled, wherever it was stopped.

Here some effects on each database, and a few messages under two daemons that are stopped again and again; all effects
and a thousand messages by `python -m tests.faults.soak --frozen 1000 --everywhere`, whose figures are in
docs/reliability.md.
"""

from dataclasses import replace

from tests.faults.freezing import frozen_again_and_again, frozen_everywhere


def test_a_process_stopped_past_its_lease_and_woken_doubles_no_effect(grounds, victim):
    toll = frozen_everywhere(replace(grounds, impatient=True), victim, step=41, first=3 if grounds.postgresql else 20)
    assert toll.broken == []
    assert toll.kills > 4


def test_a_process_stopped_while_it_submits_a_letter_never_has_it_sent_twice(grounds, victim):
    """At each step of the first letter's submission: its successor never sends what may have left."""
    patient = replace(grounds, impatient=True)
    toll = frozen_everywhere(patient, victim, only="smtp-", at_most=4 if grounds.postgresql else 5)
    assert toll.broken == []
    assert set(toll.where) >= {"smtp-connect", "smtp-send"}


def test_two_daemons_stopped_and_woken_in_turn_do_everything_once(tmp_path, grounds):
    told = frozen_again_and_again(replace(grounds, impatient=True), 10, seed=3)
    assert told.broken == []
    assert told.stopped > 1
    assert sum(told.outcomes.values()) == told.entries > 10
