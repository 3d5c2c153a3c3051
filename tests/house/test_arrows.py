"""Who may import whom: the core knows no clock, no network and no database, and only `app` builds adapters."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = (
    "judge", "envelope", "documents", "form", "notice", "answer", "loopguard", "reply", "letter", "letter_bytes",
    "digest", "verdict", "rules", "wire", "topic", "relation", "sameness", "validity", "readout", "wording", "italian",
    "week", "whose", "export", "workbook", "organisations",
    "report", "report_pdf", "protocol/segnatura", "tabular", "convocations/letter",
)  # fmt: skip
EDGES = ("sqlalchemy", "models", "imapclient", "smtplib", "socket", "apscheduler", "structlog", "starlette")
OURS_OUTSIDE = (
    "database",
    "ledger",
    "record",
    "outbox",
    "receipts",
    "mailbox",
    "imap",
    "post",
    "store",
    "app",
    "daemon",
)
CLOCKS = ("now", "today", "utcnow", "time", "monotonic")
MAY_READ_THE_CLOCK = ("daemon", "cli", "commands", "console", "app", "worker", "sandbox", "confined", "connection",
                      "imap", "imap_box", "imap_move", "post", "maildir", "wakeup")  # fmt: skip


def modules(*names: str) -> Iterator[Path]:
    for name in names or ("",):
        path = ROOT / "ingest" / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", list(modules(*CORE)), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_imports_no_edge(path: Path):
    outside = EDGES + tuple(f"ingest.{name}" for name in OURS_OUTSIDE)
    assert [name for name in imported(path) if _within(name, outside)] == []


def test_models_never_import_ingest():
    for path in sorted((ROOT / "models").rglob("*.py")):
        assert [name for name in imported(path) if _within(name, ("ingest",))] == [], path


def test_only_app_builds_adapters():
    adapters = {"ImapMailbox", "Maildir", "Post", "Store"}
    builders = {
        path.name
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in adapters
    }
    assert builders == {"app.py"}


def test_only_the_outer_ring_reads_the_clock():
    for path in modules():
        inside = path.relative_to(ROOT / "ingest").parts[0].removesuffix(".py")
        if inside in MAY_READ_THE_CLOCK:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
                owner = node.func.value
                assert not (isinstance(owner, ast.Name) and owner.id in ("datetime", "date", "time")), (
                    path,
                    node.lineno,
                )


def test_a_blanket_except_says_why_it_stands_there():
    """One boundary of our own (rounds); elsewhere only around a library that is known to leak any exception."""
    for path in [*modules(), *sorted((ROOT / "models").rglob("*.py"))]:
        lines = path.read_text().splitlines()
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ExceptHandler):
                continue
            broad = node.type is None or (
                isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")
            )
            if broad:
                reraises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
                assert reraises or "#" in lines[node.lineno - 1], (path, node.lineno)


def test_no_module_grows_beyond_three_hundred_lines():
    grown = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in [*modules(), *sorted((ROOT / "models").glob("*.py"))]
    }
    assert {name: lines for name, lines in grown.items() if lines > 300} == {}
