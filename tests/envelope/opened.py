"""How the tests open a message: our mailbox, the test authority, a day after the default event."""

from datetime import timedelta

from ingest.demo.facts import AT, OFFICE
from ingest.demo.pki import authority
from ingest.envelope import Opened, open_envelope
from ingest.rules import Arrival, Context, Notice

NOTICE = Notice(id="prova", title="Avviso di prova", deadline=AT)
CONTEXT = Context(notice=NOTICE, addresses=(OFFICE,), trust_anchors=(authority().ca_der,))
ARRIVAL = Arrival(now=AT + timedelta(days=1))


def opened(raw: bytes, context: Context = CONTEXT, arrival: Arrival = ARRIVAL) -> Opened:
    return open_envelope(raw, context, arrival)
