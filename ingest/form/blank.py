"""The blank Allegato 1, drawn from the schema: tagged, fillable, with the field names of `ingest.form.widgets`.

Labels, tooltips, lengths and required marks come from the schema; themes, municipalities, deadline and title from
the notice. The same notice gives the same bytes.
"""

import re
from datetime import date

from ingest.form import options
from ingest.form.acroform import FieldTree, Slot
from ingest.form.field import Field, Need, Option
from ingest.form.layout import LEFT, RIGHT, Cell, Choice, Layout
from ingest.form.schema import field_of
from ingest.form.sheet import ACCENT, Run, Sheet
from ingest.form.widgets import ALL_MUNICIPALITIES, slug, widget_key
from ingest.rules import Notice

_SEAT = "organisation.registered_office"
_REGISTERS = "organisation.registrations"
_OTHER_NATURE = "organisation.legal_nature_other"
_MONTHS = (
    *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
    *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
)
_ADDRESSEE = ("Spett.le Comune di Cernusco sul Naviglio", "capofila del Distretto 4 – Ufficio di Piano")
_SUBJECT = "Manifestazione di interesse e disponibilità"
_DAY = "(gg/mm/aaaa)"
_ANY_OF_THREE = "organisation.emails"  # B12, B13 or C4: no asterisk of its own, the legend says it
_SLOTS = {  # slots that are a part of a field: number, label and tooltip of their own, characters that fit
    "declarant.birth_province": ("", "prov.", "Provincia di nascita: due lettere", 2),
    "organisation.phones.landline": ("B10", "tel.", "Numero di telefono fisso dell'ente", 40),
    "organisation.phones.mobile": ("B11", "cell.", "Numero di cellulare dell'ente", 40),
    f"{_OTHER_NATURE}.public_text": ("", "altro soggetto di diritto pubblico: quale", "Quale soggetto pubblico", 60),
    f"{_OTHER_NATURE}.text": ("", "altra natura giuridica: specificare", "Altra natura giuridica: quale", 60),
    f"{_REGISTERS}.runts_section": ("", "RUNTS: sez.", "Sezione del RUNTS", 30),
    f"{_REGISTERS}.runts_number": ("", "RUNTS: rep. n.", "Numero di repertorio del RUNTS", 20),
    f"{_REGISTERS}.runts_date": ("", f"RUNTS: dal {_DAY}", "Data di iscrizione al RUNTS: gg/mm/aaaa", 10),
    f"{_REGISTERS}.other_text": ("", "altro registro: quale", "Quale altro registro o albo", 80),
    f"{_REGISTERS}.number": ("", "altri registri: n.", "Numero di iscrizione negli altri registri", 40),
    f"{_REGISTERS}.date": ("", f"altri registri: dal {_DAY}", "Data di iscrizione: gg/mm/aaaa", 10),
    "attachments_declared.other_text": ("", "altro allegato: quale", "Quale altro allegato", 80),
    "signature": ("G3", "Firma del dichiarante", "Firma del dichiarante, digitale oppure autografa", 0),
}


def write_blank_form(notice: Notice) -> bytes:
    """The PDF of the blank form: A4, two or three pages."""
    sheet = Sheet(f"Allegato 1 – {_SUBJECT}")
    tree = FieldTree(sheet.pdf, sheet.regular.font)
    layout = Layout(sheet, tree)
    _head(layout, notice)
    _declarant(layout)
    _body(layout)
    _registers(layout)
    _territory(layout, notice)
    _contact(layout)
    _request(layout, notice)
    _declarations(layout)
    _closing(layout)
    layout.close_page()
    return sheet.finished(tree.form())


