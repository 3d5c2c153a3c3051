"""Which documents of a message were put aside unread, so that nobody may take the message for fully read."""

from ingest.verdict import Document
from ingest.vocabulary import Reason, Role

_PUT_ASIDE = frozenset(
    {
        Reason.PART_UNREADABLE,
        Reason.PART_ENCRYPTED,
        Reason.PART_TOO_LARGE,
        Reason.PART_UNSUPPORTED,
        Reason.PART_OLD_FORMAT,
        Reason.PART_TIMED_OUT,
        Reason.SIGNATURE_WITHOUT_DOCUMENT,
        Reason.SCAN_NEEDS_PERSON,
        Reason.LIMIT_REACHED,
        Reason.TIMED_OUT,
        Reason.CRASHED,
    }
)


def is_put_aside(document: Document) -> bool:
    """True for a part whose content nobody has read: it may hold a form."""
    return bool(_PUT_ASIDE & set(document.reasons))


def may_hide_a_form(document: Document) -> bool:
    """True for a part put aside, and for a form that was left blank."""
    return document.role is Role.BLANK_FORM or is_put_aside(document)
