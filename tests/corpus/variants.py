"""`generate(variant, seed)`: one filled document with the record a right reading gives."""

import io
import random
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pikepdf

from ingest.form.blank import write_blank_form
from ingest.form.labels import own_values
from ingest.form.widgets import slug
from ingest.rules import Notice
from tests.corpus.fills import NINE, Fill, a_fill
from tests.corpus.layouts import canonical, letterhead, one_per_line, prose, table
from tests.corpus.mutations import MUTATIONS
from tests.corpus.paper import Paper, Style
from tests.corpus.pictures import PICTURED
from tests.corpus.sample import Sample
from tests.corpus.special import SPECIAL, enveloped
from tests.corpus.wordfile import typed, with_a_value_struck_out, with_an_option_struck_out
from tests.corpus.written import available, written

NOTICE = Notice(
    id="piano-di-zona-2021-2023",
    title="Piano Sociale di Zona 2021-2023",
    deadline=datetime(2021, 7, 29, 23, 59, 59, tzinfo=ZoneInfo("Europe/Rome")),
    themes={"abitare": "la tematica dell'abitare", "occupazione": "la tematica dell'occupazione", "altro": "altro"},
    municipalities=tuple(NINE),
    own_values=own_values(),
)
SEAT = "organisation.registered_office"
CAPACITIES = (
    ("legale rappresentante", "legal_representative", None),
    ("Presidente e Legale Rappresentante", "legal_representative", "Presidente"),
    ("Presidente", "other", "Presidente"),
)
LONG_NAMES = (
    "Cooperativa Sociale Il Girasole di Gorgonzola Società Cooperativa a responsabilità limitata Onlus",
    "Associazione Genitori e Amici delle Persone con Disabilità della Martesana APS",
    "Fondazione Monsignor Giuseppe Bianchi per l'Assistenza agli Anziani",
)
UPPER = (
    "declarant.name",
    "declarant.birth_place",
    "organisation.name",
    "municipality",
    "street",
    "contact.name",
    "place",
)


def generate(variant: str, seed: int) -> Sample:
    """A sample of `variant` ("V01" … "V12c", "flat-…", "mut-…", "browser", "office-docx" …)."""
    if variant.startswith(("browser", "office-")):
        return written(variant, seed)
    return VARIANTS[variant](random.Random(f"{variant}-{seed}"))


def text_variants() -> list[str]:
    """The variants that need no picture engine and no other program, and those of the programs installed here."""
    programs = {"chromium": ("browser", "browser-controls"), "soffice": ("office-pdf", "office-docx", "office-odt")}
    more = [name for program, names in programs.items() if available(program) for name in names]
    return [name for name in VARIANTS if name not in PICTURES] + more


def _pdf(content: bytes, *truths: dict[str, Any], **more: Any) -> Sample:
    return Sample(content, "application/pdf", truths, **more)


def _filled_blank(rng: random.Random, *, rename: bool) -> Sample:
    fill = a_fill(rng)
    with pikepdf.open(io.BytesIO(write_blank_form(NOTICE))) as pdf:
        texts = _acroform_texts(fill)
        for node in _fields(pdf):
            _fill_field(node, texts, fill)
        for count, node in enumerate(_fields(pdf) if rename else ()):
            _rename(node, count)
        if rename:
            pdf.Root.AcroForm.NeedAppearances = True
        out = io.BytesIO()
        pdf.save(out)
    return _pdf(out.getvalue(), fill.truth)


def _fields(pdf: pikepdf.Pdf) -> list[Any]:
    found: list[Any] = []

    def walk(node: Any) -> None:
        kids = node.get("/Kids")
        if kids is not None and any("/T" in kid for kid in kids):
            for kid in kids:
                walk(kid)
        else:
            found.append(node)

    for node in pdf.Root.AcroForm.Fields:
        walk(node)
    return found


def _name(node: Any) -> str:
    parts: list[str] = []
    while node is not None:
        if "/T" in node:
            parts.append(str(node["/T"]))
        node = node.get("/Parent")
    return ".".join(reversed(parts))


