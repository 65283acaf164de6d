"""How a call proves who makes it: basic, bearer, and OAuth2 with the credentials of a client."""

import base64
import re
import time
from dataclasses import dataclass, field
from typing import Any, Literal, Self
from urllib.parse import urlencode

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from services.faults import misconfigured, unanswered
from services.outbound import Outbound, Received, Sent, refused
from services.secret_values import Secret, Secrets

EARLY_SECONDS = 30.0
"""A token is not used any more when it is about to end."""
USUAL_LIFETIME_SECONDS = 300.0
REFERENCE = re.compile(r"secret://(?P<name>\w([\w.-]*\w)?)")
"""How a definition names a secret within a text; `$secrets.name` is this."""


class Wanted(BaseModel):
    """Part of what a definition says; its errors quote no value, which might be a secret."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, serialize_by_alias=True)


class Basic(Wanted):
    """User and password, or the name of a secret that has both."""

    username: str | None = None
    password: str | None = None
    use: str | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.use is None) == (self.username is None or self.password is None):
            raise ValueError("basic needs username and password, or `use: <secret>`")
        return self


class Bearer(Wanted):
    """A token, or the name of a secret that is one."""

    token: str | None = None
    use: str | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.use is None) == (self.token is None):
            raise ValueError("bearer needs a token, or `use: <secret>`")
        return self


class Client(Wanted):
    """The client that asks for a token."""

    id: str
    secret: str | None = None
    authentication: Literal["client_secret_post", "client_secret_basic", "none"] = (
        "client_secret_post"
    )


class Endpoints(Wanted):
    """Where the authority has what, below its own address; only the first is ever called."""

    token: str = "/oauth2/token"
    revocation: str | None = None
    introspection: str | None = None


class OAuth2(Wanted):
    """Where to get a token, and as which client; or the name of a secret that says all that."""

    authority: str | None = None
    grant: Literal["client_credentials"] | None = None
    client: Client | None = None
    endpoints: Endpoints = Endpoints()
    scopes: list[str] = []
    audiences: list[str] = []
    use: str | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        said = self.authority and self.grant and self.client
        if bool(self.use) == bool(said):
            raise ValueError("OAuth2 needs authority, grant and client, or `use: <secret>`")
        return self


class Authentication(Wanted):
    """One way of authentication."""

    basic: Basic | None = None
    bearer: Bearer | None = None
    oauth2: OAuth2 | None = None
    oidc: OAuth2 | None = None

    @model_validator(mode="before")
    @classmethod
    def _supported(cls, said: Any) -> Any:
        for name in ("digest", "use"):
            if isinstance(said, dict) and name in said:
                raise ValueError(
                    f"authentication by `{name}` is not supported: take basic, bearer, oauth2 or "
                    "oidc, each with `use: <secret>`"
                )
        return said

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len([one for one in type(self).model_fields if getattr(self, one) is not None]) != 1:
            raise ValueError("authentication is one of basic, bearer, oauth2, oidc")
        return self


@dataclass
class Credentials:
    """The header that a call proves itself by, and every secret text that went into it.

    `kept` is under what its token was found, if it was not fetched just now.
    """

    header: str | None = None
    secrets: set[str] = field(default_factory=set)
    kept: "TokenKey | None" = None


TokenKey = tuple[str, str, str, str, str]


class Credentialer:
    """Makes credentials of what definitions say; tokens are kept until they end."""

    def __init__(self, outbound: Outbound) -> None:
        self.outbound = outbound
        self.tokens: dict[TokenKey, tuple[str, float]] = {}

    @property
    def secrets(self) -> Secrets:
        return self.outbound.secrets

    async def credentials(self, wants: Authentication | None) -> Credentials:
        """The credentials of a call. Raises `CallFailed` when there are none to be had."""
        made = Credentials()
        if wants is None:
            return made
        if wants.basic:
            user, password = self.user(wants.basic, made)
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            made.secrets.add(pair)
            made.header = f"Basic {pair}"
        elif wants.bearer:
            made.header = f"Bearer {self.bearer(wants.bearer, made)}"
        else:
            made.header = f"Bearer {await self.token(wants, made)}"
        return made

    def user(self, basic: Basic, made: Credentials) -> tuple[str, str]:
        """User and password."""
        if basic.use is None:
            return self.text(basic.username, made), self.text(basic.password, made)
        kept = self.secrets.value(basic.use)
        password = part(basic.use, kept, "password")
        made.secrets.add(password)
        return part(basic.use, kept, "username"), password

    def bearer(self, bearer: Bearer, made: Credentials) -> str:
        """The token of a bearer."""
        if bearer.use is None:
            return self.text(bearer.token, made)
        kept = self.secrets.value(bearer.use)
        token = kept if isinstance(kept, str) else part(bearer.use, kept, "token")
        made.secrets.add(token)
        return token

    def text(self, given: str | None, made: Credentials) -> str:
        """A text in which each `secret://name` is that secret."""

        def secret(found: re.Match[str]) -> str:
            kept = self.secrets.value(found["name"])
            if not isinstance(kept, str):
                raise misconfigured(
                    "secret not fitting", f"the secret {found['name']!r} is no text"
                )
            made.secrets.add(kept)
            return kept

        return REFERENCE.sub(secret, given or "")

    # OAuth2

    async def token(self, wants: Authentication, made: Credentials) -> str:
        """A token that is still good, kept or fetched."""
        said = wants.oauth2 or wants.oidc
        assert said is not None
        config = self.config(said)
        assert config.client is not None
        client, secret = self.text(config.client.id, made), self.text(config.client.secret, made)
        scopes, audiences = " ".join(config.scopes), " ".join(config.audiences)
        # Whoever does not know the secret must not get the token of whoever does.
        key = str(config.authority), client, secret, scopes, audiences
        token, ends = self.tokens.get(key, ("", 0.0))
        if time.monotonic() < ends:
            made.kept = key
        else:
            url = await self.token_url(config, discover=wants.oidc is not None)
            token, lifetime = await self.fetch(url, config, client, secret)
            self.tokens[key] = token, time.monotonic() + lifetime - EARLY_SECONDS
        made.secrets.update({token, secret} - {""})
        return token

    def config(self, said: OAuth2) -> OAuth2:
        """What the definition says, or the secret that it names."""
        if said.use is None:
            return said
        kept = self.secrets.value(said.use)
        try:
            return OAuth2.model_validate(kept)
        except ValidationError:
            raise misconfigured(
                "secret not fitting", f"the secret {said.use!r} is no OAuth2 configuration"
            ) from None

    async def token_url(self, config: OAuth2, discover: bool) -> str:
        """Where the authority gives tokens."""
        authority = str(config.authority).rstrip("/")
        if not discover:
            return f"{authority}/{config.endpoints.token.lstrip('/')}"
        found = await self.json("GET", f"{authority}/.well-known/openid-configuration")
        return str(found.get("token_endpoint", ""))

    async def fetch(self, url: str, config: OAuth2, client: str, secret: str) -> tuple[str, float]:
        """A new token and its lifetime in seconds."""
        assert config.client is not None
        form = {"grant_type": "client_credentials"}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if config.scopes:
            form["scope"] = " ".join(config.scopes)
        if config.audiences:
            form["audience"] = " ".join(config.audiences)
        if config.client.authentication == "client_secret_basic":
            pair = base64.b64encode(f"{client}:{secret}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        else:
            form["client_id"] = client
            if secret:
                form["client_secret"] = secret
        found = await self.json("POST", url, headers, urlencode(form).encode())
        token, lifetime = found.get("access_token"), found.get("expires_in")
        if not isinstance(token, str) or not token:
            raise unanswered(502, "no token", "the authority's answer has no access_token")
        return token, lifetime if isinstance(lifetime, int | float) else USUAL_LIFETIME_SECONDS

    async def json(
        self, method: str, url: str, headers: dict[str, str] | None = None, content: bytes = b""
    ) -> dict[str, Any]:
        """The authority's answer. Raises `CallFailed`."""
        wants = Sent(method, url, {"accept": "application/json", **(headers or {})}, content)
        received = await self.outbound.send(wants)
        if not 200 <= received.status < 300:
            raise refused(received, method)
        return answered(received)

    def forget(self, made: Credentials) -> bool:
        """Drop a kept token that was not accepted; whether a fresh one may be."""
        if made.kept is None:
            return False
        self.tokens.pop(made.kept, None)
        return True


def answered(received: Received) -> dict[str, Any]:
    """An authority's answer as an object. Raises `CallFailed`."""
    try:
        found = orjson.loads(received.content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise unanswered(502, "answer not readable", f"{received.url} did not answer an object")
    return found


def part(name: str, kept: Secret, wanted: str) -> str:
    """One text of a secret that has several. Raises `CallFailed`."""
    found = kept.get(wanted) if isinstance(kept, dict) else None
    if not isinstance(found, str):
        raise misconfigured("secret not fitting", f"the secret {name!r} has no {wanted}")
    return found
