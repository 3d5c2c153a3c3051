"""Letters whose sending went wrong: never twice, never forgotten."""

import pytest

from ingest.demo.conduct import Fate, Fault, Step
from ingest.demo.facts import AT
from ingest.trouble import Trouble
from ingest.watch import open_conditions
from tests.e2e.house import House, a_house
from tests.e2e.mailbag import a_body, an_application


def applied(house: House, number: int = 70) -> None:
    house.inbox.append(an_application(number), AT)


def states(house: House) -> list[str]:
    return [letter.state for letter in house.letters()]


def troubles(house: House) -> set[str]:
    return {condition.code.partition(":")[0] for condition in open_conditions(house.db)}


def test_a_letter_cut_off_after_it_was_taken_is_settled_by_its_receipts_and_never_sent_again(house):
    house.provider.conduct.faults.append(Fault(Step.DATA, accepted=True))
    applied(house)
    house.round()
    assert states(house) == ["uncertain"]
    house.settle()
    assert states(house) == ["delivered"]
    house.clock.advance(hours=30)
    house.settle()
    assert len(house.sent) == 1
    assert troubles(house) == set()


def test_a_letter_cut_off_and_not_taken_stays_uncertain_until_a_person_looks(house):
    house.provider.conduct.faults.append(Fault(Step.DATA))
    applied(house)
    house.settle()
    house.clock.advance(hours=23)
    house.settle()
    assert troubles(house) == set()
    house.clock.advance(hours=2)
    house.settle()
    assert states(house) == ["uncertain"]
    assert troubles(house) == {Trouble.LETTER_UNCERTAIN}
    assert len(house.sent) == 1


@pytest.mark.parametrize("reply", ["451 4.3.0 riprovare", "421 4.3.2 servizio sospeso"])
def test_a_letter_put_off_by_the_provider_goes_out_once_later(house, reply):
    house.provider.conduct.faults.append(Fault(Step.MAIL, reply=reply))
    applied(house)
    house.round()
    assert states(house) == ["queued"]
    house.clock.advance(minutes=2)
    house.settle()
    assert states(house) == ["delivered"]
    assert len(house.sent) == 1


@pytest.mark.parametrize(
    ("fate", "state"),
    [(Fate.UNKNOWN, "failed"), (Fate.FULL, "failed"), (Fate.VIRUS, "failed"), (Fate.SILENT, "accepted")],
)
def test_a_letter_ends_as_its_receipts_say(house, fate, state):
    house.provider.conduct.fates[a_body(70).pec] = fate
    applied(house)
    house.settle()
    assert states(house) == [state]


@pytest.mark.parametrize(("fate", "states_"), [(Fate.LATE, ["late", "delivered"]), (Fate.LOST, ["late", "failed"])])
def test_notices_of_delay_are_followed_to_the_end(house, fate, states_):
    house.provider.conduct.fates[a_body(70).pec] = fate
    applied(house)
    house.settle()
    seen = []
    for _ in range(2):
        house.clock.advance(hours=12)
        house.provider.deliver_due(house.clock())
        house.settle()
        seen += states(house)
    assert seen == states_
    assert len(house.sent) == 1


def test_receipts_that_come_twice_and_in_the_wrong_order_count_once(house):
    house.provider.conduct.twice = house.provider.conduct.delivery_first = True
    applied(house)
    house.settle()
    assert states(house) == ["delivered"]
    assert house.rows()["receipt"] == 2


def test_a_letter_without_acceptance_within_the_hour_is_told_and_the_late_receipt_ends_it(house):
    house.provider.conduct.without_receipts = True
    applied(house)
    house.settle()
    assert states(house) == ["submitted"]
    house.clock.advance(hours=2)
    house.settle()
    assert troubles(house) == {Trouble.ACCEPTANCE_OVERDUE}
    (sent,) = house.sent
    house.provider.conduct.without_receipts = False
    house.provider.submissions.clear()
    house.provider.take(sent)
    house.settle()
    assert states(house) == ["delivered"]
    assert troubles(house) == set()


def test_a_refused_login_at_the_provider_keeps_every_letter_and_tries_rarely(house):
    house.provider.conduct.faults += [Fault(Step.LOGIN, reply="535 5.7.8 Authentication failed")] * 500
    for number in range(70, 76):
        applied(house, number)
    house.round()
    for _ in range(30):  # ten minutes of the daemon's rhythm
        house.clock.advance(seconds=20)
        house.round()
    assert set(states(house)) == {"queued"}
    assert troubles(house) == {Trouble.SMTP_LOGIN_REFUSED}
    assert len(house.provider.logins) <= 12
    house.provider.conduct.faults.clear()
    house.clock.advance(hours=3)
    house.settle()
    assert states(house) == ["delivered"] * 6
    assert troubles(house) == set()
    assert len(house.sent) == 6


def test_the_limit_for_one_address_holds_back_what_goes_beyond(tmp_path, premises):
    few = {"per_address_limit": 2}
    with a_house(tmp_path, premises, answers=few) as house:
        for number in range(80, 84):
            house.inbox.append(an_application(number, writer="uno@pec.example"), AT)
        house.settle()
        assert sorted(states(house)) == ["delivered", "delivered", "withheld", "withheld"]
        assert len(house.sent) == 2
