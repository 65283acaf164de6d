"""Operations that an OpenAPI document (2 or 3) describes, as HTTP calls."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson
from pydantic import ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from catalog import yaml12
from services.faults import CallFailed, misconfigured, unanswered
from services.http_auth import Authentication, Wanted
from services.http_calls import FORM, Endpoint, HttpCall, HttpCalls, Output, located
from services.outbound import Received, refused
from services.picking import Pick
from services.uri_templates import expand

LARGEST_DOCUMENT = 4 * 1024 * 1024
KEPT_SECONDS = 300.0
"""How long a worker does not ask for a document again."""
MOST_KEPT = 32
METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
MOST_REFERENCES = 10
WHOLE_BODY = "body"
"""The parameter that is the whole body, where a document does not name it."""


class Document(Wanted):
    """Where the OpenAPI document is."""

    endpoint: str | Endpoint
    name: str | None = None


class OpenApiCall(Wanted):
    """A call of an operation by its id.

    `parameters` go where the document says: path, query, header or form. A member `body` is the
    body; without it, members that the document does not list become a JSON body together.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "document": {"endpoint": "https://stock.example.com/openapi.json"},
                    "operationId": "reserveItem",
                    "parameters": {"item": "${ $answers.item }", "count": 1},
                }
            ]
        }
    )

    document: Document
    operation_id: str = Field(alias="operationId")
    parameters: dict[str, Any] = Field({})
    authentication: Authentication | None = None
    output: Output = "content"
    redirect: bool = False
    variables: dict[str, Any] = Field({}, exclude_if=lambda given: not given)
    pick: SkipJsonSchema[Pick | None] = Field(None, exclude_if=lambda given: given is None)

    def located(self) -> "OpenApiCall":
        """The same call with the document's URI template filled. Raises `CallFailed`."""
        endpoint = located(self.document.endpoint, self.variables)
        document = self.document.model_copy(update={"endpoint": endpoint})
        return self.model_copy(update={"document": document, "variables": {}})


class OpenApiCalls:
    """Reads the documents for one worker, and keeps them for a while."""

    def __init__(self, calls: HttpCalls) -> None:
        self.calls = calls
        self.documents: dict[str, tuple[dict[str, Any], float]] = {}

    async def as_http(self, wants: OpenApiCall, key: str) -> HttpCall:
        """The HTTP call that an operation is. Raises `CallFailed`."""
        wants = wants.located()
        endpoint = wants.document.endpoint
        assert isinstance(endpoint, Endpoint)
        document = await self.document(endpoint, key)
        return operation(document, wants.operation_id, endpoint.uri).call(wants)

    async def document(self, endpoint: Endpoint, key: str) -> dict[str, Any]:
        """The document, kept or fetched."""
        kept, until = self.documents.get(endpoint.uri, ({}, 0.0))
        if time.monotonic() < until:
            return kept
        asks = HttpCall(method="get", endpoint=endpoint, redirect=True)
        _, received, _ = await self.calls.exchange(asks, key, LARGEST_DOCUMENT)
        if not 200 <= received.status < 300:
            raise refused(received, "GET")
        found = read(received)
        if endpoint.authentication is None:
            if len(self.documents) >= MOST_KEPT:
                self.documents.pop(next(iter(self.documents)))
            self.documents[endpoint.uri] = found, time.monotonic() + KEPT_SECONDS
        return found


def read(received: Received) -> dict[str, Any]:
    """A document, written in JSON or YAML. Raises `CallFailed`."""
    found: Any = None
    try:
        found = orjson.loads(received.content)
    except orjson.JSONDecodeError:
        try:
            found = yaml12.read(received.content).value
        except yaml12.Unreadable as error:
            raise no_document(f"{received.url}: {error}") from None
    if not isinstance(found, dict) or not {"swagger", "openapi"} & set(found):
        raise no_document(f"{received.url} is no OpenAPI document")
    return found


def no_document(why: str) -> CallFailed:
    return unanswered(502, "OpenAPI document not readable", why, passing=False)


def operation(document: dict[str, Any], wanted: str, url: str) -> "Operation":
    """The operation of an id. Raises `CallFailed`."""
    for path, item in mapping(document.get("paths")).items():
        for method in METHODS:
            said = mapping(mapping(item).get(method))
            if said.get("operationId") == wanted:
                return Operation(document, url, path, method, mapping(item), said)
    raise misconfigured("operation not known", f"{url} has no operation {wanted!r}")


