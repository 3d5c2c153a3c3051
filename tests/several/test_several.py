"""Several mailboxes and notices over one register: each works on its own and on nothing else."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, select, update

from ingest import lease
from ingest.assigning import assign
from ingest.convocations.convening import queue_due
from ingest.daemon import Daemon
from ingest.decisions import Deciding
from ingest.demo.samples import CASA
from ingest.digest_due import facts_of, send_due_digests
from ingest.letters_due import queue_letters
from ingest.mailbox import LoginRefused
from ingest.protocol.sheet import sheets
from ingest.rounds import RoundReport, collect, send
from ingest.terms import keep_terms
from ingest.vocabulary import Reason
from ingest.watch import open_conditions
from ingest.week import Week
from models import Adhesion, Audit, Condition, Digest, Letter, Round
from tests.later.builders import adherents, confirmed
from tests.several.region import AT, HOME, HOMES, OTHER, PLAN, Region, a_message, a_region

WEEK = Week(2021, 29)


def registered(region: Region) -> dict[str, list[str]]:
    """What the register's export names under each notice of the first mailbox."""
    with region.db.reading() as session:
        return {
            one.notice.id: [line.reference for line in sheets(session, one, all_of_them=True)]
            for one in region.services["a"].deployments
        }


def test_a_round_works_on_its_own_mailbox_and_answers_through_its_own_account(region: Region):
    region.deliver("a", a_message("a"))
    region.deliver("b", a_message("b", CASA))
    assert region.round("a").collected == 1
    assert [entry.outcome for entry in region.entries()] == ["recorded"]
    assert region.round("b").collected == 1
    assert [letter.sender for letter in region.letters()] == [HOME["a"], HOME["b"]]
    assert [len(post.handed) for post in region.posts.values()] == [1, 1]
    assert {entry.mailbox for entry in region.entries()} == {one.mailbox.account for one in region.services.values()}


def test_what_waits_at_one_mailbox_is_not_judged_by_the_other(region: Region):
    region.deliver("a", a_message("a"))
    collect(region.services["a"], RoundReport())
    region.round("b")
    assert [entry.state for entry in region.entries()] == ["pending"]
    region.round("a")
    assert [entry.state for entry in region.entries()] == ["done"]


def test_one_body_may_adhere_to_two_notices_and_is_kept_once_in_each(region: Region):
    region.deliver("a", a_message("a"))
    region.deliver("b", a_message("b", subject="Allegato 1 di nuovo", at=AT + timedelta(minutes=1)))
    region.round("a")
    region.round("b")
    (only,) = region.organisations()
    assert (only.notice_id, only.versions) == (PLAN, 1), "the plan arrives at both towns: the second is the same form"
    with_homes = a_message("a", CASA, subject="Domanda bando case", attachments=())
    region.deliver("a", with_homes)
    region.round("a")
    assert region.entries()[-1].notice_id == HOMES


def test_a_form_that_fits_several_open_notices_waits_until_a_person_names_one(tmp_path: Path, url: str):
    plan = {"id": PLAN, "title": "Piano", "deadline": "2021-07-29"}
    other = {"id": OTHER, "title": "Sport", "deadline": "2021-07-29"}
    with a_region(tmp_path, url, notices=[{**plan, "title": "Terzo", "id": "x1"}, {**other, "id": "x2"}]) as region:
        region.deliver("a", a_message("a"))
        region.round("a")
        (entry,) = region.entries()
        assert (entry.notice_id, entry.outcome, entry.needs_review) == ("", "review", True)
        assert Reason.NOTICE_UNCLEAR in entry.reasons
        assert region.letters() == []
        assert registered(region) == {"x1": [], "x2": []}, "listed under both it would get two numbers"
        assert assign(region.db, entry.id, "x2", Deciding("anna", AT))
        region.round("a")
        assert registered(region) == {"x1": [], "x2": ["PDZ-000001", "LETT-000001"]}
        (entry,) = region.entries()
        assert (entry.notice_id, entry.outcome) == ("x2", "recorded")
        assert [one.notice_id for one in region.organisations()] == ["x2"]
        assert len(region.posts["a"].handed) == 1
        assert not assign(region.db, entry.id, "x1", Deciding("anna", AT)), "what is recorded stays where it is"


