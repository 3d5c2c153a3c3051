"""Messages as people write them: what a client hands to its provider, and what the provider makes of it inside."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime

from ingest.demo.facts import APPLICANT, AT, CLIENT_ID, OFFICE, SUBJECT
from ingest.demo.smallpdf import a_small_pdf

Attachment = tuple[str, str, bytes]  # name, media type, content


def an_original(  # noqa: PLR0913 - one keyword per header people vary
    *,
    sender: str = APPLICANT,
    recipients: Sequence[str] = (OFFICE,),
    copies: Sequence[str] = (),
    subject: str = SUBJECT,
    text: str = "Buongiorno,\nsi trasmette la domanda in allegato.\nCordiali saluti\n",
    attachments: Sequence[Attachment] | None = None,
    msgid: str = CLIENT_ID,
    headers: Mapping[str, str] | None = None,
    at: datetime = AT,
) -> bytes:
    """A client's message (raw, CRLF). Without `attachments` it carries a small `domanda.pdf`; `()` = none.

    `at` is when the provider accepts it: the client's Date is two seconds earlier. `msgid` without brackets.
    """
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    if copies:
        message["Cc"] = ", ".join(copies)
    message["Subject"] = subject
    message["Date"] = format_datetime(at - timedelta(seconds=2))
    if msgid:
        message["Message-ID"] = f"<{msgid}>"
    for name, value in (headers or {}).items():
        del message[name]
        message[name] = value
    message.set_content(text)
    default: Sequence[Attachment] = [("domanda.pdf", "application/pdf", a_small_pdf())]
    for name, media_type, content in default if attachments is None else attachments:
        if media_type == "message/rfc822":
            message.add_attachment(message_from_bytes(content, policy=policy.SMTP), filename=name)
            continue
        maintype, _, subtype = media_type.partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message.as_bytes()


def with_crlf(raw: bytes) -> bytes:
    """`raw` with every bare LF made CRLF, as SMTP carries it."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", raw)


def as_accepted(original: bytes, identifier: str, msgid: str, at: datetime) -> bytes:
    """The original as it lies in postacert.eml.

    The provider's Received is on top, its id in place of the client's, which moves to X-Riferimento-Message-ID
    (RFC 6109 §2.2.1). The body is untouched but for line ends.
    """
    head, blank, body = with_crlf(original).partition(b"\r\n\r\n")
    kept = re.sub(rb"(?im)^message-id:.*(?:\r\n[ \t].*)*(?:\r\n|\Z)", b"", head + b"\r\n")
    domain = identifier.rpartition("@")[2]
    received = f"Received: from client.example (unknown [192.0.2.10])\r\n\tby smtp.{domain} with ESMTPSA id 7;\r\n\t"
    added = f"{received}{format_datetime(at)}\r\nMessage-ID: <{identifier}>\r\n"
    if msgid:
        added += f"X-Riferimento-Message-ID: <{msgid}>\r\n"
    return added.encode() + kept + (blank[2:] or b"\r\n") + body


def shortened(original: bytes) -> bytes:
    """The original of a `breve` receipt (RFC 6109 §3.3.2.2).

    Each named part becomes `<name>.hash`, the SHA-1 of its base64 text with CRLF lines.
    """
    message = message_from_bytes(original, policy=policy.SMTP)
    for part in message.walk():
        name = part.get_filename()
        if not name or part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        text = base64.encodebytes(content if isinstance(content, bytes) else b"").replace(b"\n", b"\r\n")
        digest = hashlib.sha1(text, usedforsecurity=False).hexdigest()
        part.clear_content()
        part.set_content(digest + "\r\n", cte="7bit", disposition="attachment", filename=f"{name}.hash")
    return message.as_bytes()
