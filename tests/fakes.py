"""Stand-ins for the mailbox and the post: they behave, they remember, and each step can be told to fail."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest.mailbox import Arrived, FolderMissing, MailboxUnavailable, Quota, Write
from ingest.post import Submission, SubmissionState


@dataclass(slots=True)
class FakeMessage:
    raw: bytes
    seen: bool = False
    internal_date: datetime | None = datetime(2021, 7, 26, 8, 15, 5, tzinfo=UTC)


@dataclass(slots=True)
class FakeMailbox:
    """A mailbox in memory (ingest.mailbox.Mailbox). A fault given for a step is raised at every try of that step."""

    account: str = "comune@pec.example@imaps.example:993"
    folder: str = "INBOX"
    uidvalidity: int = 1
    messages: dict[str, dict[int, FakeMessage]] = field(default_factory=lambda: {"INBOX": {}})
    room: Quota | None = None
    # faults
    on_open: Exception | None = None
    on_uids: Exception | None = None
    on_fetch: dict[int, Exception] = field(default_factory=dict)  # raised when half of the message is written
    on_move: Exception | None = None
    on_quota: Exception | None = None
    vanishing: set[int] = field(default_factory=set)  # listed, but gone when fetched
    can_move: bool = True
    idle_loses_line: bool = False
    # memory
    opened: list[str] = field(default_factory=list)
    fetched: list[int] = field(default_factory=list)
    moved: list[tuple[int, str]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    now_open: int = 0
    last_uid: int = 0

    def deliver(self, *raws: bytes, seen: bool = False) -> list[int]:
        """The uids of messages that have just arrived."""
        uids = []
        for raw in raws:
            self.last_uid += 1
            self.messages[self.folder][self.last_uid] = FakeMessage(raw, seen)
            uids.append(self.last_uid)
        return uids

    @contextmanager
    def open(self, folder: str | None = None) -> Iterator["FakeBox"]:
        if self.on_open:
            raise self.on_open
        name = folder or self.folder
        if name not in self.messages:
            raise FolderMissing(name)
        self.opened.append(name)
        self.now_open += 1
        try:
            yield FakeBox(self, name)
        finally:
            self.now_open -= 1


@dataclass(slots=True)
class FakeBox:
    mailbox: FakeMailbox
    folder: str
    alive: bool = True
    uidvalidity: int = 0
    expected: tuple[int, ...] = ()  # read at the first fetch: a line lost at one of them is lost then

    def __post_init__(self) -> None:
        self.uidvalidity = self.mailbox.uidvalidity

    @property
    def _messages(self) -> dict[int, FakeMessage]:
        if not self.alive:
            raise MailboxUnavailable("the connection is lost")
        return self.mailbox.messages[self.folder]

    def uids(self, after: int = 0) -> list[int]:
        if self.mailbox.on_uids:
            raise self.mailbox.on_uids
        return sorted(uid for uid in self._messages if uid > after)

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        return {uid: len(self._messages[uid].raw) for uid in uids if uid in self._messages}

    def expect(self, uids: Sequence[int]) -> None:
        self.expected = tuple(uids)

    def fetch(self, uid: int, write: Write) -> Arrived | None:
        message = self._messages.get(uid)
        if message is None or uid in self.mailbox.vanishing:
            return None
        self.mailbox.fetched.append(uid)
        middle = len(message.raw) // 2
        write(message.raw[:middle])
        ahead = [self.mailbox.on_fetch.get(one) for one in self.expected]
        lost = next((fault for fault in ahead if isinstance(fault, MailboxUnavailable)), None)
        fault = lost or self.mailbox.on_fetch.get(uid)
        if fault:
            self.alive = not isinstance(fault, MailboxUnavailable)
            raise fault
        write(message.raw[middle:])
        return Arrived(message.internal_date)

    def move(self, uid: int, folder: str) -> bool:
        if self.mailbox.on_move:
            raise self.mailbox.on_move
        if uid not in self._messages:
            return True
        if not self.mailbox.can_move:
            return False
        target = self.mailbox.messages.setdefault(folder, {})
        self.mailbox.last_uid += 1
        target[self.mailbox.last_uid] = self._messages.pop(uid)
        self.mailbox.moved.append((uid, folder))
        return True

    def quota(self) -> Quota | None:
        if self.mailbox.on_quota:
            raise self.mailbox.on_quota
        return self.mailbox.room

    def folders(self) -> list[str]:
        return list(self.mailbox.messages)

    def search_header(self, name: str, value: str) -> list[int]:
        wanted = f"{name}:".lower().encode()
        return sorted(
            uid
            for uid, message in self._messages.items()
            for line in message.raw.split(b"\r\n\r\n")[0].splitlines()
            if line.lower().startswith(wanted) and value.lower().encode() in line.lower()
        )

    def wait(self, seconds: float, stopped: Callable[[], bool] = lambda: False) -> bool:
        self.mailbox.waited.append(seconds)
        self.alive = self.alive and not self.mailbox.idle_loses_line
        return False


@dataclass(frozen=True, slots=True)
class Handed:
    """One letter as it was handed over."""

    raw: bytes
    sender: str
    to: tuple[str, ...]


AWAY = Submission(SubmissionState.UNREACHABLE, "connecting: no answer")


@dataclass(slots=True)
class FakePost:
    """A post office in memory (ingest.post.Sender): gives `answers` in turn, then accepts."""

    answers: list[Submission | Exception] = field(default_factory=list)
    handed: list[Handed] = field(default_factory=list)  # every try, whatever the answer
    away: bool = False
    refusing: bool = False
    probed: int = 0
    logins: int = 0

    def probe(self) -> Submission:
        self.probed += 1
        return self._no() or Submission(SubmissionState.ACCEPTED, "login accepted")

    def submit(self, raw: bytes, sender: str, *to: str) -> Submission:
        if no := self._no():
            return no
        self.handed.append(Handed(raw, sender, to))
        answer = self.answers.pop(0) if self.answers else Submission(SubmissionState.ACCEPTED, "250 OK")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _no(self) -> Submission | None:
        self.logins += not self.away
        refusal = Submission(SubmissionState.LOGIN_REFUSED, "535 5.7.8") if self.refusing else None
        return AWAY if self.away else refusal
