"""An OpenID Connect provider as small as it can be: real HTTP, real signatures, and a fault for every check."""

import json
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

KEY, STRANGERS = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
CLIENT, SECRET = "console", "segreto-di-prova"


@dataclass
class Provider:
    """What it says is in its fields; a test changes them. `asked` keeps what reached the token endpoint."""

    now: float
    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)  # over those of an honest token; None leaves one out
    userinfo: dict[str, Any] = field(default_factory=dict)
    signed_with: RSAKey = field(default_factory=lambda: KEY)
    algorithm: str = "RS256"
    calls_itself: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    logins: dict[str, dict[str, str]] = field(default_factory=dict)  # code -> what the browser brought

    def log_in(self, address: str) -> dict[str, str]:
        """The person at the browser agrees: what the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code{len(self.logins)}"
        self.logins[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def answer(self, path: str, form: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        if path.endswith("/.well-known/openid-configuration"):
            return 200, {
                "issuer": self.calls_itself or self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
            }  # fmt: skip
        if path.endswith("/keys"):
            return 200, {"keys": [{**KEY.as_dict(private=False), "kid": "1", "use": "sig"}]}
        if path.endswith("/userinfo"):
            return (200, self.userinfo) if headers["Authorization"] == "Bearer token" else (401, {})
        return self.tokens(form, headers)

    def tokens(self, form: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        login = self.logins.pop(form["code"], None)  # a code is taken once
        proof = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        basic = b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        if login is None or proof != login["code_challenge"] or basic != f"{CLIENT}:{SECRET}":
            return 400, {"error": "invalid_grant"}
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "7", "iat": int(self.now), "exp": int(self.now) + 300,
                  "nonce": login["nonce"], "preferred_username": "Bianca", "roles": ["ufficio"],
                  **self.claims}  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            parts = [json.dumps(part).encode() for part in ({"alg": "none"}, kept)]
            token = ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        else:
            token = jwt.encode({"alg": self.algorithm, "kid": "1"}, kept, self.signed_with)
        return 200, {"id_token": token, "access_token": "token", "token_type": "Bearer"}


@contextmanager
def running_provider(now: float) -> Iterator[Provider]:
    provider = Provider(now)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(provider.answer(self.path, {}, self.headers))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.reply(provider.answer(self.path, form, self.headers))

        def reply(self, said: tuple[int, dict[str, Any]]) -> None:
            content = json.dumps(said[1]).encode()
            self.send_response(said[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