def test_a_letter_under_way_elsewhere_is_not_taken_for_one_cut_short(region: Region):
    region.deliver("a", a_message("a"))
    region.services["a"] = replace(region.services["a"], post=None)
    region.round("a")
    with region.db.transaction() as session:
        session.execute(update(Letter).values(state="submitting"))
    region.round("b")
    assert [letter.state for letter in region.letters()] == ["submitting"]
    region.round("a")
    assert [letter.state for letter in region.letters()] == ["uncertain"]


def test_a_queued_letter_leaves_through_no_other_account(region: Region):
    region.deliver("a", a_message("a"))
    region.round("a")
    with region.db.transaction() as session:
        session.execute(update(Letter).values(state="queued", next_try_at=AT))
    send(region.services["b"], RoundReport())
    assert region.posts["b"].handed == []
    send(region.services["a"], RoundReport())
    assert len(region.posts["a"].handed) == 2


def test_mail_from_one_of_our_own_mailboxes_is_never_answered(region: Region):
    region.deliver("a", a_message("a", sender=HOME["b"]))
    region.round("a")
    assert region.letters() == []
    assert Reason.OWN_ADDRESS in region.entries()[0].reasons


def test_each_mailbox_has_its_own_lease(region: Region):
    held = lease.acquire(
        region.db, f"mailbox:{region.services['a'].mailbox.account}", "somebody", AT, timedelta(minutes=2)
    )
    assert held is not None
    assert Daemon(region.services["a"]).round() is None
    assert region.round("b") is not None


def test_a_trouble_of_one_mailbox_is_named_and_not_ended_by_the_other(region: Region):
    class Refusing:
        account = region.services["a"].mailbox.account

        def open(self) -> None:
            raise LoginRefused("no")

    daemon = Daemon(replace(region.services["a"], mailbox=Refusing()))  # type: ignore[arg-type]
    with suppress(LoginRefused):
        daemon.round()
    daemon.give_back()
    region.round("b")
    assert [one.code for one in open_conditions(region.db)] == ["login-refused:a"]
    with region.db.reading() as session:
        other = facts_of(session, region.services["b"].of(OTHER), WEEK, AT)
        own = facts_of(session, region.services["a"].of(HOMES), WEEK, AT)
    assert other.troubles == ()
    assert own.troubles == ("accesso alla casella PEC rifiutato (a)",)


def test_every_notice_has_its_own_digest_of_its_own_messages(region: Region):
    region.deliver("a", a_message("a"))
    region.deliver("b", a_message("b", CASA))
    region.deliver("a", a_message("a", CASA, subject="Domanda bando case", attachments=()))
    region.round("a")
    region.round("b")
    monday = AT + timedelta(days=8)
    for town, service in region.services.items():
        for one in service.deployments:
            send_due_digests(service.of(one.notice.id), monday)
        assert town in HOME
    with region.db.reading() as session:
        made = {one.notice_id: one.facts for one in session.scalars(select(Digest))}
        to = {letter.to_address for letter in session.scalars(select(Letter).where(Letter.kind == "digest"))}
    assert to == {"piano@example.it", "case@example.it"}
    assert {notice: facts["received"] for notice, facts in made.items()} == {PLAN: 2, HOMES: 1}
    counted = {notice: sum(number for _, number in facts["tally"]["groups"]) for notice, facts in made.items()}
    assert counted == {PLAN: 2, HOMES: 0}


def test_rounds_are_told_apart_by_their_mailbox(region: Region):
    for town in ("a", "b", "a"):
        region.round(town)
    assert sorted(row.mailbox for row in region.rows(Round)) == ["a", "b"], "idle rounds of a mailbox are kept as one"


def test_moved_terms_reclassify_once_with_a_line_for_each_and_no_letter(region: Region):
    region.deliver("a", a_message("a"))
    region.round("a")
    letters = len(region.letters())
    rules = region.services["a"].settings.notice.rules()
    moved = replace(rules, deadline=AT - timedelta(days=1), works_start=AT - timedelta(hours=1))
    by = Deciding("configuration", AT)
    assert keep_terms(region.db, moved, by) == 1
    assert keep_terms(region.db, moved, by) == 0
    (body,) = region.organisations()
    assert (body.timeliness, body.role) == ("after-start", "consultative")
    lines = [(one.object, one.old, one.new) for one in region.rows(Audit) if one.what == "reclassified"]
    assert lines == [
        ("adhesion:1", {"timeliness": "on-time", "role": "operative"},
         {"timeliness": "after-start", "role": "consultative"}),
        (f"notice:{PLAN}", None, {"adhesions": 1}),
    ]  # fmt: skip
    assert len(region.letters()) == letters
    with region.db.reading() as session:
        assert facts_of(session, region.services["a"], WEEK, AT).reclassified == 1
    assert [one.needs_review for one in region.rows(Adhesion)] == [False]
    assert region.rows(Condition) == []


