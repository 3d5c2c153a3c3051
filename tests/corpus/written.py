"""Forms made by other programs from one HTML text: a browser's print, LibreOffice's PDF, .docx and .odt.

The programs are started once and asked for a batch; `available()` says which are installed.
"""

import html
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

from ingest.form import options
from tests.corpus.fills import NINE, Fill, a_fill
from tests.corpus.layouts import DECLARATIONS
from tests.corpus.sample import Sample

PDF = "application/pdf"
KINDS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": PDF,
}


class _Sheet:
    """The form as HTML. `input`: a browser's own controls; otherwise underlined or dotted places and ☐ ☒."""

    def __init__(self, rng: random.Random, *, controls: bool) -> None:
        self.controls = controls
        self.underlined = rng.random() < 0.5
        self.leader = rng.choice("_.…")

    def place(self, value: str, width: int = 24) -> str:
        text = html.escape(value)
        if self.controls:
            return f'<input value="{text}" size="{max(width, len(value) + 2)}">'
        if self.underlined and value:
            return f"<u>&nbsp;{text}&nbsp;</u>"
        rest = self.leader * max(4, (width - len(value)) // (2 if self.leader == "…" else 1))
        return f"{text}{rest}"

    def box(self, words: str, *, ticked: bool) -> str:
        if self.controls:
            return f'<input type="checkbox"{" checked" if ticked else ""}> {html.escape(words)} '
        return f"{'☒' if ticked else '☐'} {html.escape(words)} "


def _document(fill: Fill, sheet: _Sheet) -> str:
    w, t = fill.written, fill.ticks

    def p(*parts: str) -> str:
        return "<p>" + " ".join(parts) + "</p>"

    def place(label: str, key: str, width: int = 24) -> str:
        return f"{label} {sheet.place(w.get(key, ''), width)}"

    def boxes(key: str, items: list[tuple[str, str]]) -> str:
        return " ".join(sheet.box(words, ticked=value in t.get(key, ())) for value, words in items)

    natures = [(o.value, o.label_it) for o in options.LEGAL_NATURES[:14] if o.value != "social_cooperative"]
    kinds = " ".join(sheet.box(k, ticked=k in t.get("organisation.cooperative_type", ())) for k in ("A", "B", "A+B"))
    cooperative = sheet.box("Cooperativa sociale (tipo", ticked="social_cooperative" in t["organisation.legal_nature"])
    rows = [
        "<p align=right>ALLEGATO 1</p>",
        "<p align=right>Spett.le Comune di Cernusco sul Naviglio<br>capofila del Distretto 4 – Ufficio di Piano</p>",
        p("OGGETTO: Manifestazione di interesse alla co-programmazione del Piano Sociale di Zona 2021-2023"),
        p("<b>A. DICHIARANTE</b>"),
        p(place("Il/La sottoscritto/a (cognome e nome)", "declarant.name", 40)),
        p(place("nato/a a", "declarant.birth_place"), place("(prov.", "declarant.birth_province", 4) + ")",
          place("il", "declarant.birth_date", 12)),
        p(place("codice fiscale (facoltativo)", "declarant.fiscal_code")),
        p("in qualità di:", boxes("declarant.capacity", [("legal_representative", "legale rappresentante"),
                                                        ("delegate", "delegato/procuratore (allegare delega)")])),
        p(place("carica (es. Presidente)", "declarant.office")),
        p("<b>B. ENTE</b>"),
        p(place("Denominazione / Ragione sociale", "organisation.name", 50)),
        p(place("Sigla", "organisation.acronym", 10)),
        p("Natura giuridica (barrare una sola voce)"),
        *(p(boxes("organisation.legal_nature", natures[i : i + 2])) for i in range(0, len(natures), 2)),
        p(cooperative, kinds, ")"),
        p(place("Codice fiscale", "organisation.fiscal_code", 14), place("Partita IVA (se diversa)",
                                                                        "organisation.vat_number", 14)),
        p(place("con sede legale in (Comune)", "municipality"), place("(prov.", "province", 4) + ")"),
        p(place("via/piazza", "street"), place("n.", "number", 6), place("CAP", "postcode", 7)),
        p(place("sede operativa nel Distretto (se diversa)", "organisation.operating_office", 30)),
        p(place("tel.", "landline", 14), place("cell.", "mobile", 14)),
        p(place("e-mail", "organisation.emails", 30)),
        p(place("PEC", "organisation.pec", 30)),
        p(place("sito web", "organisation.website", 30)),
        p("Comuni del Distretto in cui opera:", boxes("organisation.municipalities", [(n, n) for n in NINE])),
        p(place("in rete/raggruppamento con (facoltativo)", "organisation.network", 20)),
        p("<b>C. REFERENTE PER LA PROCEDURA</b>"),
        p(place("cognome e nome", "contact.name"), place("ruolo", "contact.role", 14)),
        p(place("tel./cell.", "contact.phone", 14), place("e-mail", "contact.email", 24)),
        p("<b>MANIFESTA</b>"),
        p("l'interesse e la disponibilità a partecipare al processo di co-programmazione, in particolare per:"),
        p(boxes("themes", [("abitare", "la tematica dell'abitare"), ("occupazione", "la tematica dell'occupazione"),
                           ("altro", "altro")]), sheet.place("", 12)),
        p("breve descrizione dell'esperienza e del contributo che si intende portare (max 10 righe)"),
        p(sheet.place(w.get("proposal", ""), 60)),
        p("<b>DICHIARA</b> (artt. 46-47 e 76 D.P.R. 445/2000)"),
        *(p(sheet.box(words, ticked=key in t["declarations"])) for key, words in DECLARATIONS),
        p("ALLEGATI", sheet.box("documento di identità (se non firmato digitalmente)", ticked=True)),
        p(place("Luogo", "place"), place("data", "date", 12)),
        p("Firma del dichiarante", sheet.place("", 20)),
    ]  # fmt: skip
    style = (
        "body{font:11pt Liberation Sans} p{margin:5px 0} input{border:0;border-bottom:1px solid #000;font:11pt Arial}"
    )
    return f"<html><head><meta charset=utf-8><style>{style}</style></head><body>{''.join(rows)}</body></html>"


def form_text(fill: Fill, rng: random.Random) -> str:
    """The form as HTML with places to write on, filled in."""
    return _document(fill, _Sheet(rng, controls=False))


def available(program: str) -> bool:
    return shutil.which(program) is not None


def written(program: str, seed: int) -> Sample:
    """`program`: browser | browser-controls | office-pdf | office-docx | office-odt."""
    rng = random.Random(f"written-{seed}")
    fill = a_fill(rng)
    if "proposal" in fill.truth:  # before a row of dots a final stop says nothing
        fill.written["proposal"] = fill.truth["proposal"] = fill.written["proposal"].rstrip(".")
    text = _document(fill, _Sheet(rng, controls=program == "browser-controls"))
    if program.startswith("browser"):
        return Sample(printed(text), PDF, (fill.truth,))
    ending = program.removeprefix("office-")
    return Sample(_converted(text, ending), KINDS[ending], (fill.truth,), name=f"Allegato 1.{ending}")


def printed(text: str) -> bytes:
    """As a browser prints it. Opened and closed each time: a browser left open keeps an event loop running here."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only when a browser prints

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content(text)
        content: bytes = page.pdf(
            format="A4", margin={"top": "15mm", "left": "15mm", "right": "15mm", "bottom": "15mm"}
        )
        browser.close()
    return content


def _converted(text: str, ending: str) -> bytes:
    """What LibreOffice makes of it: its own document first, then the wanted one, as a person would save it."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "modulo.html"
        source.write_text(text, encoding="utf-8")
        _office(folder, source, "odt:writer8")
        if ending != "odt":
            _office(folder, Path(folder) / "modulo.odt", ending)
        return (Path(folder) / f"modulo.{ending}").read_bytes()


def _office(folder: str, source: Path, wanted: str) -> None:
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--writer", "--convert-to",
        wanted, "--outdir", folder, str(source)]  # fmt: skip
    if source.suffix == ".html":
        command.insert(4, "--infilter=HTML (StarWriter)")
    subprocess.run(command, check=True, capture_output=True, timeout=120)
