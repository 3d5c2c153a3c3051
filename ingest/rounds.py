"""One round: collect, judge, record, file, send. `run_once` is the table of contents of the system.

Order of effects: the original on disk, its ledger row, the judgement, one transaction, and only then the server and
SMTP. A message never stops the next one; a fault of the world ends the round and leaves everything for the next.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ingest import ledger, outbox, receipts
from ingest.app import Service
from ingest.database import Database
from ingest.judging import judge_all
from ingest.ledger import Origin
from ingest.mailbox import Box, MailboxUnavailable, MessageUnavailable, Place, Quota
from ingest.post import Sender, SubmissionState
from ingest.scope import entries_to_judge, letters_sent
from ingest.store import Arrivals, Sink
from ingest.trouble import Trouble
from ingest.vocabulary import Outcome
from ingest.watch import is_open, of_mailbox, seen_within, state

REFUSAL_RESTS = timedelta(minutes=30)  # after a refused SMTP login: each try brings the account nearer to a lock
AWAY_RESTS = timedelta(minutes=1)  # after a submission server that was not reached
_SMTP_FAULTS = (Trouble.SMTP_LOGIN_REFUSED, Trouble.SMTP_UNREACHABLE)

_GROUP = 64  # messages made safe on the disk together, or
_GROUP_BYTES = 16_000_000
_LINES = 5  # to the mailbox in one round: a message that makes the server hang up must not stop the others

log = structlog.get_logger()


@dataclass(slots=True)
class RoundReport:
    """What a round did: counts by outcome, letters submitted, what it saw of the mailbox."""

    collected: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    filed: int = 0
    submitted: int = 0
    unsent: list[int] = field(default_factory=list)  # letters the submission server did not take, or perhaps took
    failed: list[int] = field(default_factory=list)  # entries whose judging or recording broke; they are tried again
    unavailable: list[int] = field(default_factory=list)  # uids the server lists but does not give whole
    quota: Quota | None = None

    def count(self, outcome: Outcome) -> None:
        """Adds one message."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


def run_once(service: Service) -> RoundReport:
    """One whole round. Faults of the world propagate; what was committed stays, what was not is done next round."""
    report = RoundReport()
    collect(service, report)
    judge_pending(service, report)
    receipts.match_orphans(service.db, service.clock())
    file_judged(service, report)
    send(service, report)
    return report


def collect(service: Service, report: RoundReport) -> None:
    """Fetches every message the ledger does not know: originals on disk first, then their rows, then the cursor.

    One that the server does not give whole, or at which it hangs up twice, stays before the cursor for the next round;
    what came after it is fetched all the same, if need be over a new line.
    """
    lost_at: set[int] = set()
    for _ in range(_LINES):
        if _collected(service, report, lost_at):
            return
    raise MailboxUnavailable("the server hangs up at one message after the other")


def _collected(service: Service, report: RoundReport, lost_at: set[int]) -> bool:
    """Fetches over one line what this round was not refused yet. False when the line was lost at a message."""
    with service.mailbox.open() as box:
        account, folder, validity = service.mailbox.account, box.folder, box.uidvalidity
        after = ledger.cursor(service.db, account, folder, validity)
        listed = box.uids(after)
        known = ledger.known_uids(service.db, account, folder, validity, after) if listed else set()
        with service.store.arrivals() as arrivals:
            group = _Group(service, report, arrivals)
            wanted = [uid for uid in listed if uid not in known and uid not in report.unavailable]
            if not lost_at:  # else one at a time, to find out at which one it is lost
                box.expect(wanted)
            for uid in wanted:
                try:
                    if not group.fetch(box, Place(account, folder, validity, uid)):
                        listed.remove(uid)
                except (MessageUnavailable, MailboxUnavailable):
                    log.warning("message-unavailable", folder=folder, uidvalidity=validity, uid=uid)
                    if box.alive or uid in lost_at:
                        report.unavailable.append(uid)
                    lost_at.add(uid)
                    if not box.alive:
                        group.keep()
                        return False
            group.keep()
        if listed:
            ledger.advance(service.db, Place(account, folder, validity, 0), listed, service.clock())
        report.quota = box.quota()
    return True


