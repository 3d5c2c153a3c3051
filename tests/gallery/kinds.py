"""Table A: one message of every kind, as a sound provider sends it."""

from dataclasses import replace
from datetime import timedelta

from ingest.demo import messages as post
from ingest.demo.facts import APPLICANT, AT, OFFICE, OUR_ID, OUR_PEC_ID
from ingest.demo.layouts import LAYOUTS
from ingest.vocabulary import ReceiptType, SignatureState
from tests.gallery.case import ANOMALY, ANSWERED, Case, but, receipt

ALL = ("L14", "L18", "L26", "LIC")
DELIVERED = receipt(ReceiptType.DELIVERY, about=OUR_ID, recipient=APPLICANT)
FAILED = receipt(ReceiptType.DELIVERY_ERROR, about=OUR_ID, recipient=APPLICANT)
LATE = receipt(ReceiptType.DELIVERY_WARNING, about=OUR_ID, recipient=APPLICANT, final=False)
_CROWD = tuple(f"ente{number:02}@pec.example" for number in range(1, 14))


def envelopes() -> list[Case]:
    """A1 to A3: envelopes to answer."""
    cases = [Case(f"A1 {name}", post.an_envelope(layout=name), ANSWERED) for name in ALL]
    cases.append(Case("A1 no X-TipoRicevuta", post.an_envelope(receipt_kind="", layout="L18"), ANSWERED))
    lower = replace(LAYOUTS["L26"], kind_header="X-Tiporicevuta")
    cases.append(Case("A1 X-Tiporicevuta", post.an_envelope(layout=lower), ANSWERED))
    crowd = post.an_envelope(
        layout="L18",
        recipients=('"Rossi, Mario" <rossi@pec.example>', OFFICE, *_CROWD),
        copies=("terzo@pec.example", "quarto@pec.example"),
        ordinary=("fuori@posta.example",),
        reply_to="segreteria@pec.example",
        replaced=(("Reply-To", '"Segreteria, ufficio" <segreteria@pec.example>'),),
    )
    said = {"ordinary_recipients": ("fuori@posta.example",), "reply_to": "segreteria@pec.example"}
    cases.append(Case("A2", crowd, but(ANSWERED, details=said)))
    copied = (("X-SentBy", "Client"), ("X-Priority", "1"), ("Importance", "high"))
    cases.append(Case("A3 LIC", post.an_envelope(layout="LIC", headers=copied), ANSWERED))
    cases.append(Case("A3 L18", post.an_envelope(layout="L18", headers=copied[1:2]), ANSWERED))
    return cases


def acceptances() -> list[Case]:
    """A4 to A6: what our own provider answers."""
    accepted = receipt(ReceiptType.ACCEPTANCE, about=OUR_ID, recipient="", details={"identifier": OUR_PEC_ID})
    refused = receipt(ReceiptType.NON_ACCEPTANCE, about=OUR_ID, recipient="")
    cases = [
        Case(f"A4 {name}", post.an_acceptance(layout=name, ordinary=("fuori@posta.example",)), accepted)
        for name in ("L14", "L18", "L26")
    ]
    return [*cases, Case("A5", post.a_refusal(), refused), Case("A6", post.a_refusal_for_virus(), refused)]


def deliveries() -> list[Case]:
    """A7 to A9."""
    cases = [Case(f"A7 {name}", post.a_delivery(layout=name), DELIVERED) for name in ALL]
    cases.append(Case("A8", post.a_delivery(receipt_kind="breve"), DELIVERED))
    return [*cases, Case("A9", post.a_delivery(receipt_kind="sintetica"), DELIVERED)]


def failures() -> list[Case]:
    """A10 to A15: not delivered, or not yet."""
    disabled = post.FULL.replace("5.2.2", "5.2.1").replace("piena", "disattivata")
    end = AT + timedelta(hours=23, minutes=30)
    return [
        Case("A10 altro", post.a_delivery_error(), but(FAILED, code="5.1.1")),
        Case("A10 no-dest", post.a_delivery_error(error="no-dest"), but(FAILED, code="5.1.1")),
        Case("A10 no-dominio", post.a_delivery_error(error="no-dominio"), FAILED),
        Case("A11 full", post.a_delivery_error(post.FULL), but(FAILED, code="5.2.2")),
        Case("A11 disabled", post.a_delivery_error(disabled), but(FAILED, code="5.2.1")),
        Case("A12", post.a_delivery_error_for_virus(), but(FAILED, code="5.5.1")),
        Case("A13", post.a_delay_notice(12), LATE),
        Case("A14", post.a_delay_notice(24), but(LATE, final=True, code="5.4.1")),
        Case("A15", post.a_delay_notice(24, "", at=end), but(LATE, final=None)),  # the letter's own row decides
    ]


def unexpected() -> list[Case]:
    """A16 to A18: messages between providers, and mail that is not certified."""

    anomaly = but(ANOMALY, signature=SignatureState.VALID)
    return [
        Case("A16", post.a_taking_in_charge(), receipt(ReceiptType.TAKEN_IN_CHARGE, final=False, about=OUR_ID)),
        Case("A17 consegna", post.a_virus_notice(), receipt(ReceiptType.VIRUS_DETECTED, about=OUR_ID)),
        Case("A17 ricezione", post.a_virus_notice(taken=True), receipt(ReceiptType.VIRUS_DETECTED, about=OUR_ID)),
        Case("A18", post.an_anomaly(), anomaly),
    ]


def table_a() -> list[Case]:
    """Every row of table A."""
    return [*envelopes(), *acceptances(), *deliveries(), *failures(), *unexpected()]
