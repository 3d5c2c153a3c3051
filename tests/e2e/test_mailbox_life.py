"""A mailbox that others use too: moved, deleted, recreated, large, out of reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ingest.demo.facts import AT
from ingest.demo.messages import an_envelope
from ingest.demo.originals import an_original
from ingest.imap import ImapMailbox
from ingest.mailbox import LoginRefused, MailboxUnavailable
from ingest.reconcile import reconcile
from ingest.sandbox import Sandbox
from ingest.trouble import Trouble
from ingest.watch import open_conditions
from tests.e2e.house import House, a_house
from tests.e2e.mailbag import SUBJECT, a_large_application, an_application


@pytest.fixture
def moving(tmp_path, premises) -> Iterator[House]:
    """An office that wants judged messages filed."""
    with a_house(tmp_path, premises, mailbox={"after": "move"}) as built:
        yield built


def without_a_form(number: int = 1) -> bytes:
    who = f"senza{number}@pec.example"
    return an_envelope(an_original(sender=who, subject=SUBJECT, attachments=(), msgid=f"senza-{number}@pec.example"))


class Broken(Sandbox):
    """A sandbox that fails at one message and works for the others."""

    def __init__(self, real: Sandbox, path: Path, before: Any = None) -> None:
        self.real, self.path, self.before = real, path, before
        self.workers = real.workers

    def judge(self, path: Path, context: Any, arrival: Any) -> Any:
        if path == self.path:
            if self.before is None:
                raise RuntimeError("a fault of the program")
            self.before()
        return self.real.judge(path, context, arrival)


def with_sandbox(house: House, raw: bytes, before: Any = None) -> House:
    service = house.service
    path = service.store.path_of(sha256(raw).hexdigest())
    return replace(house, service=replace(service, sandbox=Broken(service.sandbox, path, before)))


def test_judged_messages_are_filed_in_folders_made_when_missing(moving):
    application, question = an_application(80), without_a_form()
    moving.inbox.append(application, AT, "\\Flagged")
    moving.inbox.append(question, AT)
    moving.settle()
    assert {"Elaborati", "Da verificare"} <= moving.inbox.folders()
    assert list(moving.inbox.messages("Da verificare").values()) == [question]
    assert application in moving.inbox.messages("Elaborati").values()
    assert moving.inbox.uids() == []
    assert frozenset({b"\\Flagged"}) in moving.inbox.flags("Elaborati").values()
    assert not any(b"\\Seen" in flags for flags in moving.inbox.flags("Elaborati").values())
    assert len(moving.inbox.uids("Elaborati")) == 1 + 4  # with the receipts of two letters
    assert reconcile(moving.db, moving.service.mailbox).difference == 0


def test_a_message_that_could_not_be_recorded_stays_where_it_is_until_it_is(moving):
    unlucky, lucky = an_application(80), an_application(81)
    moving.inbox.append(unlucky, AT)
    moving.inbox.append(lucky, AT)
    report = with_sandbox(moving, unlucky).round()
    assert len(report.failed) == 1
    assert unlucky in moving.inbox.messages().values()
    assert lucky in moving.inbox.messages("Elaborati").values()
    moving.settle()
    assert unlucky in moving.inbox.messages("Elaborati").values()
    assert len(moving.sent) == 2


def test_a_message_deleted_while_it_is_judged_is_recorded_and_answered_all_the_same(moving):
    application = an_application(80)
    moving.inbox.append(application, AT)
    (uid,) = moving.inbox.uids()
    with_sandbox(moving, application, lambda: moving.inbox.delete(uid)).round()
    moving.settle()
    assert [row.outcome for row in moving.log() if row.kind == "certified"] == ["recorded"]
    assert [letter.state for letter in moving.letters()] == ["delivered"]


def test_a_message_deleted_afterwards_is_no_difference(house):
    house.inbox.append(an_application(80), AT)
    house.inbox.append(without_a_form(), AT)
    house.settle()
    house.inbox.delete(house.inbox.uids()[0])
    report = house.round()
    found = reconcile(house.db, house.service.mailbox)
    assert (report.collected, found.difference, found.gone) == (0, 0, 1)
    assert len(house.log()) == 2 + 4


class Deleting(ImapMailbox):
    """A mailbox where a clerk deletes a message between its listing and its reading."""

    house: House

    @contextmanager
    def open(self, folder: str | None = None) -> Iterator[Any]:
        with super().open(folder) as box:
            listed = box.uids

            def uids(after: int = 0) -> list[int]:
                found = listed(after)
                if found:
                    self.house.inbox.delete(found[0])
                return found

            box.uids = uids  # type: ignore[method-assign]
            yield box


def test_a_message_deleted_between_listing_and_reading_holds_up_nothing(house):
    house.inbox.append(an_application(80), AT)
    house.inbox.append(an_application(81), AT)
    mailbox = Deleting(house.service.settings.mailbox)
    mailbox.house = house
    replace(house, service=replace(house.service, mailbox=mailbox)).round()
    house.settle()
    assert [row.sender for row in house.log() if row.kind == "certified"] == ["prova81@pec.example"]
    assert reconcile(house.db, house.service.mailbox).difference == 0


def test_a_recreated_folder_is_read_again_and_nothing_is_done_twice(tmp_path, premises):
    with a_house(tmp_path, premises, mailbox={"folder": "Domande"}) as house:
        mail = [an_application(80), without_a_form()]
        validity = []
        for _ in range(2):
            with house.inbox.client() as client:
                client.create_folder("Domande")
            for raw in mail:
                house.inbox.append(raw, AT, folder="Domande")
            house.settle()
            with house.service.mailbox.open() as box:
                validity.append(box.uidvalidity)
            with house.inbox.client() as client:
                client.delete_folder("Domande")
        assert validity[0] != validity[1]
        assert len(house.log()) == 2
        assert len(house.sent) == 2
        assert house.rows()["location"] == 4


def test_new_mail_after_the_recreation_is_read_too(tmp_path, premises):
    with a_house(tmp_path, premises, mailbox={"folder": "Domande"}) as house:
        for raw in (an_application(80), an_application(81)):
            with house.inbox.client() as client:
                client.create_folder("Domande")
            house.inbox.append(raw, AT, folder="Domande")  # both times with UID 1
            house.settle()
            with house.inbox.client() as client:
                client.delete_folder("Domande")
        assert [row.outcome for row in house.log()] == ["recorded", "recorded"]


def test_a_message_of_more_than_twenty_megabytes_is_kept_whole_and_read(house):
    raw = a_large_application(80, 16 << 20)
    assert len(raw) > 20_000_000
    house.inbox.append(raw, AT)
    house.settle()
    row = house.log()[0]
    assert (row.sha256, row.outcome) == (sha256(raw).hexdigest(), "recorded")
    assert house.service.store.path_of(row.sha256).read_bytes() == raw
    assert [letter.state for letter in house.letters()] == ["delivered"]


def test_a_refused_login_opens_its_condition_and_the_next_success_ends_it(house):
    wrong = house.service.settings.mailbox.model_copy(update={"password": SecretStr("x")})
    shut = replace(house, service=replace(house.service, mailbox=ImapMailbox(wrong)))
    with pytest.raises(LoginRefused):
        shut.round()
    assert [condition.code for condition in open_conditions(house.db)] == [Trouble.LOGIN_REFUSED]
    house.round()
    assert open_conditions(house.db) == []


def test_an_unreachable_server_opens_its_condition_and_loses_nothing(house):
    nowhere = house.service.settings.mailbox.model_copy(update={"port": 1})
    house.inbox.append(an_application(80), AT)
    with pytest.raises(MailboxUnavailable):
        replace(house, service=replace(house.service, mailbox=ImapMailbox(nowhere))).round()
    assert [condition.code for condition in open_conditions(house.db)] == [Trouble.MAILBOX_UNREACHABLE]
    house.settle()
    assert house.log()[0].outcome == "recorded"


class Clerk(ImapMailbox):
    """A mailbox where a clerk moves a message away while it is being judged: before the service would file it."""

    house: House

    @contextmanager
    def open(self, folder: str | None = None) -> Iterator[Any]:
        with super().open(folder) as box:
            move = box.move

            def moved_before(uid: int, target: str) -> bool:
                if uid in self.house.inbox.uids():
                    with self.house.inbox.client("INBOX", readonly=False) as client:
                        if not client.folder_exists("Scrivania"):
                            client.create_folder("Scrivania")
                        client.move([uid], "Scrivania")
                return move(uid, target)

            box.move = moved_before  # type: ignore[method-assign,assignment]
            yield box


def test_what_a_clerk_moves_meanwhile_is_recorded_answered_and_left_where_the_clerk_put_it(moving):
    moving.inbox.append(an_application(80), AT)
    moving.inbox.append(an_application(81), AT)
    mailbox = Clerk(moving.service.settings.mailbox)
    mailbox.house = moving
    replace(moving, service=replace(moving.service, mailbox=mailbox)).round()
    moving.settle()
    assert len(moving.inbox.uids("Scrivania")) == 2
    assert [row.outcome for row in moving.log() if row.kind == "certified"] == ["recorded", "recorded"]
    assert len(moving.sent) == 2
    assert reconcile(moving.db, moving.service.mailbox).difference == 0
