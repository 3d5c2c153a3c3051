"""The values that travel between the stages.

Everything here is frozen, plain and free of I/O: a Verdict crosses a process boundary (sandbox) and is stored as one
and the same JSON (ingest.wire). Names and enumerations are those of the public contract, section 3.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ingest.vocabulary import (
    EnvelopeKind,
    LetterKind,
    Method,
    ParticipationRole,
    Reason,
    ReceiptType,
    Role,
    SenderRelation,
    SignatureState,
    Timeliness,
    VerdictKind,
)


class Unreadable(Exception):  # noqa: N818 - a broken input is a finding, not our error
    """A part of the input is broken or refused; `reason` is what the log shows."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.reason, self.detail))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a certified receipt says about one of our letters (RFC 6109 §3)."""

    type: ReceiptType
    about: str  # Message-ID of the letter it speaks of, without angle brackets; "" when the client set none
    recipient: str  # the one recipient concerned; "" for acceptance and non-acceptance
    error: str  # postacert/@errore: nessuno, no-dest, no-dominio, virus, altro
    detail: str  # errore-esteso, as written
    final: bool  # False for the 12-hour notice, taken in charge and unknown kinds
    code: str = ""  # 5.1.1, 5.2.2 …, parsed from detail
    sender: str = ""  # certified mittente: who sent the letter it speaks of; ours, or it is not our letter


@dataclass(frozen=True, slots=True)
class Traits:
    """Headers that betray a machine or a thread, of the original message and of the envelope (RFC 3834 §5)."""

    auto_submitted: str = ""
    precedence: str = ""
    list_mail: bool = False
    auto_response: bool = False  # X-Auto-Response-Suppress, X-Autoreply, X-Autorespond
    null_return_path: bool = False
    report: bool = False  # Content-Type: multipart/report
    inner_from: str = ""
    in_reply_to: tuple[str, ...] = ()  # Message-IDs of In-Reply-To and References, without brackets
    client_id: str = ""  # the client's own Message-ID (daticert msgid), without brackets


@dataclass(frozen=True, slots=True)
class Envelope:
    """The certified facts of a message, with its four clocks. Times are aware; None where not stated."""

    kind: EnvelopeKind
    signature: SignatureState
    sender: str = ""
    recipients: tuple[str, ...] = ()
    ordinary_recipients: tuple[str, ...] = ()  # daticert destinatari tipo="esterno": never a delivery receipt
    reply_to: str = ""
    subject: str = ""
    identifier: str = ""
    message_id: str = ""  # of the outer message, without brackets
    provider: str = ""
    accepted_at: datetime | None = None  # daticert data+zona
    accepted_literal: str = ""  # giorno, ora and zona as written, kept as evidence
    signed_at: datetime | None = None  # signing-time of the provider's signature
    delivered_at: datetime | None = None  # approximate: topmost Received, else the server's internal date
    claimed_at: datetime | None = None  # the sender's own Date: evidence only
    receipt: Receipt | None = None
    traits: Traits = Traits()
    signer: str = ""  # name in the provider's certificate
    bounce_of: str = ""  # our Message-ID found inside an anomaly or a bounce


@dataclass(frozen=True, slots=True)
class DocumentSignature:
    """A signature on an attached document. Trust is honest: nothing is validated without trust lists."""

    kind: str  # pades | cades
    signer: str
    signer_fiscal_code: str
    integrity: str  # intact | broken
    at: datetime | None
    trust: str = "not-validated"
    modified_after: str = ""  # "" | form-filling | other: what was changed after this signature


@dataclass(frozen=True, slots=True)
class Document:
    """One attachment (or one member of an archive), with what each page is."""

    name: str  # sanitised: no path, no control or bidi characters, at most 200 characters
    sha256: str
    media_type: str
    pages: int
    role: Role
    role_by_page: tuple[Role, ...] = ()
    signatures: tuple[DocumentSignature, ...] = ()
    reasons: tuple[Reason, ...] = ()  # why it is unreadable, or what was left out
    detail: str = ""  # one English line for operators, never content
    path: tuple[int, ...] = ()  # where it lies: MIME part and archive member positions, to fetch it again


Value = str | bool | list[str] | list[dict[str, str]] | None  # which of them, the schema says per key


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One value with its provenance. Warnings are plain text here, whatever enumeration they come from."""

    value: Value
    raw: str
    document: int = -1  # index in Verdict.documents; -1 for metadata of the envelope
    page: int = 0  # from 1
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)  # points, origin top-left, page as displayed
    method: Method = Method.TEXT
    confidence: float = 1.0  # 0..1
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """A worker's answer is made of plain values only (see ingest.worker)."""
        object.__setattr__(self, "warnings", tuple(map(str, self.warnings)))


@dataclass(frozen=True, slots=True)
class Reading:
    """What one filled form says, before the notice's rules are applied."""

    fields: dict[str, FieldValue]
    document: int  # index of the document it was read from
    pages: tuple[int, ...]  # from 1
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Adhesion:
    """A reading judged by the notice."""

    fields: dict[str, FieldValue]
    timeliness: Timeliness
    role: ParticipationRole
    clock: str  # which clock decided: acceptance | delivery | internal-date | received
    missing: tuple[str, ...]  # schema keys to ask for
    sender_relation: SenderRelation
    needs_review: bool = False
    reasons: tuple[Reason, ...] = ()
    document: int = 0
    pages: tuple[int, ...] = ()

    def value(self, key: str) -> Value:
        """The value of a schema key, or None when it was not found or declared empty."""
        found = self.fields.get(key)
        return found.value if found else None


@dataclass(frozen=True, slots=True)
class Answer:
    """Which letter would go out, to whom, and why (or why none)."""

    send: bool
    letter: LetterKind | None
    to: str
    why: Reason | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything judged about one message."""

    kind: VerdictKind
    reasons: tuple[Reason, ...]
    envelope: Envelope
    documents: tuple[Document, ...] = ()
    adhesions: tuple[Adhesion, ...] = ()
    answer: Answer = field(default_factory=lambda: Answer(send=False, letter=None, to="", why=None))
    notice: str | None = None  # id of the notice it belongs to; "": none, or a person must say; None: the only one

    def with_answer(self, answer: Answer) -> "Verdict":
        """The same verdict with another answer."""
        return replace(self, answer=answer)
