"""Mail of ours that came back: a bounce arrives as ordinary mail or inside an anomaly, never certified.

The bounced message may be our own certified envelope with its certification data: it is not inbound mail, so only
header lines are searched, for an identifier we could have given.
"""

import re
from dataclasses import dataclass

from ingest.envelope.addresses import domain_of
from ingest.envelope.inner import Inner

SEARCHED = 1_000_000  # bytes of the returned message
_REFERENCE = re.compile(
    rb"^(?:X-Riferimento-Message-ID|Message-ID|Original-Message-ID|In-Reply-To|References)[ \t]*:[^<\n]{0,200}"
    rb"(?:\r?\n[ \t]+)?<([^<>\s]{1,998})>",
    re.IGNORECASE | re.MULTILINE,
)
_ACTION = re.compile(rb"^Action[ \t]*:[ \t]*([A-Za-z]+)", re.IGNORECASE | re.MULTILINE)
_RETURNED_TYPES = ("message/rfc822", "text/rfc822-headers", "message/delivery-status")
_MACHINES = ("mailer-daemon", "postmaster")


@dataclass(frozen=True, slots=True)
class Return:
    """What came back: `of` is our Message-ID without brackets, "" when it could not be told."""

    bounced: bool
    of: str = ""


def returned_mail(inner: Inner, addresses: tuple[str, ...]) -> Return:
    """Whether a message returns one of ours as undelivered, and which.

    A report of success (`Action: delivered`) is no bounce. Our identifiers have the domain of one of our addresses
    on the right; those we coin ourselves begin with `ack.` and win over others of a shared domain.
    """
    returned = b"\n".join(_returned(inner))
    of = _ours(returned, addresses)
    is_report = inner.top.media_type == "multipart/report"
    by_machine = inner.sender.partition("@")[0].startswith(_MACHINES)
    if not (is_report or by_machine or (of.startswith("ack.") and returned)):
        return Return(bounced=False)
    actions = {action.lower() for action in _ACTION.findall(returned)}
    if actions and b"failed" not in actions:
        return Return(bounced=False)
    return Return(bounced=True, of=of)


def _returned(inner: Inner) -> list[bytes]:
    parts = [part for part in inner.top.children() if part.media_type in _RETURNED_TYPES]
    return [bytes(part.content()[:SEARCHED]) for part in parts[:5]]


def _ours(returned: bytes, addresses: tuple[str, ...]) -> str:
    domains = {domain_of(address) for address in addresses}
    found = [identifier.decode("utf-8", "replace") for identifier in _REFERENCE.findall(returned)]
    ours = [identifier for identifier in found if domain_of(identifier) in domains]
    coined = [identifier for identifier in ours if identifier.startswith("ack.")]
    return next(iter(coined + ours), "")
