"""Login at an OpenID Connect provider: authorisation code with PKCE, state and nonce; the ID token is verified here.

Discovery and keys are fetched anew at every login: logins are rare, and a key the provider withdrew is not believed.
OpenID Connect Core 1.0 §3.1, RFC 7636 (PKCE, S256), RFC 9207 (`iss` in the answer).
"""

import secrets
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ingest.console.pages.oidc import RETURN
from ingest.entrance import OidcSettings
from ingest.keys import is_loopback

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_SECONDS = 10
_LEEWAY = 60  # seconds that clocks may differ
_LARGEST = 1_000_000  # bytes of an answer
_LONGEST = 200


class RefusedError(Exception):
    """The provider, or what it sent, cannot be believed; the text is for the service log and holds no secret."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login under way: what the browser's cookie holds until it comes back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def fresh(cls) -> "Attempt":
        """Three new secrets."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))

    def cookie(self) -> str:
        """The secrets as a cookie holds them."""
        return f"{self.state}.{self.nonce}.{self.verifier}"

    @classmethod
    def of_cookie(cls, text: str) -> "Attempt | None":
        """The secrets of a cookie; None when it holds none."""
        parts = text.split(".")
        return cls(*parts) if len(parts) == 3 and all(parts) else None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for: a name in lower case, and the words that stand for roles."""

    name: str
    words: tuple[str, ...]


def address_of(settings: OidcSettings, attempt: Attempt) -> str:
    """Where the browser goes to log in. Raises RefusedError."""
    with _client(settings) as client:
        endpoint = _discovered(client, settings)["authorization_endpoint"]
    challenge = urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code", "client_id": settings.client_id, "redirect_uri": _return_to(settings),
        "scope": settings.scope, "state": attempt.state, "nonce": attempt.nonce,
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"


def identity_of(settings: OidcSettings, attempt: Attempt, answer: Mapping[str, str], now: datetime) -> Identity:
    """The person who comes back with an answer of the provider. Raises RefusedError."""
    if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
        raise RefusedError("the state is not the one that was sent")
    if answer.get("iss", settings.issuer) != settings.issuer:
        raise RefusedError("the answer comes from another issuer")
    if answer.get("error") or not answer.get("code"):
        raise RefusedError("the provider refused")
    with _client(settings) as client:
        found = _discovered(client, settings)
        tokens = _exchanged(client, found["token_endpoint"], settings, (answer["code"], attempt.verifier))
        claims = _verified(client, found["jwks_uri"], settings, (str(tokens.get("id_token", "")), attempt.nonce), now)
        if settings.role_claim.partition(".")[0] not in claims or settings.name_claim not in claims:
            claims = {**_more(client, found, tokens, str(claims["sub"])), **claims}
    return _named(settings, claims)


def _named(settings: OidcSettings, claims: Mapping[str, Any]) -> Identity:
    name = claims.get(settings.name_claim)
    if not isinstance(name, str) or not name.strip().isprintable() or not 0 < len(name.strip()) <= _LONGEST:
        raise RefusedError(f"the claim {settings.name_claim} holds no name")
    if settings.name_claim == "email" and claims.get("email_verified") is not True:
        raise RefusedError("the e-mail address is not verified")
    words: Any = claims
    for part in settings.role_claim.split("."):
        words = words.get(part) if isinstance(words, Mapping) else None
    listed = words.split() if isinstance(words, str) else words if isinstance(words, list) else []
    return Identity(name.strip().lower(), tuple(word for word in listed if isinstance(word, str)))


def _client(settings: OidcSettings) -> httpx2.Client:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(settings.ca_file)
    return httpx2.Client(timeout=_SECONDS, verify=context, follow_redirects=False, trust_env=True)


def _discovered(client: httpx2.Client, settings: OidcSettings) -> dict[str, str]:
    """The provider's addresses. OpenID Connect Discovery 1.0 §4: the document names the very issuer that was asked."""
    found = _json(client, "GET", f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != settings.issuer:
        raise RefusedError("the provider calls itself by another name than oidc.issuer")
    for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        where = urlsplit(str(found.get(key, "")))
        if where.scheme != "https" and not (where.scheme == "http" and is_loopback(where.hostname or "-")):
            raise RefusedError(f"the provider's {key} is no https address")
    return {key: value for key, value in found.items() if isinstance(value, str)}


def _exchanged(
    client: httpx2.Client, endpoint: str, settings: OidcSettings, given: tuple[str, str]
) -> dict[str, Any]:  # fmt: skip
    code, verifier = given
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": _return_to(settings),
            "code_verifier": verifier, "client_id": settings.client_id}  # fmt: skip
    secret = settings.client_secret.get_secret_value()
    return _json(client, "POST", endpoint, data=form, auth=(settings.client_id, secret) if secret else None)


def _verified(
    client: httpx2.Client, keys: str, settings: OidcSettings, given: tuple[str, str], now: datetime
) -> dict[str, Any]:
    """The claims of an ID token that is signed by the provider, for us, now, in answer to our nonce."""
    text, nonce = given
    listed = _json(client, "GET", keys).get("keys")
    usable = [one for one in listed if isinstance(one, dict) and one.get("kty") in ("RSA", "EC", "OKP")
              and one.get("use", "sig") == "sig"] if isinstance(listed, list) else []  # fmt: skip
    registry = jwt.JWTClaimsRegistry(
        now=lambda: int(now.timestamp()), leeway=_LEEWAY,
        iss={"essential": True, "value": settings.issuer}, aud={"essential": True, "value": settings.client_id},
        sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )  # fmt: skip
    try:
        token = jwt.decode(text, KeySet.import_key_set({"keys": usable}), algorithms=_ALGORITHMS)
        registry.validate(token.claims)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:  # what hostile keys and tokens raise
        raise RefusedError(f"the ID token is not believed: {type(error).__name__}") from error
    claims: dict[str, Any] = dict(token.claims)
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != settings.client_id:
        raise RefusedError("the ID token is for somebody else too")
    return claims


def _more(
    client: httpx2.Client, found: Mapping[str, str], tokens: Mapping[str, Any], subject: str
) -> dict[str, Any]:  # fmt: skip
    """What the provider says besides the ID token, if it is about the same person (OpenID Connect Core §5.3.2)."""
    if "userinfo_endpoint" not in found or not tokens.get("access_token"):
        return {}
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    said = _json(client, "GET", found["userinfo_endpoint"], headers=bearer)
    if said.get("sub") != subject:
        raise RefusedError("the user information is about somebody else")
    return said


def _json(client: httpx2.Client, method: str, address: str, **more: Any) -> dict[str, Any]:
    try:
        answer = client.request(method, address, **more)
        found = answer.json() if answer.status_code == 200 and len(answer.content) <= _LARGEST else None
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise RefusedError(f"{urlsplit(address).hostname}: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise RefusedError(f"{urlsplit(address).hostname}: answered {answer.status_code}")
    return found


def _return_to(settings: OidcSettings) -> str:
    return settings.public_url.rstrip("/") + RETURN
