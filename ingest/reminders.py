"""One reminder for an integration request whose term ran out, where the office configured it; never a second one."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.answering import Case, Reply, guard_facts, new_message_id, reference
from ingest.database import Database, insert, one_at_a_time
from ingest.integration import LEFT, end_of
from ingest.italian import ROME
from ingest.keys import Settings
from ingest.letter_bytes import message_bytes
from ingest.loopguard import plain_address, why_not_answer
from ingest.protocol.numbers import number_of
from ingest.reply import Addressing, LetterFacts, compose
from ingest.scope import entries_to_judge
from ingest.vocabulary import LetterKind, Reason
from ingest.wire import verdict_from_json
from models import Entry, Integration, IntegrationState, Letter, LetterEvent, LetterRecipient, LetterState

_AT_ONCE = 20
_LATER = (Reason.ADDRESS_LIMIT, Reason.DAILY_LIMIT)  # its turn comes


def remind_due(db: Database, settings: Settings, now: datetime) -> int:
    """Queues the reminders that are due. How many. Over a limit they wait; what a rule forbids is noted."""
    if not settings.answers.reminder:
        return 0
    with db.reading() as session:
        if not _due(session, settings, now):
            return 0
    queued = 0
    with db.transaction() as session:
        one_at_a_time(session)
        for request in _due(session, settings, now):
            entry = session.get_one(Entry, request.entry_id)
            case = Case(session, entry, verdict_from_json(json.loads(entry.verdict or "")), settings, now)
            first = session.get_one(Letter, request.letter_id)
            reply = Reply(LetterKind.INTEGRATION_REMINDER, first.to_address, approved=True)
            facts = replace(guard_facts(case, reply), already_answered=False)
            against = why_not_answer(case.verdict.envelope, facts)
            if against is None:
                _queue(case, request, first)
                queued += 1
            elif against not in _LATER:
                request.unreminded = str(against)
    return queued


def _due(session: Session, settings: Settings, now: datetime) -> list[Integration]:
    query = (
        select(Integration)
        .join(Letter, Letter.id == Integration.letter_id)
        .join(Entry, Entry.id == Integration.entry_id)
        .where(
            Integration.state == IntegrationState.OPEN, Integration.due_at < now, Integration.reminder_id.is_(None),
            Integration.unreminded == "", Letter.state.in_(LEFT), Entry.notice_id == settings.notice.id,
            Entry.verdict.is_not(None), entries_to_judge(settings),
        )
        .order_by(Integration.due_at, Integration.id)
        .limit(_AT_ONCE)
    )  # fmt: skip
    return list(session.scalars(query))


def _queue(case: Case, request: Integration, first: Letter) -> None:
    session, now, settings = case.session, case.now, case.settings
    term = now.astimezone(ROME).date() + timedelta(days=settings.answers.reminder_days)
    message_id = new_message_id(first.sender)
    subject, raw = _written(case, request, first, message_id)
    new = insert(session, Letter).values(
        key=f"entry:{request.entry_id}:reminder", entry_id=request.entry_id, kind=LetterKind.INTEGRATION_REMINDER,
        channel="pec", sender=first.sender, mailbox=first.mailbox, to_address=first.to_address, message_id=message_id,
        subject=subject, raw=raw, state=LetterState.QUEUED, next_try_at=now, created_at=now,
        in_reply_to=first.in_reply_to,
    )  # fmt: skip
    made = session.scalar(new.on_conflict_do_nothing(index_elements=["key"]).returning(Letter.id))
    if made is not None:
        to = plain_address(first.to_address)
        session.add(LetterRecipient(letter_id=made, address=to, state=LetterState.QUEUED))
        session.add(LetterEvent(letter_id=made, at=now, state=LetterState.QUEUED))
        request.reminder_id, request.due_at = made, end_of(term)


def _written(case: Case, request: Integration, first: Letter, message_id: str) -> tuple[str, bytes]:
    envelope, settings, now = case.verdict.envelope, case.settings, case.now
    key, reasons = reference(request.entry_id), {str(word): word for word in Reason}
    facts = LetterFacts(
        notice=settings.notice.rules(), key=key, sender=envelope.sender, subject=envelope.subject,
        identifier=envelope.identifier, accepted_at=envelope.accepted_at,
        missing=tuple(word for word in request.asked if word not in reasons),
        reply_by=now.astimezone(ROME).date() + timedelta(days=settings.answers.reminder_days),
        reasons=tuple(reasons[word] for word in request.asked if word in reasons), office=first.sender,
        protocol=number_of(case.session, case.entry),
    )  # fmt: skip
    letter = compose(LetterKind.INTEGRATION_REMINDER, facts)
    references = tuple(one for one in (envelope.traits.client_id, envelope.identifier, first.message_id) if one)
    addressing = Addressing(
        sender=first.sender, to=first.to_address, message_id=message_id, in_reply_to=envelope.identifier,
        references=references, key=key, receipt_type=settings.answers.receipt_type, date=now,
    )  # fmt: skip
    return letter.subject, message_bytes(letter, addressing)