@dataclass(slots=True)
class _Group:
    """Messages fetched one after the other and kept together, so that the disk is waited for once."""

    service: Service
    report: RoundReport
    arrivals: Arrivals
    sinks: list[tuple[Sink, Place, Origin]] = field(default_factory=list)

    def fetch(self, box: Box, place: Place) -> bool:
        """False when the message is no longer there."""
        try:
            with self.arrivals.incoming() as sink:
                arrived = box.fetch(place.uid, sink.write)
                if arrived is None:
                    sink.discard()
        except OSError:
            self.keep()  # one that finds no room must not cost those before it, round after round
            raise
        if arrived is None:
            return False
        source = "maildir" if place.account.startswith("maildir:") else "imap"
        self.sinks.append((sink, place, Origin(source, arrived.internal_date)))
        if self.arrivals.size >= _GROUP_BYTES or len(self.sinks) >= _GROUP:
            self.keep()
        return True

    def keep(self) -> None:
        """Makes them safe: the originals on disk, then their rows."""
        self.arrivals.settle()
        kept = [(sink.stored, place, origin) for sink, place, origin in self.sinks if sink.stored is not None]
        self.sinks.clear()
        if not kept:
            return
        entries = ledger.enter_all(self.service.db, kept, self.service.clock())
        self.report.collected += len(kept)
        for entry_id, (stored, place, _origin) in zip(entries, kept, strict=True):
            log.info("message-kept", entry=entry_id, uid=place.uid, size=stored.size, sha256=stored.sha256)


def judge_pending(service: Service, report: RoundReport) -> None:
    """Judges and records every waiting entry of the mailbox, oldest first."""
    ours = entries_to_judge(service.settings)
    if service.hand_over is not None:
        service.hand_over(ledger.pending(service.db, among=ours))
        return
    while waiting := [entry for entry in ledger.pending(service.db, among=ours) if entry not in report.failed]:
        for entry_id, outcome in judge_all(service, waiting):
            if outcome is None:
                report.failed.append(entry_id)
            else:
                report.count(outcome)


def file_judged(service: Service, report: RoundReport) -> None:
    """Moves judged messages on the server, if the office wants that; never before their commit, never a deletion."""
    chosen = service.settings.mailbox
    if chosen.after != "move":
        return
    waiting = ledger.to_file(service.db, service.mailbox.account)
    if not waiting:
        return
    with service.mailbox.open() as box:
        for entry_id, place, outcome in waiting:
            if (place.folder, place.uidvalidity) != (box.folder, box.uidvalidity):
                continue
            review = outcome in (Outcome.REVIEW, Outcome.UNREADABLE)
            try:
                gone = box.move(place.uid, chosen.review_folder if review else chosen.moved_to)
            except MailboxUnavailable:
                if not box.alive:
                    raise
                log.warning("message-not-filed", entry=entry_id, uid=place.uid)  # it stays, and is tried again
                continue
            if gone:
                ledger.mark_filed(service.db, entry_id, service.clock(), place)
                report.filed += 1


def send(service: Service, report: RoundReport) -> None:
    """Sends the letters that are due, one at a time: those to applicants by PEC, the office's own by [alerts]."""
    now = service.clock()
    ours, which = letters_sent(service.settings), service.settings.beside.name
    for letter in outbox.recover(service.db, now, ours):  # this process alone sends: what is under way was cut short
        log.warning("letter-uncertain", letter=letter)
    for post, channel in ((service.post, "pec"), (service.alerts, "alerts")):
        refused, away = codes = tuple(of_mailbox(f"{code}:{channel}", which) for code in _SMTP_FAULTS)
        if post is None or seen_within(service.db, refused, REFUSAL_RESTS, now) or _away(service.db, post, codes, now):
            continue
        sent = outbox.send_due(service.db, post, now, channel=channel, among=ours)
        report.submitted += len(sent.submitted)
        report.unsent += sent.waiting + sent.uncertain + sent.failed
        state(service.db, refused, sent.login_refused, now, holds=bool(sent.login_refused))
        state(service.db, away, sent.unreachable, now, holds=bool(sent.unreachable))


def _away(db: Database, post: Sender, codes: tuple[str, ...], now: datetime) -> bool:
    """Whether a server that was away still is, or refuses us now that it is back.

    No letter is taken up to find out; it is not asked all the time, and not twice when it refuses the login.
    """
    refused, away = codes
    if not is_open(db, away):
        return False
    if seen_within(db, away, AWAY_RESTS, now):
        return True
    found = post.probe()
    state(db, away, found.detail, now, holds=found.state is SubmissionState.UNREACHABLE)
    if found.state is SubmissionState.LOGIN_REFUSED:
        state(db, refused, found.detail, now, holds=True)
    return found.state in (SubmissionState.UNREACHABLE, SubmissionState.LOGIN_REFUSED)


def counts(report: RoundReport) -> dict[str, int]:
    """The report as numbers for the round's row."""
    quota = {"quota_used": report.quota.used, "quota_limit": report.quota.limit} if report.quota else {}
    done = {"collected": report.collected, "filed": report.filed, "submitted": report.submitted}
    return {**done, "failed": len(report.failed), **report.outcomes, **quota}
