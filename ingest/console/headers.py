"""The headers of every answer: nothing from elsewhere, nothing inline, nothing kept where others may read it."""

from starlette.requests import Request
from starlette.responses import Response

STRICT = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# a letter as its reader sees it: its own style sheet inside, no script, no network, framed by the console alone
LETTER = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; sandbox"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


def guarded(response: Response, request: Request) -> Response:
    """The response with its headers; what it set itself stays."""
    headers = response.headers
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", STRICT)
    headers.setdefault("X-Frame-Options", "SAMEORIGIN" if headers["Content-Security-Policy"] == LETTER else "DENY")
    headers.setdefault("Cache-Control", "no-store")
    if request.url.scheme == "https":
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
