"""A letter as the bytes that go to SMTP: 7-bit, lines of at most 78 columns, one recipient, the same every time.

Headers that carry identifiers and addresses are written here, not by the library: it would fold a long Message-ID
into an encoded word, and a reply could then never be matched.
"""

import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from ingest.letter import Addressing, Letter
from ingest.loopguard import is_address

_IDENTIFIER = re.compile(r"[!-;=?-~]{1,900}")  # printable ASCII without blanks and angle brackets
_WORD = re.compile(r"[!-~]{0,200}")
_WIDTH = 78


def message_bytes(letter: Letter, addressing: Addressing) -> bytes:
    """The message. Raises ValueError when the addressing is not fit for a header, or has no date."""
    headers = _headers(addressing)
    return headers.encode("ascii") + _content(letter, addressing).as_bytes()


def _headers(addressing: Addressing) -> str:
    if addressing.date is None or addressing.date.tzinfo is None:
        raise ValueError("a letter needs its date, with its zone")
    sender, to = (_address(address) for address in (addressing.sender, addressing.to))
    references = dict.fromkeys(one for one in (*addressing.references, addressing.in_reply_to) if one)
    known = [f"<{one}>" for one in references if _IDENTIFIER.fullmatch(one)]
    answered = addressing.in_reply_to if _IDENTIFIER.fullmatch(addressing.in_reply_to) else ""
    lines = [
        ("From", [sender]),
        ("To", [to]),
        ("Date", format_datetime(addressing.date).split(" ")),
        ("Message-ID", [f"<{_identifier(addressing.message_id)}>"]),
        ("In-Reply-To", [f"<{answered}>"] if answered else []),
        ("References", known),
        ("Auto-Submitted", [_word(addressing.automatic)]),
        ("X-TipoRicevuta", [_word(addressing.receipt_type)] if addressing.receipt_type else []),
        ("X-Pec-Ingest-Key", [_word(addressing.key)] if addressing.key else []),
    ]
    return "".join(_folded(name, words) for name, words in lines if words)


def _content(letter: Letter, addressing: Addressing) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = letter.subject
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    seed = sha256(addressing.message_id.encode()).hexdigest()[:32]
    message.set_boundary(f"=_a{seed}")  # "=_" never occurs in quoted-printable text
    for attachment in letter.attachments:
        main, _, sub = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.name)
    if letter.attachments:
        message.set_boundary(f"=_m{seed}")
    message["Content-Language"] = "it"
    return message


def _folded(name: str, words: list[str]) -> str:
    line, lines = f"{name}:", []
    for word in words:
        if len(line) + 1 + len(word) > _WIDTH and line.strip():
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join((*lines, line)) + "\r\n"


def _address(text: str) -> str:
    if not is_address(text.casefold()):
        raise ValueError("not one plain address")
    return text


def _identifier(text: str) -> str:
    if not _IDENTIFIER.fullmatch(text):
        raise ValueError("not a Message-ID")
    return text


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError("not a header word")
    return text