def _acroform_texts(fill: Fill) -> dict[str, str]:
    seat = {f"{SEAT}.{k}": fill.written[k] for k in ("municipality", "province", "street", "number", "postcode")}
    phones = {
        "organisation.phones.landline": fill.written["landline"],
        "organisation.phones.mobile": fill.written["mobile"],
    }
    return fill.written | seat | phones


def _fill_field(node: Any, texts: dict[str, str], fill: Fill) -> None:
    name = _name(node)
    kind = str(node.get("/FT", ""))
    if kind == "/Tx" and name in texts:
        node["/V"] = pikepdf.String(texts[name])
        for widget in node.get("/Kids", [node]):
            if "/AP" in widget:
                del widget["/AP"]
    if kind != "/Btn":
        return
    wanted = _wanted(name, fill)
    for widget in node.get("/Kids", [node]):
        states = [str(k) for k in widget.AP.N.keys() if str(k) != "/Off"]  # noqa: SIM118
        on = [s for s in states if s[1:] in wanted]
        widget["/AS"] = pikepdf.Name(on[0]) if on else pikepdf.Name("/Off")
        if on:
            node["/V"] = pikepdf.Name(on[0])


def _wanted(name: str, fill: Fill) -> set[str]:
    """ON states to set in the button field `name`."""
    every = {"Yes", "On", "1", "Si", "si", "on", "yes"}
    if name.startswith("declarations."):
        return every | {name.partition(".")[2]} if name.partition(".")[2] in fill.ticks["declarations"] else set()
    key, _, leaf = name.rpartition(".")
    if key in ("themes", "attachments_declared"):
        return every | {leaf} if leaf in fill.ticks[key] else set()
    if key == "organisation.municipalities":
        return every | {leaf} if leaf in {slug(t) for t in fill.ticks[key]} else set()
    return fill.ticks.get(name, set())


def _rename(node: Any, count: int) -> None:
    """PDFescape style: meaningless names, and /No as the ON state of boxes."""
    node["/T"] = pikepdf.String(f"untitled{count}")
    parent = node.get("/Parent")
    while parent is not None:
        parent["/T"] = pikepdf.String(f"gruppo{count}")
        parent = parent.get("/Parent")
    if "/TU" in node:
        del node["/TU"]
    if str(node.get("/FT", "")) != "/Btn" or "/Kids" in node:
        return
    states = node.AP.N
    for key in list(states.keys()):
        if key != "/Off":
            states["/No"] = states[key]
            if key != "/No":
                del states[key]
    if str(node.get("/AS", "/Off")) != "/Off":
        node["/AS"] = pikepdf.Name("/No")
        node["/V"] = pikepdf.Name("/No")


def _flat(rng: random.Random, **style: Any) -> Sample:
    fill = a_fill(rng)
    paper = Paper(Style(**style), rng=rng)
    canonical(paper, fill, numbers=rng.random() < 0.6)
    return _pdf(paper.done(), fill.truth)


def _prose_fill(rng: random.Random) -> Fill:
    fill = a_fill(rng)
    text, capacity, office = rng.choice(CAPACITIES)
    fill.written["capacity"] = text
    truth = {"declarant.capacity": capacity}
    if office:
        truth["declarant.office"] = office
    drop = ("organisation.acronym", "organisation.operating_office", "organisation.network", "organisation.website",
        "organisation.municipalities", "contact.role", "proposal", "organisation.legal_nature",
        "organisation.cooperative_type", "attachments_declared", "declarant.office", "declarant.capacity",
        "declarations.art4_body", "declarations.public_body")  # fmt: skip
    kept = {key: value for key, value in fill.truth.items() if key not in drop} | truth
    for name in ("commitment", "consultative_role_known", "ip_release", "privacy_read"):
        kept[f"declarations.{name}"] = True
    return Fill(fill.written, kept, fill.ticks)


