"""Operations of an OpenAPI document as HTTP calls."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from services import openapi
from services.faults import CallFailed
from services.http_calls import Endpoint, HttpCalls
from services.openapi import OpenApiCall, OpenApiCalls
from services.outbound import Outbound
from tests.real.web import Answer, Web, as_json, serving

HOST = "https://core.example.org"
DOCUMENT = f"{HOST}/api/openapi.json"
PET = {"name": "petId", "in": "path", "required": True, "type": "integer"}
V2: dict[str, Any] = {
    "swagger": "2.0",
    "host": "core.example.org",
    "basePath": "/v2",
    "schemes": ["http", "https"],
    "parameters": {"Trace": {"name": "X-Trace", "in": "header"}},
    "paths": {
        "/pets": {
            "get": {
                "operationId": "find",
                "parameters": [
                    {"name": "status", "in": "query", "type": "array", "collectionFormat": "multi"},
                    {"name": "tags", "in": "query", "type": "array"},
                ],
            },
            "post": {
                "operationId": "add",
                "parameters": [
                    {"name": "pet", "in": "body", "required": True},
                    {"$ref": "#/parameters/Trace"},
                ],
            },
        },
        "/pets/{petId}": {
            "parameters": [PET],
            "get": {"operationId": "byId"},
            "post": {
                "operationId": "rename",
                "consumes": ["application/x-www-form-urlencoded"],
                "parameters": [{"name": "name", "in": "formData"}],
            },
        },
        "/pets/{petId}/photo": {
            "post": {
                "operationId": "upload",
                "consumes": ["multipart/form-data"],
                "parameters": [PET, {"name": "file", "in": "formData"}],
            }
        },
    },
}
V3: dict[str, Any] = {
    "openapi": "3.0.3",
    "servers": [{"url": "/v{version}/", "variables": {"version": {"default": "3"}}}],
    "components": {
        "parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "integer"}}},
        "requestBodies": {
            "Pet": {"required": True, "content": {"text/plain": {}, "application/json": {}}}
        },
        "loop": {"$ref": "#/components/loop"},
    },
    "paths": {
        "/pets": {
            "get": {
                "operationId": "find",
                "parameters": [
                    {"name": "status", "in": "query", "schema": {"type": "array"}},
                    {
                        "name": "tags",
                        "in": "query",
                        "schema": {"type": "array"},
                        "style": "pipeDelimited",
                        "explode": False,
                    },
                    {"$ref": "#/components/parameters/Page"},
                ],
            },
            "post": {
                "operationId": "add",
                "requestBody": {"$ref": "#/components/requestBodies/Pet"},
            },
            "put": {
                "operationId": "import",
                "requestBody": {"content": {"text/csv": {}}},
                "servers": [{"url": "https://core.example.org/bulk"}],
            },
            "patch": {"operationId": "odd", "parameters": [{"$ref": "#/components/loop"}]},
            "delete": {
                "operationId": "clear",
                "parameters": [{"name": "session", "in": "cookie", "schema": {}}],
            },
        },
        "/x": {"get": {"operationId": "far", "parameters": [{"$ref": "https://x.org/p.json"}]}},
    },
}


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


@pytest.fixture
def calls(web: Web) -> OpenApiCalls:
    return OpenApiCalls(HttpCalls(Outbound(mapped={"core.example.org": web.address})))


async def ask(
    calls: OpenApiCalls, web: Web, document: Any, operation: str, **parameters: Any
) -> tuple[str, str, bytes, dict[str, str]]:
    """What the system is asked: method, address, body, headers."""
    web.answers["/api/openapi.json"] = as_json(document)
    wants = OpenApiCall.model_validate(
        {
            "document": {"endpoint": DOCUMENT},
            "operationId": operation,
            "parameters": parameters,
        }
    )
    made = await calls.as_http(wants, "key")
    asked_before = len(web.asked)
    with pytest.raises(CallFailed, match="404"):
        await calls.calls.call(made, "key")
    asked = web.asked[asked_before]
    return asked.method, asked.path, asked.body, asked.headers


async def fault(
    calls: OpenApiCalls, web: Web, document: Any, operation: str, **parameters: Any
) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        await ask(calls, web, document, operation, **parameters)
    return caught.value


class TestVersion2:
    """Documents of OpenAPI 2 (Swagger)."""

    async def test_path_parameters_of_the_whole_path(self, calls: OpenApiCalls, web: Web) -> None:
        method, path, _, _ = await ask(calls, web, V2, "byId", petId=7)
        assert (method, path) == ("GET", "/v2/pets/7")

    async def test_lists_in_the_query(self, calls: OpenApiCalls, web: Web) -> None:
        _, path, _, _ = await ask(calls, web, V2, "find", status=["a", "b"], tags=["x", "y"])
        assert path == "/v2/pets?status=a&status=b&tags=x%2Cy"

    async def test_the_body_and_a_header_by_reference(self, calls: OpenApiCalls, web: Web) -> None:
        pet = {"pet": {"name": "Milou"}, "X-Trace": "t"}
        method, _, body, headers = await ask(calls, web, V2, "add", **pet)
        assert (method, json.loads(body)) == ("POST", {"name": "Milou"})
        assert headers["content-type"] == "application/json"
        assert headers["x-trace"] == "t"

    async def test_a_form(self, calls: OpenApiCalls, web: Web) -> None:
        _, path, body, _ = await ask(calls, web, V2, "rename", petId=7, name="Milou & co")
        assert (path, body) == ("/v2/pets/7", b"name=Milou+%26+co")

    async def test_a_file_is_not_supported(self, calls: OpenApiCalls, web: Web) -> None:
        why = await fault(calls, web, V2, "upload", petId=7, file={"a": "b"})
        assert "multipart/form-data" in why.detail

    async def test_the_documents_own_host_is_meant_where_none_is_named(
        self, calls: OpenApiCalls, web: Web
    ) -> None:
        plain = {key: V2[key] for key in ("swagger", "paths")}
        _, path, _, headers = await ask(calls, web, plain, "byId", petId=7)
        assert (path, headers["host"]) == ("/pets/7", "core.example.org")


class TestVersion3:
    """Documents of OpenAPI 3."""

    async def test_lists_in_the_query_and_the_server(self, calls: OpenApiCalls, web: Web) -> None:
        given = {"status": ["a", "b"], "tags": ["x", "y"], "page": 2}
        _, path, _, _ = await ask(calls, web, V3, "find", **given)
        assert path == "/v3/pets?status=a&status=b&tags=x%7Cy&page=2"

    async def test_the_body_by_its_name_or_of_what_is_left(
        self, calls: OpenApiCalls, web: Web
    ) -> None:
        for given in ({"body": {"name": "Milou"}}, {"name": "Milou"}):
            _, path, body, headers = await ask(calls, web, V3, "add", **given)
            assert (path, json.loads(body)) == ("/v3/pets", {"name": "Milou"})
            assert headers["content-type"] == "application/json"

    async def test_an_operation_may_have_its_own_server(
        self, calls: OpenApiCalls, web: Web
    ) -> None:
        method, path, body, headers = await ask(calls, web, V3, "import", body="a;b")
        assert (method, path, body) == ("PUT", "/bulk/pets", b"a;b")
        assert headers["content-type"] == "text/csv"


class TestFaults:
    """Calls that do not fit, documents that are none."""

    @pytest.mark.parametrize(
        ("document", "operation", "given", "why"),
        [
            (V2, "nobody", {}, "no operation 'nobody'"),
            (V2, "byId", {}, "needs the parameter 'petId'"),
            (V2, "add", {}, "needs the parameter 'pet'"),
            (V2, "byId", {"petId": 7, "colour": "red"}, "no parameter 'colour'"),
            (V2, "byId", {"petId": ".."}, "needs a text or a number"),
            (V2, "find", {"tags": {"a": 1}}, "find"),
            (V3, "add", {}, "needs a body"),
            (V3, "add", {"body": 1, "colour": "red"}, "no parameter 'colour'"),
            (V3, "import", {"body": [1]}, "text/csv"),
            (V3, "clear", {"session": "x"}, "in cookie is not supported"),
            (V3, "odd", {}, "in a circle"),
            (V3, "far", {}, "leads out of the document"),
        ],
    )
    async def test_it_is_said_what_does_not_fit(
        self, calls: OpenApiCalls, web: Web, document: Any, operation: str, given: Any, why: str
    ) -> None:
        found = await fault(calls, web, document, operation, **given)
        assert why in found.detail
        assert not found.passing
        assert [asked.path for asked in web.asked] == ["/api/openapi.json"]

    @pytest.mark.parametrize(
        "answer",
        [
            as_json([]),
            as_json({"paths": {}}),
            (200, {}, b"a: &a [*a, *a]\nb: *a"),
            (200, {}, b"{broken"),
        ],
    )
    async def test_a_document_that_is_none(
        self, calls: OpenApiCalls, web: Web, answer: Answer
    ) -> None:
        web.answers["/api/openapi.json"] = answer
        wants = OpenApiCall.model_validate({"document": {"endpoint": DOCUMENT}, "operationId": "x"})
        with pytest.raises(CallFailed, match="OpenAPI document not readable") as caught:
            await calls.as_http(wants, "key")
        assert not caught.value.passing

    async def test_a_document_that_is_not_there_now(self, calls: OpenApiCalls, web: Web) -> None:
        web.answers["/api/openapi.json"] = as_json({}, 503)
        wants = OpenApiCall.model_validate({"document": {"endpoint": DOCUMENT}, "operationId": "x"})
        with pytest.raises(CallFailed) as caught:
            await calls.as_http(wants, "key")
        assert (caught.value.status, caught.value.passing) == (503, True)


class TestDocuments:
    """Where documents come from."""

    def wants(self, **more: Any) -> OpenApiCall:
        document = {"endpoint": f"{HOST}/{{name}}.yaml"}
        said = {"document": document, "operationId": "byId", "parameters": {"petId": 7}}
        return OpenApiCall.model_validate(said | {"variables": {"name": "pets"}} | more)

    async def test_one_in_yaml_is_read_and_kept(self, calls: OpenApiCalls, web: Web) -> None:
        web.answers["/pets.yaml"] = (
            200,
            {},
            b"swagger: '2.0'\npaths: {/p: {get: {operationId: byId}}}",
        )
        wants = self.wants(parameters={})
        for _ in range(3):
            made = await calls.as_http(wants, "key")
        assert made.endpoint == Endpoint(uri=f"{HOST}/p")
        assert len(web.asked) == 1

    async def test_it_is_asked_for_again_after_a_while(
        self, calls: OpenApiCalls, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(openapi, "KEPT_SECONDS", -1)
        web.answers["/pets.yaml"] = as_json(V2)
        for _ in range(2):
            await calls.as_http(self.wants(), "key")
        assert len(web.asked) == 2

    async def test_only_so_many_are_kept(
        self, calls: OpenApiCalls, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(openapi, "MOST_KEPT", 2)
        for name in ("a", "b", "c"):
            web.answers[f"/{name}.yaml"] = as_json(V2)
            await calls.as_http(self.wants(variables={"name": name}), "key")
        assert set(calls.documents) == {f"{HOST}/b.yaml", f"{HOST}/c.yaml"}

    async def test_one_that_needs_credentials_is_kept_for_nobody(
        self, calls: OpenApiCalls, web: Web
    ) -> None:
        web.answers["/pets.yaml"] = as_json(V2)
        own = {"uri": f"{HOST}/pets.yaml", "authentication": {"bearer": {"token": "t"}}}
        for _ in range(2):
            await calls.as_http(self.wants(document={"endpoint": own}), "key")
        assert [asked.headers["authorization"] for asked in web.asked] == ["Bearer t"] * 2

    async def test_the_call_has_the_authentication_output_and_redirect_that_are_wanted(
        self, calls: OpenApiCalls, web: Web
    ) -> None:
        web.answers["/pets.yaml"] = as_json(V2)
        said = {"authentication": {"bearer": {"token": "t"}}, "output": "raw", "redirect": True}
        made = await calls.as_http(self.wants(**said), "key")
        assert isinstance(made.endpoint, Endpoint)
        assert made.endpoint.authentication is not None
        assert (made.output, made.redirect, made.lasts) == ("raw", True, False)
