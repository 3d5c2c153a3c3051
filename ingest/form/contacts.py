"""Phones, e-mail and web addresses: normal forms."""

import re
import unicodedata

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, PhoneNumberType

from ingest.form.fold import fold
from ingest.form.text import hides_characters, tidy
from ingest.form.value import DOUBTFUL, FAILED, Doubt, Normal, listed, warning

_EXTENSIONS = re.compile(r"\s*[-–—/,]\s*(\d{2,4})(?!\d|[ .]?\d{5})")  # "02 9500000 - 333 1234567" are two numbers
_AT = re.compile(r"\s*(?:\(\s*at\s*\)|\[\s*at\s*\]|\(\s*chiocciola\s*\)|\bchiocciola\b)\s*", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'|/\\@]+@[^\s<>()\[\],;:\"'|/\\@]+\.[^\s<>()\[\],;:\"'|/\\@]{2,}")
_PLAIN = re.compile(r"[a-z0-9.!#$%&'*+=?^_`{|}~-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_CERTIFIED = re.compile(
    r"(?:^|[.@])(?:pec|cert|legalmail|legalpec|arubapec|postecert|actaliscertymail|mypec|sicurezzapostale"
    r"|pecimprese|registerpec|pec-\w+)\d*\."
)
_BESIDE = frozenset({"e", "o", "ed", "oppure", "pec", "mail", "email", "mailto", "it", "indirizzo", "posta"})
_URL = re.compile(r"(?:https?://)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?::\d+)?(?:/\S*)?", re.IGNORECASE)


def phones(raw: str) -> Normal:
    """All phone numbers of a text, E.164, in order; None with a warning when there is none that can exist.

    "029278 434 – 358" gives the first line and `extensions:358`: what the others are is for a person to say.
    """
    text = unicodedata.normalize("NFKC", tidy(raw))
    numbers, doubts, end = [], [], 0
    for part in _phone_parts(text):
        for match in PhoneNumberMatcher(part, "IT"):
            numbers.append(phonenumbers.format_number(match.number, PhoneNumberFormat.E164))
            end = match.end
            extensions = _trailing(part[end:])
            if extensions:
                doubts.append(warning(Doubt.EXTENSIONS, ",".join(extensions)))
    if not numbers:
        return Normal(None, FAILED, (warning(Doubt.INVALID_PHONE),))
    return Normal(list(dict.fromkeys(numbers)), 1.0, tuple(doubts))


def phone(raw: str) -> Normal:
    """The first phone number of a text, E.164."""
    return _first(phones(raw))


def phone_kind(number: str) -> str:
    """What an E.164 number is: "mobile", "landline" or "other"."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "other"
    kinds = {PhoneNumberType.MOBILE: "mobile", PhoneNumberType.FIXED_LINE: "landline"}
    return kinds.get(phonenumbers.number_type(parsed), "other")


def emails(raw: str) -> Normal:
    """All e-mail addresses of a text, lower case; None with a warning when there is none.

    An address with a letter of another alphabet (a homoglyph) is kept as written and failed: never written to unseen.
    """
    hidden = hides_characters(raw)
    text, spelt = _AT.subn("@", tidy(raw).lower())
    joined = re.sub(r"\s*@\s*", "@", re.sub(r"\bmailto:\s*", "", text))
    found = [one.strip(".·-") for one in _ADDRESS.findall(joined)]
    found = list(dict.fromkeys(one for one in found if re.fullmatch(r"[^@]+@[^@]+\.[^@]+", one)))
    if not found:
        return Normal(None, FAILED, (warning(Doubt.INVALID_EMAIL),))
    doubts: list[str] = []
    factor = 1.0
    if spelt:
        doubts.append(warning(Doubt.REPAIRED_EMAIL))
        factor = 0.95
    if set(fold(_ADDRESS.sub(" ", joined)).split()) - _BESIDE:
        doubts.append(warning(Doubt.REPAIRED_EMAIL, "text-beside"))  # "mario rossi@…": a blank may have come in
        factor = DOUBTFUL
    if not all(one.isascii() for one in found) or hidden:
        doubts.append(warning(Doubt.MIXED_SCRIPT))
        factor = FAILED
    elif not all(_PLAIN.fullmatch(one) and ".." not in one for one in found):
        doubts.append(warning(Doubt.INVALID_EMAIL))
        factor = FAILED
    return Normal(list(found), factor, tuple(doubts))


def email(raw: str) -> Normal:
    """The first e-mail address of a text."""
    return _first(emails(raw))


def looks_certified(address: str) -> bool:
    """A hint, never a proof: the domain is one that PEC providers use."""
    return bool(_CERTIFIED.search(address.rpartition("@")[2].join(("@", "."))))


def split_addresses(raw: str) -> tuple[Normal | None, Normal | None]:
    """(e-mails, certified address) of a merged slot "MAIL/PEC": the domain decides, else the printed order."""
    normal = emails(raw)
    if not isinstance(normal.value, list):
        return normal, None
    addresses = listed(normal)
    certified = [one for one in addresses if looks_certified(one)]
    if not certified and len(addresses) > 1:
        last = addresses.pop()
        return (
            Normal(list(addresses), normal.confidence_factor, normal.warnings),
            Normal(last, min(normal.confidence_factor, DOUBTFUL), normal.warnings),
        )
    plain = [one for one in addresses if one not in certified]
    return (
        Normal(list(plain), normal.confidence_factor, normal.warnings) if plain else None,
        Normal(certified[0], normal.confidence_factor, normal.warnings) if certified else None,
    )


def url(raw: str) -> Normal:
    """A web address with its scheme; kept as written, with a warning, when it is none."""
    text = re.sub(r"\s*([./:])\s*", r"\1", tidy(raw)).rstrip(".,;")
    if not _URL.fullmatch(text) or "@" in text:
        return Normal(tidy(raw), DOUBTFUL, (warning(Doubt.INVALID_URL),))
    scheme, _, rest = text.rpartition("://")
    host, slash, path = rest.partition("/")
    return Normal(f"{scheme.lower() or 'http'}://{host.lower()}{slash}{path}".rstrip("/"))


def _first(several: Normal) -> Normal:
    """One value of a list; the others go to a warning."""
    if not isinstance(several.value, list):
        return several
    first, *others = [str(one) for one in several.value]
    if not others:
        return Normal(first, several.confidence_factor, several.warnings)
    doubt = warning(Doubt.SEVERAL_VALUES, ",".join(others))
    return Normal(first, several.confidence_factor, (*several.warnings, doubt))


def _phone_parts(text: str) -> list[str]:
    """The text cut where one number ends and the next begins: after ; , or / before a long run of digits."""
    return re.split(r"[;|]|,\s*(?=\+|\d{5})|(?<=\d{5})\s*/\s*(?=\+|\d{5})|\s[-–—]\s(?=\+|\d{5})", text)


def _trailing(rest: str) -> list[str]:
    found = []
    while match := _EXTENSIONS.match(rest):
        found.append(match[1])
        rest = rest[match.end() :]
    return found
