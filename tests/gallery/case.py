"""One message of the gallery and what must be judged of it."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ingest.demo.facts import OUR_PEC_ID, Facts
from ingest.demo.messages import facts_of
from ingest.demo.originals import an_original
from ingest.vocabulary import EnvelopeKind, Reason, ReceiptType, SignatureState


@dataclass(frozen=True, slots=True)
class Expect:
    """The verdict on the envelope. `signature` None = anything but valid; None elsewhere = not stated."""

    kind: EnvelopeKind
    signature: SignatureState | None = SignatureState.VALID
    trusted: bool = True  # may act without a person: make records, or move the state of a letter
    answerable: bool = False  # the loop guard lets a letter go out
    receipt: ReceiptType | None = None
    final: bool | None = None
    about: str | None = None
    recipient: str | None = None
    code: str | None = None
    reasons: tuple[Reason, ...] = ()  # among those given
    why: Reason | None = None  # the loop guard's reason against an answer, once it knows our letters' ids
    details: dict[str, Any] = field(default_factory=dict)  # further fields of Envelope, by name


@dataclass(frozen=True, slots=True)
class Case:
    """A row (or a variant of a row) of the gallery."""

    name: str  # "B4", "A1 L18"
    raw: bytes
    expect: Expect
    internal_date: datetime | None = None  # what the server would say, where it matters


ANSWERED = Expect(EnvelopeKind.CERTIFIED, answerable=True)
KEPT = Expect(EnvelopeKind.CERTIFIED)  # recorded, not answered
QUARANTINED = Expect(EnvelopeKind.CERTIFIED, None, trusted=False)
UNSURE = Expect(EnvelopeKind.CERTIFIED, trusted=False)  # signature valid, a person decides
ANOMALY = Expect(EnvelopeKind.ANOMALY, trusted=False)
ORDINARY = Expect(EnvelopeKind.ORDINARY, SignatureState.NOT_APPLICABLE, trusted=False)
REM = Expect(EnvelopeKind.REM, SignatureState.NOT_APPLICABLE, trusted=False, reasons=(Reason.REM_UNSUPPORTED,))


def receipt(kind: ReceiptType, *, final: bool = True, **said: Any) -> Expect:
    """A receipt with a valid signature."""
    return Expect(EnvelopeKind.RECEIPT, receipt=kind, final=final, **said)


def but(expect: Expect, **changes: Any) -> Expect:
    """The same expectation, changed."""
    return replace(expect, **changes)


def envelope_facts(**facts: Any) -> Facts:
    """The facts of the default envelope, complete, for building one by hand."""
    return facts_of(an_original(), **({"identifier": OUR_PEC_ID.replace("opec0001", "opec0002")} | facts))


def changed(raw: bytes, old: bytes, new: bytes) -> bytes:
    """`raw` with the first `old` replaced; it must be there."""
    assert old in raw, old
    return raw.replace(old, new, 1)


def with_signature(raw: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The message with its encoded signature (base64 lines) changed."""
    head, name, rest = raw.rpartition(b'filename="smime.p7s"\r\n\r\n')
    encoded, delimiter, tail = rest.partition(b"\r\n--")
    return head + name + change(encoded) + delimiter + tail


def truncated(encoded: bytes) -> bytes:
    """Half of a signature, still base64."""
    der = base64.b64decode(encoded)
    return base64.b64encode(der[: len(der) // 2])


def unsigned(raw: bytes) -> bytes:
    """The message with the signed part alone in place of multipart/signed."""
    head, _, body = raw.partition(b"\r\n\r\n")
    boundary = re.search(rb'boundary="([^"]+)"', head)
    assert boundary
    inner = body.split(b"--" + boundary[1] + b"\r\n")[1]
    kept = re.sub(rb"Content-Type: multipart/signed;[^\r]*(?:\r\n[ \t][^\r]*)*\r\n?", b"", head + b"\r\n")
    return kept + inner