def _head(layout: Layout, notice: Notice) -> None:
    sheet = layout.sheet
    sheet.say("H1", Run(LEFT, layout.y + 14, "ALLEGATO 1", 17, bold=True, colour=ACCENT))
    pec = next((own for own in notice.own_values if "@" in own and "pec" in own), "")
    lines = [*_ADDRESSEE, *([f"PEC: {pec}"] if pec else [])]
    placed = [
        Run(RIGHT - sheet.regular.width(line, 8.4), layout.y + 8 + 11.5 * at, line, 8.4)
        for at, line in enumerate(lines)
    ]
    sheet.say("P", *placed)
    layout.y += 11.5 * len(lines) + 12
    topic = re.sub(r"^avviso pubblico per la ", "alla ", notice.title, flags=re.IGNORECASE)
    layout.paragraph(f"OGGETTO: {_SUBJECT} {topic} (art. 55, comma 2, D.Lgs. 117/2017)", 9.2, bold=True)
    until = _spoken(notice.deadline.date())
    layout.paragraph(
        f"Da inviare, compilato e sottoscritto, all'indirizzo PEC indicato sopra entro il {until}. "
        "Si compila a video oppure a mano, in stampatello. I dati con l'asterisco (*) sono necessari; "
        "serve almeno un indirizzo tra B12, B13 e C4.",
        7.8,
    )


def _declarant(layout: Layout) -> None:
    layout.heading("A. DICHIARANTE")
    layout.row(_cell("declarant.name", 1.0))
    layout.row(
        _cell("declarant.birth_place", 0.56),
        _cell("declarant.birth_province", 0.12),
        _cell("declarant.birth_date", 0.32),
    )
    layout.row(_cell("declarant.fiscal_code", 0.56), _cell("declarant.office", 0.44))
    _exclusive(layout, field_of("declarant.capacity"), options.CAPACITIES[:2], 2)


def _body(layout: Layout) -> None:
    layout.heading("B. ENTE")
    layout.row(_cell("organisation.name", 0.76, 28, multiline=True), _cell("organisation.acronym", 0.24, 28))
    _exclusive(layout, field_of("organisation.legal_nature"), options.LEGAL_NATURES, 2)
    kind = field_of("organisation.cooperative_type")
    lead = "se cooperativa sociale, di tipo:"
    layout.choices("", lead, [Choice(_slot(kind.key), one.label_it, one.value) for one in kind.options], 6)
    public = Slot(f"{_OTHER_NATURE}.public", "Se soggetto di diritto pubblico: quale")
    lead = "se soggetto di diritto pubblico:"
    layout.choices("", lead, [Choice(public, one.label_it, slug(one.value)) for one in options.PUBLIC_KINDS], 3)
    layout.row(_cell(f"{_OTHER_NATURE}.public_text", 0.5), _cell(f"{_OTHER_NATURE}.text", 0.5))
    layout.row(_cell("organisation.fiscal_code", 0.5), _cell("organisation.vat_number", 0.5))
    layout.row(_cell(f"{_SEAT}.municipality", 0.86), _cell(f"{_SEAT}.province", 0.14))
    layout.row(_cell(f"{_SEAT}.street", 0.7), _cell(f"{_SEAT}.number", 0.14), _cell(f"{_SEAT}.postcode", 0.16))
    layout.row(_cell("organisation.operating_office", 1.0))
    layout.row(_cell("organisation.phones.landline", 0.5), _cell("organisation.phones.mobile", 0.5))
    layout.row(_cell("organisation.emails", 0.5), _cell("organisation.pec", 0.5))
    layout.row(_cell("organisation.website", 1.0))


def _registers(layout: Layout) -> None:
    field = field_of(_REGISTERS)
    runts, *others = options.REGISTERS
    layout.room(170)
    layout.choices(field.id, field.label_it, [_box(_REGISTERS, runts)])
    layout.row(
        _cell(f"{_REGISTERS}.runts_section", 0.36),
        _cell(f"{_REGISTERS}.runts_number", 0.34),
        _cell(f"{_REGISTERS}.runts_date", 0.3),
    )
    layout.choices("", "", [_box(_REGISTERS, one) for one in others], 2)
    layout.row(
        _cell(f"{_REGISTERS}.other_text", 0.36), _cell(f"{_REGISTERS}.number", 0.34), _cell(f"{_REGISTERS}.date", 0.3)
    )
    layout.choices("", "", [_box(_REGISTERS, one) for one in options.REGISTRATION_STATES[1:]], 2)


