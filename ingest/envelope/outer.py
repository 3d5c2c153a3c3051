"""The outside of a message, taken apart once for every kind: signed part, signature, clocks of arrival."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ingest.envelope.addresses import single_address
from ingest.envelope.certificates import anchors
from ingest.envelope.kinds import Identity
from ingest.envelope.mime import Part, decoded, enclosed
from ingest.envelope.signature import Claim, Verification, verify
from ingest.rules import Arrival, Context
from ingest.verdict import Envelope
from ingest.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Opened:
    """A message with its certified facts set apart from what the sender wrote."""

    envelope: Envelope
    reasons: tuple[Reason, ...]  # what is odd, or why the envelope is not to be trusted
    original: bytes  # raw message whose attachments are to be opened; b"" when there is none
    text: str  # what a person wrote in it, at most 100,000 characters


@dataclass(frozen=True, slots=True)
class Outer:
    """The outermost part, its family, and the circumstances."""

    top: Part
    identity: Identity
    context: Context
    arrival: Arrival

    def signed_children(self) -> tuple[Part, ...]:
        """The children of a top-level multipart/signed; () where there is none, so nothing can be verified."""
        return self.top.children() if self.top.media_type == "multipart/signed" else ()

    def content(self) -> tuple[Part, ...]:
        """The parts the provider put side by side: text, certification data, original.

        Directly under the signed part. Where a mailing list wrapped the whole again, or nothing is signed, the same
        place is looked at so that a person sees the facts; the signature is then absent and nothing acts on them.
        """
        if self.top.media_type == "multipart/signed":
            signed = self.top.children()[:1]
        else:
            wrapped = [part for part in self.top.children() if part.media_type == "multipart/signed"]
            signed = wrapped[0].children()[:1] if wrapped else (self.top,)
        return signed[0].children() if signed else ()

    def verified(self, at: datetime | None) -> Verification:
        """The provider's signature, judged at the certified time `at`."""
        claim = Claim(self.sender, at, self.arrival)
        return verify(self.signed_children(), claim, anchors(self.context.trust_anchors))

    @property
    def sender(self) -> str:
        """The one address of the outer From; "" when it is malformed."""
        return single_address(self.top.headers.values("from"))

    @property
    def message_id(self) -> str:
        """Message-ID of the outer message, without brackets."""
        return self.top.headers.identifier("message-id")


Opener = Callable[[Outer], Opened]


def original_in(parts: tuple[Part, ...]) -> bytes:
    """The original message a provider enclosed, as it travelled; b"" when it is missing or empty."""
    messages = [part for part in parts if part.media_type == "message/rfc822"]
    named = [part for part in parts if part.name.lower() == "postacert.eml"]
    found = next(iter([part for part in messages if part in named] + messages + named), None)
    if found is None:
        return b""
    content = enclosed(found) if found.media_type == "message/rfc822" else decoded(found)
    return content if content and not content.isspace() else b""
