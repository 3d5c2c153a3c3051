"""The values of a letter: what it may say, how it reads, where it goes."""

from dataclasses import dataclass
from datetime import date, datetime

from ingest.rules import Notice
from ingest.verdict import Adhesion
from ingest.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What a letter may say. Nothing else reaches a template."""

    notice: Notice
    key: str  # our reference, printed in the subject: "PDZ-000123"
    sender: str
    subject: str  # of their message
    identifier: str  # the PEC id of their message
    accepted_at: datetime | None
    adhesions: tuple[Adhesion, ...] = ()
    missing: tuple[str, ...] = ()  # schema keys over all adhesions
    reply_by: date | None = None  # term for an integration
    version: int = 0  # of the adhesion, when it is a new version
    reasons: tuple[Reason, ...] = ()
    protocol: str = ""  # number and date in words, once there is one
    office: str = ""  # the address we send from, printed as the contact


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with a letter."""

    name: str
    media_type: str  # "application/pdf"
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered letter."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Addressing:
    """The headers of one letter. One recipient, never a Bcc (RFC 6109 §3.1.1 makes providers refuse it)."""

    sender: str
    to: str
    message_id: str  # without brackets, chosen and committed before SMTP
    in_reply_to: str = ""  # the PEC id of their envelope
    references: tuple[str, ...] = ()
    key: str = ""  # repeated in X-Pec-Ingest-Key
    receipt_type: str = "completa"  # "" for ordinary mail
    date: datetime | None = None
    automatic: str = "auto-replied"  # RFC 3834: auto-replied to an application, auto-generated for digest and alarms
