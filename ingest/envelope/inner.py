"""The isolated inner message: who wrote what, and the headers that betray a machine, a thread or a forward."""

import re
from dataclasses import dataclass

from ingest.envelope.addresses import addresses_in
from ingest.envelope.bodies import read_body
from ingest.envelope.headers import Headers
from ingest.envelope.mime import Part, message
from ingest.verdict import Traits

THREAD = 200  # Message-IDs kept of In-Reply-To and References
_AUTO_RESPONSE = ("x-auto-response-suppress", "x-autoreply", "x-autorespond")
_FORWARDED_SUBJECT = re.compile(r"^(?:\s*(?:fwd?|i|r|re|inoltro|inoltra)\s*:)*\s*posta certificata\s*:", re.IGNORECASE)
_ENVELOPE_NAMES = ("postacert.eml", "daticert.xml", "certdata.xml")
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Inner:
    """A message without its envelope. `sender` lower-case; "" for what is not there."""

    top: Part
    subject: str
    sender: str
    text: str
    forwarded: bool

    @property
    def headers(self) -> Headers:
        """Its outermost headers."""
        return self.top.headers


def read_inner(original: bytes) -> Inner:
    """Reads a message on its own; any bytes give a value."""
    top = message(original)
    body = read_body(top)
    forwarded = bool(_FORWARDED_SUBJECT.match(body.subject[:500])) or _carries_envelope(top, 0)
    return Inner(top, body.subject, _sender(top.headers), body.text, forwarded)


def _sender(headers: Headers) -> str:
    """The first From address; a bare `MAILER-DAEMON` is kept as it is, since it tells a machine."""
    written = headers.value("from")
    return next(iter(addresses_in(written)), written.strip().lower()[:320])


def _carries_envelope(part: Part, depth: int) -> bool:
    """Whether a certified message lies among the attachments; what it certifies is not looked at."""
    if depth >= _DEPTH:
        return False
    for child in part.children():
        if child.name.lower() in _ENVELOPE_NAMES:
            return True
        if child.media_type == "message/rfc822" and message_headers(child).has("x-trasporto"):
            return True
        if _carries_envelope(child, depth + 1):
            return True
    return False


def message_headers(part: Part) -> Headers:
    """The headers of the message that a message/rfc822 part holds."""
    return message(bytes(part.content()[:100_000])).headers


def traits(inner: Part | None, outer: Part, client_id: str = "") -> Traits:
    """What shows a machine or a thread, of the original and of the envelope alike (RFC 3834).

    `inner` is None for a message that has none.
    """
    parts = [part for part in (inner, outer) if part is not None]
    blocks = [part.headers for part in parts]
    automatic = [said for block in blocks if (said := block.token("auto-submitted")) and said != "no"]
    precedence = [said for block in blocks if (said := block.token("precedence"))]
    names = {name for block in blocks for name, _ in block.fields}
    thread = [found for block in blocks for name in ("in-reply-to", "references") for found in block.identifiers(name)]
    return Traits(
        auto_submitted=next(iter(automatic), ""),
        precedence=next(iter(precedence), ""),
        list_mail=any(name.startswith("list-") for name in names),
        auto_response=any(name in names for name in _AUTO_RESPONSE),
        null_return_path=any(value.strip() in ("<>", "") for block in blocks for value in block.values("return-path")),
        report=any(part.media_type == "multipart/report" for part in parts),
        inner_from="" if inner is None else _sender(inner.headers),
        in_reply_to=tuple(dict.fromkeys(thread))[:THREAD],
        client_id=client_id,
    )