def _v03(rng: random.Random) -> Sample:
    fill = _prose_fill(rng)
    paper = Paper(Style(leader=rng.choice("….."), rise=rng.choice((1.5, 2.0, 2.5))), rng=rng)
    prose(paper, fill)
    return _pdf(paper.done(), fill.truth)


def _v04(rng: random.Random) -> Sample:
    fill = _prose_fill(rng)
    for key in UPPER:
        fill.written[key] = fill.written[key].upper()
    fill.written["street"] = (
        fill.written["street"].replace("PIAZZA", "P.ZZA").replace("VIALE", "V.LE").replace("LARGO", "L.GO")
    )
    for key in (
        "declarant.name",
        "declarant.birth_place",
        "organisation.name",
        "contact.name",
        f"{SEAT}.street",
        "place",
    ):
        if key in fill.truth:
            fill.truth[key] = fill.truth[key].upper()
    paper = Paper(Style(leader="_", pushed=True, font="Times-Roman"), rng=rng)
    prose(paper, fill, merged=True)
    return _pdf(paper.done(), fill.truth)


def _typed_prose(rng: random.Random) -> Sample:
    """No leaders at all: the form's text with the values written into it, wrapping where the line ends."""
    fill = _prose_fill(rng)
    fill.written["organisation.name"] = fill.truth["organisation.name"] = rng.choice(LONG_NAMES)
    paper = Paper(Style(leader="", pushed=True, wrap=True, font="Times-Roman", pitch=14), rng=rng)
    prose(paper, fill, merged=rng.random() < 0.5)
    return _pdf(paper.done(), fill.truth)


def _wrapped(rng: random.Random) -> Sample:
    """Values that push what is left of the leaders before them, wrapping onto the next line."""
    fill = _prose_fill(rng)
    fill.written["organisation.name"] = fill.truth["organisation.name"] = rng.choice(LONG_NAMES)
    paper = Paper(Style(leader=rng.choice("_.…"), pushed=True, wrap=True, font="Times-Roman"), rng=rng)
    prose(paper, fill)
    return _pdf(paper.done(), fill.truth)


def _lines(rng: random.Random, **style: Any) -> Sample:
    fill = _prose_fill(rng)
    for key in ("organisation.phones", "place"):
        fill.truth.pop(key, None)
    numbers = [f"+39{one}" for one in (fill.written["landline"], fill.written["residence.phone"]) if one]
    fill.truth |= {"organisation.phones": numbers} if numbers else {}  # the second one is the fax
    fill.truth = {k: v for k, v in fill.truth.items() if not k.startswith("declarations.")}
    paper = Paper(Style(**style), rng=rng)
    one_per_line(paper, fill)
    return _pdf(paper.done(), fill.truth)


def _v05(rng: random.Random) -> Sample:
    fill = _prose_fill(rng)
    for key in ("organisation.vat_number", "contact.email", "place"):
        fill.truth.pop(key, None)
    fill.truth.pop("organisation.phones", None)
    if fill.written["landline"]:
        fill.truth["organisation.phones"] = [f"+39{fill.written['landline']}"]
    fill.truth["declarant.birth_place"] = fill.written["declarant.birth_place"]
    fill.truth = {k: v for k, v in fill.truth.items() if not k.startswith("declarations.")}
    content = table(fill).done()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        page = pdf.pages[0]
        if rng.random() < 0.5:
            page["/Rotate"] = 90  # the viewer shows it on its side
        else:
            _stand_up(pdf, page)
        out = io.BytesIO()
        pdf.save(out)
    return _pdf(out.getvalue(), fill.truth)


