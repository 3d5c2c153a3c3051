"""The variants whose packaging matters: outlines, a file of several forms, three versions of one adhesion."""

import io
import random
from dataclasses import replace

from tests.corpus.fills import Fill, a_fill
from tests.corpus.layouts import canonical
from tests.corpus.paper import Paper, Style
from tests.corpus.sample import Sample
from tests.corpus.wordfile import a_docx_of
from tests.documents.builders import a_p7m, a_signed_pdf, as_base64

_THEMES = {"abitare": "la tematica dell'abitare", "occupazione": "la tematica dell'occupazione"}
_NOTICE = (
    "AVVISO PUBBLICO PER LA PARTECIPAZIONE ALLA CO-PROGRAMMAZIONE",
    "DEL PIANO SOCIALE DI ZONA 2021-2023 – DISTRETTO 4",
    "Il Comune di Cernusco sul Naviglio, codice fiscale 01217430154, capofila dell'Ambito,",
    "rende noto che i soggetti di cui all'art. 4 del D.Lgs. 117/2017 possono manifestare",
    "il proprio interesse compilando il modulo Allegato 1 e inviandolo entro le ore 23:59 del 29/07/2021",
    "all'indirizzo PEC comune.cernuscosulnaviglio@pec.regione.lombardia.it.",
    "Art. 3 – Modalità di partecipazione. Le domande pervenute oltre il termine hanno ruolo consultivo.",
    "Art. 4 – Trattamento dei dati. Il titolare è il Comune, tel. 0292781.",
    "Referente del procedimento: Dott.ssa Dirigente, ufficio.piano@comune.example",
    "f.to La Dirigente",
)


def outlined(rng: random.Random) -> Sample:
    """V06: values and ticks are drawings; one theme circled instead of ticked, one municipality struck out."""
    fill = a_fill(rng)
    paper = Paper(Style(leader="_", boxes="square", outlined=True), rng=rng)
    theme = rng.choice(sorted(fill.ticks["themes"]))
    struck = rng.choice(
        [t for t in ("Bussero", "Cambiago", "Gessate") if t not in fill.ticks["organisation.municipalities"]] or [""]
    )
    paper.marks = {_THEMES[theme]: "circle", struck: "strike"}
    drawn = Fill(fill.written, fill.truth, fill.ticks | {"themes": fill.ticks["themes"] - {theme}})
    canonical(paper, drawn)
    return Sample(paper.done(), "application/pdf", (fill.truth,), {"themes": ("circled",)}, scanned=True)


def several(rng: random.Random) -> Sample:
    """V11: the notice, form A, form B of another body and a blank form in one file, and a logo beside it."""
    first, second = a_fill(rng), a_fill(rng)
    first.written["proposal"] = first.written["proposal"].rstrip(".")  # before a row of dots a stop says nothing
    first.truth |= {"proposal": first.written["proposal"]} if "proposal" in first.truth else {}
    empty = Fill({}, {}, {"themes": set(), "declarations": set()})
    paper = Paper(Style(leader="_"), rng=rng)
    for page in range(2):
        for line in _NOTICE if page == 0 else _NOTICE[2:]:
            paper.label(line)
            paper.row(34)
        paper.page()
    for fill in (first, second, empty):
        canonical(paper, fill)
        paper.page()
    again = a_docx_of(first, rng)
    parts = (("Allegato 1.docx", again), ("logo.png", _logo()))
    return Sample(paper.done(), "application/pdf", (first.truth, second.truth, first.truth), parts=parts)


def _logo() -> bytes:
    from PIL import Image  # noqa: PLC0415 - only this variant draws

    out = io.BytesIO()
    Image.new("RGB", (120, 60), (10, 90, 40)).save(out, "PNG")
    return out.getvalue()


def wrong_code(rng: random.Random) -> Sample:
    """V12 (a): a digit of the body's code is wrong and no theme is ticked."""
    fill = a_fill(rng)
    right = fill.written["organisation.fiscal_code"]
    at = rng.randrange(11)
    wrong = right[:at] + str((int(right[at]) + rng.randint(1, 9)) % 10) + right[at + 1 :]
    fill.written["organisation.fiscal_code"] = fill.truth["organisation.fiscal_code"] = wrong
    fill.ticks["themes"] = set()
    fill.truth.pop("themes")
    return _typed(rng, fill, {"organisation.fiscal_code": ("check-digit",)})


