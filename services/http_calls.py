"""HTTP calls as the Open Workflow DSL describes them, from `with` to output."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

import orjson
from pydantic import ConfigDict, Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from catalog.json_text import refuse_abyss
from catalog.yaml12 import Unreadable
from services import secret_values
from services.faults import CallFailed, misconfigured, unanswered
from services.http_auth import REFERENCE, Authentication, Credentialer, Credentials, Wanted
from services.outbound import LARGEST_ANSWER, Outbound, Received, Sent, refused
from services.picking import Pick
from services.secret_values import MASK
from services.uri_templates import expand

LONGEST_WHY = 300
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_YOURS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
NEVER_SHOWN = frozenset({"authorization", "cookie", "set-cookie"})
READABLE = re.compile(r"text/.*|application/(.*\+)?(json|xml|yaml)|application/x-yaml")
FORM = "application/x-www-form-urlencoded"

Plain = str | int | float | bool
Output = Literal["content", "response", "raw"]


class Endpoint(Wanted):
    """Where to call, and how to prove who calls."""

    uri: str
    authentication: Authentication | None = None


class HttpCall(Wanted):
    """A call of another system.

    `endpoint` may be a URI template; `{name}` stands for that member of the task's input, which is
    given in `variables`. Secrets stand only in `authentication` and `headers`, by their names.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "method": "get",
                    "endpoint": "https://stock.example.com/items/{item}",
                    "query": {"colour": "${ $answers.colour }"},
                }
            ]
        }
    )

    method: str
    endpoint: str | Endpoint
    headers: dict[str, Plain] = Field({})
    query: dict[str, Plain | list[Plain] | None] = Field({})
    body: Any = None
    output: Output = "content"
    redirect: bool = False
    variables: dict[str, Any] = Field({}, exclude_if=lambda given: not given)
    pick: SkipJsonSchema[Pick | None] = Field(None, exclude_if=lambda given: given is None)

    @field_validator("method")
    @classmethod
    def _known(cls, method: str) -> str:
        if not re.fullmatch(r"[A-Za-z]{3,10}", method) or method.upper() in ("CONNECT", "TRACE"):
            raise ValueError("is no method such as get, post, put, patch or delete")
        return method.upper()

    @property
    def lasts(self) -> bool:
        """Whether the call may change something there."""
        return self.method not in SAFE_METHODS

    def located(self) -> "HttpCall":
        """The same call with its URI template filled. Raises `CallFailed`."""
        endpoint = located(self.endpoint, self.variables)
        return self.model_copy(update={"endpoint": endpoint, "variables": {}})


def located(endpoint: str | Endpoint, variables: Mapping[str, Any]) -> Endpoint:
    """An endpoint with its URI template filled. Raises `CallFailed`."""
    if isinstance(endpoint, str):
        return Endpoint(uri=expand(endpoint, variables))
    return endpoint.model_copy(update={"uri": expand(endpoint.uri, variables)})


class HttpCalls:
    """Makes the calls of one worker."""

    def __init__(self, outbound: Outbound) -> None:
        self.outbound = outbound
        self.credentialer = Credentialer(outbound)

    async def call(self, wants: HttpCall, key: str, largest: int = LARGEST_ANSWER) -> Any:
        """Make a call and give its output; `key` is the same on every attempt.

        Raises `CallFailed`, also where the answer has an error status.
        """
        wants = wants.located()
        sent, received, made = await self.exchange(wants, key, largest)
        if not 200 <= received.status < 300:
            why = explanation(received, made.secrets)
            raise refused(received, wants.method, why)
        return Result(sent, received, made.secrets).output(wants.output)

    async def exchange(
        self, wants: HttpCall, key: str, largest: int
    ) -> tuple[Sent, Received, Credentials]:
        """Ask; once more with a fresh token if the one that was kept is not accepted any more."""
        endpoint = wants.endpoint
        assert isinstance(endpoint, Endpoint)
        while True:
            made = await self.credentialer.credentials(endpoint.authentication)
            sent = self.sent(wants, endpoint.uri, key, made, largest)
            received = await self.outbound.send(sent)
            if received.status != 401 or not self.credentialer.forget(made):
                return sent, received, made

    def sent(self, wants: HttpCall, uri: str, key: str, made: Credentials, largest: int) -> Sent:
        """The request that a call is."""
        refuse_secrets([uri, wants.query, wants.body])
        url, headers = with_query(uri, wants.query), self.headers(wants, made)
        content, kind = encoded(wants.body, headers.get("content-type"))
        if kind:
            headers["content-type"] = kind
        if wants.lasts:
            headers.setdefault("idempotency-key", repeat_key(key, url, content))
        if made.header:
            headers["authorization"] = made.header
        return Sent(wants.method, url, headers, content, wants.redirect, largest)

    def headers(self, wants: HttpCall, made: Credentials) -> dict[str, str]:
        """The definition's headers, secrets filled in. Raises `CallFailed` for what is not its."""
        headers = {"accept": "application/json, text/*;q=0.8"}
        for name, given in wants.headers.items():
            text = self.credentialer.text(as_text(given), made)
            if name.lower() in NOT_YOURS or not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name):
                raise misconfigured("header not allowed", f"{name!r} cannot be set")
            if not (text.isascii() and text.isprintable()):
                raise misconfigured("header not allowed", f"{name!r} is not plain ASCII text")
            headers[name.lower()] = text
        return headers


