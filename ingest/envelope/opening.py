"""One way in: the bytes of a message become its facts, its oddities and the message inside."""

from ingest.envelope.certified import open_certified, open_receipt
from ingest.envelope.kinds import identify
from ingest.envelope.mime import message
from ingest.envelope.outer import Opened, Opener, Outer
from ingest.envelope.uncertified import open_anomaly, open_ordinary, open_rem
from ingest.rules import Arrival, Context
from ingest.vocabulary import EnvelopeKind

_OPENERS: dict[EnvelopeKind, Opener] = {
    EnvelopeKind.CERTIFIED: open_certified,
    EnvelopeKind.RECEIPT: open_receipt,
    EnvelopeKind.ANOMALY: open_anomaly,
    EnvelopeKind.ORDINARY: open_ordinary,
    EnvelopeKind.REM: open_rem,
}


def open_envelope(raw: bytes, context: Context, arrival: Arrival) -> Opened:
    """Opens a message exactly as it was fetched. Any bytes give a value; nothing raises.

    Only `signature` VALID vouches for the facts: in every other state they are what the message claims, for a
    person to see. ValueError only for a trust anchor in `context` that is no certificate.
    """
    top = message(raw)
    identity = identify(top)
    return _OPENERS[identity.kind](Outer(top, identity, context, arrival))
