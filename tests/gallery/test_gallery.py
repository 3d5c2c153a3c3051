"""The gallery itself: every row is there, once, and its signatures are what `openssl` says they are."""

import subprocess
from email import message_from_bytes
from email.utils import parsedate_to_datetime

import pytest
from asn1crypto import cms

from ingest.demo.pki import authority
from ingest.vocabulary import SignatureState
from tests.gallery.attachments import PDF, smime_originals, table_h
from tests.gallery.case import Case
from tests.gallery.gallery import gallery

ROWS = [
    f"{table}{n}" for table, last in (("A", 18), ("B", 13), ("C", 12), ("D", 11), ("E", 10)) for n in range(1, last + 1)
]
SOUND = [found for found in gallery() if found.expect.signature is SignatureState.VALID and found.name[0] in "ABE"]


def accepts(found: Case, folder) -> bool:
    """What openssl says of the message at the time it was sent."""
    (folder / "m.eml").write_bytes(found.raw)
    (folder / "root.pem").write_bytes(authority().root_pem)
    at = parsedate_to_datetime(message_from_bytes(found.raw)["Date"])
    command = ["openssl", "cms", "-verify", "-in", f"{folder}/m.eml", "-CAfile", f"{folder}/root.pem"]
    command += ["-purpose", "smimesign", "-attime", str(int(at.timestamp())), "-out", f"{folder}/out"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_every_row_has_a_case():
    names = {found.name.split()[0] for found in gallery()}
    assert set(ROWS) <= names


def test_no_two_cases_share_a_name():
    names = [found.name for found in gallery()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("found", SOUND, ids=lambda found: found.name)
def test_openssl_accepts_what_is_expected_valid(found, tmp_path):
    assert accepts(found, tmp_path)


@pytest.mark.parametrize("name", ["E4 one letter", "E4 transcoded", "E4 blanks cut", "E5 attributes", "E5 value",
                                  "E6 truncated", "E6 not base64", "E6 empty", "E3 unknown", "E3 impostor",
                                  "E9 signer not valid", "E7 no signature"])  # fmt: skip
def test_openssl_refuses_what_is_expected_bad(name, tmp_path):
    assert not accepts(next(found for found in gallery() if found.name == name), tmp_path)


@pytest.mark.parametrize("name", ["H DER", "H BER", "H parallel", "H counter-signature", "H double", "H 6 levels"])
def test_wrapped_documents_hold_their_payload(name):
    content = next(found for found in table_h() if found.name == name).attachments[0][2]
    while content[:1] == b"0":
        content = cms.ContentInfo.load(content)["content"]["encap_content_info"]["content"].native
    assert content == PDF


def test_a_time_stamped_document_holds_its_payload():
    content = next(found for found in table_h() if found.name == "H tsd").attachments[0][2]
    assert cms.ContentInfo.load(content)["content"]["content"].native == PDF


def test_originals_signed_by_their_authors_travel_whole():
    assert [name for name, raw in smime_originals() if b"postacert.eml" in raw] == ["H multipart/signed", "H opaque"]
