"""What normalising one raw text gives, and the words for its doubts."""

from dataclasses import dataclass
from enum import StrEnum

from ingest.verdict import Value


class Doubt(StrEnum):
    """Codes of doubts. A warning is a code, or `code:detail` ("check-digit:suggest=00861930154")."""

    DECLARED_ABSENT = "declared-absent"
    PENDING = "pending"
    SAME_AS_ABOVE = "same-as-above"
    CHECK_DIGIT = "check-digit"
    WRONG_LENGTH = "wrong-length"
    OCR_CONFUSION = "ocr-confusion"  # a letter read where only a digit can stand, or the reverse
    PERSONAL_CODE = "personal-code"  # a person's fiscal code in the body's slot
    BODY_CODE = "body-code"  # a body's code in the person's slot
    SEVERAL_VALUES = "several-values"
    INVALID_DATE = "invalid-date"
    TWO_DIGIT_YEAR = "two-digit-year"
    INVALID_PHONE = "invalid-phone"
    EXTENSIONS = "extensions"
    FAX = "fax-number"  # one of the numbers was written for a fax
    INVALID_EMAIL = "invalid-email"
    REPAIRED_EMAIL = "repaired-email"
    MIXED_SCRIPT = "mixed-script"
    PEC_DOMAIN = "pec-domain"  # a certified address in the slot of ordinary ones
    INVALID_URL = "invalid-url"
    INVALID_POSTCODE = "invalid-postcode"
    UNKNOWN_PROVINCE = "unknown-province"
    CORRECTED_SPELLING = "corrected-spelling"
    NOT_ONE_OF_THE_NINE = "not-one-of-the-nine"
    NUMBER_IN_STREET = "number-in-street"
    COPIED = "copied"  # from another field: the declarant's data for the contact person
    UNKNOWN_OPTION = "unknown-option"
    RUNTS_TOO_EARLY = "runts-too-early"
    TOO_LONG = "too-long"
    CONTROL_CHARACTERS = "control-characters"
    HANDWRITING = "handwriting"  # something is written there that cannot be read for sure
    # of the place, the box or the paper the value was read from
    AMBIGUOUS_POSITION = "ambiguous-position"  # it might belong to a neighbouring label
    CONFLICTING_TICKS = "conflicting-ticks"
    CIRCLED = "circled"
    STRUCK_OUT = "struck-out"
    INFERRED_FROM_KIND = "inferred-from-kind"  # only the kind of public body was ticked
    LETTERHEAD = "letterhead"
    ADDRESS_NOT_SPLIT = "address-not-split"
    PRINTED = "printed"  # declared by the form's own text, without a box
    SIGNATURE_IMAGE = "signature-image"  # a picture: it proves nothing by itself
    STAMP_TEXT_ONLY = "stamp-text-only"
    SIGNATURE_BROKEN = "signature-broken"
    # found by comparing fields
    POSTCODE_OUTDATED = "postcode-outdated"
    POSTCODE_MISMATCH = "postcode-mismatch"
    PROVINCE_MISMATCH = "province-mismatch"
    SAME_AS_FISCAL_CODE = "same-as-fiscal-code"
    NAME_MISMATCH = "name-mismatch"
    BIRTH_DATE_MISMATCH = "birth-date-mismatch"
    BIRTH_PLACE_MISMATCH = "birth-place-mismatch"
    NATURE_SUGGESTED = "nature-suggested"
    NATURE_MISMATCH = "nature-mismatch"
    OWN_VALUE = "own-value"


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal form. `value` None: declared empty (the reason is in `warnings`) or nothing written (no warnings).

    A value that fails its check is kept as written, with a factor that brings it under every threshold: it is shown
    to a person, never repaired. `confidence_factor` (0..1) multiplies the confidence of the reading.
    """

    value: Value
    confidence_factor: float = 1.0
    warnings: tuple[str, ...] = ()


FAILED = 0.4  # factor of a value that failed its check
DOUBTFUL = 0.7  # factor of a value that was bent to fit


def listed(normal: Normal) -> list[str]:
    """The strings of a list value; [] when there is none."""
    return [one for one in normal.value if isinstance(one, str)] if isinstance(normal.value, list) else []


def warning(doubt: Doubt, detail: str = "") -> str:
    """The text of a warning."""
    return f"{doubt}:{detail}" if detail else str(doubt)
