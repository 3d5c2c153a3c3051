"""The smallest honest PDF: one page, one font, a few lines of text."""

REQUEST = (
    "Domanda di contributo",
    "L'associazione Circolo dei Tigli, con sede in via Esempio 1, chiede un contributo",
    "per le spese del servizio di trasporto sociale svolto nell'anno in corso.",
    "Si allega il bilancio approvato dall'assemblea dei soci.",
    "Distinti saluti",
    "La presidente",
)


def a_small_pdf(*lines: str) -> bytes:
    """A one-page A4 document with these lines (Latin-1; none = a request for a grant). Same lines, same bytes."""
    shown = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in lines or REQUEST]
    moves = "".join(f"0 -18 Td ({line}) Tj\n" for line in shown)
    content = f"BT /F1 12 Tf 72 790 Td\n{moves}ET\n".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%bendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    written, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(written))
    return written + b"xref\n0 %d\n0000000000 65535 f \n%b%b" % (len(objects) + 1, table, trailer)