def corrected(rng: random.Random) -> Sample:
    """V12 (b): a theme, another contact person."""
    fill = a_fill(rng)
    fill.written["contact.name"] = fill.truth["contact.name"] = "Galli Teresa"
    return _typed(rng, fill)


def enrolled(rng: random.Random) -> Sample:
    """V12 (c): the register's number has come, with a date on which the register worked."""
    fill = a_fill(rng)
    fill.written |= {"runts_section": "B", "runts_number": "1234", "runts_date": "01/12/2021"}
    fill.ticks["registrations"] = {"runts"}
    fill.truth["organisation.registrations"] = [
        {"register": "runts", "section": "B", "number": "1234", "date": "2021-12-01", "status": "enrolled"}
    ]
    return _typed(rng, fill)


def _typed(rng: random.Random, fill: Fill, doubts: dict[str, tuple[str, ...]] | None = None) -> Sample:
    paper = Paper(Style(leader=rng.choice("_."), rise=rng.choice((0.0, 2.0)), value_font="Times-Roman"), rng=rng)
    canonical(paper, fill)
    return Sample(paper.done(), "application/pdf", (fill.truth,), doubts or {})


def signed_within(rng: random.Random) -> Sample:
    """V04 as it is sent: a PAdES signature, and the text that signing programs stamp on the page."""
    fill = a_fill(rng)
    paper = Paper(Style(leader="_", value_font="Helvetica"), rng=rng)
    canonical(paper, fill)
    paper.label(f"Firmato digitalmente da {fill.written['declarant.name'].upper()}")
    truth = fill.truth | {"signature.kind": "pades"}
    return Sample(a_signed_pdf(paper.done()), "application/pdf", (truth,), name="Allegato 1_signed.pdf")


def stamped_only(rng: random.Random) -> Sample:
    """The same stamp on a file nobody signed: it proves nothing."""
    fill = a_fill(rng)
    paper = Paper(Style(leader="_", value_font="Helvetica"), rng=rng)
    canonical(paper, fill)
    paper.label(f"Firmato digitalmente da {fill.written['declarant.name'].upper()}")
    truth = fill.truth | {"signature.kind": "stamp_text_only"}
    return Sample(paper.done(), "application/pdf", (truth,), {"signature.kind": ("stamp-text-only",)})


def enveloped(sample: Sample, rng: random.Random) -> Sample:
    """The same document inside its CAdES envelope: DER, BER in pieces, base64, or signed twice."""
    inner = a_p7m(sample.content, chunk=rng.choice((0, 0, 1000)))
    content, name = rng.choice(
        (
            (inner, "Allegato 1.pdf.p7m"),
            (as_base64(inner), "Allegato 1.pdf.p7m"),
            (a_p7m(inner), "Allegato 1.pdf.p7m.p7m"),
        )
    )
    truths = tuple(truth | {"signature.kind": "cades"} for truth in sample.truths)
    return replace(sample, content=content, name=name, truths=truths)


def struck(rng: random.Random) -> Sample:
    """A theme ticked and then struck out with a drawn line; municipalities nobody ticked struck out too."""
    fill = a_fill(rng)
    theme = rng.choice(("abitare", "occupazione"))
    fill.ticks["themes"], fill.truth["themes"] = {theme}, [theme]
    unticked = [t for t in ("Bussero", "Cambiago", "Gessate") if t not in fill.ticks["organisation.municipalities"]]
    paper = Paper(Style(leader=rng.choice("_."), boxes="square"), rng=rng)
    paper.marks = {_THEMES[theme]: "strike"} | dict.fromkeys(unticked[:1], "strike")
    canonical(paper, fill)
    return Sample(paper.done(), "application/pdf", (fill.truth,), {"themes": ("struck-out",)})


SPECIAL = {
    "V04-pades": signed_within,
    "stamp-only": stamped_only,
    "struck": struck,
    "V06": outlined,
    "V11": several,
    "V12a": wrong_code,
    "V12b": corrected,
    "V12c": enrolled,
}
