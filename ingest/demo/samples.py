"""The sample mailbox: about as many messages as a notice draws in a week, of every kind and condition.

Names are invented, codes unallocated, addresses under .example.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from ingest.demo.facts import OFFICE
from ingest.demo.forms import Body, a_page_of, blank_form, filled_form, typed_form
from ingest.demo.messages import an_anomaly, an_envelope
from ingest.demo.ordinary import a_provider_notice, a_rem_message
from ingest.demo.originals import an_original
from ingest.demo.pki import Provider, authority
from ingest.demo.sign import Cms, detached_signature

ROME = ZoneInfo("Europe/Rome")
PDF = "application/pdf"
SUBJECT = "Allegato 1 - adesione alla co-programmazione del Piano di Zona"


@dataclass(frozen=True, slots=True)
class Sample:
    """One message with the instant at which it lands in the mailbox."""

    raw: bytes
    at: datetime


PONTE = Body(
    "Associazione Il Ponte ODV",
    "odv",
    "99900010150",
    "Gessate",
    "20060",
    "Via Roma 12",
    "Anna Verdi",
    "Presidente",
    "ilponte",
    ("abitare",),
)
GERMOGLIO = Body(
    "Il Germoglio Società Cooperativa Sociale",
    "social_cooperative",
    "99900020159",
    "Gorgonzola",
    "20064",
    "Via Trieste 3",
    "Luca Bianchi",
    "Presidente",
    "germoglio",
    ("occupazione",),
)
CASA = Body(
    "Casa Comune APS",
    "aps",
    "99900030158",
    "Carugate",
    "20061",
    "Piazza Manzoni 1",
    "Sara Colombo",
    "Presidente",
    "casacomune",
    ("abitare", "occupazione"),
)
FONDAZIONE = Body(
    "Fondazione Ala Nuova",
    "foundation",
    "99900040967",
    "Cernusco sul Naviglio",
    "20063",
    "Via Torino 25",
    "Piero Galli",
    "Presidente",
    "alanuova",
)
SCUOLA = Body(
    "Istituto Comprensivo Falcone",
    "public_body",
    "99900050966",
    "Cassina de' Pecchi",
    "20051",
    "Via Radioamatori 8",
    "Elena Riva",
    "Dirigente scolastico",
    "icfalcone",
    ("occupazione",),
)
PARROCCHIA = Body(
    "Parrocchia San Marco",
    "religious_body",
    "99900060155",
    "Bussero",
    "20041",
    "Via San Marco 2",
    "Mario Sala",
    "Parroco",
    "sanmarco",
)
MUTUA = Body(
    "Mutua del Naviglio",
    "mutual_aid",
    "99900070154",
    "Pessano con Bornago",
    "20042",
    "Via Roma 40",
    "Irene Fumagalli",
    "Presidente",
    "mutuanaviglio",
    ("occupazione",),
)
CAMBIAGO = Body(
    "Associazione Orti di Cambiago",
    "unrecognised_association",
    "99900080153",
    "Cambiago",
    "20040",
    "Via Indipendenza 5",
    "Carlo Brambilla",
    "Presidente",
    "orti",
)
TARDI = Body(
    "Associazione Vicini di Casa APS",
    "aps",
    "99900090152",
    "Bellinzago Lombardo",
    "20060",
    "Via Lodi 7",
    "Giulia Ferri",
    "Presidente",
    "vicini",
)
INVERNO = Body(
    "Cooperativa Sociale Filo Rosso",
    "social_cooperative",
    "99900100159",
    "Gorgonzola",
    "20064",
    "Via Milano 90",
    "Paolo Motta",
    "Presidente",
    "filorosso",
    ("occupazione",),
)
SINDACATO = Body(
    "Unione Lavoratori Martesana",
    "trade_union",
    "99900110968",
    "Gorgonzola",
    "20064",
    "Via Italia 4",
    "Rosa Conti",
    "Segretaria",
    "ulm",
    ("occupazione",),
)
RETE = Body("Rete Martesana Solidale", "network", "99900120157", "Carugate", "20061", "Via Cesare Battisti 9",
            "Dario Neri", "Presidente", "rete")  # fmt: skip


def samples() -> list[Sample]:
    """The messages in order of arrival."""
    return sorted((*_in_time(), *_doubtful(), *_late(), *_not_ours()), key=lambda sample: sample.at)


def _in_time() -> Iterator[Sample]:
    yield _sent(PONTE, "2021-07-12T09:14:05", filled_form(PONTE))
    yield _sent(GERMOGLIO, "2021-07-13T11:02:40", _signed(typed_form(GERMOGLIO)), name="Allegato_1.pdf.p7m")
    zipped = _zipped({"ALLEGATO 1_compilato.pdf": filled_form(CASA), "statuto.pdf": a_page_of("STATUTO\nArt. 1")})
    yield _sent(CASA, "2021-07-14T16:45:00", zipped, name="documenti.zip", media_type="application/zip")
    yield _sent(FONDAZIONE, "2021-07-15T10:30:11", filled_form(FONDAZIONE), layout="LIC")
    yield _sent(SCUOLA, "2021-07-16T12:00:00", filled_form(SCUOLA))
    yield _sent(PARROCCHIA, "2021-07-19T08:20:31", typed_form(PARROCCHIA), layout="L18")
    yield _sent(SINDACATO, "2021-07-20T15:05:00", filled_form(SINDACATO))
    yield _sent(RETE, "2021-07-29T23:59:59", filled_form(RETE))
    corrected = replace(PONTE, themes=("abitare", "occupazione"))
    yield _sent(PONTE, "2021-07-22T09:00:00", filled_form(corrected), subject="Correzione Allegato 1", number=2)
    again = filled_form(FONDAZIONE)
    yield _sent(FONDAZIONE, "2021-07-23T10:31:00", again, subject="Re-invio Allegato 1", number=2)


def _doubtful() -> Iterator[Sample]:
    yield _sent(MUTUA, "2021-07-21T09:40:00", filled_form(MUTUA, themes=(), organisation__emails="", contact__email="",
                                                         organisation__pec="", contact__name=""))  # fmt: skip
    yield _sent(CAMBIAGO, "2021-07-21T17:12:00", typed_form(CAMBIAGO, fiscal_code="99900080158"))
    blank = blank_form()
    yield _sent(_other("comitato"), "2021-07-22T18:00:00", blank, name="Allegato 1.pdf")
    text = "Buongiorno,\nla nostra associazione desidera aderire alla co-programmazione.\nCordiali saluti\n"
    yield _sent(_other("senzamodulo"), "2021-07-23T12:30:00", None, text=text, subject="Adesione")
    yield _sent(_other("danneggiato"), "2021-07-24T10:00:00", filled_form(CASA)[:900])
    yield _sent(_other("straniera"), "2021-07-25T10:00:00", typed_form(CASA), trusted=False)
    raw = _sent(_other("alterata"), "2021-07-26T10:00:00", typed_form(CASA)).raw
    yield Sample(raw.replace(b"Cordiali saluti", b"Cordiali Saluti", 1), _at("2021-07-26T10:00:04"))
    auto = {"Auto-Submitted": "auto-replied"}
    yield _sent(_other("protocollo"), "2021-07-27T09:00:00", None, subject="Re: conferma di protocollazione",
                headers=auto, text="Ricevuta di protocollazione n. 0001234.")  # fmt: skip


def _late() -> Iterator[Sample]:
    yield _sent(TARDI, "2021-07-30T00:00:00", filled_form(TARDI))
    yield _sent(INVERNO, "2021-12-10T10:15:00", typed_form(INVERNO))


def _not_ours() -> Iterator[Sample]:
    at = _at("2021-07-28T07:00:00")
    mail = an_original(sender="cittadino@posta.example", recipients=(OFFICE,), subject=SUBJECT, at=at,
                       attachments=[("Allegato 1.pdf", PDF, typed_form(_other("postaordinaria")))],
                       msgid="m-1@posta.example")  # fmt: skip
    yield Sample(an_anomaly(mail, at=at, reason="mittente non di posta certificata"), at)
    yield Sample(an_anomaly(at=_at("2021-07-28T07:10:00")), _at("2021-07-28T07:10:00"))
    yield Sample(a_provider_notice(), _at("2021-07-28T08:00:00"))
    yield Sample(a_rem_message(), _at("2021-07-28T09:00:00"))
    yield _sent(_other("fornitore"), "2021-07-28T11:00:00", a_page_of("FATTURA n. 12"), name="fattura.pdf",
                subject="Invio fattura", text="Si invia la fattura in allegato.")  # fmt: skip


def _sent(body: Body, at: str, content: bytes | None, **how: Any) -> Sample:
    """A certified message of a body with its form attached, as its provider seals it."""
    instant = _at(at)
    number = how.get("number", 1)
    name, media_type = how.get("name", "Allegato 1.pdf"), how.get("media_type", PDF)
    original = an_original(
        sender=body.pec,
        recipients=(OFFICE,),
        subject=how.get("subject", SUBJECT),
        text=how.get("text", "Buongiorno,\nsi trasmette in allegato il modulo.\nCordiali saluti\n"),
        attachments=[(name, media_type, content)] if content is not None else (),
        headers=how.get("headers"),
        msgid=f"{body.mail}-{number}@pec.example",
        at=instant,
    )
    issuer = authority() if how.get("trusted", True) else authority(key="impostor")
    raw = an_envelope(original, at=instant, layout=how.get("layout", "L26"), authority=issuer)
    return Sample(raw, instant)


def _other(mail: str) -> Body:
    return replace(CASA, name=f"Associazione {mail.capitalize()}", mail=mail, code="99900040967")


def _signed(content: bytes) -> bytes:
    """The content inside a CAdES signature, as a .p7m."""
    signer = authority().signer(Provider(), _at("2021-07-13T11:00:00"))
    return detached_signature(content, signer, _at("2021-07-13T11:00:00"), Cms(ber=False, opaque=True))


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME)
