"""`report`: the figures for the Assembly of Mayors and the publishable lists, as PDF, workbook or page."""

import argparse

from ingest.admission import report_now
from ingest.app import utc_now
from ingest.commands.opened import database_of, settings_of
from ingest.config import ConfigError
from ingest.report import as_html, as_xlsx
from ingest.report_pdf import as_pdf

_FORMATS = {".pdf": as_pdf, ".xlsx": as_xlsx, ".html": as_html}


def report(args: argparse.Namespace) -> int:
    """Writes the report in the format of the file's name."""
    made = _FORMATS.get(args.output.suffix.lower())
    if made is None:
        raise ConfigError([f"report -o {args.output}: the name ends in {', '.join(_FORMATS)}"])
    settings = settings_of(args)
    with database_of(args) as db, db.reading() as session:
        found = report_now(session, settings.notice.rules(), utc_now())
    args.output.write_bytes(made(found))
    print(f"{found.total} organisations, {len(found.admitted)} admitted, {len(found.not_admitted)} not admitted")
    return 0