def _territory(layout: Layout, notice: Notice) -> None:
    field = field_of("organisation.municipalities")
    names = [Option(slug(name), name) for name in notice.municipalities]
    boxes = [_box(field.key, one) for one in (*names, Option(ALL_MUNICIPALITIES, "tutti"))]
    layout.choices(field.id, field.label_it, boxes, 3)
    layout.row(_cell("organisation.network", 1.0))


def _contact(layout: Layout) -> None:
    layout.heading("C. REFERENTE PER LA PROCEDURA", keep=110)
    same = field_of("contact.same_as_declarant")
    layout.choices("", "", [Choice(_slot(same.key), same.label_it)])
    layout.row(_cell("contact.name", 0.5), _cell("contact.role", 0.5))
    layout.row(_cell("contact.phone", 0.5), _cell("contact.email", 0.5))


def _request(layout: Layout, notice: Notice) -> None:
    layout.heading("D. MANIFESTA", keep=260)
    layout.paragraph("l'interesse e la disponibilità a partecipare al processo di co-programmazione")
    field = field_of("themes")
    boxes = [_box(field.key, Option(key, words)) for key, words in notice.themes.items()]
    layout.choices(field.id, _starred(field), boxes, 3)
    layout.row(_cell("theme_other", 1.0))
    layout.row(_cell("proposal", 1.0, 122, multiline=True))


def _declarations(layout: Layout) -> None:
    layout.heading("E. DICHIARA", keep=150)
    layout.paragraph(
        "ai sensi degli artt. 46 e 47 del D.P.R. 445/2000, consapevole delle sanzioni penali previste dall'art. 76 "
        "per le dichiarazioni false:"
    )
    keys = ("art4_body", "public_body", "commitment", "consultative_role_known", "ip_release", "privacy_read")
    for key in keys:
        field = field_of(f"declarations.{key}")
        layout.choices("", "", [Choice(_slot(field.key), f"{field.id}  {field.label_it}")])


def _closing(layout: Layout) -> None:
    layout.heading("F. ALLEGATI", keep=60)
    field = field_of("attachments_declared")
    layout.choices("", "", [_box(field.key, one) for one in field.options])
    layout.row(_cell(f"{field.key}.other_text", 1.0))
    layout.heading("G. LUOGO, DATA E FIRMA", keep=60)
    layout.row(_cell("place", 0.3), _cell("date", 0.22), _cell("signature", 0.48, 44))


def _cell(name: str, share: float, height: float = 17.0, *, multiline: bool = False) -> Cell:
    """The slot of a widget's name, with the words of the schema, or its own where it is a part of a field."""
    if name in _SLOTS:
        number, label, tooltip, length = _SLOTS[name]
        label += " *" if name == "signature" else ""
        return Cell(Slot(name, tooltip, length=length), number, label, share, height)
    field = field_of(name)
    label = f"{_starred(field)} {_DAY}" if name in {"date", "declarant.birth_date"} else _starred(field)
    return Cell(_slot(name, multiline=multiline), field.id, label, share, height)


def _slot(key: str, *, multiline: bool = False) -> Slot:
    field = field_of(key)
    needed = _is_needed(field)
    hint = f"{field.hint_it} (necessario)" if needed else field.hint_it
    return Slot(key, hint, required=needed, length=field.length, multiline=multiline)


def _box(key: str, option: Option) -> Choice:
    """The box of one option of a list."""
    name = f"{key}.{option.value}"
    if widget_key(name) is None:
        raise KeyError(name)
    return Choice(Slot(name, f"{field_of(key).hint_it}: {option.label_it}"), option.label_it)


def _exclusive(layout: Layout, field: Field, choices: tuple[Option, ...], columns: int) -> None:
    slot = _slot(field.key)
    layout.choices(field.id, _starred(field), [Choice(slot, one.label_it, one.value) for one in choices], columns)


def _starred(field: Field) -> str:
    return f"{field.label_it} *" if _is_needed(field) else field.label_it


def _is_needed(field: Field) -> bool:
    return field.need in {Need.BLOCK, Need.INTEGRATE} and field.key != _ANY_OF_THREE


def _spoken(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
