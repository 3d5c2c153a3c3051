"""What arrives in a fault test: small applications of invented bodies, sent again too, and mail of no interest."""

from datetime import UTC, datetime, timedelta
from functools import cache

from ingest.demo.facts import OFFICE
from ingest.demo.forms import Body, typed_form
from ingest.demo.messages import an_envelope
from ingest.demo.originals import an_original

BEGIN = datetime(2021, 7, 12, 7, 0, tzinfo=UTC)
_CHECK_DIGITS_SERIES = 999


def fiscal_code(number: int) -> str:
    """The code of the n-th invented body: eleven digits of a series that is not given out, its check digit right."""
    digits = f"{_CHECK_DIGITS_SERIES}{number:04d}015"
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[1::2])
    return f"{digits}{(10 - (even + sum(map(int, digits[0::2]))) % 10) % 10}"


def a_body(number: int) -> Body:
    """Bodies whose names have nothing in common."""
    name = f"Associazione {_word(number)} APS"
    return Body(name, "aps", fiscal_code(number), "Gessate", "20060", f"Via Roma {number + 1}",
                f"Anna {_word(number + 31).capitalize()}", "Presidente", f"ente{number}")  # fmt: skip


@cache
def an_application(number: int, sending: int = 1) -> bytes:
    """The n-th body's application in its envelope; a second sending is another message with the same form."""
    at = BEGIN + timedelta(minutes=number, days=sending)
    body = a_body(number)
    original = an_original(
        sender=body.pec, recipients=(OFFICE,), subject="Allegato 1", at=at, msgid=f"{body.mail}-{sending}@pec.example",
        attachments=[("Allegato 1.pdf", "application/pdf", typed_form(body))],
    )  # fmt: skip
    return an_envelope(original, at=at)


@cache
def a_plain_letter(number: int) -> bytes:
    """A certified message without any form: it is answered too, and a person looks at it."""
    at = BEGIN + timedelta(minutes=number)
    original = an_original(
        sender=f"privato{number}@pec.example", recipients=(OFFICE,), subject="Richiesta", at=at,
        text="Buongiorno, si chiede un appuntamento.", msgid=f"privato-{number}@pec.example",
    )  # fmt: skip
    return an_envelope(original, at=at)


def an_advertisement(number: int) -> bytes:
    """Ordinary mail of no interest."""
    return (
        f"From: vendite{number}@posta.example\r\nTo: {OFFICE}\r\nSubject: Offerta {number}\r\n"
        f"Message-ID: <offerta{number}@posta.example>\r\nDate: Mon, 12 Jul 2021 09:00:00 +0200\r\n\r\nOfferta.\r\n"
    ).encode()


def _word(number: int) -> str:
    """A pronounceable word of its own for every number."""
    word = ""
    number = number * 7919 + 104729
    while number:
        number, rest = divmod(number, 70)
        word += "bdfglmnprstvzc"[rest // 5] + "aeiou"[rest % 5]
    return word.capitalize()
