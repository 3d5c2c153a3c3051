"""Mail addresses out of header fields that people and machines have damaged.

The standard parsers join, drop or refuse whole fields over one bad character; here a field gives the addresses that
are surely there and nothing else. Addresses are lower-cased: RFC 6109 compares them without case.
"""

import re

_LONGEST = 320  # RFC 5321 §4.5.3.1: 64 + @ + 255
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]+@(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9][a-z0-9-]*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)  # one left open reaches to the end: no second try
_COMMENT = re.compile(r"\([^()]*+\)")
_ANGLED = re.compile(r"<([^<>]*+)>")
_SEPARATOR = re.compile(r"[,;]")
ADDRESSES = 5000  # looked at per field


def plain_address(text: str) -> str:
    """A bare address, trimmed and lower-cased; "" when the text is anything else."""
    candidate = text.strip().strip("<>").strip().lower()
    return candidate if len(candidate) <= _LONGEST and _ADDRESS.fullmatch(candidate) else ""


def addresses_in(field: str) -> tuple[str, ...]:
    """Every well-formed address of a From, To, Cc or Reply-To value, once each, in order.

    Names in quotes are skipped, so `"Per conto di: a@b" <c@d>` gives c@d alone.
    """
    unquoted = _QUOTED.sub(" ", field)
    if "@" not in unquoted:  # a quote left open swallowed the address
        unquoted = field.replace('"', " ")
    found: list[str] = []
    for mailbox in _mailboxes(unquoted):
        angled = _ANGLED.findall(mailbox)
        address = plain_address(angled[-1] if angled else mailbox)
        if address:
            found.append(address)
    return tuple(dict.fromkeys(found))


def _mailboxes(unquoted: str) -> list[str]:
    return _SEPARATOR.split(_COMMENT.sub(" ", unquoted))[:ADDRESSES]


def single_address(fields: tuple[str, ...]) -> str:
    """The address of a field that must occur once with one mailbox (From); "" when it does not."""
    if len(fields) != 1:
        return ""
    found = addresses_in(fields[0])
    mailboxes = [mailbox for mailbox in _mailboxes(_QUOTED.sub(" ", fields[0])) if "@" in mailbox]
    return found[0] if len(found) == 1 and len(mailboxes) == 1 else ""


def domain_of(address: str) -> str:
    """What stands after the last @, lower-case; "" without one."""
    return address.rpartition("@")[2].lower() if "@" in address else ""
