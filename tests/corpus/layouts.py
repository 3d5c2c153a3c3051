"""The layouts of real forms, drawn with a fill: canonical, running prose, two-column table, letter."""

import textwrap

from reportlab.lib.pagesizes import letter

from ingest.form import options
from tests.corpus.fills import NINE, Fill
from tests.corpus.paper import LEFT, RIGHT, Paper, Style

DECLARATIONS = (
    ("art4_body", "di rientrare tra i soggetti di cui all'art. 4 D.Lgs. 117/2017"),
    ("public_body", "di essere soggetto di diritto pubblico"),
    ("commitment", "di impegnarsi a garantire il proprio apporto durante tutto l'arco del processo"),
    ("consultative_role_known",
     "di sapere che le adesioni oltre l'avvio dei lavori hanno ruolo consultivo e non operativo"),
    ("ip_release",
     ("di sollevare l'Amministrazione da responsabilità sulla proprietà intellettuale delle proposte "
      "presentate")),
    ("privacy_read", "di aver letto l'informativa sul trattamento dei dati (Reg. UE 2016/679)"),
)  # fmt: skip


def addressee(paper: Paper) -> None:
    paper.x = 300
    paper.label("ALLEGATO 1", font="Helvetica-Bold")
    for line in (
        "Spett.le Comune di Cernusco sul Naviglio",
        "capofila del Distretto 4 – Ufficio di Piano",
        "PEC: comune.cernuscosulnaviglio@pec.regione.lombardia.it",
    ):
        paper.row(13)
        paper.x = 280
        paper.label(line, size=9)
    paper.row(24)
    paper.label("OGGETTO: Manifestazione di interesse e disponibilità alla partecipazione alla fase di", size=9)
    paper.row(12)
    paper.label("co-programmazione del Piano Sociale di Zona 2021-2023 (art. 55, comma 2, D.Lgs. 117/2017)", size=9)


def canonical(paper: Paper, fill: Fill, *, numbers: bool = True) -> None:
    """§5 of the form's description, printed and filled by typing."""
    w, t = fill.written, fill.ticks

    def n(number: str) -> str:
        return f"{number} " if numbers else ""

    addressee(paper)
    paper.heading("A. DICHIARANTE")
    paper.label(f"{n('A1')}Il/La sottoscritto/a (cognome e nome)")
    paper.blank(w.get("declarant.name", ""), 280)
    paper.row()
    paper.label(f"{n('A2')}nato/a a")
    paper.blank(w.get("declarant.birth_place", ""), 140)
    paper.label("(prov.")
    paper.blank(w.get("declarant.birth_province", ""), 30)
    paper.label(")")
    paper.label(f"{n('A3')}il")
    paper.blank(w.get("declarant.birth_date", ""), 110)
    paper.row()
    paper.label(f"{n('A4')}codice fiscale (facoltativo)")
    paper.blank(w.get("declarant.fiscal_code", ""), 180)
    paper.row()
    paper.label(f"{n('A5')}in qualità di:")
    paper.box("legale rappresentante", ticked="legal_representative" in t.get("declarant.capacity", ()))
    paper.box("delegato/procuratore (allegare delega)", ticked="delegate" in t.get("declarant.capacity", ()))
    paper.row()
    paper.label(f"{n('A6')}carica (es. Presidente)")
    paper.blank(w.get("declarant.office", ""), 170)
    _body(paper, fill, n)
    paper.heading("C. REFERENTE PER LA PROCEDURA")
    paper.box("coincide con il dichiarante", ticked=bool(t.get("contact.same_as_declarant")))
    paper.row()
    paper.label(f"{n('C1')}cognome e nome")
    paper.blank(w.get("contact.name", ""), 150)
    paper.label(f"{n('C2')}ruolo")
    paper.blank(w.get("contact.role", ""), 120)
    paper.row()
    paper.label(f"{n('C3')}tel./cell.")
    paper.blank(w.get("contact.phone", ""), 130)
    paper.label(f"{n('C4')}e-mail")
    paper.blank(w.get("contact.email", ""), 150)
    request(paper, fill, n)
    closing(paper, fill, n)


