"""How a sending address relates to the addresses written on a form. Shown to people, never decisive.

An address proves nothing about who owns it: only INI-PEC or IPA do.
"""

from collections.abc import Iterable

from ingest.loopguard import plain_address
from ingest.verdict import Adhesion, Envelope, FieldValue
from ingest.vocabulary import EnvelopeKind, SenderRelation

ADDRESS_KEYS = ("organisation.pec", "organisation.emails", "contact.email")
SENDER_FALLBACK = "sender-pec-fallback"  # warning: the address was not on the form, it is the one that wrote to us

# providers whose customers share one domain: the same domain there says nothing about the same owner
_SHARED = {
    "arubapec.it", "casellapec.com", "cert.legalmail.it", "gigapec.it", "gmail.com", "hotmail.com", "hotmail.it",
    "icloud.com", "legalmail.it", "legalpec.it", "libero.it", "mypec.eu", "outlook.com", "outlook.it", "pec.aruba.it",
    "pec.cgn.it", "pec.it", "pec.libero.it", "pecimprese.it", "postacertificata.gov.it", "postecert.it",
    "registerpec.it", "sicurezzapostale.it", "tim.it", "tiscali.it", "virgilio.it", "yahoo.it",
}  # fmt: skip


def sender_relation(envelope: Envelope, fields: dict[str, FieldValue]) -> SenderRelation:
    """Same address, same domain, another one, or ordinary mail (an anomaly or a plain message)."""
    if envelope.kind in (EnvelopeKind.ANOMALY, EnvelopeKind.ORDINARY):
        return SenderRelation.ORDINARY
    sender = plain_address(envelope.sender)
    written = addresses(fields)
    if sender in written:
        return SenderRelation.SAME
    if any(same_domain(sender, address) for address in written):
        return SenderRelation.SAME_DOMAIN
    return SenderRelation.OTHER


def addresses(fields: dict[str, FieldValue]) -> tuple[str, ...]:
    """The addresses read on the form itself, in comparable form."""
    found: list[str] = []
    for key in ADDRESS_KEYS:
        field = fields.get(key)
        if field is not None and SENDER_FALLBACK not in field.warnings:
            found += _texts(field.value)
    return tuple(plain_address(address) for address in found if "@" in address)


def same_domain(one: str, other: str) -> bool:
    """True when two addresses share a domain that is their owner's, not a provider's for everybody."""
    domain = plain_address(one).partition("@")[2]
    return bool(domain) and domain not in _SHARED and domain == plain_address(other).partition("@")[2]


def certified_return_address(envelope: Envelope) -> str:
    """Where a letter goes: `risposte` when it is the sender's own house, else `mittente`.

    A Reply-To elsewhere would make us a reflector, or lead to ordinary mail, which never gives a delivery receipt.
    """
    sender, wanted = plain_address(envelope.sender), plain_address(envelope.reply_to)
    if wanted and (wanted == sender or same_domain(wanted, sender)):
        return wanted
    return sender


def written_to_by_another(adhesion: Adhesion) -> bool:
    """True when the form names addresses and none of them is the sender's, nor in its domain."""
    return adhesion.sender_relation is SenderRelation.OTHER and bool(addresses(adhesion.fields))


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
