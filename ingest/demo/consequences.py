"""What a certified provider makes of a submission: the receipts, the envelopes, and when (RFC 6109 §2.2, §3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.utils import getaddresses
from typing import Any

from ingest.demo import messages as post
from ingest.demo.conduct import Conduct, Fate
from ingest.demo.facts import Facts, new_identifier
from ingest.demo.originals import with_crlf


@dataclass(frozen=True, slots=True)
class Submission:
    """One message handed over on the wire."""

    login: str
    mail_from: str
    recipients: tuple[str, ...]  # RCPT TO
    raw: bytes  # as received, CRLF
    at: datetime
    reply: str = ""  # what the client was told; "" = the connection was dropped
    accepted: bool = True  # whether the provider took it, told or not

    @property
    def message_id(self) -> str:
        """The client's Message-ID, without brackets."""
        return str(message_from_bytes(self.raw).get("Message-ID", "")).strip().strip("<>")


@dataclass(frozen=True, slots=True)
class Deposit:
    """A message to lay in a mailbox at a time."""

    address: str
    raw: bytes
    at: datetime


def objection(submission: Submission, conduct: Conduct) -> str:
    """Why the provider does not accept it, in its words; "" when it does (RFC 6109 §3.1.1)."""
    message = message_from_bytes(submission.raw, policy=policy.compat32)
    authors = [address.lower() for _, address in getaddresses([str(v) for v in message.get_all("From", [])])]
    to = [address.lower() for _, address in getaddresses([str(v) for v in message.get_all("To", [])])]
    copies = [address.lower() for _, address in getaddresses([str(v) for v in message.get_all("Cc", [])])]
    rules = [
        (len(authors) == 1 and "@" in authors[0], "campo From assente o con più indirizzi"),
        (authors[:1] == [submission.mail_from.lower()], "il mittente non coincide con quello della busta SMTP"),
        (any("@" in address for address in to), "campo To assente o senza un indirizzo valido"),
        (not str(message.get("Bcc", "")).strip(), "destinatario in copia nascosta (Bcc) non ammesso"),
        (
            {address.lower() for address in submission.recipients} == {*to, *copies},
            "i destinatari SMTP non coincidono con quelli dei campi To e Cc",
        ),
        (
            len(submission.raw) * len(submission.recipients) <= conduct.size_limit,
            "dimensione del messaggio oltre il limite consentito",
        ),
    ]
    return next((text for kept, text in rules if not kept), "")


def consequences(submission: Submission, conduct: Conduct, **style: Any) -> Iterator[Deposit]:
    """Everything the submission causes, in the order it reaches the mailboxes; `style` are keywords of `Facts`."""
    facts = _facts(submission, conduct, style)
    why = objection(submission, conduct)
    sender = submission.mail_from
    if why or conduct.infected in submission.raw:
        refusal = post.a_refusal(why, **facts) if why else post.a_refusal_for_virus(**facts)
        yield from _copies(Deposit(sender, refusal, submission.at), conduct)
        return
    acceptance = [Deposit(sender, post.an_acceptance(**facts), submission.at)]
    others = [item for address in submission.recipients for item in _at_address(address, submission, conduct, facts)]
    ordered = [*others, *acceptance] if conduct.delivery_first else [*acceptance, *others]
    for deposit in ordered:
        if deposit.address == sender and conduct.without_receipts:
            continue
        yield from _copies(deposit, conduct) if deposit.address == sender else [deposit]


def _copies(deposit: Deposit, conduct: Conduct) -> list[Deposit]:
    return [deposit, deposit] if conduct.twice else [deposit]


def _at_address(address: str, submission: Submission, conduct: Conduct, facts: dict[str, Any]) -> Iterator[Deposit]:
    """The letter's end at one address: the envelope for its owner, the receipts for the sender."""
    sender, at, fate = submission.mail_from, submission.at, conduct.fate(address)
    here = facts | {"recipient": address}
    here.pop("headers", None)
    if fate in (Fate.LATE, Fate.LOST):
        notice = at + timedelta(hours=12)
        yield Deposit(sender, post.a_delay_notice(12, **(here | {"at": notice})), notice)
    if fate is Fate.LOST:
        notice = at + timedelta(hours=23, minutes=30)
        yield Deposit(sender, post.a_delay_notice(24, **(here | {"at": notice})), notice)
    if fate in (Fate.DELIVERED, Fate.ORDINARY, Fate.LATE):
        moment = at + timedelta(hours=13) if fate is Fate.LATE else at
        yield Deposit(address, _envelope(submission, facts), moment)
        if fate is not Fate.ORDINARY:
            kind = _kind_for(address, facts)
            receipt = post.a_delivery(submission.raw, **(here | {"at": moment, "receipt_kind": kind}))
            yield Deposit(sender, receipt, moment)
    failures = {Fate.UNKNOWN: post.UNKNOWN, Fate.FULL: post.FULL}
    if fate in failures:
        yield Deposit(sender, post.a_delivery_error(failures[fate], **here), at)
    if fate is Fate.VIRUS:
        yield Deposit(sender, post.a_delivery_error_for_virus(**here), at)


def _envelope(submission: Submission, facts: dict[str, Any]) -> bytes:
    return post.an_envelope(submission.raw, **facts)


def _kind_for(address: str, facts: dict[str, Any]) -> str:
    """Those in Cc alone get a `sintetica` whatever was asked (RFC 6109 §3.3.2.1)."""
    to = [recipient.lower() for recipient in facts["recipients"]]
    return (facts["receipt_kind"] or "completa") if address.lower() in to else "sintetica"


def _facts(submission: Submission, conduct: Conduct, style: dict[str, Any]) -> dict[str, Any]:
    """Keywords for the builders: what the submission's headers say."""
    message = message_from_bytes(submission.raw)
    known: Facts = post.facts_of(submission.raw, at=submission.at, sender=submission.mail_from, **style)
    asked = str(message.get("X-TipoRicevuta", "")).strip().lower()
    listed = known.all_recipients or submission.recipients
    return {
        **style,
        "sender": known.sender,
        "recipients": known.recipients,
        "copies": known.copies,
        "ordinary": tuple(address for address in listed if conduct.fate(address) is Fate.ORDINARY),
        "subject": known.subject,
        "at": submission.at,
        "msgid": known.msgid,
        "identifier": new_identifier(known, with_crlf(submission.raw)),
        "receipt_kind": asked if asked in ("completa", "breve", "sintetica") else "",
    }