def _body(paper: Paper, fill: Fill, n) -> None:  # noqa: PLR0915 - a form is long
    w, t = fill.written, fill.ticks
    paper.heading("B. ENTE")
    paper.label(f"{n('B1')}Denominazione / Ragione sociale")
    paper.blank(w.get("organisation.name", ""), 300)
    paper.row()
    paper.label(f"{n('B2')}Sigla")
    paper.blank(w.get("organisation.acronym", ""), 100)
    paper.row()
    paper.label(f"{n('B3')}Natura giuridica (barrare una sola voce)")
    natures(paper, t)
    paper.row()
    paper.label(f"{n('B4')}Codice fiscale")
    paper.blank(w.get("organisation.fiscal_code", ""), 110)
    paper.label(f"{n('B5')}Partita IVA (se diversa)")
    paper.blank(w.get("organisation.vat_number", ""), 110)
    paper.row()
    paper.label(f"{n('B6')}con sede legale in (Comune)")
    paper.blank(w.get("municipality", ""), 130)
    paper.label("(prov.")
    paper.blank(w.get("province", ""), 28)
    paper.label(")")
    paper.row()
    paper.label(f"{n('B7')}via/piazza")
    paper.blank(w.get("street", ""), 180)
    paper.label("n.")
    paper.blank(w.get("number", ""), 40)
    paper.label(f"{n('B8')}CAP")
    paper.blank(w.get("postcode", ""), 50)
    paper.row()
    paper.label(f"{n('B9')}sede operativa nel Distretto (se diversa)")
    paper.blank(w.get("organisation.operating_office", ""), 230)
    paper.row()
    paper.label(f"{n('B10')}tel.")
    paper.blank(w.get("landline", ""), 90)
    paper.label(f"{n('B11')}cell.")
    paper.blank(w.get("mobile", ""), 90)
    paper.row()
    paper.label(f"{n('B12')}e-mail")
    paper.blank(w.get("organisation.emails", ""), 180)
    paper.row()
    paper.label(f"{n('B13')}PEC")
    paper.blank(w.get("organisation.pec", ""), 200)
    paper.label(f"{n('B14')}sito web")
    paper.blank(w.get("organisation.website", ""), 120)
    paper.row()
    paper.label(f"{n('B15')}Iscrizione:")
    paper.box("RUNTS", ticked="runts" in t.get("registrations", ()))
    for label, key in (("sez.", "runts_section"), ("rep. n.", "runts_number"), ("dal", "runts_date")):
        paper.label(label)
        paper.blank(w.get(key, ""), 50)
    paper.row()
    for value in ("odv", "aps", "social_cooperatives", "onlus", "companies_social_enterprise", "legal_persons"):
        label = next(o.label_it for o in options.REGISTERS if o.value == value)
        paper.box(label, ticked=value in t.get("registrations", ()))
    paper.box("altro", ticked="other" in t.get("registrations", ()))
    paper.blank(w.get("register_other", ""), 60)
    paper.row()
    paper.label("n.")
    paper.blank(w.get("register_number", ""), 70)
    paper.label("dal")
    paper.blank(w.get("register_date", ""), 70)
    paper.box("iscrizione in corso", ticked="pending" in t.get("registrations", ()))
    paper.box("nessuna iscrizione", ticked="none" in t.get("registrations", ()))
    paper.row()
    paper.label(f"{n('B16')}Comuni del Distretto in cui opera:")
    for town in NINE:
        paper.box(town, ticked=town in t.get("organisation.municipalities", ()))
    paper.box("tutti", ticked="tutti" in t.get("organisation.municipalities", ()))
    paper.row()
    paper.label(f"{n('B17')}in rete/raggruppamento con (facoltativo)")
    paper.blank(w.get("organisation.network", ""), 180)


def natures(paper: Paper, ticks: dict[str, set[str]]) -> None:
    chosen = ticks.get("organisation.legal_nature", set())
    kinds = ticks.get("organisation.cooperative_type", set())
    for i, option in enumerate(options.LEGAL_NATURES[:14]):
        if i % 2 == 0:
            paper.row()
        if option.value == "social_cooperative":
            paper.box("Cooperativa sociale (tipo", ticked=option.value in chosen)
            for kind in ("A", "B", "A+B"):
                paper.box(kind, ticked=kind in kinds)
            paper.label(")")
        else:
            paper.box(option.label_it, ticked=option.value in chosen)
    paper.row()
    public = ticks.get("public_kind", set())
    paper.box("Soggetto di diritto pubblico:", ticked="public_body" in chosen)
    for kind in ("azienda speciale", "istituzione scolastica", "altro"):
        paper.box(kind, ticked=kind in public)
    paper.blank("", 60)
    paper.row()
    paper.box("Altro (specificare)", ticked="other" in chosen)
    paper.blank("", 140)