@dataclass(frozen=True)
class Result:
    """An answer, in which no secret that was sent is to be read."""

    sent: Sent
    received: Received
    secrets: set[str]

    def output(self, wanted: Output) -> Any:
        """The output in one of the three shapes. Raises `CallFailed` for an unreadable answer."""
        if wanted == "raw":
            return base64.b64encode(self.mask(self.text()).encode()).decode()
        if wanted == "content":
            return self.content()
        return {
            "request": {
                "method": self.sent.method,
                "uri": self.mask(self.sent.url),
                "headers": self.shown(self.sent.headers),
            },
            "statusCode": self.received.status,
            "headers": self.shown(self.received.headers),
            "content": self.content(),
        }

    def content(self) -> Any:
        """JSON as its value, anything else as text, nothing as null."""
        text = self.text()
        if not text:
            return None
        if not self.received.media_type.endswith("json"):
            return self.mask(text)
        try:
            value = orjson.loads(text)
            refuse_abyss(value)
        except (orjson.JSONDecodeError, Unreadable) as error:
            raise unreadable(self.received, f"is no JSON that we read: {error}") from None
        return self.masked(value)

    def text(self) -> str:
        """The body as text."""
        body, kind = self.received.content, self.received.media_type
        if not body:
            return ""
        if not READABLE.fullmatch(kind):
            raise unreadable(self.received, f"is {kind or 'of no type'}, not text or JSON")
        try:
            text = body.decode(charset(self.received.headers["content-type"]))
        except (UnicodeDecodeError, LookupError):
            raise unreadable(self.received, "is not in the character set that it names") from None
        if "\0" in text or "\\u0000" in text:
            raise unreadable(self.received, "has a NUL in it")
        return text.removeprefix("\ufeff")

    def shown(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers without credentials."""
        return {
            name: MASK if name in NEVER_SHOWN else self.mask(value)
            for name, value in headers.items()
        }

    def masked(self, value: Any) -> Any:
        """A value of JSON with every text in it masked."""
        if isinstance(value, dict):
            return {self.mask(key): self.masked(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.masked(member) for member in value]
        return self.mask(value) if isinstance(value, str) else value

    def mask(self, text: str) -> str:
        return secret_values.masked(text, self.secrets)


def unreadable(received: Received, why: str) -> CallFailed:
    return unanswered(
        502, "answer not readable", f"the answer of {received.url} {why}", passing=False
    )


def charset(content_type: str) -> str:
    """The character set that a content type names, UTF-8 where it names none."""
    found = re.search(r"charset=\"?([\w.:-]+)", content_type, re.IGNORECASE)
    return found[1] if found else "utf-8"


def explanation(received: Received, secrets: set[str]) -> str:
    """What the other system itself says is wrong, if it says so as a problem (RFC 9457)."""
    if received.media_type != "application/problem+json":
        return ""
    try:
        problem = orjson.loads(received.content)
    except orjson.JSONDecodeError:
        return ""
    said = problem.get("detail") or problem.get("title") if isinstance(problem, dict) else None
    return secret_values.masked(said, secrets)[:LONGEST_WHY] if isinstance(said, str) else ""


def encoded(body: Any, kind: str | None) -> tuple[bytes, str | None]:
    """A body as bytes, and its content type: JSON unless it is text or a form."""
    if body is None:
        return b"", kind
    if isinstance(body, str) and not (kind or "").endswith("json"):
        return body.encode(), kind or "text/plain; charset=utf-8"
    if kind and kind.partition(";")[0].strip() == FORM and isinstance(body, dict):
        return urlencode(pairs(body)).encode(), kind
    return orjson.dumps(body), kind or "application/json"


def repeat_key(key: str, url: str, content: bytes) -> str:
    """By what the other system tells a repeat: the call's key, as long as it says the same."""
    return hashlib.sha256(b"\0".join([key.encode(), url.encode(), content])).hexdigest()[:32]


def with_query(uri: str, query: Mapping[str, Any]) -> str:
    """A URI with more parameters in its query."""
    more = urlencode(pairs(query))
    if not more:
        return uri
    uri = uri.partition("#")[0]
    return f"{uri}{'&' if '?' in uri else '?'}{more}"


def pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and texts; a list is its name several times, null is not there."""
    return [
        (name, as_text(one))
        for name, value in values.items()
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]


def as_text(value: Any) -> str:
    """A value as it stands in a header, a query or a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def refuse_secrets(value: Any) -> None:
    """Raises `CallFailed` where a secret is named in a body or URL, from where it could leak."""
    if isinstance(value, str) and REFERENCE.search(value):
        raise misconfigured(
            "secret not allowed here", "secrets stand in authentication and headers alone"
        )
    if isinstance(value, dict):
        value = list(value.values())
    for member in value if isinstance(value, list) else ():
        refuse_secrets(member)
