"""What bytes are, judged by the bytes alone: file names and declared MIME types lie (RFC 2049 §2 notwithstanding)."""

import re

PDF, MAIL, ZIP, TEXT = "application/pdf", "message/rfc822", "application/zip", "text/plain"
CMS, PEM, BASE64 = "application/pkcs7-mime", "application/x-pem", "application/x-base64-cms"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT, ASIC = "application/vnd.oasis.opendocument.text", "application/vnd.etsi.asic-e+zip"
OLE, UNKNOWN, XML, HTML = "application/x-ole-storage", "application/octet-stream", "text/xml", "text/html"
OTHER_OFFICE = "application/vnd.other-office"  # presentations, spreadsheets of other suites: named, not opened
VCARD, CALENDAR, HEIC, TNEF = "text/vcard", "text/calendar", "image/heic", "application/vnd.ms-tnef"

_MAGIC = (
    (b"PK\x03\x04", ZIP), (b"PK\x05\x06", ZIP),
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"), (b"MM\x00*", "image/tiff"), (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE), (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1f\x8b", "application/gzip"), (b"RIFF", "image/webp"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"), (b"\x78\x9f\x3e\x22", TNEF),
    (b"BEGIN:VCARD", VCARD), (b"BEGIN:VCALENDAR", CALENDAR),
)  # fmt: skip
_OLE_STREAMS = {"WordDocument": "application/msword", "Workbook": "application/vnd.ms-excel",
                "__substg1.0_": "application/vnd.ms-outlook", "EncryptedPackage": "application/encrypted"}  # fmt: skip
_CMS_OID = re.compile(rb"\x06(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07|\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01)")
_ARMOUR = re.compile(rb"-----BEGIN (?:PKCS ?#?7|CMS|PKCS7 SIGNED DATA)[^-]*-----")
_BASE64 = re.compile(rb"M[A-I][A-Za-z0-9+/]{2}[A-Za-z0-9+/\s]{12,}")  # 0x30 followed by a length
_FILE_IN_BASE64 = re.compile(  # how a PDF, an archive, a picture, a Word file, rich text begin in base64
    rb"\s*(?:JVBERi|UEsD|/9j/|iVBORw0KGgo|0M8R4KGx|e1xydGY|SUkqA|TU0AK)[A-Za-z0-9+/]{20,}"
)
_HEADER = re.compile(
    rb"(?:Received|Return-Path|Delivered-To|From|To|Subject|Date|Message-ID|MIME-Version|Content-Type|DKIM-Signature"
    rb"|Reply-To|X-[A-Za-z-]{2,40}): ?\S", re.IGNORECASE)  # fmt: skip
_TELLING = re.compile(rb"^(?:From|Received|Content-Type|MIME-Version):", re.IGNORECASE | re.MULTILINE)


def media_type(content: bytes) -> str:
    """The media type of a non-empty content; `UNKNOWN` when nothing fits."""
    head = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if content[:1] == b"\x30" and _CMS_OID.search(content[:24]):
        return CMS
    if content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"heif"):
        return HEIC
    magic = next((kind for mark, kind in _MAGIC if content.startswith(mark)), "")
    if not magic and b"%PDF-" in head and not _HEADER.match(head):
        return PDF  # readers accept anything before it, within the first kilobyte
    refine = {OLE: _ole_kind, ZIP: _zip_kind}.get(magic)
    return refine(content) if refine else magic or _text_kind(content, head)


def in_base64(content: bytes) -> bool:
    """Whether this is a file in base64 that nobody declared as such."""
    return _FILE_IN_BASE64.match(content[:4096]) is not None


def _text_kind(content: bytes, head: bytes) -> str:
    if _ARMOUR.search(head):
        return PEM
    if _BASE64.match(head):
        return BASE64
    if _HEADER.match(head) and _TELLING.search(head):
        return MAIL
    lower = head[:512].lower()
    if lower.startswith((b"<!doctype html", b"<html")) or (lower.startswith(b"<") and b"<html" in lower):
        return HTML
    if (
        head.startswith((b"<?xml", b"<!DOCTYPE", b"<postacert", b"<segnatura", b"<Segnatura"))
        or b"<\x00?\x00x\x00m" in head
    ):
        return XML
    return UNKNOWN if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", content[:4096]) else TEXT


def _zip_kind(content: bytes) -> str:
    """The kind of an archive: the members' names stand uncompressed in it."""
    head, tail = content[:4096], content[-65536:]
    if head[30:38] == b"mimetype":
        declared = head[38:110]
        return ODT if ODT.encode() in declared else ASIC if b"vnd.etsi.asic" in declared else OTHER_OFFICE
    if b"[Content_Types].xml" in head or b"[Content_Types].xml" in tail:
        both = head + tail
        return DOCX if b"word/" in both else XLSX if b"xl/" in both else OTHER_OFFICE
    return ZIP


def _ole_kind(content: bytes) -> str:
    for name, kind in _OLE_STREAMS.items():
        if name.encode("utf-16-le") in content:
            return kind
    return OLE