def request(paper: Paper, fill: Fill, n) -> None:
    t = fill.ticks
    paper.heading("MANIFESTA")
    paper.label("l'interesse e la disponibilità a partecipare al processo di co-programmazione, in particolare per:")
    paper.row()
    paper.label(n("D1").strip())
    paper.box("la tematica dell'abitare", ticked="abitare" in t["themes"])
    paper.box("la tematica dell'occupazione", ticked="occupazione" in t["themes"])
    paper.box("altro", ticked="altro" in t["themes"])
    paper.blank(fill.written.get("theme_other", ""), 100)
    paper.row()
    paper.label(f"{n('D2')}breve descrizione dell'esperienza e del contributo che si intende portare (max 10 righe)")
    for line in textwrap.wrap(fill.written.get("proposal", ""), 84) or [""]:
        paper.row()
        paper.blank(line, RIGHT - LEFT - 10)


def closing(paper: Paper, fill: Fill, n, *, signature: str = "") -> None:
    paper.heading("DICHIARA (artt. 46-47 e 76 D.P.R. 445/2000)")
    for key, label in DECLARATIONS:
        paper.box(label, ticked=key in fill.ticks["declarations"])
        paper.row(15)
    paper.row()
    paper.label("F. ALLEGATI")
    paper.box(
        "documento di identità (se non firmato digitalmente)",
        ticked="identity_document" in fill.ticks.get("attachments_declared", ()),
    )
    paper.box("delega", ticked=False)
    paper.box("altro", ticked=False)
    paper.blank("", 60)
    paper.row(28)
    paper.label(f"{n('G1')}Luogo")
    paper.blank(fill.written.get("place", ""), 130)
    paper.label(f"{n('G2')}data")
    paper.blank(fill.written.get("date", ""), 100)
    paper.row(30)
    paper.x = 280
    paper.label(f"{n('G3')}Firma del dichiarante")
    paper.blank(signature, 120)


def prose(paper: Paper, fill: Fill, *, merged: bool = False) -> None:  # noqa: PLR0915 - a form is long
    """Running prose with leaders, the declarant's residence before the body's seat."""
    w = fill.written
    addressee(paper)
    paper.row(30)
    paper.label("Il/La sottoscritto/a")
    paper.blank(w["declarant.name"], 180)
    paper.label("nato/a a")
    paper.blank(w["declarant.birth_place"], 110)
    paper.label("Prov.")
    paper.blank(w["declarant.birth_province"], 25)
    paper.label("in data")
    paper.blank(w["declarant.birth_date"], 80)
    paper.label("e residente a")
    paper.blank(w["residence.town"], 120)
    paper.label("in via")
    paper.blank(w["residence.street"], 110)
    paper.label("n°")
    paper.blank(w["residence.number"], 25)
    paper.label("CAP")
    paper.blank(w["residence.postcode"], 45)
    paper.label("tel.")
    paper.blank(w["residence.phone"], 80)
    paper.label("C.F.")
    paper.blank(w["declarant.fiscal_code"], 125)
    paper.row()
    paper.label("nella sua qualità di")
    paper.blank(w["capacity"], 150)
    paper.label("della Società/Ente")
    paper.blank(w["organisation.name"], 200)
    paper.label("con sede in")
    paper.blank(w["municipality"], 130)
    paper.label("prov.")
    paper.blank(w["province"], 25)
    paper.label("in via")
    paper.blank(w["street"], 140)
    paper.label("n°")
    paper.blank(w["number"], 35)
    paper.label("CAP")
    paper.blank(w["postcode"], 45)
    if merged:
        paper.label("C.F./P.IVA")
        paper.blank(f"{w['organisation.fiscal_code']} / {w['organisation.vat_number']}", 180)
        paper.label("MAIL/PEC")
        paper.blank(f"{w['organisation.emails']} / {w['organisation.pec']}", 200)
    else:
        paper.label("Codice fiscale")
        paper.blank(w["organisation.fiscal_code"], 90)
        paper.label("P.IVA")
        paper.blank(w["organisation.vat_number"], 90)
        paper.label("e-mail")
        paper.blank(w["organisation.emails"], 150)
        paper.label("PEC")
        paper.blank(w["organisation.pec"], 150)
    paper.label("tel.")
    paper.blank(w["landline"], 80)
    paper.label("cell.")
    paper.blank(w["mobile"], 80)
    paper.row(28)
    paper.label("Referente (responsabile reperibile)")
    paper.blank(w["contact.name"], 140)
    paper.label("Cell.")
    paper.blank(w["contact.phone"], 90)
    paper.label("e-mail")
    paper.blank(w["contact.email"], 130)
    paper.heading("CHIEDE")
    paper.label("di partecipare al tavolo (barrare la voce che interessa):")
    paper.row()
    paper.box("abitare", ticked="abitare" in fill.ticks["themes"])
    paper.box("occupazione", ticked="occupazione" in fill.ticks["themes"])
    paper.box("altro", ticked=False)
    paper.blank("", 80)
    paper.heading("DICHIARA")
    paper.label("consapevole delle sanzioni penali previste dall'art. 76 D.P.R. 445/2000,", size=9)
    for _, text in DECLARATIONS[2:]:
        paper.row(14)
        paper.label(f"– {text};", size=9)
    paper.row(30)
    paper.label("Luogo e data")
    paper.blank(f"{w['place']}, {w['date']}", 190)
    paper.row(26)
    paper.x = 300
    paper.label("Firma e Timbro")
    paper.blank("", 120)