@dataclass(frozen=True)
class Operation:
    """One operation of a document that was read from `url`."""

    document: dict[str, Any]
    url: str
    path: str
    method: str
    item: dict[str, Any]
    said: dict[str, Any]

    def call(self, wants: OpenApiCall) -> HttpCall:
        """The HTTP call that is made for these parameters. Raises `CallFailed`."""
        left = dict(wants.parameters)
        places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "formData": {}}
        body: Any = None
        for parameter in self.parameters():
            name, place = str(parameter.get("name")), parameter.get("in")
            value = left.pop(name, None)
            if value is None:
                if parameter.get("required") or place == "path":
                    raise misfit(f"{wants.operation_id} needs the parameter {name!r}")
            elif place == "body":
                body = value
            elif place in places:
                places[place][name] = joined(parameter, value) if place != "formData" else value
            else:
                raise misfit(f"the parameter {name!r} in {place} is not supported")
        kind, body = self.body(wants.operation_id, places["formData"] or body, left)
        headers = {**places["header"], **({"content-type": kind} if kind else {})}
        uri = self.server().rstrip("/") + expand(self.path, places["path"])
        try:
            return HttpCall(
                method=self.method,
                endpoint=Endpoint(uri=uri, authentication=wants.authentication),
                headers=headers,
                query=places["query"],
                body=body,
                output=wants.output,
                redirect=wants.redirect,
            )
        except ValidationError as error:
            raise misfit(f"{wants.operation_id}: {error}") from None

    def parameters(self) -> Iterator[dict[str, Any]]:
        """The parameters, those of the operation in the place of those of its path."""
        listed: dict[tuple[Any, Any], dict[str, Any]] = {}
        for level in (self.item, self.said):
            for reference in level.get("parameters") or ():
                parameter = self.resolved(reference)
                listed[parameter.get("name"), parameter.get("in")] = parameter
        yield from listed.values()

    def body(self, operation_id: str, given: Any, left: dict[str, Any]) -> tuple[str | None, Any]:
        """Content type and body; what no parameter has taken belongs to it."""
        described = self.resolved(self.said.get("requestBody") or {})
        given = left.pop(WHOLE_BODY) if described and WHOLE_BODY in left else given
        if described and given is None:
            given, left = left or None, {}
        if left:
            raise misfit(f"{operation_id} has no parameter {next(iter(left))!r}")
        if given is None:
            if described.get("required"):
                raise misfit(f"{operation_id} needs a body")
            return None, None
        kinds = list(mapping(described.get("content"))) or self.consumed()
        kind = next((kind for kind in kinds if kind.endswith("json")), kinds[0])
        if kind != FORM and not kind.endswith("json") and not isinstance(given, str):
            raise misfit(f"{operation_id} takes {kind}, so its body must be a text")
        return kind, given

    def consumed(self) -> list[str]:
        """The content types of a body by OpenAPI 2."""
        kinds = self.said.get("consumes") or self.document.get("consumes") or ["application/json"]
        has_form = any(parameter.get("in") == "formData" for parameter in self.parameters())
        return [FORM] if has_form and FORM in kinds else [str(kind) for kind in kinds]

    def server(self) -> str:
        """The address that the path is appended to. Raises `CallFailed`."""
        if "swagger" in self.document:
            return self.host_of_2()
        levels = (self.said, self.item, self.document)
        servers: Any = next((level["servers"] for level in levels if level.get("servers")), [{}])
        server = mapping(servers[0])
        variables = mapping(server.get("variables"))
        values = {name: mapping(said).get("default") for name, said in variables.items()}
        template = str(server.get("url") or "/")
        for name, value in values.items():
            template = template.replace(f"{{{name}}}", str(value))
        return urljoin(self.url, template)

    def host_of_2(self) -> str:
        """The address by OpenAPI 2: scheme, host and base path, the document's own by default."""
        here = urlsplit(self.url)
        schemes = self.said.get("schemes") or self.document.get("schemes") or [here.scheme]
        scheme = "https" if "https" in schemes else str(schemes[0])
        host = self.document.get("host") or here.netloc
        return f"{scheme}://{host}{self.document.get('basePath') or ''}"

    def resolved(self, said: Any) -> dict[str, Any]:
        """What a reference within the document leads to. Raises `CallFailed`."""
        found: Any = said
        for _ in range(MOST_REFERENCES):
            reference = mapping(found).get("$ref")
            if not isinstance(reference, str):
                return mapping(found)
            if not reference.startswith("#/"):
                raise no_document(f"the reference {reference!r} leads out of the document")
            found = self.document
            for step in reference[2:].split("/"):
                found = mapping(found).get(step.replace("~1", "/").replace("~0", "~"))
        raise no_document("its references lead in a circle")


def joined(parameter: dict[str, Any], value: Any) -> Any:
    """A list as the document wants it: the name several times, or one text."""
    if not isinstance(value, list):
        return value
    place = parameter.get("in")
    separators = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
    separators |= {"spaceDelimited": " ", "pipeDelimited": "|"}
    format_of_2 = parameter.get("collectionFormat")
    if place == "query" and not format_of_2 and "schema" in parameter:
        if parameter.get("explode", parameter.get("style", "form") == "form"):
            return value
        separator = separators.get(str(parameter.get("style")), ",")
    elif format_of_2 == "multi":
        return value
    else:
        separator = separators.get(str(format_of_2), ",")
    return separator.join(str(one) for one in value)


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one: documents are written by strangers."""
    return value if isinstance(value, dict) else {}


def misfit(why: str) -> CallFailed:
    """The call does not fit the document."""
    return CallFailed("validation", 400, "parameters not fitting", why)
