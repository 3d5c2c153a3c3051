"""Spreadsheets: plain tables with a heading row. Text stays text, whatever it begins with; same input, same bytes."""

import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import xlsxwriter

_LONGEST = 32_000  # characters of a cell; Excel takes 32,767
_WIDEST = 60  # columns of a character's width
_NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_AS_WRITTEN = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its name (at most 31 characters), its headings and its rows."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]


def workbook(sheets: tuple[Sheet, ...], made: datetime) -> bytes:
    """An .xlsx file. `made` (aware) is the only date in it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _AS_WRITTEN)
    book.set_properties({"created": made.astimezone(UTC).replace(tzinfo=None), "language": "it-IT"})
    heading = book.add_format({"bold": True, "bg_color": "#DCE9F5", "border": 1})
    for sheet in sheets:
        page = book.add_worksheet(sheet.title[:31])
        page.write_row(0, 0, sheet.headings, heading)
        page.freeze_panes(1, 0)
        for number, row in enumerate(sheet.rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, int):
                    page.write_number(number, column, value)
                else:
                    page.write_string(number, column, _written(value))
        for column, text in enumerate(sheet.headings):
            longest = max([len(text), *(len(str(row[column])) for row in sheet.rows)])
            page.set_column(column, column, min(longest + 2, _WIDEST))
    book.close()
    return out.getvalue()


def _written(text: str) -> str:
    """The text without what XML cannot carry."""
    return _NO_XML.sub("", text)[:_LONGEST]