def one_per_line(paper: Paper, fill: Fill) -> None:
    """One label per line, in other words than the canonical form's."""
    w = fill.written
    addressee(paper)
    paper.row(30)
    colon = "" if paper.style.leader else ":"
    lines: tuple[tuple[tuple[str, str, float], ...], ...] = (
        (("Il sottoscritto", w["declarant.name"], 240),),
        (("nato a", w["declarant.birth_place"], 150), ("Provincia di", w["declarant.birth_province"], 30),
         ("il", w["declarant.birth_date"], 90)),
        (("Cod. Fisc.", w["declarant.fiscal_code"], 160),),
        (("residente in", w["residence.town"], 130), ("via", w["residence.street"], 150),
         ("n°", w["residence.number"], 30)),
        (("in qualità di", w["capacity"], 200),),
        (("Ragione sociale/Denominazione", w["organisation.name"], 250),),
        (("con sede nel Comune di", w["municipality"], 150), ("Provincia", w["province"], 30)),
        (("Via/piazza", w["street"], 180), ("n", w["number"], 40), ("C.A.P.", w["postcode"], 50)),
        (("C.F.", w["organisation.fiscal_code"], 120), ("P. IVA", w["organisation.vat_number"], 120)),
        (("Telefono", w["landline"], 120), ("Fax", w["residence.phone"], 100)),
        (("indirizzo di posta elettronica", w["organisation.emails"], 200),),
        (("Posta elettronica certificata", w["organisation.pec"], 200),),
        (("Persona di riferimento", w["contact.name"], 200),),
        (("Cellulare", w["contact.phone"], 110), ("E-mail", w["contact.email"], 170)),
    )  # fmt: skip
    for line in lines:
        for label, value, width in line:
            paper.label(label + colon)
            paper.blank(value, width)
        paper.row()
    paper.heading("CHIEDE")
    paper.label("di partecipare alla co-programmazione per le seguenti aree tematiche di interesse:")
    paper.row()
    paper.box("la tematica dell'abitare", ticked="abitare" in fill.ticks["themes"])
    paper.row()
    paper.box("la tematica dell'occupazione", ticked="occupazione" in fill.ticks["themes"])
    paper.row(30)
    paper.label("Cernusco sul Naviglio, lì")
    paper.blank(w["date"], 100)
    paper.x = 350
    paper.label("IL RICHIEDENTE")


