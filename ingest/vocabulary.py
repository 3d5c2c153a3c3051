"""The words of the log: every enumeration of the public contract that a verdict is told with."""

from enum import StrEnum


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
    """Time classes: against the last day of the notice and the start of the works."""

    ON_TIME = "on-time"
    LATE_BEFORE_START = "late-before-start"
    AFTER_START = "after-start"


class ParticipationRole(StrEnum):
    """The role an adhesion takes part with: who comes after the start is heard, and decides nothing."""

    OPERATIVE = "operative"
    CONSULTATIVE = "consultative"
    TO_CONFIRM = "to-confirm"


class SenderRelation(StrEnum):
    """How the sending address relates to the addresses on the form; shown, never decisive."""

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
    UNKNOWN_SENDER = "unknown-sender"
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    # why no letter goes out (the loop guard: RFC 3834 §2)
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
