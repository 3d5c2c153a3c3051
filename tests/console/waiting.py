"""Forms that wait for a person, each with a real page behind it: a sample's form, its code and town read badly."""

from dataclasses import replace

from stdnum import luhn

from ingest import ledger
from ingest.app import Service
from ingest.demo.samples import samples
from ingest.judge import judge
from ingest.ledger import Origin
from ingest.record import record
from ingest.rules import Arrival
from ingest.verdict import Adhesion, Answer, Verdict
from ingest.vocabulary import LetterKind, Method
from tests.console.filled import NOW

CODE, NAME = "organisation.fiscal_code", "organisation.name"
TOWN = "organisation.registered_office.municipality"


def a_code(number: int) -> str:
    """A synthetic code with its right check digit: nobody's."""
    stem = f"999{800 + number:04d}015"
    return stem + luhn.calc_check_digit(stem)


def waiting_forms(service: Service, count: int) -> list[int]:
    """The entries of so many new forms whose fiscal code fails its check, with the right one as suggestion."""
    sample = samples()[0]
    read = judge(sample.raw, service.context, Arrival(NOW, sample.at))
    entries = []
    for number in range(count):
        raw = sample.raw + b"\r\n" * (number + 1)
        entry = ledger.enter(service.db, service.store.keep(raw), None, Origin("imap", sample.at), NOW)
        record(service.db, entry, _doubtful(read, number), service.settings, NOW)
        entries.append(entry)
    return entries


def _doubtful(read: Verdict, number: int) -> Verdict:
    right = a_code(number)
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    form = read.adhesions[0]
    fields = dict(form.fields)
    fields[CODE] = replace(fields[CODE], value=wrong, raw=wrong, method=Method.OCR, confidence=0.4,
                           warnings=(f"check-digit:suggest={right}",))  # fmt: skip
    fields[NAME] = replace(fields[NAME], value=f"Associazione Prova {number} ODV")
    fields[TOWN] = replace(fields[TOWN], method=Method.OCR, confidence=0.5)
    sender = f"prova{number}@pec.example"
    envelope = replace(read.envelope, identifier=f"opec.prova{number}@pec.example", sender=sender, reply_to=sender)
    adhesion: Adhesion = replace(form, fields=fields, needs_review=True)
    answer = Answer(send=True, letter=LetterKind.RECEIVED_ON_TIME, to=sender, why=None)
    return replace(read, envelope=envelope, adhesions=(adhesion,), answer=answer)
