"""Every library of the lock files is under a licence that lets a municipality use and pass on the whole; none unknown.

Read from what is installed, without a network. GPL and AGPL would bind whoever passes the program on; LGPL and MPL
libraries are used unmodified (docs/decisions.md).
"""

import re
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
ACCEPTED = re.compile(
    r"MIT(-0|-CMU)?|(0|[23]-Clause )?BSD(-[23]-Clause)?|Apache( Software)?([ -]2\.0)?|ISC|PSF(L|-2\.0)?"
    r"|Python Software Foundation|(Mozilla Public License 2\.0 \()?MPL([ -]2\.0)?\)?"
    r"|(GNU Lesser General Public License v2 or later \()?LGPL(v2\+|-[23]\.[01](-only|-or-later)?)?\)?"
    r"|Zlib|CC0-1\.0|Unlicense|HPND"
)
# whose metadata say nothing, or more than a licence: read by hand, with the version it was read for
BY_HAND = {
    "imapclient": "New BSD, COPYING in its source",
    "pypdfium2": "BSD-3-Clause or Apache-2.0; its binary adds PDFium's own, of the BSD and Apache kind",
}


def locked() -> Iterator[str]:
    """The names of both lock files that are meant for this machine."""
    names = set()
    for file in ("requirements.lock", "requirements-dev.lock"):
        for line in (ROOT / file).read_text().splitlines():
            if re.match(r"[A-Za-z0-9]", line):
                wanted = Requirement(line.partition("\\")[0].strip())
                if wanted.marker is None or wanted.marker.evaluate():
                    names.add(wanted.name)
    yield from sorted(names)


def licences(of: PackageMetadata) -> list[str]:
    """What a distribution says its licences are: its expression, else its classifiers, else the first line of text."""
    if "License-Expression" in of:
        return re.split(r"\s+(?:AND|OR)\s+|[()]", of["License-Expression"])
    last = [one.rpartition("::")[2].strip() for one in of.get_all("Classifier") or () if one.startswith("License ::")]
    named = [one for one in last if one not in ("OSI Approved", "DFSG approved")]
    text = of["License"].partition("\n")[0] if "License" in of else ""
    return named or re.split(r"\s+(?:AND|OR)\s+", text.removeprefix("## The "))


def is_accepted(licence: str) -> bool:
    return ACCEPTED.fullmatch(re.sub(r"\s+License( \(MIT\))?$", "", licence.strip())) is not None


@pytest.mark.parametrize("name", list(locked()))
def test_every_locked_library_is_under_a_licence_we_accept(name: str):
    told = [one for one in licences(metadata(name)) if one.strip()]
    if name in BY_HAND:
        return
    assert told, f"{name} names no licence: read it and enter it in BY_HAND"
    assert [one for one in told if not is_accepted(one)] == []


def test_no_library_read_by_hand_is_gone():
    assert set(BY_HAND) <= set(locked())


@pytest.mark.parametrize(
    "licence",
    ["AGPL-3.0-only", "GPL-3.0-or-later", "GNU General Public License v3 (GPLv3)", "SSPL-1.0", "BUSL-1.1",
     "GNU Affero General Public License v3", "Proprietary", "Other/Proprietary License", "MIT with Commons Clause", ""],
)  # fmt: skip
def test_a_licence_that_binds_others_or_that_nobody_knows_is_refused(licence: str):
    assert not is_accepted(licence)
