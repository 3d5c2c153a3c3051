"""kill -9 at every effect of a whole life and at random instants: nothing lost, nothing twice.

Here every twelfth boundary, others on each database, and a few over a real IMAP server; all of them by
`python -m tests.faults.soak`, whose figures are in docs/reliability.md.
"""

from datetime import timedelta

from tests.faults.killing import Grounds, a_day, killed_at_random, killed_everywhere


def test_a_process_killed_at_its_effects_leaves_everything_to_the_next(grounds, victim):
    toll = killed_everywhere(grounds, victim, step=12, first=1 if grounds.postgresql else 7)
    assert toll.broken == []
    assert toll.effects > 150
    assert toll.kills > 12
    assert toll.shorter <= 1


def test_a_process_killed_at_random_leaves_everything_to_the_next(grounds, victim):
    toll = killed_at_random(grounds, victim, 10, seed=4)
    assert toll.broken == []
    assert toll.kills >= 10


def test_over_tls_and_a_real_imap_server_too(tmp_path, dovecot, certificate, victim):
    toll = killed_everywhere(Grounds(tmp_path, None, dovecot, certificate), victim, step=37, first=20)
    assert toll.broken == []
    assert toll.kills > 5
    assert toll.shorter <= 1


def test_with_real_worker_processes_too(tmp_path, victim):
    toll = killed_at_random(Grounds(tmp_path), victim, 2, seed=5, workers=True)
    assert toll.broken == []


def test_after_a_day_of_faults_what_was_received_is_what_is_recorded(tmp_path, victim):
    """Mail, deaths, a provider at fault and a clock that is set back, by chance; here in steps of two hours."""
    toll = a_day(Grounds(tmp_path), victim, 6, step=timedelta(hours=2))
    assert toll.broken == []
    assert toll.messages > 12
