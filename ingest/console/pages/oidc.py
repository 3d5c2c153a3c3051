"""The way to the identity provider and back. Without [oidc] in the configuration these pages do not exist."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

import structlog
from starlette.responses import RedirectResponse, Response

from ingest.console.desk import Needs, Page, Visit
from ingest.console.pages.accesso import login_page, seated
from ingest.console.resume import is_ours
from ingest.console.sessions import close_session, open_session
from ingest.console.vouched import vouched_user
from models import Vouched

RETURN = "/accesso/oidc/ritorno"
_LASTS = 600  # seconds for a login at the provider
_FAILED = "L'accesso con l'identità dell'ente non è riuscito. Riprova, o rivolgiti a chi amministra."
_UNKNOWN = "Ti sei identificato come «{}», ma questo nome non ha accesso. Rivolgiti a chi amministra."

log = structlog.get_logger()


def go(visit: Visit) -> Response:
    """Sends the browser to the provider, with the secrets of this attempt in a cookie of its own."""
    settings = visit.desk.settings.oidc
    if not settings.issuer:
        return visit.missing()
    from ingest.console import oidc  # noqa: PLC0415 - the libraries are an extra

    attempt = oidc.Attempt.fresh()
    try:
        address = oidc.address_of(settings, attempt)
    except oidc.RefusedError as error:
        return _failed(visit, str(error))
    response = RedirectResponse(address, 303)
    back = visit.query.get("poi", "")[:1000]
    held = urlsafe_b64encode(back.encode()).decode().rstrip("=")
    response.set_cookie(
        _cookie(visit), f"{attempt.cookie()}.{held}", max_age=_LASTS, httponly=True, secure=visit.secure,
        samesite="lax", path="/",
    )  # fmt: skip
    return response


def back(visit: Visit) -> Response:
    """Takes the provider's answer and opens a session for whom it vouches."""
    settings, desk = visit.desk.settings, visit.desk
    if not settings.oidc.issuer:
        return visit.missing()
    from ingest.console import oidc  # noqa: PLC0415 - the libraries are an extra

    secrets, _, held = visit.cookies.get(_cookie(visit), "").rpartition(".")
    attempt = oidc.Attempt.of_cookie(secrets)
    if attempt is None:
        return _failed(visit, "no attempt of this browser")
    try:
        person = oidc.identity_of(settings.oidc, attempt, visit.query, visit.now)
    except oidc.RefusedError as error:
        return _failed(visit, str(error))
    user = vouched_user(desk.db, person.name, person.words, (Vouched.OIDC, visit.now), settings.console)
    if user is None:
        return _failed(visit, "no access", _UNKNOWN.format(person.name))
    if visit.person is not None:
        close_session(desk.db, visit.person.seat)
    response = seated(visit, RedirectResponse(_place(held), 303), open_session(desk.db, user, visit.now, Vouched.OIDC))
    response.delete_cookie(_cookie(visit), path="/", secure=visit.secure, httponly=True, samesite="lax")
    return response


def _failed(visit: Visit, why: str, said: str = _FAILED) -> Response:
    log.warning("oidc-refused", why=why)
    response = login_page(visit, status=401, error=said)
    response.delete_cookie(_cookie(visit), path="/", secure=visit.secure, httponly=True, samesite="lax")
    return response


def _cookie(visit: Visit) -> str:
    """Over https the name binds the cookie to this very host: no sibling can plant one."""
    return "__Host-pec_ingest_oidc" if visit.secure else "pec_ingest_oidc"


def _place(held: str) -> str:
    try:
        path = urlsafe_b64decode(held + "=" * (-len(held) % 4)).decode()
    except (Error, ValueError):
        return "/"
    return path if is_ours(path) else "/"


PAGES = (
    Page("/accesso/oidc", go, Needs.NOTHING),
    Page(RETURN, back, Needs.NOTHING),
)
