"""A .doc or .rtf as the .docx that LibreOffice makes of it: the one program trusted with those formats.

It runs in a folder of its own with a profile of its own, never executes a macro, never follows a link, and ends with
its time. Like everything that opens what came in, it runs inside the worker, with the worker's limits and no network.
"""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.documents.budget import Budget
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

DOC, RTF = "application/msword", "application/rtf"
OLD_OFFICE = frozenset({DOC, RTF})
SECONDS = 30.0  # most are converted in two
MAX_BYTES = 30_000_000
_STARTS = 3  # a fresh profile makes the program ask to be started again
_START_AGAIN = (79, 81)
_FILTERS = {DOC: (".doc", "MS Word 97"), RTF: (".rtf", "Rich Text Format")}
_SETTING = (
    '<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
    "</item>"
)
_SETTINGS = (
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "0"),
)


def as_docx(content: bytes, kind: str, budget: Budget) -> bytes:
    """The same document as .docx; `kind` is DOC or RTF.

    Raises Unreadable: PART_OLD_FORMAT without LibreOffice, PART_TIMED_OUT, PART_TOO_LARGE, PART_UNREADABLE when it
    makes nothing of the file, LIMIT_REACHED when the message holds too many of them.
    """
    program = _program()
    if program is None:
        raise Unreadable(Reason.PART_OLD_FORMAT, f"{kind}: LibreOffice is not installed")
    if len(content) > MAX_BYTES:
        raise Unreadable(Reason.PART_TOO_LARGE, f"{len(content)} bytes of {kind}")
    budget.conversion()
    ending, reading = _FILTERS[kind]
    with TemporaryDirectory(prefix="pec-ingest-office-") as name:
        folder = Path(name)
        source = folder / f"documento{ending}"
        source.write_bytes(content)
        _write_profile(folder)
        _convert([program, *_options(folder, reading), str(source)], folder)
        made = folder / "reso" / "documento.docx"
        if not made.is_file():
            raise Unreadable(Reason.PART_UNREADABLE, f"{kind}: LibreOffice makes nothing of it")
        converted = made.read_bytes()
    budget.charge(len(converted))
    return converted


def _program() -> str | None:
    """LibreOffice's own executable: the script before it would leave a child behind when its time is over."""
    script = shutil.which("soffice") or shutil.which("libreoffice")
    if script is None:
        return None
    inner = Path(script).resolve().parent / "soffice.bin"
    return str(inner) if os.access(inner, os.X_OK) else script


def _options(folder: Path, reading: str) -> list[str]:
    return [
        "--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo",
        f"-env:UserInstallation={(folder / 'profilo').as_uri()}", f"--infilter={reading}",
        "--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder / "reso"),
    ]  # fmt: skip


def _write_profile(folder: Path) -> None:
    """The settings a person would make against macros and links, before the program starts for the first time."""
    user = folder / "profilo" / "user"
    user.mkdir(parents=True)
    items = "".join(_SETTING.format(path=path, name=name, value=value) for path, name, value in _SETTINGS)
    opening = '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    (user / "registrymodifications.xcu").write_text(f"{opening}{items}</oor:items>\n", encoding="utf-8")


def _convert(command: list[str], folder: Path) -> None:
    surroundings = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "TMPDIR": str(folder),
                    "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}  # fmt: skip
    try:
        for _ in range(_STARTS):
            ended = subprocess.run(  # noqa: S603 - our own arguments; the file is one of them, never a command
                command, env=surroundings, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=SECONDS, check=False,
            )  # fmt: skip
            if ended.returncode not in _START_AGAIN:
                return
    except subprocess.TimeoutExpired as error:
        raise Unreadable(Reason.PART_TIMED_OUT, "LibreOffice took too long") from error
    except OSError as error:
        raise Unreadable(Reason.PART_OLD_FORMAT, f"LibreOffice does not start: {type(error).__name__}") from error