def test_another_clock_is_applied_from_the_recorded_envelope(region: Region):
    region.deliver("a", a_message("a"))
    region.round("a")
    rules = region.services["a"].settings.notice.rules()
    late = replace(rules, clock="delivery", deadline=AT - timedelta(seconds=2))
    keep_terms(region.db, late, Deciding("configuration", AT))
    (form,) = region.rows(Adhesion)
    assert (form.timeliness, form.clock) == ("late-before-start", "delivery")


def test_a_convocation_of_the_mailbox_s_second_notice_leaves_too_and_is_registered_under_it_alone(region: Region):
    service = region.services["a"]
    homes = service.of(HOMES).settings
    adherents(region.db, 1, notice_id=HOMES)
    confirmed(region.db, homes, now=AT)
    daemon = Daemon(service)
    daemon.mail()
    daemon.give_back()
    (handed,) = region.posts["a"].handed
    assert (handed.sender, handed.to) == (HOME["a"], ("ente0000@pec.example",))
    assert registered(region) == {PLAN: [], HOMES: ["LETT-000001"]}


def test_letters_of_another_mailbox_take_nothing_of_this_one_s_limits(tmp_path: Path, url: str):
    limits = {"answers": {"daily_limit": 7, "per_address_limit": 1}, "convocations": {"per_hour": 5, "reserve": 2}}
    with a_region(tmp_path, url, **limits) as region:
        for town, notice in (("a", HOMES), ("b", OTHER)):
            settings = region.services[town].of(notice).settings
            adherents(region.db, 6, notice_id=notice)
            confirmed(region.db, settings, now=AT)
            assert queue_due(region.db, settings, AT) == 5, town


def test_a_digest_that_cannot_be_written_keeps_no_other_letter_back_and_is_told_until_it_can(region: Region):
    """A condition this program knows no words for, as after a step back to an older one, breaks every digest."""
    region.deliver("a", a_message("a"))
    region.round("a")
    monday = AT + timedelta(days=8)
    service = replace(region.services["a"], clock=lambda: monday)
    adherents(region.db, 3, notice_id=HOMES)
    confirmed(region.db, service.of(HOMES).settings, now=monday)
    with region.db.transaction() as session:
        session.add(Condition(code="never-heard-of", since=AT, last_seen=AT, detail=""))
    daemon = Daemon(service)
    daemon.mail()
    told = {one.code: one.detail for one in open_conditions(region.db)}
    assert told.pop("digest-failing:a") == f"{PLAN} ValueError, {HOMES} ValueError"
    assert set(told) == {"never-heard-of", "round-failing:a"}
    assert sorted(letter.kind for letter in region.letters()) == ["adhesion-received", *["convocation"] * 3]
    assert {letter.state for letter in region.letters()} == {"submitted"}
    with region.db.transaction() as session:
        session.execute(update(Condition).where(Condition.code == "never-heard-of").values(cleared_at=AT))
    daemon.mail()
    daemon.give_back()
    assert [one.code for one in open_conditions(region.db)] == ["round-failing:a"]  # a week without one
    assert len(region.rows(Digest)) == 2


def test_alarms_that_cannot_be_written_are_told_in_the_console_until_they_can(tmp_path: Path, url: str):
    with a_region(tmp_path, url, alerts={"host": "localhost", "to": ["allarmi@example.it"]}) as region:
        with region.db.transaction() as session:
            session.add(Condition(code="never-heard-of", since=AT, last_seen=AT, detail=""))
        queue_letters(region.services["a"], AT)
        assert {one.code for one in open_conditions(region.db)} == {"never-heard-of", "alarm-failing:a"}
        with region.db.transaction() as session:
            session.execute(delete(Condition).where(Condition.code == "never-heard-of"))
        queue_letters(region.services["a"], AT)
        assert open_conditions(region.db) == []
