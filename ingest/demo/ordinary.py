"""What reaches a certified mailbox, or travels inside an anomaly, without being certified mail."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ingest.demo.facts import APPLICANT, AT, OFFICE, OUR_ID, Facts
from ingest.demo.originals import an_original

_EVIDENCE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<REMEvidence xmlns="http://uri.etsi.org/19522/v1#"><EventId>http://uri.etsi.org/19522/Event/ContentConsignment'
    b"</EventId></REMEvidence>\n"
)


def a_plain_mail(**details: str) -> bytes:
    """Ordinary mail as it lies in a mailbox that admits it: `sender`, `subject`, `text`, `msgid`."""
    defaults = {"sender": "cittadino@posta.example", "msgid": "mail-0001@posta.example"}
    original = an_original(**(defaults | details), attachments=())  # type: ignore[arg-type]
    sender = details.get("sender", defaults["sender"])
    return f"Return-Path: <{sender}>\r\nDelivered-To: {OFFICE}\r\n".encode() + original


def a_provider_notice(subject: str = "La casella ha raggiunto l'80% dello spazio", **details: str) -> bytes:
    """The provider's own service mail: quota, renewal, password expiry."""
    return a_plain_mail(
        **({"sender": "assistenza@gestore.example", "msgid": "avviso-1@gestore.example"} | details), subject=subject
    )


def a_bounce(returned: bytes | None = None, *, about: str = OUR_ID, subject: str = "", action: str = "failed") -> bytes:
    """A delivery status notification (multipart/report): of failure, or with `action="delivered"` of success."""
    failed = action == "failed"
    title = subject or ("Undelivered Mail Returned to Sender" if failed else "Successful Mail Delivery Report")
    returned = returned or an_original(sender=OFFICE, recipients=("ignoto@posta.example",), msgid=about)
    status = "5.1.1" if failed else "2.0.0"
    head = (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.posta.example (Mail Delivery System)\r\n"
        f"To: {OFFICE}\r\nSubject: {title}\r\nDate: {format_datetime(AT)}\r\n"
        "Message-ID: <20261005081600.7F2A1@mx.posta.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="7F2A1.179/mx"\r\n\r\n'
    )
    report = (
        "--7F2A1.179/mx\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nThis is the mail system.\r\n\r\n"
        "--7F2A1.179/mx\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.posta.example\r\n\r\n"
        f"Final-Recipient: rfc822; ignoto@posta.example\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        "--7F2A1.179/mx\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    return (head + report).encode() + returned + b"\r\n--7F2A1.179/mx--\r\n"


def a_rem_message() -> bytes:
    """European registered mail (EN 319 532): evidence of a consignment, without its signature."""
    message = EmailMessage(policy=SMTP)
    message["Return-Path"] = "<rem@gestore.example>"
    message["From"] = "rem@gestore.example"
    message["To"] = OFFICE
    message["Subject"] = "ContentConsignment: Domanda di contributo"
    message["Date"] = format_datetime(AT)
    message["Message-ID"] = "<rem-0001@gestore.example>"
    message["X-REM-Msg-Type"] = "rem_message"
    message["REM-UAMessageIdentifier"] = f"<{Facts().msgid or 'cliente-0001@pec.example'}>"
    message.set_content(f"Messaggio REM da {APPLICANT}\n")
    message.add_attachment(_EVIDENCE, maintype="application", subtype="xml", filename="ContentConsignment.xml")
    for part in message.iter_attachments():
        part["REM-Section-Type"] = "rem_message/evidence"
    return message.as_bytes()
