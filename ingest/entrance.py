"""The keys of [console] and [oidc]: where the office's pages are, and who besides their own login says who is there."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from ingest.quantities import Listen, OptionalPath

Role = Literal["reader", "clerk", "admin"]
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ConsoleSettings(_Section):
    """[console]: the office's pages; empty listen = not served by the daemon."""

    listen: Listen = "127.0.0.1:8080"
    trusted_proxies: tuple[str, ...] = ()
    user_header: str = ""
    role_header: str = ""
    roles: dict[str, Role] = {}
    default_role: Literal["", "reader", "clerk", "admin"] = ""

    @model_validator(mode="after")
    def _believable(self) -> Self:
        for one in self.trusted_proxies:
            try:
                ip_network(one)
            except ValueError as error:
                raise ValueError('trusted_proxies holds addresses or networks such as "10.0.0.5"') from error
        if (self.user_header or self.role_header) and not self.trusted_proxies:
            raise ValueError("user_header needs trusted_proxies: anybody may write a header")
        if self.role_header and not self.user_header:
            raise ValueError("role_header needs user_header")
        return self

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks whose headers are believed."""
        return tuple(ip_network(one) for one in self.trusted_proxies)


class OidcSettings(_Section):
    """[oidc]: login at an OpenID Connect provider; off while `issuer` is empty."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    public_url: str = ""
    scope: str = "openid profile"
    name_claim: str = "preferred_username"
    role_claim: str = "roles"
    label: str = Field("Accedi con l'identità dell'ente", min_length=1)
    ca_file: OptionalPath = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.issuer:
            return self
        for key in ("client_id", "public_url"):
            if not getattr(self, key):
                raise ValueError(f"set {key} too")
        for key in ("issuer", "public_url"):
            address = urlsplit(getattr(self, key))
            if address.scheme != "https" and address.hostname not in _LOOPBACK:
                raise ValueError(f"{key} begins with https://, or is on this machine")
        if "openid" not in self.scope.split():
            raise ValueError('scope holds "openid"')
        return self


def granted(words: tuple[str, ...], roles: dict[str, Role], otherwise: str = "") -> str:
    """The highest role that a provider's words give, `otherwise` when none gives one; "" for no access."""
    held = {roles[word] for word in words if word in roles}
    return next((role for role in ("admin", "clerk", "reader") if role in held), otherwise)
