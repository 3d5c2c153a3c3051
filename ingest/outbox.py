"""Letters leave here, one at a time, and never twice by themselves.

Before SMTP the row is committed as `submitting`, afterwards as what the server said. What died in between may have
been sent: it becomes `uncertain`, receipts settle it, and only a person may send it again.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from ingest.conditions import observe
from ingest.database import Database
from ingest.post import Refusal, Sender, Submission, SubmissionState
from ingest.trouble import Trouble
from models import Letter, LetterEvent, LetterState

_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))  # then every 2 hours
_LONGEST_WAIT = timedelta(hours=2)
_IN_ONE_ROUND = 100  # letters
MAX_ATTEMPTS = 17  # with these waits a day has passed; time when the service was off does not count


@dataclass(slots=True)
class Sent:
    """What one round of sending did: letter ids by outcome; the server's words when it takes no letter at all."""

    submitted: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    uncertain: list[int] = field(default_factory=list)
    login_refused: str = ""
    unreachable: str = ""


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    raw: bytes
    sender: str
    to: tuple[str, ...]


def send_due(
    db: Database, post: Sender, now: datetime, *, channel: str = "pec", among: ColumnElement[bool] | None = None
) -> Sent:
    """Submits the letters of a channel that are due, oldest first. A refused login, or no server, ends the round.

    `among`: those that leave through this account; all without it.
    """
    sent = Sent()
    of_channel = Letter.channel == channel
    for _ in range(_IN_ONE_ROUND):
        claimed = _claim(db, of_channel if among is None else and_(of_channel, among), now)
        if claimed is None:
            break
        submission = post.submit(claimed.raw, claimed.sender, *claimed.to)
        _settle(db, claimed, submission, sent, now)
        if sent.login_refused or sent.unreachable:
            break
    return sent


def waiting(db: Database, now: datetime, channel: str, among: ColumnElement[bool]) -> list[tuple[int, str]]:
    """The letters of a channel that should have left, due or put off after a failure, with the server's words."""
    held_up = or_(Letter.next_try_at <= now, Letter.last_error != "")
    which = (Letter.state == LetterState.QUEUED, Letter.channel == channel, held_up, among)
    with db.reading() as session:
        found = session.execute(select(Letter.id, Letter.last_error).where(*which).order_by(Letter.id))
        return [(number, said) for number, said in found]


def recover(db: Database, now: datetime, among: ColumnElement[bool] | None = None) -> list[int]:
    """Letters left `submitting`, by a process that died or lost its database, become uncertain.

    Call it before sending, in the one process that sends; `among` as in `send_due`.
    """
    cut_short = select(Letter).where(Letter.state == LetterState.SUBMITTING).with_for_update()
    with db.transaction() as session:
        left = list(session.scalars(cut_short if among is None else cut_short.where(among)))
        for letter in left:
            _move(session, letter, LetterState.UNCERTAIN, now, "interrupted while being submitted")
        return [letter.id for letter in left]


def _claim(db: Database, which: ColumnElement[bool], now: datetime) -> _Claimed | None:
    """The next letter that is due, committed as `submitting`."""
    due = (
        select(Letter)
        .where(Letter.state == LetterState.QUEUED, which, Letter.next_try_at <= now)
        .order_by(Letter.next_try_at, Letter.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with db.transaction() as session:
        letter = session.scalar(due)
        if letter is None:
            return None
        letter.attempts += 1
        letter.claimed_at = now
        _move(session, letter, LetterState.SUBMITTING, now, f"attempt {letter.attempts}")
        to = tuple(recipient.address for recipient in letter.recipients) or (letter.to_address,)
        return _Claimed(letter.id, letter.raw, letter.sender, to)


def _settle(db: Database, claimed: _Claimed, submission: Submission, sent: Sent, now: datetime) -> None:
    with db.transaction() as session:
        letter = session.get_one(Letter, claimed.id, with_for_update=True)
        letter.last_error = "" if submission.state is SubmissionState.ACCEPTED else submission.detail[:500]
        if submission.state is SubmissionState.ACCEPTED:
            letter.submitted_at = now
            sent.submitted.append(letter.id)
        if letter.state not in (LetterState.SUBMITTING, LetterState.UNCERTAIN):
            return  # a receipt was quicker: it knows more
        if submission.state is SubmissionState.ACCEPTED:
            _move(session, letter, LetterState.SUBMITTED, now, submission.detail)
            _refuse(session, letter, submission.refused, now)
        elif submission.state is SubmissionState.UNCERTAIN:
            sent.uncertain.append(letter.id)
            _move(session, letter, LetterState.UNCERTAIN, now, submission.detail)
        elif submission.state is SubmissionState.LOGIN_REFUSED:
            sent.login_refused = submission.detail
            letter.attempts -= 1
            _wait(session, letter, now, submission.detail)
        elif (
            submission.state is SubmissionState.UNREACHABLE
        ):  # no fault of this letter: due again as soon as it is back
            sent.unreachable = submission.detail
            letter.attempts -= 1
            _move(session, letter, LetterState.QUEUED, now, submission.detail)
        elif submission.state is SubmissionState.PERMANENT or letter.attempts >= MAX_ATTEMPTS:
            sent.failed.append(letter.id)
            _move(session, letter, LetterState.FAILED, now, submission.detail)
            observe(session, Trouble.LETTER_NOT_SENT, f"letter {letter.id}", now)
        else:
            sent.waiting.append(letter.id)
            _wait(session, letter, now, submission.detail)


def _wait(session: Session, letter: Letter, now: datetime, detail: str) -> None:
    """Puts a letter back that surely was not sent."""
    tried = max(1, letter.attempts)
    letter.next_try_at = now + (_WAITS[tried - 1] if tried <= len(_WAITS) else _LONGEST_WAIT)
    _move(session, letter, LetterState.QUEUED, now, detail)


def _refuse(session: Session, letter: Letter, refused: tuple[Refusal, ...], now: datetime) -> None:
    """Notes the recipients the server did not take although it took others."""
    for recipient in letter.recipients:
        refusal = next((one for one in refused if one.address.lower() == recipient.address), None)
        if refusal is not None:
            recipient.state = LetterState.FAILED
            note = f"recipient refused: {refusal.code}"
            session.add(LetterEvent(letter_id=letter.id, at=now, state=LetterState.FAILED, note=note))
            observe(session, Trouble.LETTER_NOT_SENT, f"letter {letter.id}", now)


def _move(session: Session, letter: Letter, state: LetterState, now: datetime, note: str) -> None:
    letter.state = state
    for recipient in letter.recipients:
        recipient.state = state
    session.add(LetterEvent(letter_id=letter.id, at=now, state=state, note=note[:500]))
