"""The list of organisations as a file, for the office and for publication."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from ingest.export import Profile, as_csv, as_json, as_xlsx, harmless
from tests.digest.builders import MADE, THEMES, an_organisation, some_organisations

INTERNAL, PUBLISHABLE = Profile.INTERNAL, Profile.PUBLISHABLE


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_the_internal_list_has_the_names_of_the_contract():
    (row,) = json.loads(as_json([an_organisation()], INTERNAL))
    assert list(row) == [
        "id", "name", "fiscal_code", "vat_number", "legal_nature", "municipality", "emails", "pec", "phones",
        "themes", "role", "timeliness", "first_accepted_at", "versions", "status",
        "protocol",  # ours, after those of the contract
    ]  # fmt: skip
    assert row["emails"] == ["info1@aurora.example.org"]
    assert row["first_accepted_at"] == "2021-07-20T10:15:00+02:00"
    assert row["vat_number"] is None


def test_a_time_in_winter_carries_the_offset_of_winter():
    winter = an_organisation(first_accepted_at=datetime(2021, 12, 1, 9, 0, tzinfo=UTC))
    assert json.loads(as_json([winter], INTERNAL))[0]["first_accepted_at"] == "2021-12-01T10:00:00+01:00"


def test_the_publishable_list_has_only_what_may_be_published_of_confirmed_bodies():
    rows = [*some_organisations(), an_organisation(6, status="to-confirm"), an_organisation(7, status="merged")]
    published = json.loads(as_json(rows, PUBLISHABLE))
    assert [list(row) for row in published] == [["name", "legal_nature", "themes", "role"]] * 4
    assert len(json.loads(as_json(rows, INTERNAL))) == 7
    for content in (as_json(rows, PUBLISHABLE), as_csv(rows, PUBLISHABLE)):
        for secret in (b"@", b"99900010150", b"9500000", b"2021-07"):
            assert secret not in content


def test_a_csv_is_read_back_whole_with_lists_joined():
    row = an_organisation(name='Ente "Il Ponte", sez. A\ndi Gessate', emails=("a@x.example", "b@x.example"))
    (read,) = table(as_csv([row], INTERNAL))
    assert read["name"] == row.name
    assert read["emails"] == "a@x.example; b@x.example"
    assert read["phones"] == "02 9500000"
    assert read["vat_number"] == ""
    assert not as_csv([row], INTERNAL).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    "evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1+1", "|calc", "%0A", '=cmd|" /C calc"!A0']
)
def test_what_looks_like_a_formula_is_made_harmless_in_csv(evil):
    assert harmless(evil).startswith("'")
    assert table(as_csv([an_organisation(name=evil)], INTERNAL))[0]["name"].startswith("'")


@pytest.mark.parametrize("separator", list(",;\t"))
@pytest.mark.parametrize("evil", ["Aurora;=1+1", "Aurora, @SUM(1)", 'x;"=1+1"', "x\t-2+3", "x\r\n+1", "a;b,=c;-d"])
def test_no_formula_begins_a_cell_for_a_program_with_another_separator(evil, separator):
    written = as_csv([an_organisation(name=evil)], INTERNAL).decode()
    cells = [cell for line in csv.reader(io.StringIO(written, newline=""), delimiter=separator) for cell in line]
    assert [cell for cell in cells if cell.lstrip(' "')[:1] in tuple("=+-@")] == []


@pytest.mark.parametrize(
    "plain", ["", "Associazione", "Via Roma, 3; 02 55", "casa-famiglia, a+b; c=d", "L'Aurora", "a=b", "3B", "'già"]
)
def test_ordinary_text_is_left_alone(plain):
    assert harmless(plain) == plain


def test_the_workbook_speaks_italian_and_is_the_same_every_time():
    content = as_xlsx(some_organisations(), INTERNAL, THEMES, MADE)
    assert content == as_xlsx(some_organisations(), INTERNAL, THEMES, MADE)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        root = ET.fromstring(package.read("xl/sharedStrings.xml"))
    words = {element.text for element in root.iter() if element.text}
    assert {"Denominazione", "Organizzazione di volontariato (ODV)", "Operativo", "Nei termini", "20/07/2021 10:15:00",
            "la tematica dell'abitare; la tematica dell'occupazione", "Adesione ritirata"} <= words  # fmt: skip


def test_an_empty_list_is_an_empty_list_in_every_format():
    assert json.loads(as_json([], INTERNAL)) == []
    assert table(as_csv([], PUBLISHABLE)) == []
    assert as_xlsx([], PUBLISHABLE, THEMES, MADE).startswith(b"PK")
