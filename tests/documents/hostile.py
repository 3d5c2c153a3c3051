"""A hundred files made to hurt or merely broken, each as (name, bytes), built when asked for."""

import io
import struct
import zlib
from collections.abc import Callable

import pikepdf

from tests.documents import builders
from tests.documents.builders import a_docx, a_p7m, a_pdf, a_picture, a_zip_of, an_odt

Build = Callable[[], bytes]


def _cut(content: bytes, tenths: int) -> Build:
    return lambda: content[: len(content) * tenths // 10]


def _flipped(content: bytes, at: int) -> Build:
    def build() -> bytes:
        damaged = bytearray(content)
        for place in range(at, len(damaged), 17):
            damaged[place] ^= 0x5A
        return bytes(damaged)

    return build


def _xml_bomb(kind: str) -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{("&e" + str(n - 1) + ";") * 10}">' for n in range(1, 9))
    text = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><x>&e8;</x>'
    part = "word/document.xml" if kind == "docx" else "content.xml"
    return a_zip_of({"mimetype": b"application/vnd.oasis.opendocument.text", part: text.encode(), "a": b""})


def _outside_entity() -> bytes:
    text = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'
    return a_zip_of({"word/document.xml": text.encode()})


def _huge_xml() -> bytes:
    text = (
        b"<w:document xmlns:w='w'><w:body>"
        + b"<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 400_000
        + b"</w:body></w:document>"
    )
    return a_zip_of({"word/document.xml": text})


def _deep_xml() -> bytes:
    return a_zip_of({"word/document.xml": b"<a>" * 200_000})


def _zip_bomb(levels: int) -> bytes:
    content = bytes(20_000_000)
    for level in range(levels):
        content = a_zip_of({f"{level}.zip": content})
    return content


def _many_members() -> bytes:
    return a_zip_of({f"{n}.txt": b"x" for n in range(6000)})


def _overlapping() -> bytes:
    """Many directory entries that share one member's bytes."""
    raw = bytearray(a_zip_of({"a.bin": bytes(3_000_000)}))
    start = raw.index(b"PK\x01\x02")
    end = raw.rindex(b"PK\x05\x06")
    entry = bytes(raw[start:end])
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 500, 500, len(entry) * 500, start, 0)
    return bytes(raw[:start]) + entry * 500 + tail


def _like_a_quine() -> bytes:
    """An archive within an archive of the same name, forty deep."""
    content = b"r.zip"
    for _ in range(40):
        content = a_zip_of({"r.zip": content})
    return content


def _climbing() -> bytes:
    return a_zip_of({"../../../etc/passwd": b"x", "/abs/a.pdf": a_pdf(), "C:\\a.pdf": b"%PDF"})


