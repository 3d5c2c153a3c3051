"""The values that travel between the stages, and the words of the log.

Everything here is frozen, picklable and free of I/O: a Verdict crosses a process boundary (sandbox) and is
stored as JSON (ingest.wire). Names and enumerations are those of the public contract, section 3.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class VerdictKind(StrEnum):
    """What a message turned out to be."""

    ADHESION = "adhesion"
    RECEIPT = "receipt"
    REVIEW = "review"
    NOTED = "noted"
    UNREADABLE = "unreadable"


class EnvelopeKind(StrEnum):
    """Which of the five families the outer message belongs to (RFC 6109 §2.1; REM: EN 319 532)."""

    CERTIFIED = "certified"
    RECEIPT = "receipt"
    ANOMALY = "anomaly"
    ORDINARY = "ordinary"
    REM = "rem"


class SignatureState(StrEnum):
    """What verifying the provider's signature gave; only VALID may create records without a person."""

    VALID = "valid"
    CHAIN_UNKNOWN = "valid-chain-unknown"
    BROKEN = "broken"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    NOT_APPLICABLE = "not-applicable"


class ReceiptType(StrEnum):
    """Kinds of receipt, in English (wire names: RFC 6109 §4.4, `postacert/@tipo`)."""

    ACCEPTANCE = "acceptance"
    NON_ACCEPTANCE = "non-acceptance"
    TAKEN_IN_CHARGE = "taken-in-charge"
    DELIVERY = "delivery"
    DELIVERY_ERROR = "delivery-error"
    DELIVERY_WARNING = "delivery-warning"
    VIRUS_DETECTED = "virus-detected"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What a document, or a page of it, is."""

    FORM = "form"
    BLANK_FORM = "blank-form"
    NOTICE = "notice"
    IDENTITY = "identity"
    COVER_LETTER = "cover-letter"
    STATUTE = "statute"
    SEGNATURA = "segnatura"
    SIGNATURE_ONLY = "signature-only"
    OTHER = "other"
    UNREADABLE = "unreadable"


class Method(StrEnum):
    """Where a value was read from."""

    ACROFORM = "acroform"
    ANNOTATION = "annotation"
    TEXT = "text"
    OCR = "ocr"
    METADATA = "metadata"


class Timeliness(StrEnum):
    """Time classes of notice.md B.1."""

    ON_TIME = "on-time"
    LATE_BEFORE_START = "late-before-start"
    AFTER_START = "after-start"


class ParticipationRole(StrEnum):
    """The role an adhesion takes part with (notice.md R5)."""

    OPERATIVE = "operative"
    CONSULTATIVE = "consultative"
    TO_CONFIRM = "to-confirm"


class SenderRelation(StrEnum):
    """How the sending address relates to the addresses on the form (domain.md §4); shown, never decisive."""

    SAME = "same"
    SAME_DOMAIN = "same-domain"
    OTHER = "other"
    ORDINARY = "ordinary"


class Outcome(StrEnum):
    """What became of a message: the one word of the ingestion log."""

    RECORDED = "recorded"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    REVIEW = "review"
    RECEIPT = "receipt"
    NOTED = "noted"
    UNREADABLE = "unreadable"


class LetterKind(StrEnum):
    """The letters we write; the value names the template folder."""

    RECEIVED_ON_TIME = "adhesion-received"
    RECEIVED_LATE = "adhesion-received-late"
    RECEIVED_AFTER_START = "adhesion-received-after-start"
    RECEIVED_INCOMPLETE = "adhesion-incomplete"
    NEW_VERSION = "adhesion-updated"
    DUPLICATE = "adhesion-duplicate"
    NO_FORM = "no-form"
    FORM_UNREADABLE = "form-unreadable"
    INTEGRATION_REMINDER = "integration-reminder"


class Reason(StrEnum):
    """Why a message or an adhesion was judged as it was; one vocabulary for log, templates, digest and docs.

    The Italian wording for clerks lives in `ingest/wording.py`; a test keeps both complete.
    """

    # the envelope
    CERTIFIED_ENVELOPE = "certified-envelope"
    ANOMALY_ENVELOPE = "anomaly-envelope"
    ORDINARY_MAIL = "ordinary-mail"
    REM_UNSUPPORTED = "rem-unsupported"
    SIGNATURE_BROKEN = "signature-broken"
    SIGNATURE_ABSENT = "signature-absent"
    SIGNATURE_UNREADABLE = "signature-unreadable"
    SIGNATURE_CHAIN_UNKNOWN = "signature-chain-unknown"
    SIGNATURE_POLICY = "signature-policy"
    SIGNATURE_TIME = "signature-time"
    WEAK_DIGEST = "weak-digest"
    ARRIVED_LONG_AFTER = "arrived-long-after"
    CERTIFICATION_DATA_MISSING = "certification-data-missing"
    CERTIFICATION_DATA_UNREADABLE = "certification-data-unreadable"
    CERTIFICATION_DATA_REPAIRED = "certification-data-repaired"
    HEADER_DISAGREES = "header-disagrees"
    UNKNOWN_RECEIPT = "unknown-receipt"
    RECEIPT_OF_OURS = "receipt-of-ours"
    RECEIPT_ORPHAN = "receipt-orphan"
    RECEIPT_SUSPECT = "receipt-suspect"
    BOUNCE = "bounce"
    ORIGINAL_MISSING = "original-missing"
    SENDER_INVALID = "sender-invalid"
    FORWARDED = "forwarded"
    NOT_ADDRESSED_TO_US = "not-addressed-to-us"
    PROVIDER_NOTICE = "provider-notice"
    NOT_A_MESSAGE = "not-a-message"
    # the documents
    NO_FORM = "no-form"
    BLANK_FORM_ONLY = "blank-form-only"
    PART_UNREADABLE = "part-unreadable"
    PART_ENCRYPTED = "part-encrypted"
    PART_TOO_LARGE = "part-too-large"
    PART_UNSUPPORTED = "part-unsupported"
    PART_OLD_FORMAT = "part-old-format"
    REQUEST_WITHOUT_FORM = "request-without-form"
    PART_TIMED_OUT = "part-timed-out"
    SIGNATURE_WITHOUT_DOCUMENT = "signature-without-document"
    SCAN_NEEDS_PERSON = "scan-needs-person"
    LIMIT_REACHED = "limit-reached"
    MESSAGE_TOO_LARGE = "message-too-large"
    TIMED_OUT = "timed-out"
    CRASHED = "crashed"
    # the adhesion
    IDENTITY_INCOMPLETE = "identity-incomplete"
    LOW_CONFIDENCE = "low-confidence"
    FIELDS_MISSING = "fields-missing"
    CATEGORY_OUTSIDE_ART4 = "category-outside-art4"
    PUBLIC_BODY_LATE = "public-body-late"
    CONFLICTING_TICKS = "conflicting-ticks"
    CHECK_DIGIT = "check-digit"
    DELEGATION_MISSING = "delegation-missing"
    SENT_BY_ANOTHER = "sent-by-another"
    SEVERAL_FORMS = "several-forms"
    SAME_FORM_TWICE = "same-form-twice"
    WITHDRAWAL = "withdrawal"
    NEAR_DEADLINE = "near-deadline"
    CLOCKS_DISAGREE = "clocks-disagree"
    CLOCK_APPROXIMATE = "clock-approximate"
    SIGNED_BY_SENDING = "signed-by-sending"
    VERIFY_SIGNATURE = "verify-signature"
    VERIFY_ORIGIN = "verify-origin"
    INTEGRATE_SIGNATURE = "integrate-signature"
    INTEGRATE_IDENTITY = "integrate-identity"
    # the register
    NEW_ORGANISATION = "new-organisation"
    NEW_VERSION = "new-version"
    EARLIER_FORM = "earlier-form"
    DUPLICATE_MESSAGE = "duplicate-message"
    DUPLICATE_FORM = "duplicate-form"
    INTEGRATION_REPLY = "integration-reply"
    POSSIBLE_MATCH = "possible-match"
    DIFFERENT_BODY_SAME_CODE = "different-body-same-code"
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    # why no letter goes out (the loop guard, pec.md §8)
    ANSWERS_DISABLED = "answers-disabled"
    NOT_CERTIFIED = "not-certified"
    AUTO_SUBMITTED = "auto-submitted"
    BULK_MAIL = "bulk-mail"
    MACHINE_SENDER = "machine-sender"
    OWN_ADDRESS = "own-address"
    PROVIDER_ADDRESS = "provider-address"
    REPLY_TO_OUR_LETTER = "reply-to-our-letter"
    ALREADY_ANSWERED = "already-answered"
    ADDRESS_LIMIT = "address-limit"
    DAILY_LIMIT = "daily-limit"
    REGISTER_RESTORED = "register-restored"
    HELD_FOR_PERSON = "held-for-person"
    # which notice a message belongs to
    NOTICE_UNCLEAR = "notice-unclear"
    NOTICE_NOT_OPEN = "notice-not-open"


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
    """Headers that betray a machine or a thread, of the original message and of the envelope (pec.md §8)."""

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
    needs_review: bool
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
