"""The line breaks anywhere: the round may fail, the next one completes, and nothing is lost or doubled."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import SQLAlchemyError

from ingest.daemon import Daemon
from ingest.database import Database
from ingest.imap import ImapMailbox
from ingest.imap_box import ImapLimits
from ingest.mailbox import MailboxError
from ingest.post import Post, PostLimits
from tests.faults.killing import Grounds
from tests.faults.life import QuickJudge, a_service, live
from tests.faults.promises import broken
from tests.faults.relay import Break, a_relay
from tests.faults.traffic import an_advertisement, an_application

_PATIENCE = ImapLimits(connect=0.5, silence=0.5, call=2.0)
_POST_PATIENCE = PostLimits(connect=0.5, step=0.5, answer=0.5)


def _through(service, settings, relay, which):
    """The service with one of its lines through the relay."""
    if which == "imap":
        mailbox = settings.mailbox.model_copy(update={"port": relay.port})
        line = ImapMailbox(mailbox, _PATIENCE)
        type_ = type(line)
        named = type("Relayed", (type_,), {"account": property(lambda _self: settings.mailbox.account)})
        return replace(service, mailbox=named(mailbox, _PATIENCE))
    if which == "smtp":
        return replace(service, post=Post(settings.smtp.model_copy(update={"port": relay.port}), _POST_PATIENCE))
    user, name = "pec", service.db.url.partition("@/")[2].partition("?")[0]
    return replace(service, db=Database(f"postgresql+psycopg://{user}@127.0.0.1:{relay.port}/{name}?sslmode=disable"))


def _target(which, service):
    if which == "smtp":
        return ("127.0.0.1", service.settings.smtp.port)
    if which == "imap":
        return ("127.0.0.1", service.settings.mailbox.port)
    from pathlib import Path  # noqa: PLC0415

    return Path(service.db.url.partition("host=")[2]) / ".s.PGSQL.5432"


@pytest.mark.parametrize("which", ["smtp"])
def test_wherever_the_line_breaks_the_next_round_completes(tmp_path, request, victim, which):
    dice = random.Random(7)
    server = request.getfixturevalue("postgresql") if which == "postgresql" else None
    imap = request.getfixturevalue("dovecot") if which == "imap" else None
    certificate = request.getfixturevalue("certificate") if imap else None
    grounds = Grounds(tmp_path, server, imap, certificate)
    judge = QuickJudge()
    with grounds.world() as world:
        plain = a_service(world.sections, world.hand, judge)
        with a_relay(_target(which, plain)) as relay:
            service = _through(plain, plain.settings, relay, which)
            world.receive(an_application(0))
            live(service, world.hand)
            whole = relay.passed
            struck = 0
            for number, how in enumerate([*Break] * 6, start=1):
                world.receive(an_application(number), an_advertisement(number))
                relay.passed, relay.struck, relay.how = 0, 0, how
                relay.after = dice.randrange(1, whole)
                daemon = Daemon(service)
                try:
                    daemon.round()
                    daemon.give_back()
                except (MailboxError, OSError, SQLAlchemyError):
                    world.hand.now += timedelta(minutes=3)
                struck += relay.struck
                relay.after = None
                world.hand.now += timedelta(minutes=3)
                live(service, world.hand)
                assert broken(world, plain) == [], (number, how)
            assert struck > 12
        service.db.close()
        plain.close()
