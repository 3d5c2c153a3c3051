"""Table E: the provider's signature, good, old, foreign, altered, broken, absent."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.demo import messages as post
from ingest.demo.facts import AT, ROME
from ingest.demo.layouts import LAYOUTS
from ingest.demo.originals import an_original
from ingest.demo.pki import Provider, authority
from ingest.demo.sign import Cms
from ingest.vocabulary import Reason, SignatureState
from tests.gallery.case import ANSWERED, QUARANTINED, Case, Expect, but, changed, truncated, unsigned, with_signature
from tests.gallery.certification import GOOD

BROKEN = but(QUARANTINED, signature=SignatureState.BROKEN, reasons=(Reason.SIGNATURE_BROKEN,))
BAD = but(QUARANTINED, signature=SignatureState.UNREADABLE, reasons=(Reason.SIGNATURE_UNREADABLE,))
ABSENT = but(QUARANTINED, signature=SignatureState.ABSENT, reasons=(Reason.SIGNATURE_ABSENT,))
STRANGER = but(QUARANTINED, signature=SignatureState.CHAIN_UNKNOWN, reasons=(Reason.SIGNATURE_CHAIN_UNKNOWN,))
POLICY = but(QUARANTINED, reasons=(Reason.SIGNATURE_POLICY,))
TIME = but(QUARANTINED, reasons=(Reason.SIGNATURE_TIME,))


def written(**style: Any) -> bytes:
    """The default envelope with its signature written in another way."""
    return post.an_envelope(layout=replace(LAYOUTS["L26"], cms=Cms(**style)))


def sound() -> list[Case]:
    """E1, E2, E10: good, whatever the style and the age."""
    cases = []
    for digest, ber in itertools.product(("sha1", "sha256"), (False, True)):
        weak = (Reason.WEAK_DIGEST,) if digest == "sha1" else ()
        name = f"E1 {digest} {'BER' if ber else 'DER'}"
        cases.append(Case(name, written(digest=digest, ber=ber), but(ANSWERED, reasons=weak)))
    old = datetime(2018, 3, 1, 9, 0, tzinfo=ROME)
    again = AT.replace(year=2025, month=6)
    signer = authority().signer(Provider(), again, older=True)
    other = GOOD.replace(b"Gestore Di Prova S.p.A.", b"GESTORE SpA")
    named = post.an_envelope(provider=Provider(name="Gestore S.p.A."), certification=other)
    return [
        *cases,
        Case("E1 CA first", written(ca_first=True), ANSWERED),
        Case("E2 expired signer", post.an_envelope(at=old, layout="L18"), ANSWERED),
        Case("E2 older CA certificate", post.an_envelope(at=again, signer=signer), ANSWERED),
        Case("E10", named, ANSWERED),
    ]


def untrusted() -> list[Case]:
    """E3, E8, E9: intact, but not by whom or when it should be."""
    impostor, unknown = authority(key="impostor"), authority("CA DI FANTASIA", "stranger")
    outside = Provider("fuori.example")
    early = authority().signer(Provider(), AT, (datetime(2020, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)))
    future = written(signing_time=AT + timedelta(days=400))
    before = AT - timedelta(days=300)
    cased = Provider(san="Posta-Certificata@Gestore.Example")
    other = Provider(san="posta-certificata@altrogestore.example")
    return [
        Case("E3 unknown", post.an_envelope(authority=unknown), STRANGER),
        Case("E3 impostor", post.an_envelope(authority=impostor), STRANGER),
        Case("E8 other address", post.an_envelope(provider=other), POLICY),
        Case("E8 case only", post.an_envelope(provider=cased), ANSWERED),
        Case("E8 outside the list", post.an_envelope(provider=outside), QUARANTINED),
        Case("E9 signer not valid", post.an_envelope(signer=early), TIME),
        Case("E9 future signing time", future, TIME),
        Case("E9 arrived before", post.an_envelope(), Expect(ANSWERED.kind, None, trusted=False), before),
    ]


def altered() -> list[Case]:
    """E4 to E7: changed after signing, or not signed at all."""
    raw = post.an_envelope()
    accented = changed(an_original(attachments=()), b"Buongiorno,", "Perché ".encode("latin-1"))
    latin = post.an_envelope(accented)
    transcoded = latin.decode("latin-1").encode("utf-8")
    blank = post.an_envelope(an_original(text="Una riga con spazi   \n", attachments=()))
    return [
        Case("E4 one letter", changed(raw, b"domanda.", b"domandA."), BROKEN),
        Case("E4 transcoded", transcoded, BROKEN),
        Case("E4 blanks cut", changed(blank, b"spazi   \r\n", b"spazi\r\n"), BROKEN),
        Case("E5 attributes", written(wrong_attributes=True), BROKEN),
        Case("E5 value", written(wrong_value=True), BROKEN),
        Case("E6 truncated", with_signature(raw, truncated), BAD),
        Case("E6 not base64", with_signature(raw, lambda _: b"*** non base64 ***"), BAD),
        Case("E6 empty", with_signature(raw, lambda _: b""), BAD),
        Case("E6 without certificates", written(without_certificates=True), BAD),
        Case("E7 no signature", unsigned(raw), ABSENT),
        Case("E7 opaque", written(opaque=True), ABSENT),
    ]


def table_e() -> list[Case]:
    """Every row of table E."""
    return [*sound(), *untrusted(), *altered()]
