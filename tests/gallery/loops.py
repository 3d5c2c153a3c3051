"""Table G: valid envelopes that must never be answered."""

from ingest.demo import messages as post
from ingest.demo.facts import OFFICE, OUR_ID, OUR_PEC_ID
from ingest.demo.ordinary import a_bounce
from ingest.demo.originals import an_original
from ingest.vocabulary import Reason
from tests.gallery.case import KEPT, Case, but

HEADERS = {
    "auto-replied": ("Auto-Submitted", "auto-replied"),
    "auto-generated": ("Auto-Submitted", "auto-generated"),
    "bulk": ("Precedence", "bulk"),
    "list": ("Precedence", "list"),
    "junk": ("Precedence", "junk"),
    "auto_reply": ("Precedence", "auto_reply"),
    "list id": ("List-Id", "<avvisi.pec.example>"),
    "unsubscribe": ("List-Unsubscribe", "<mailto:basta@pec.example>"),
    "suppress": ("X-Auto-Response-Suppress", "All"),
    "autoreply": ("X-Autoreply", "yes"),
    "autorespond": ("X-Autorespond", "yes"),
}
MACHINES = ("MAILER-DAEMON@pec.example", "no-reply@pec.example", "noreply@pec.example", "postmaster@pec.example")
SERVED = "altro-ufficio@pec.example"  # another mailbox of the same office, when the configuration says so


def headers() -> list[Case]:
    """Each telling header, on the original alone and on the envelope alone."""
    cases = []
    for name, (header, value) in HEADERS.items():
        bulk = header in ("Precedence", "List-Id", "List-Unsubscribe")
        silent = but(KEPT, why=Reason.BULK_MAIL if bulk else Reason.AUTO_SUBMITTED)
        inner = post.an_envelope(an_original(headers={header: value}))
        outer = post.an_envelope(headers=((header, value),))
        cases += [Case(f"G {name} inside", inner, silent), Case(f"G {name} outside", outer, silent)]
    inner = post.an_envelope(an_original(headers={"Return-Path": "<>"}))
    return [*cases, Case("G null return path", inner, but(KEPT, why=Reason.MACHINE_SENDER))]


def senders() -> list[Case]:
    """Machines, ourselves and providers."""
    report = post.an_envelope(a_bounce(), sender="servizi@pec.example", recipients=(OFFICE,))
    provider = "posta-certificata@altrogestore.example"
    own, machine = but(KEPT, why=Reason.OWN_ADDRESS), but(KEPT, why=Reason.MACHINE_SENDER)
    certifier = but(KEPT, why=Reason.PROVIDER_ADDRESS)
    return [
        Case("G report", report, but(KEPT, why=Reason.AUTO_SUBMITTED)),
        *(Case(f"G {address.partition('@')[0]}", post.an_envelope(sender=address), machine) for address in MACHINES),
        Case("G from us", post.an_envelope(sender=OFFICE), own),
        Case("G from a provider", post.an_envelope(sender=provider), certifier),
        Case("G replies to us", post.an_envelope(reply_to=OFFICE), own),
        Case("G replies to a provider", post.an_envelope(reply_to=provider), certifier),
    ]


def replies() -> list[Case]:
    """Answers to a letter of ours, marked or not."""
    marked = {"In-Reply-To": f"<{OUR_ID}>", "Auto-Submitted": "auto-replied"}
    ours = {"In-Reply-To": f"<{OUR_ID}>"}
    theirs = {"references": f"<prima@pec.example> <{OUR_PEC_ID}>"}
    registered = an_original(
        subject="Re: Domanda di contributo",
        headers={"In-Reply-To": f"<{OUR_PEC_ID}>"},
        attachments=[("conferma.xml", "application/xml", b"<ConfermaRicezione/>")],
    )
    known = but(KEPT, why=Reason.REPLY_TO_OUR_LETTER)
    return [
        Case("G marked reply", post.an_envelope(an_original(headers=marked)), but(KEPT, why=Reason.AUTO_SUBMITTED)),
        Case("G reply to our id", post.an_envelope(an_original(headers=ours)), known),
        Case("G reply to the PEC id", post.an_envelope(an_original(headers=theirs)), known),
        Case("G registry's own receipt", post.an_envelope(registered), known),
    ]


def table_g() -> list[Case]:
    """Every row of table G that one message can show; repetition and rate need a register."""
    return [*headers(), *senders(), *replies()]
