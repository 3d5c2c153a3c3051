"""Filled forms of invented bodies, for the demo: our own form filled in a viewer, and the usual typed letter."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

from pikepdf import Array, Name, Object, Pdf, String
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ingest.config import built_in_notice
from ingest.form.blank import write_blank_form


@dataclass(frozen=True, slots=True)
class Body:
    """An invented organisation and who signs for it. Codes are of the unallocated series."""

    name: str
    nature: str  # legal nature, as in the schema
    code: str
    municipality: str
    postcode: str
    street: str
    person: str
    office: str
    mail: str  # local part of its addresses
    themes: tuple[str, ...] = ("abitare",)

    @property
    def pec(self) -> str:
        """Its certified address."""
        return f"{self.mail}@pec.example"

    @property
    def email(self) -> str:
        """Its ordinary address."""
        return f"{self.mail}@example.org"


def blank_form() -> bytes:
    """The blank Allegato 1 of the real notice."""
    return write_blank_form(built_in_notice())


def filled_form(body: Body, **changes: str | tuple[str, ...]) -> bytes:
    """Our form, filled in with a PDF viewer. `changes` by schema key with dots as `__`; "" leaves a field empty."""
    street, _, number = body.street.rpartition(" ")
    seat = "organisation.registered_office"
    values: dict[str, str | tuple[str, ...]] = {
        "declarant.name": body.person,
        "declarant.capacity": "legal_representative",
        "declarant.office": body.office,
        "organisation.name": body.name,
        "organisation.legal_nature": body.nature,
        "organisation.fiscal_code": body.code,
        f"{seat}.municipality": body.municipality,
        f"{seat}.province": "MI",
        f"{seat}.street": street,
        f"{seat}.number": number,
        f"{seat}.postcode": body.postcode,
        "organisation.phones.landline": "02 5550101",
        "organisation.emails": body.email,
        "organisation.pec": body.pec,
        "contact.name": body.person,
        "contact.email": body.email,
        "themes": body.themes,
        "proposal": "Esperienza nei servizi di prossimità del territorio.",
        "declarations.commitment": ("yes",),
        "declarations.privacy_read": ("yes",),
        "place": body.municipality,
        "date": "15/07/2021",
    }
    values |= {key.replace("__", "."): value for key, value in changes.items()}
    return _filled(blank_form(), values)


def typed_form(body: Body, fiscal_code: str | None = None) -> bytes:
    """The same request as associations type it: running prose over underscores, ticks as letters in brackets."""
    street, _, number = body.street.rpartition(" ")
    code = body.code if fiscal_code is None else fiscal_code
    lines = [
        "ALLEGATO 1",
        "Spett.le Comune di Cernusco sul Naviglio - Ufficio di Piano",
        "OGGETTO: Manifestazione di interesse alla co-programmazione del Piano di Zona 2021-2023",
        "",
        f"Il/La sottoscritto/a {body.person}",
        f"in qualità di legale rappresentante, carica {body.office}",
        f"Denominazione {body.name}",
        f"Codice fiscale {code}",
        f"con sede legale in {body.municipality} prov. MI via/piazza {street} n. {number} CAP {body.postcode}",
        f"tel. 02 5550102  e-mail {body.email}",
        f"PEC {body.pec}",
        f"Referente {body.person}",
        "",
        "MANIFESTA",
        "l'interesse e la disponibilità a partecipare al processo di co-programmazione, in particolare per:",
        *(f"[{'X' if key in body.themes else ' '}] la tematica dell'{key}" for key in ("abitare", "occupazione")),
        "",
        f"{body.municipality}, 20/07/2021",
        f"Firma {body.person}",
    ]
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setFont("Helvetica", 10)
    for number_of_line, line in enumerate(lines):
        canvas.drawString(60, 780 - 22 * number_of_line, line)
    canvas.save()
    return buffer.getvalue()


def a_page_of(text: str) -> bytes:
    """A PDF with a few lines that are no form: a statute, a cover letter."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    for number, line in enumerate(text.splitlines()):
        canvas.drawString(60, 780 - 18 * number, line)
    canvas.save()
    return buffer.getvalue()


def _filled(blank: bytes, values: Mapping[str, str | tuple[str, ...]]) -> bytes:
    with Pdf.open(BytesIO(blank)) as pdf:
        for name, field in _fields(pdf.Root.AcroForm.Fields, ""):
            value = values.get(name)
            if field.get("/FT") == Name.Btn:
                _tick(field, name, values)
            elif isinstance(value, str) and value:
                field.V = String(value)
        pdf.Root.AcroForm.NeedAppearances = True
        pdf.generate_appearance_streams()
        target = BytesIO()
        pdf.save(target, deterministic_id=True)
        return target.getvalue()


def _tick(field: Object, name: str, values: Mapping[str, str | tuple[str, ...]]) -> None:
    """Ticks a box named `key.option` or `key`, or the button of a radio group that stands for the value."""
    key, _, option = name.rpartition(".")
    kids = field.get("/Kids", Array([field]))
    for widget in kids:
        states = [state for state in widget.AP.N if state != "/Off"]
        chosen = values.get(name)
        radio = isinstance(chosen, str) and f"/{chosen}" in states
        box = isinstance(chosen, tuple) and bool(chosen)
        member = isinstance(values.get(key), tuple) and option in values[key]
        if radio or box or member:
            state = Name(f"/{chosen}") if radio else Name(str(states[0]))
            widget.AS = state
            field.V = state


def _fields(fields: Object, above: str) -> Iterator[tuple[str, Object]]:
    for field in fields:
        name = ".".join(part for part in (above, str(field.get("/T", ""))) if part)
        kids = field.get("/Kids")
        if kids is not None and any("/T" in kid for kid in kids):
            yield from _fields(kids, name)
        else:
            yield name, field
