"""The one place that says why a letter must not go out (RFC 3834; RFC 6109 §2.1, §3.2).

One rule holds it together: an automatic letter answers only a valid certified envelope, written by a person to one
of our addresses, once. Everything doubtful is silence, because a person can still write a letter by hand.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parseaddr

from ingest.verdict import Envelope, Traits
from ingest.vocabulary import EnvelopeKind, Reason, SignatureState

_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*/=?^_`{|}~+-]{1,64}@(?=.{4,253}$)(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")
_MACHINE = re.compile(
    r"(?:^|[-_.+])(?:(?:no|donot|do[-_.]not|non|not)[-_.]?(?:reply|replies|respond|risponde\w*|rispondete)"
    r"|mailer[-_.]?daemon|daemon|postmaster|bounces?|auto[-_.]?(?:reply|responder|risposta)"
    r"|listserv|majordomo|risposta[-_.]automatica)(?:$|[-_.+=0-9])"
)
_PROVIDER = re.compile(r"posta-certificata(?:\+.*)?")  # bodies do have a mailbox called postacertificata
_BULK = {"bulk", "list", "junk", "auto_reply", "auto-reply"}


@dataclass(frozen=True, slots=True)
class GuardFacts:
    """What the guard must know besides the envelope; the counters come from the register, before sending."""

    own_addresses: tuple[str, ...]  # every mailbox served here
    to: str = ""  # where the letter would go; "" = not chosen yet
    already_answered: bool = False  # a letter for this PEC identifier exists
    replies_to_ours: bool = False  # In-Reply-To or References name a letter of ours, by our id or its PEC id
    sent_to_address: int = 0  # letters to this address in the last 24 hours
    sent_today: int = 0  # letters to anyone in the last 24 hours
    per_address_limit: int = 3
    daily_limit: int = 200
    answers_enabled: bool = True
    to_ordinary_mail: bool = False  # may a letter that a person approved go to ordinary mail?
    register_restored: bool = False  # it arrived before a restore: the register that was lost may have answered it
    approved: bool = False  # a person accepted the entry and wants the letter; no machine rule is waived by it


def why_not_answer(envelope: Envelope, facts: GuardFacts) -> Reason | None:
    """The first reason against a letter, or None when it may go out."""
    for rule in _RULES:
        reason = rule(envelope, facts)
        if reason is not None:
            return reason
    return None


def plain_address(text: str) -> str:
    """An address in its comparable form: no display name, NFKC, case folded, no final dot. "" when there is none."""
    address = parseaddr(unicodedata.normalize("NFKC", text).strip())[1]
    return address.replace('"', "").strip().casefold().rstrip(".")


def is_address(text: str) -> bool:
    """True for one plain ASCII address; look-alike letters of other alphabets are refused here."""
    return _ADDRESS.fullmatch(text) is not None


def replies_to(traits: Traits, our_ids: Iterable[str]) -> bool:
    """True when the message answers one of our letters. Ids without angle brackets: ours and the learned PEC ids."""
    ours = {identifier.strip("<> ").casefold() for identifier in our_ids}
    return any(identifier.strip("<> ").casefold() in ours for identifier in traits.in_reply_to)


def _certified(envelope: Envelope, facts: GuardFacts) -> Reason | None:
    if envelope.kind is EnvelopeKind.CERTIFIED:
        accepted = envelope.signature is SignatureState.VALID or facts.approved
        return None if accepted else Reason.NOT_CERTIFIED
    by_hand = facts.approved and facts.to_ordinary_mail
    if by_hand and envelope.kind in (EnvelopeKind.ANOMALY, EnvelopeKind.ORDINARY) and not envelope.bounce_of:
        return None
    return Reason.NOT_CERTIFIED


def _written_by_a_person(envelope: Envelope, _facts: GuardFacts) -> Reason | None:
    traits = envelope.traits
    # RFC 3834 §5: the keyword may carry parameters and comments
    keyword = re.sub(r"\([^)]*\)", "", traits.auto_submitted).partition(";")[0].strip().casefold()
    if keyword not in ("", "no") or traits.auto_response or traits.report:
        return Reason.AUTO_SUBMITTED
    if traits.list_mail or traits.precedence.strip().casefold() in _BULK:
        return Reason.BULK_MAIL
    return Reason.MACHINE_SENDER if traits.null_return_path else None


def _addresses(envelope: Envelope, facts: GuardFacts) -> Reason | None:
    own = {plain_address(address) for address in facts.own_addresses} - {""}
    sender = plain_address(envelope.sender)
    others = (envelope.reply_to, envelope.traits.inner_from, facts.to)
    for address in (sender, *(plain_address(other) for other in others)):
        local, _, domain = address.partition("@")
        if address in own or f"{local.partition('+')[0]}@{domain}" in own:
            return Reason.OWN_ADDRESS
        if _PROVIDER.fullmatch(local):
            return Reason.PROVIDER_ADDRESS
        if _MACHINE.search(local):
            return Reason.MACHINE_SENDER
    target = plain_address(facts.to) or sender
    return None if is_address(sender) and is_address(target) else Reason.SENDER_INVALID


def _addressed_to_us(envelope: Envelope, facts: GuardFacts) -> Reason | None:
    if envelope.kind is not EnvelopeKind.CERTIFIED:
        return None  # no certified list of recipients: a person has already decided
    own = {plain_address(address) for address in facts.own_addresses} - {""}
    named = {plain_address(address) for address in (*envelope.recipients, *envelope.ordinary_recipients)}
    return None if own & named else Reason.NOT_ADDRESSED_TO_US


def _once(_envelope: Envelope, facts: GuardFacts) -> Reason | None:
    if facts.replies_to_ours:
        return Reason.REPLY_TO_OUR_LETTER
    return Reason.ALREADY_ANSWERED if facts.already_answered else None


def _within_limits(_envelope: Envelope, facts: GuardFacts) -> Reason | None:
    if not facts.answers_enabled:
        return Reason.ANSWERS_DISABLED
    if facts.register_restored and not facts.approved:
        return Reason.REGISTER_RESTORED
    if facts.sent_to_address >= facts.per_address_limit:
        return Reason.ADDRESS_LIMIT
    return Reason.DAILY_LIMIT if facts.sent_today >= facts.daily_limit else None


_RULES: tuple[Callable[[Envelope, GuardFacts], Reason | None], ...] = (
    _certified,
    _written_by_a_person,
    _addresses,
    _addressed_to_us,
    _once,
    _within_limits,
)
