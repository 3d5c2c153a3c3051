"""What the running service has committed is there for another process, and after kill -9: through the real commands."""

from tests.faults.installed import Installed
from tests.faults.stress import stressed


def test_what_others_looked_at_between_does_not_vanish_with_the_service(tmp_path):
    """One message, three reads by other processes, each of which closes the register; six more; and the end."""
    here = Installed(tmp_path)
    here.begin(poll="1s")
    with here.daemon():
        here.drop()
        here.await_recorded()
        for _ in range(3):
            assert here.seen() == 1
        for _ in range(6):
            here.drop()
            here.await_recorded()
        seen = here.seen()
    assert (here.recorded(), seen, here.left()) == (7, 7, 7)
    assert '"round-failed"' not in here.log


def test_a_register_that_two_shells_ask_without_pause_loses_nothing(tmp_path):
    """A few seconds here; minutes by `python -m tests.faults.soak --stress MINUTES`."""
    told = stressed(tmp_path, 8.0, poll="1s")
    assert told.broken == []
    assert told.messages >= 9
    assert told.asks > 2
    assert told.missing == 0
