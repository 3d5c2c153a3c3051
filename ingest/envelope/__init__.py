"""From raw bytes to the certified facts of a message (core).

The outer headers of certified mail are not signed, its certification data are; and only what lies directly under a
valid signature counts. Start reading at `opening`.
"""

from ingest.envelope.opening import open_envelope
from ingest.envelope.outer import Opened

__all__ = ["Opened", "open_envelope"]
