"""Table B: messages that look like another kind than they are."""

from ingest.demo import messages as post
from ingest.demo.facts import APPLICANT, OFFICE, OUR_ID, Event, certification_data
from ingest.demo.ordinary import a_bounce, a_plain_mail, a_provider_notice, a_rem_message
from ingest.demo.originals import Attachment, an_original
from ingest.demo.pki import authority
from ingest.vocabulary import EnvelopeKind, Reason, ReceiptType, SignatureState
from tests.gallery.case import (
    ANOMALY,
    ANSWERED,
    ORDINARY,
    REM,
    UNSURE,
    Case,
    Expect,
    but,
    changed,
    envelope_facts,
    receipt,
)  # fmt: skip
from tests.gallery.kinds import DELIVERED

SUBJECTS = {
    "receipt-like": "POSTA CERTIFICATA: CONSEGNA: x",
    "receipt of an exchange": "POSTA CERTIFICATA: Ricevuta di consegna 123",
    "failure of an exchange": "POSTA CERTIFICATA: Notifica di mancata consegna",
    "tagged": "[SPAM] POSTA CERTIFICATA: Domanda",
    "reply": "Re: POSTA CERTIFICATA: Domanda",
    "one word": "=?utf-8?Q?POSTA_CERTIFICATA=3A_Domanda?=",
    "several words": "=?utf-8?Q?POSTA_CERTIFICATA=3A_?=\r\n =?utf-8?Q?Domanda?=",
    "doubled": "POSTA CERTIFICATA: POSTA CERTIFICATA: Domanda",
    "delay": "AVVISO DI MANCATA CONSEGNA PER SUP.  TEMPO MASSIMO: Domanda",
    "truncated": "POSTA CERTIFICATA: Doman",
    "folded": "POSTA CERTIFICATA:\r\n Domanda",
}


def forged_receipt(**details: str) -> bytes:
    """A mail that a person made to look like a delivery receipt of our letter, unsigned."""
    headers = {"X-Ricevuta": "avvenuta-consegna", "X-Riferimento-Message-ID": f"<{OUR_ID}>"}
    subject = details.pop("subject", "CONSEGNA: Ricevuta")
    data = _our_data(Event("avvenuta-consegna", receipt_kind="completa", delivery=(APPLICANT,)))
    attached: list[Attachment] = [("daticert.xml", "application/xml", data)]
    return an_original(subject=subject, headers=headers, attachments=attached, **details)  # type: ignore[arg-type]


def _our_data(event: Event) -> bytes:
    return certification_data(envelope_facts(sender=OFFICE, recipients=(APPLICANT,), msgid=OUR_ID), event)


def forwarded() -> bytes:
    """A certified message forwarded with its receipts: 2 postacert.eml, 3 daticert.xml, 3 smime.p7s in all."""
    inside: list[Attachment] = [
        ("inoltrato.eml", "message/rfc822", post.an_envelope(layout="LIC")),
        ("ricevuta.eml", "message/rfc822", post.an_acceptance(layout="LIC", headers=())),
    ]
    subject = "Fw: POSTA CERTIFICATA: Domanda"
    return post.an_envelope(an_original(subject=subject, attachments=inside, msgid="inoltro@pec.example"), layout="LIC")


def nested() -> list[Case]:
    """B1 to B5: another kind lies inside, or in a copied header."""
    ours = post.an_envelope(an_original(sender=OFFICE, recipients=("ignoto@posta.example",), msgid=OUR_ID))
    copied = (("X-Ricevuta", "avvenuta-consegna"),)
    forged = an_original(
        sender="falso@posta.example",
        headers={"X-Trasporto": "posta-certificata", "X-Ricevuta": "avvenuta-consegna"},
        attachments=[("daticert.xml", "application/xml", _our_data(Event("posta-certificata")))],
    )
    bounce = but(ANOMALY, reasons=(Reason.BOUNCE,), details={"bounce_of": OUR_ID})
    return [
        Case("B1 envelope", post.an_anomaly(forged), ANOMALY),
        Case("B1 receipt", post.an_anomaly(forged_receipt(sender="falso@posta.example")), ANOMALY),
        Case("B2", post.an_anomaly(a_bounce(ours)), bounce),
        Case("B3", post.an_envelope(forged_receipt()), but(ANSWERED, receipt=None)),
        Case("B4", forwarded(), ANSWERED),
        Case("B5", post.an_envelope(layout="LIC", headers=copied), ANSWERED),
    ]


def disagreeing() -> list[Case]:
    """B6 to B9: header against certification data, false signers, unknown words, odd spelling."""
    event = Event("avvenuta-consegna", receipt_kind="completa", delivery=(APPLICANT,))
    swapped = post.a_receipt(event, replaced=(("X-Ricevuta", "accettazione"),))
    around = post.envelope_around(an_original(), envelope_facts(), event)
    refused = Expect(EnvelopeKind.RECEIPT, trusted=False, reasons=(Reason.HEADER_DISAGREES,))
    unknown = receipt(ReceiptType.UNKNOWN, final=False, trusted=False, reasons=(Reason.UNKNOWN_RECEIPT,))
    normal = (("X-Tipo-Ricevuta", "normale"),)
    stranger = authority("CA DI FANTASIA", "stranger")
    spelled = changed(post.an_acceptance(), b"X-Ricevuta: accettazione", b"x-ricevuta:  Accettazione ")
    shouted = changed(post.an_envelope(), b"X-Trasporto: posta-certificata", b"X-TRASPORTO: Posta-Certificata ")
    return [
        Case("B6 receipt", swapped, refused),
        Case("B6 envelope", around, but(UNSURE, reasons=(Reason.HEADER_DISAGREES,))),
        Case("B7 unsigned", forged_receipt(), but(refused, signature=SignatureState.ABSENT, reasons=())),
        Case(
            "B7 stranger",
            post.a_delivery(authority=stranger),
            but(DELIVERED, signature=SignatureState.CHAIN_UNKNOWN, trusted=False),
        ),
        Case("B8", post.a_receipt(Event("mancata-consegna", "eccezione-formale"), headers=normal), unknown),
        Case("B9 receipt", spelled, receipt(ReceiptType.ACCEPTANCE, about=OUR_ID)),
        Case("B9 envelope", shouted, ANSWERED),
    ]


def not_certified() -> list[Case]:
    """B11 to B13: no certified mail at all."""
    data: list[Attachment] = [("daticert.xml", "application/xml", _our_data(Event("posta-certificata")))]
    dressed = an_original(sender="falso@posta.example", subject="CONSEGNA: x", attachments=data)
    return [
        Case("B11 quota", a_provider_notice(), ORDINARY),
        Case("B11 expiry", a_provider_notice("La password scade tra 7 giorni"), ORDINARY),
        Case("B11 subject alone", a_plain_mail(subject="CONSEGNA: x"), ORDINARY),
        Case("B11 certification data attached", dressed, ORDINARY),
        Case("B12", a_rem_message(), REM),
        Case("B13", post.an_anomaly(a_bounce(action="delivered")), ANOMALY),
    ]


def table_b() -> list[Case]:
    """Every row of table B."""
    subjects = [Case(f"B10 {name}", post.an_envelope(subject_line=line), ANSWERED) for name, line in SUBJECTS.items()]
    return [*nested(), *disagreeing(), *subjects, *not_certified()]
