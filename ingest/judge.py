"""From the bytes of a message to its Verdict. READ THIS FIRST: it is one message's way through the core.

Pure: no clock, no network, no database. It runs in a worker process that may be killed (ingest.sandbox); `progress`
says which document is being opened, so that a document that kills the worker is put aside and the message goes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.answer import choose_answer
from ingest.aside import may_hide_a_form
from ingest.documents import OpenedDocument, documents_in, documents_in_file
from ingest.envelope import Opened, open_envelope
from ingest.form.reading import read_forms, text_of_forms
from ingest.form.scans import Scans
from ingest.notice import apply_notice, deciding_instant, identity_sure
from ingest.rules import Arrival, Context, Progress
from ingest.topic import is_withdrawal, mentions_notice
from ingest.verdict import Adhesion, Document, Envelope, Reading, Verdict
from ingest.vocabulary import EnvelopeKind, Reason, ReceiptType, Role, SignatureState, VerdictKind
from ingest.whose import Belonging, belonging


def judge(raw: bytes, context: Context, arrival: Arrival, progress: Progress | None = None) -> Verdict:
    """What a message is, what it carries, what the notice makes of it and whether it would be answered.

    `raw` is the message exactly as fetched. Any bytes give a Verdict.
    """
    progress = progress or Progress()
    opened = open_envelope(raw, context, arrival)
    if len(raw) > context.limits.message_bytes:
        return _verdict(VerdictKind.REVIEW, (*opened.reasons, Reason.MESSAGE_TOO_LARGE), opened.envelope)
    if opened.envelope.kind is EnvelopeKind.RECEIPT:
        return _receipt(opened)
    if not _is_a_message(opened.envelope):
        return _verdict(VerdictKind.UNREADABLE, (*opened.reasons, Reason.NOT_A_MESSAGE), opened.envelope)
    if opened.envelope.kind is EnvelopeKind.REM:
        return _verdict(VerdictKind.REVIEW, opened.reasons, opened.envelope)
    scans = Scans(context.ocr_language)
    found = documents_in(opened.original, context.limits, progress, scans.reader()) if opened.original else ()
    whose = belonging(
        (context.notice, *context.others),
        lambda notice: deciding_instant(opened.envelope, notice, arrival).at,
        _texts(opened, found, progress, scans),
    )
    context = replace(context, notice=whose.notice, others=())
    return _judged(opened, read_forms(found, context, progress, scans), (context, arrival, whose))


def judge_file(path: Path, context: Context, arrival: Arrival, progress: Progress) -> Verdict:
    """`judge` for a stored original: what the worker process runs. Raises OSError when it cannot be read."""
    return judge(path.read_bytes(), context, arrival, progress)


def judge_document(path: Path, context: Context, arrival: Arrival, progress: Progress) -> Verdict:
    """What would be read from a bare document (a .pdf, .p7m, .docx …), as if an ordinary mail had carried it."""
    envelope = Envelope(kind=EnvelopeKind.ORDINARY, signature=SignatureState.NOT_APPLICABLE)
    scans = Scans(context.ocr_language)
    found = documents_in_file(path.name, path.read_bytes(), context.limits, progress, scans.reader())
    opened = Opened(envelope=envelope, reasons=(), original=b"", text="")
    judging = (context, arrival, Belonging(context.notice))
    return _judged(opened, read_forms(found, context, progress, scans), judging)


def _texts(opened: Opened, found: Sequence[OpenedDocument], progress: Progress, scans: Scans) -> Iterator[str]:
    """What may name the notice, in order of weight: the forms, then what the sender wrote around them."""
    yield text_of_forms(found, progress, scans)
    yield f"{opened.envelope.subject}\n{opened.text}"


def _is_a_message(envelope: Envelope) -> bool:
    """Whether there is any of the headers that every mail program writes: a stray file has none."""
    ordinary = envelope.kind is EnvelopeKind.ORDINARY
    return not ordinary or bool(envelope.sender or envelope.subject or envelope.message_id or envelope.recipients)


def _receipt(opened: Opened) -> Verdict:
    believed = opened.envelope.signature is SignatureState.VALID and opened.envelope.receipt is not None
    doubtful = bool(_NO_RECEIPT & set(opened.reasons))
    unknown = opened.envelope.receipt is not None and opened.envelope.receipt.type is ReceiptType.UNKNOWN
    kind = VerdictKind.RECEIPT if believed and not doubtful else VerdictKind.REVIEW
    reasons = (*opened.reasons, Reason.UNKNOWN_RECEIPT) if unknown else opened.reasons
    return _verdict(kind, reasons, opened.envelope)


def _judged(
    opened: Opened,
    read: tuple[tuple[Document, ...], tuple[Reading, ...]],
    judging: tuple[Context, Arrival, Belonging],
) -> Verdict:
    documents, readings = read
    context, arrival, whose = judging
    adhesions = apply_notice(readings, opened.envelope, documents, context, arrival)
    reasons = _reasons(opened, documents, adhesions)
    if whose.doubt and (adhesions or mentions_notice(opened.envelope.subject, opened.text)):
        reasons = (*reasons, whose.doubt)
    kind = _kind(opened, documents, adhesions, reasons)
    verdict = _verdict(kind, reasons, opened.envelope, documents=documents, adhesions=adhesions)
    return replace(verdict.with_answer(choose_answer(verdict, context)), notice=whose.id)


def _kind(
    opened: Opened, documents: tuple[Document, ...], adhesions: tuple[Adhesion, ...], reasons: tuple[Reason, ...]
) -> VerdictKind:
    certified = opened.envelope.kind is EnvelopeKind.CERTIFIED
    carries = bool(adhesions) or any(may_hide_a_form(document) for document in documents)
    if not certified:
        return VerdictKind.REVIEW if carries or Reason.REQUEST_WITHOUT_FORM in reasons else VerdictKind.NOTED
    trusted = opened.envelope.signature is SignatureState.VALID and not _QUARANTINE & set(reasons)
    held = bool(adhesions) and bool(_FIRST_A_PERSON & set(reasons))
    if not trusted or held or Reason.WITHDRAWAL in reasons:
        return VerdictKind.REVIEW
    if any(identity_sure(adhesion) for adhesion in adhesions):
        return VerdictKind.ADHESION
    if adhesions or any(document.role is Role.BLANK_FORM for document in documents):
        return VerdictKind.REVIEW
    if carries:
        return VerdictKind.REVIEW if Reason.SCAN_NEEDS_PERSON in reasons else VerdictKind.UNREADABLE
    asks = Reason.REQUEST_WITHOUT_FORM in reasons or mentions_notice(opened.envelope.subject, opened.text)
    return VerdictKind.REVIEW if asks else VerdictKind.NOTED


_NO_RECEIPT = frozenset(
    {Reason.HEADER_DISAGREES, Reason.CERTIFICATION_DATA_MISSING, Reason.CERTIFICATION_DATA_UNREADABLE}
)
_FIRST_A_PERSON = frozenset(
    {
        Reason.FORWARDED,  # its certified time is the forwarding's, not the applicant's
        Reason.NOTICE_UNCLEAR,
        Reason.NOTICE_NOT_OPEN,
    }
)
_QUARANTINE = frozenset(
    {
        Reason.HEADER_DISAGREES,
        Reason.CERTIFICATION_DATA_MISSING,
        Reason.CERTIFICATION_DATA_UNREADABLE,
        Reason.ORIGINAL_MISSING,
        Reason.SENDER_INVALID,
        Reason.NOT_ADDRESSED_TO_US,
    }
)


def _reasons(opened: Opened, documents: tuple[Document, ...], adhesions: tuple[Adhesion, ...]) -> tuple[Reason, ...]:
    """The message's reasons in a stable order, each once: envelope, documents, adhesions."""
    reasons = [*opened.reasons]
    for document in documents:  # beside a form, a letter that asks for the same is its cover
        reasons += [reason for reason in document.reasons if not (adhesions and reason is Reason.REQUEST_WITHOUT_FORM)]
    if is_withdrawal(opened.envelope.subject, opened.text):
        reasons.append(Reason.WITHDRAWAL)
    if not adhesions:
        blank = any(document.role is Role.BLANK_FORM for document in documents)
        reasons.append(Reason.BLANK_FORM_ONLY if blank else Reason.NO_FORM)
    for adhesion in adhesions:
        reasons += adhesion.reasons
    return tuple(dict.fromkeys(reasons))


def _verdict(
    kind: VerdictKind,
    reasons: tuple[Reason, ...],
    envelope: Envelope,
    *,
    documents: tuple[Document, ...] = (),
    adhesions: tuple[Adhesion, ...] = (),
) -> Verdict:
    return Verdict(
        kind=kind, reasons=tuple(dict.fromkeys(reasons)), envelope=envelope, documents=documents, adhesions=adhesions
    )