def table(fill: Fill) -> Paper:
    """Two columns, the label small inside the cell and the value below it, a side cell, an office block."""
    paper = Paper(Style(value_font="Helvetica", size=9), size=(letter[1], letter[0]))
    w = fill.written
    canvas = paper.canvas
    top, height, half = paper.y, 30.0, 290.0

    def cell(x: float, y: float, width: float, label: str, value: str) -> None:
        canvas.rect(x, y - height, width, height)
        canvas.setFont("Helvetica", 7)
        canvas.drawString(x + 3, y - 9, label)
        canvas.setFont("Helvetica", 9)
        canvas.drawString(x + 6, y - 23, value)

    canvas.setFont("Helvetica-Bold", 11)
    canvas.drawString(LEFT, top + 20, "ALLEGATO 1 - Manifestazione di interesse alla co-programmazione")
    canvas.rect(480, top + 2, 230, 44)
    canvas.setFont("Helvetica", 7)
    canvas.drawString(484, top + 36, "RISERVATO ALL'UFFICIO")
    canvas.setFont("Helvetica", 9)
    canvas.drawString(484, top + 22, "Prot. n. 12345 del 20/07/2021")
    canvas.drawString(484, top + 9, "C.F. 01217430154 tel. 0292781")
    y = top - 10
    canvas.rect(LEFT, y - 4 * height, 90, 4 * height)
    canvas.setFont("Helvetica", 7)
    canvas.drawString(LEFT + 4, y - 2 * height, "IL SOTTOSCRITTO")
    surname, _, name = w["declarant.name"].partition(" ")
    x, right = LEFT + 90, 290.0
    rows: list[tuple[tuple[str, str], tuple[str, str]]] = [
        (("COGNOME", surname), ("NOME", name)),
        (("NATO/A A", w["declarant.birth_place"]), ("IL", w["declarant.birth_date"])),
        (("RESIDENTE IN", w["residence.town"]), ("VIA", f"{w['residence.street']} {w['residence.number']}")),
        (("CODICE FISCALE", w["declarant.fiscal_code"]), ("CELL.", w["residence.phone"])),
    ]
    for left_cell, right_cell in rows:
        cell(x, y, right, *left_cell)
        cell(x + right, y, right, *right_cell)
        y -= height
    below: list[tuple[tuple[str, str], tuple[str, str]]] = [
        (("IN QUALITA' DI (legale rappresentante, presidente, ecc.)", w["capacity"]),
         ("ENTE/ASSOCIAZIONE/COMITATO/ECC.", w["organisation.name"])),
        (("CON SEDE IN", w["municipality"]), ("VIA", f"{w['street']} {w['number']}")),
        (("CAP", w["postcode"]), ("PROV.", w["province"])),
        (("TEL.", w["landline"]), ("CODICE FISCALE O P.IVA", w["organisation.fiscal_code"])),
        (("E-MAIL", w["organisation.emails"]), ("PEC", w["organisation.pec"])),
        (("REFERENTE", w["contact.name"]), ("CELL.", w["contact.phone"])),
    ]  # fmt: skip
    for left_cell, right_cell in below:
        cell(LEFT, y, half + 45, *left_cell)
        cell(LEFT + half + 45, y, half + 45, *right_cell)
        y -= height
    paper.y = y - 24
    paper.label("MANIFESTA il proprio interesse per la tematica:")
    paper.box("abitare", ticked="abitare" in fill.ticks["themes"])
    paper.box("occupazione", ticked="occupazione" in fill.ticks["themes"])
    paper.row(24)
    paper.label("Data")
    paper.label(w["date"])
    paper.x = 350
    paper.label("Firma e Timbro del Richiedente")
    return paper


def letterhead(paper: Paper, fill: Fill) -> None:
    """The body's own paper: its data stand in the header and footer only."""
    w = fill.written
    paper.label(w["organisation.name"], font="Helvetica-Bold", size=15)
    paper.row(16)
    paper.label(f"Sede legale: {w['street']}, {w['number']} – {w['postcode']} {w['municipality']} (MI)", size=8)
    paper.row(12)
    paper.label(f"Codice Fiscale {w['organisation.fiscal_code']} – Partita IVA {w['organisation.vat_number']}", size=8)
    paper.row(12)
    paper.label(f"tel. {w['landline']} – e-mail: {w['organisation.emails']} – PEC: {w['organisation.pec']}", size=8)
    paper.row(40)
    addressee(paper)
    paper.row(30)
    paper.style.size = 10
    paper.label("Il/La sottoscritto/a")
    paper.label(w["declarant.name"])
    paper.label("nato/a a")
    paper.label(w["declarant.birth_place"])
    paper.label("il")
    paper.label(w["declarant.birth_date"] + ",")
    paper.row(15)
    paper.label("in qualità di")
    paper.label(w["capacity"])
    paper.label("dell'ente sopra indicato,")
    paper.heading("MANIFESTA")
    paper.label("il proprio interesse a partecipare alla co-programmazione, in particolare per:")
    paper.row()
    paper.box("la tematica dell'abitare", ticked="abitare" in fill.ticks["themes"])
    paper.box("la tematica dell'occupazione", ticked="occupazione" in fill.ticks["themes"])
    paper.row(30)
    paper.label("Luogo e data")
    paper.label(f"{w['place']}, {w['date']}")
    paper.row(30)
    paper.x = 330
    paper.label("Il legale rappresentante")