def _png(width: int, height: int) -> bytes:
    """Few bytes, many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))

    head = struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def _tiff(width: int, height: int) -> bytes:
    tags = ((256, 4, width), (257, 4, height), (258, 3, 1), (259, 3, 1), (262, 3, 1), (273, 4, 8), (278, 4, height),
        (279, 4, 10))  # fmt: skip
    body = b"".join(struct.pack("<HHLL", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\x00" + struct.pack("<LH", 8, len(tags)) + body + bytes(4)


def _endless_tiff() -> bytes:
    """A directory that names itself as the next one."""
    return b"II*\x00" + struct.pack("<LH", 8, 0) + struct.pack("<L", 8)


def _saved(change: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(a_pdf("pagina", "altra"))) as pdf:
        change(pdf)
        out = io.BytesIO()
        pdf.save(out, static_id=True)
    return out.getvalue()


def _looping_tree(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Pages.Kids.append(pdf.Root.Pages)


def _huge_page(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj["/MediaBox"] = pikepdf.Array([0, 0, 10_000_000, 10_000_000])


def _odd_page(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj["/MediaBox"] = pikepdf.Array([0, 0, 0, 0])
    pdf.pages[1].obj["/Rotate"] = 45


def _huge_raster(pdf: pikepdf.Pdf) -> None:
    image = pikepdf.Stream(pdf, zlib.compress(bytes(1000)), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
        Width=60_000, Height=60_000, BitsPerComponent=8, ColorSpace=pikepdf.Name.DeviceRGB,
        Filter=pikepdf.Name.FlateDecode)  # fmt: skip
    pdf.pages[0].obj["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
    pdf.pages[0].obj["/Contents"] = pdf.make_stream(b"q 595 0 0 842 0 0 cm /I Do Q")


def _deep_arrays(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj["/Contents"] = pdf.make_stream(b"[" * 100_000 + b"]" * 100_000 + b" TJ")


def _garbage(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj["/Contents"] = pdf.make_stream(bytes(range(256)) * 400)


def _launching(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="/bin/sh")


_PDF, _DOCX, _ODT = a_pdf(builders.a_form_text()), a_docx("testo"), an_odt("testo")
_PNG, _TIFF, _P7M, _ZIP = a_picture(80, 80, "PNG"), a_picture(80, 80, "TIFF"), a_p7m(_PDF), a_zip_of({"a.pdf": _PDF})
_WHOLE = {"pdf": _PDF, "docx": _DOCX, "odt": _ODT, "png": _PNG, "tiff": _TIFF, "p7m": _P7M, "zip": _ZIP,
    "jpg": a_picture(80, 80, "JPEG")}  # fmt: skip
BUILDS: dict[str, Build] = {
    "bombs/deflate.pdf": builders.a_deflate_bomb_pdf,
    "bombs/draws-itself.pdf": builders.a_recursive_pdf,
    "bombs/three-thousand-pages.pdf": builders.a_long_pdf,
    "bombs/page-tree-loop.pdf": lambda: _saved(_looping_tree),
    "bombs/huge-page.pdf": lambda: _saved(_huge_page),
    "bombs/no-page-size.pdf": lambda: _saved(_odd_page),
    "bombs/huge-raster.pdf": lambda: _saved(_huge_raster),
    "bombs/deep-arrays.pdf": lambda: _saved(_deep_arrays),
    "bombs/garbage-drawing.pdf": lambda: _saved(_garbage),
    "bombs/launch.pdf": lambda: _saved(_launching),
    "bombs/javascript.pdf": lambda: builders.with_javascript(_PDF),
    "bombs/password.pdf": lambda: builders.with_password(_PDF, user="x"),
    "bombs/owner-password.pdf": lambda: builders.with_password(_PDF),
    "bombs/entities.docx": lambda: _xml_bomb("docx"),
    "bombs/entities.odt": lambda: _xml_bomb("odt"),
    "bombs/outside-entity.docx": _outside_entity,
    "bombs/huge-text.docx": _huge_xml,
    "bombs/deep-text.docx": _deep_xml,
    "bombs/encrypted.zip": builders.an_encrypted_zip,
    "bombs/zeros.zip": lambda: _zip_bomb(1),
    "bombs/zip-in-zip.zip": lambda: _zip_bomb(3),
    "bombs/many-members.zip": _many_members,
    "bombs/overlapping.zip": _overlapping,
    "bombs/quine.zip": _like_a_quine,
    "bombs/climbing.zip": _climbing,
    "bombs/pixels.png": lambda: _png(100_000, 100_000),
    "bombs/wide.png": lambda: _png(2_000_000_000, 1),
    "bombs/no-pixels.png": lambda: _png(0, 0),
    "bombs/pixels.tiff": lambda: _tiff(90_000, 90_000),
    "bombs/loop.tiff": _endless_tiff,
    "bombs/enveloped.p7m": builders.an_enveloped,
    "bombs/empty.pdf": lambda: b"",
    "bombs/spaces.pdf": lambda: b" " * 10_000,
    "bombs/header-only.pdf": lambda: b"%PDF-1.7\n",
    "bombs/noise.pdf": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 200,
    "bombs/noise.bin": lambda: bytes(range(255, -1, -1)) * 100,
    **{f"cut/{n}.{kind}": _cut(content, n) for kind, content in _WHOLE.items() for n in (1, 3, 5, 8, 9)},
    **{f"flipped/{at}.{kind}": _flipped(content, at) for kind, content in _WHOLE.items() for at in (5, 60, 200)},
}  # fmt: skip