def _stand_up(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """A portrait Letter page whose landscape content is drawn turned, and shown upright by /Rotate 90."""
    page.contents_coalesce()
    page.obj["/Contents"] = pdf.make_stream(b"q 0 1 -1 0 612 0 cm\n" + page.Contents.read_bytes() + b"\nQ")
    page.obj["/MediaBox"] = pikepdf.Array([0, 0, 612, 792])
    page["/Rotate"] = 90


def _v09(rng: random.Random) -> Sample:
    fill = _prose_fill(rng)
    text, capacity, office = CAPACITIES[0]
    fill.written["capacity"] = text
    fill.truth["declarant.capacity"] = capacity
    fill.truth.pop("declarant.office", None)
    del office
    for key in ("contact.name", "contact.phone", "contact.email", "declarant.fiscal_code"):
        fill.truth.pop(key, None)
    fill.truth["declarant.birth_place"] = fill.written["declarant.birth_place"]
    fill.truth.pop("organisation.phones", None)
    if fill.written["landline"]:
        fill.truth["organisation.phones"] = [f"+39{fill.written['landline']}"]
    fill.truth = {k: v for k, v in fill.truth.items() if not k.startswith("declarations.")}
    paper = Paper(Style(leader=""), rng=rng)
    letterhead(paper, fill)
    return _pdf(paper.done(), fill.truth)


def _v10(rng: random.Random) -> Sample:
    """A public school: empty markers, nothing signed, the contact person "idem"."""
    fill = a_fill(rng)
    name = 'Istituto Comprensivo "Niccolò Perlà"'
    fill.written |= {"organisation.name": name, "organisation.acronym": "I.C. Perlà", "runts_number": "//",
        "organisation.vat_number": "//", "contact.name": "idem", "organisation.network": "nessuno"}  # fmt: skip
    fill.ticks |= {"organisation.legal_nature": {"public_body"}, "public_kind": {"istituzione scolastica"}}
    fill.ticks.pop("organisation.cooperative_type", None)
    fill.truth |= {"organisation.name": name, "organisation.acronym": "I.C. Perlà",
        "organisation.legal_nature": "public_body", "organisation.legal_nature_other": "istituzione scolastica",
        "organisation.vat_number": None, "organisation.network": None,
        "contact.name": fill.truth["declarant.name"]}  # fmt: skip
    fill.truth.pop("organisation.cooperative_type", None)
    paper = Paper(Style(leader=rng.choice("_."), rise=rng.choice((0.0, 2.0)), value_font="Helvetica"), rng=rng)
    canonical(paper, fill)
    return _pdf(paper.done(), fill.truth)


VARIANTS = {
    "V01": lambda rng: _filled_blank(rng, rename=False),
    "V02": lambda rng: _filled_blank(rng, rename=True),
    "V03": _v03,
    "V04": _v04,
    "V05": _v05,
    "V09": _v09,
    "V10": _v10,
    "typed-prose": _typed_prose,
    "wrapped": _wrapped,
    "lines": lambda rng: _lines(rng, leader=rng.choice("_.…"), rise=rng.choice((0.0, 2.0))),
    "lines-colon": lambda rng: _lines(rng, leader="", pushed=True),
    "flat-over": lambda rng: _flat(rng, leader=rng.choice("_.…")),
    "flat-above": lambda rng: _flat(rng, leader=rng.choice("_."), rise=2.0, boxes="square"),
    "flat-below": lambda rng: _flat(rng, leader="_", rise=-9.0, pitch=24.0, boxes="square", mark="letter"),
    "flat-rule": lambda rng: _flat(rng, leader="rule", value_font="Helvetica", boxes="square", mark="filled"),
    "flat-bracket": lambda rng: _flat(rng, leader=".", boxes="bracket"),
    "flat-letter": lambda rng: _flat(rng, leader="_", boxes="letter", pushed=True),
    "flat-check": lambda rng: _flat(rng, leader="_", mark="check", value_font="Times-Roman"),
    "V09-p7m": lambda rng: enveloped(_v09(rng), rng),
    "docx": typed,
    "docx-struck-option": with_an_option_struck_out,
    "docx-struck-value": with_a_value_struck_out,
    **MUTATIONS,
    **SPECIAL,
    **PICTURED,
}
PICTURES = frozenset({"V06", *PICTURED})
