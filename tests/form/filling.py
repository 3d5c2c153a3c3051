"""Filled forms, made from the blank one in the ways people's programs do it."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO

from pikepdf import Dictionary, Name, Object, Pdf, String

from ingest.form.widgets import slug
from ingest.rules import Notice

MUNICIPALITIES = (
    *("Bellinzago Lombardo", "Bussero", "Cambiago", "Carugate", "Cassina de' Pecchi"),
    *("Cernusco sul Naviglio", "Gessate", "Gorgonzola", "Pessano con Bornago"),
)


def a_notice(**changes) -> Notice:
    return Notice(
        **{
            "id": "piano-di-zona-2021-2023",
            "title": "Avviso pubblico per la partecipazione alla fase di co-programmazione "
            "del Piano Sociale di Zona 2021-2023",
            "deadline": datetime.fromisoformat("2021-07-29T23:59:59+02:00"),
            "themes": {
                "abitare": "la tematica dell'abitare",
                "occupazione": "la tematica dell'occupazione",
                "altro": "altro",
            },
            "municipalities": MUNICIPALITIES,
            "own_values": ("comune.cernuscosulnaviglio@pec.regione.lombardia.it", "029278"),
            **changes,
        }
    )


def fill(blank: bytes, values: Mapping[str, str | bool | list[str]], how: str = "program") -> bytes:
    """The form filled in; `values` by widget name, or by schema key with a list for boxes.

    program: values with appearances, file rewritten. viewer: values without appearances, appended to the file as an
    incremental update with NeedAppearances. flat: the fields' appearances have become page content.
    """
    with Pdf.open(BytesIO(blank)) as pdf:
        changed = _set(_fields(pdf), dict(_slots(values)))
        if how == "viewer":
            return _appended(blank, pdf, changed)
        pdf.Root.AcroForm.NeedAppearances = True  # or qpdf draws nothing
        pdf.generate_appearance_streams()
        if how == "flat":
            pdf.flatten_annotations("all")
        target = BytesIO()
        pdf.save(target, deterministic_id=True)
        return target.getvalue()


def field_names(pdf: Pdf) -> dict[str, Object]:
    return _fields(pdf)


def _slots(values):
    for name, value in values.items():
        if isinstance(value, list):
            yield from ((f"{name}.{slug(option)}", True) for option in value)
        else:
            yield name, value


def _fields(pdf: Pdf) -> dict[str, Object]:
    found: dict[str, Object] = {}

    def walk(field: Object, above: str) -> None:
        name = f"{above}.{field.T}" if above else str(field.T)
        if "/FT" in field:
            found[name] = field
        else:
            for kid in field.Kids:
                walk(kid, name)

    for field in pdf.Root.AcroForm.Fields:
        walk(field, "")
    return found


def _set(fields: dict[str, Object], slots: Mapping[str, str | bool]) -> list[Object]:
    changed = []
    for name, value in slots.items():
        field = fields[name]
        changed.append(field)
        if Name.Tx == field.FT:
            field.V = String(str(value))
        elif "/Kids" in field:
            field.V = Name(f"/{value}")
            for kid in field.Kids:
                kid.AS = field.V if str(field.V) in kid.AP.N else Name.Off
                changed.append(kid)
        elif value:
            field.V = field.AS = Name.Yes
    return changed


def _appended(blank: bytes, pdf: Pdf, changed: list[Object]) -> bytes:
    """The original bytes, then the changed objects, a table of them, and a trailer that points back."""
    for field in changed:
        if field.get("/FT") == Name.Tx:
            del field.AP
    pdf.Root.AcroForm.NeedAppearances = True
    objects = {one.objgen[0]: one for one in (*changed, pdf.Root.AcroForm)}
    body, table = bytearray(blank), [b"xref\n"]
    for number, one in sorted(objects.items()):
        table.append(b"%d 1\n%010d 00000 n \n" % (number, len(body)))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one.unparse(resolved=True))
    start, previous = len(body), int(blank.rpartition(b"startxref")[2].split()[0])
    trailer = Dictionary(Size=len(pdf.objects) + 1, Prev=previous, ID=pdf.trailer.ID)
    entries = trailer.unparse()[:-2] + b" /Root %d 0 R >>" % pdf.Root.objgen[0]
    body += b"".join(table) + b"trailer\n" + entries + b"\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(body)
