"""A convocation's letter: what a clerk wrote, with merge fields, becomes one message for one organisation.

The clerk's text is a template, and a template is a program: only fields, conditions and a few filters are let through,
so that nothing it says can loop, call, or look inside an object.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from ingest.letter import Letter
from ingest.readout import plain
from ingest.templating import render

LONGEST_SUBJECT, LONGEST_BODY = 200, 20_000  # characters of what is written
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr, nodes.Not,
    nodes.And, nodes.Or, nodes.Compare, nodes.Operand, nodes.Filter,
)  # fmt: skip
_DEEPEST = 30  # levels of what is nested: the compiler behind the templates is recursive
_FILTERS = ("upper", "lower", "capitalize", "trim")


@dataclass(frozen=True, slots=True)
class MergeFields:
    """What a convocation may say of its recipient; "" where the register does not know it."""

    ente: str
    referente: str = ""
    comune: str = ""
    ruolo: str = ""
    tematiche: str = ""
    tematica: str = ""  # the one the convocation is about
    avviso: str = ""
    riferimento: str = ""  # our reference of their adhesion: "PDZ-000123"
    protocollo: str = ""  # "n. 0012345 del 26/07/2021"


FIELDS: dict[str, str] = {
    "ente": "denominazione dell'ente",
    "referente": "nome del referente",
    "comune": "Comune della sede",
    "ruolo": "ruolo nella co-programmazione",
    "tematiche": "tematiche scelte dall'ente",
    "tematica": "tematica della convocazione",
    "avviso": "titolo dell'avviso",
    "riferimento": "riferimento dell'adesione, per esempio PDZ-000123",
    "protocollo": "numero e data di protocollo dell'adesione",
}


class TextProblem(ValueError):  # noqa: N818 - a finding about what was written, not our error
    """What is wrong with a convocation's text, in Italian, for whoever wrote it."""


def check_text(subject: str, body: str) -> None:
    """Raises TextProblem when the subject or the body cannot be sent as written."""
    for what, text, longest in (("L'oggetto", subject, LONGEST_SUBJECT), ("Il testo", body, LONGEST_BODY)):
        if not text.strip():
            raise TextProblem(f"{what} è vuoto.")
        if len(text) > longest:
            raise TextProblem(f"{what} supera i {longest} caratteri.")
        _checked(text)


def compose_convocation(subject: str, body: str, fields: MergeFields, key: str) -> Letter:
    """The letter to one organisation, as plain text and as HTML. `key` is the convocation's reference.

    Raises TextProblem when the text is not fit to be sent.
    """
    check_text(subject, body)
    known: dict[str, Any] = {name: plain(value, 300) for name, value in asdict(fields).items()}
    line, text = (_environment().from_string(one).render(known) for one in (subject, body))
    line = plain(line, 150)
    if not line or not text.strip():
        raise TextProblem("Con i dati di questo ente l'oggetto o il testo resta vuoto.")
    closing = (
        f"Comunicazione dell'Ufficio di Piano agli enti che hanno aderito all'avviso «{plain(fields.avviso, 250)}». "
        f"Riferimento: {key}. Per rispondere scriva a questo stesso indirizzo."
    )
    blocks = list(_blocks(text))
    html = render("convocations", "body.html", subject=line, blocks=blocks, closing=closing)
    return Letter(line, _written([*blocks, ["--"], [closing]]), html)


def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _checked(text: str) -> None:
    try:
        tree = _environment().parse(text)
    except TemplateSyntaxError as error:
        raise TextProblem(f"Riga {error.lineno}: un campo tra doppie graffe non è scritto bene.") from error
    except RecursionError as error:
        raise TextProblem("Le condizioni sono annidate troppo in profondità.") from error
    for node, depth in _all(tree):
        if depth > _DEEPEST:
            raise TextProblem("Le condizioni sono annidate troppo in profondità.")
        if not isinstance(node, _ALLOWED):
            raise TextProblem(f"Riga {node.lineno}: sono ammessi solo i campi elencati e le condizioni.")
        if isinstance(node, nodes.Operand) and node.op not in ("eq", "ne"):
            raise TextProblem(f"Riga {node.lineno}: una condizione può solo dire se un campo è uguale o diverso.")
        if isinstance(node, nodes.Filter) and (node.name not in _FILTERS or node.args or node.kwargs):
            raise TextProblem(f"Riga {node.lineno}: la funzione «{plain(node.name, 40)}» non è ammessa.")
        if isinstance(node, nodes.Name) and (node.ctx != "load" or node.name not in FIELDS):
            raise TextProblem(f"Riga {node.lineno}: il campo «{plain(node.name, 40)}» non esiste.")


def _all(root: nodes.Node) -> Iterator[tuple[nodes.Node, int]]:
    """Every node with its depth."""
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting += [(child, depth + 1) for child in node.iter_child_nodes()]


def _blocks(text: str) -> Iterator[list[str]]:
    """The paragraphs of a text, each as its lines."""
    lines: list[str] = []
    for line in (plain(each, 2000) for each in text.splitlines()):
        if line:
            lines.append(line)
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def _written(blocks: list[list[str]]) -> str:
    """Plain text of at most 76 columns."""
    made = [
        "\n".join(
            textwrap.fill(
                line, 76, subsequent_indent="  " if line.startswith("- ") else "",
                break_long_words=False, break_on_hyphens=False,
            )
            for line in block
        )
        for block in blocks
    ]  # fmt: skip
    return "\n\n".join(made) + "\n"
