"""HTTP calls by the DSL: what is sent, what comes out, and what never does."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from services.faults import CallFailed
from services.http_calls import HttpCall, HttpCalls
from services.outbound import Outbound
from services.secret_values import Secrets
from tests.real.web import Answer, Asked, Web, as_json, serving

CORE = "https://core.example.org"
SECRETS = Secrets({"VENTANILLA_SECRET_CORE": "open-sesame"})


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        web.answers["/pets"] = as_json([{"id": 1}])
        yield web


@pytest.fixture
def calls(web: Web) -> HttpCalls:
    return HttpCalls(Outbound(mapped={"core.example.org": web.address}, secrets=SECRETS))


async def call(calls: HttpCalls, key: str = "request/pay", **wants: Any) -> Any:
    wants = {"method": "get", "endpoint": f"{CORE}/pets"} | wants
    return await calls.call(HttpCall.model_validate(wants), key)


async def fault(calls: HttpCalls, **wants: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        await call(calls, **wants)
    return caught.value


class TestSent:
    """What the other system is asked."""

    async def test_the_template_and_the_query(self, web: Web, calls: HttpCalls) -> None:
        web.answers["/pets/7"] = as_json(1)
        await call(
            calls,
            endpoint=f"{CORE}/pets/{{petId}}?a=1#part",
            variables={"petId": 7},
            query={"search": "x y", "tag": ["one", "two"], "none": None, "all": False, "n": 3},
        )
        assert web.asked[0].path == "/pets/7?a=1&search=x+y&tag=one&tag=two&all=false&n=3"

    async def test_an_endpoint_with_its_uri(self, web: Web, calls: HttpCalls) -> None:
        await call(calls, endpoint={"uri": f"{CORE}/pets"})
        assert (web.asked[0].method, web.asked[0].path) == ("GET", "/pets")

    @pytest.mark.parametrize(
        ("headers", "body", "kind", "sent"),
        [
            ({}, {"a": 1}, "application/json", b'{"a":1}'),
            ({}, 0, "application/json", b"0"),
            ({}, "plain", "text/plain; charset=utf-8", b"plain"),
            ({"Content-Type": "application/json"}, "quoted", "application/json", b'"quoted"'),
            (
                {"content-type": "application/x-www-form-urlencoded"},
                {"a": "x y", "b": [1, 2], "c": None},
                "application/x-www-form-urlencoded",
                b"a=x+y&b=1&b=2",
            ),
        ],
    )
    async def test_the_body(
        self, web: Web, calls: HttpCalls, headers: Any, body: Any, kind: str, sent: bytes
    ) -> None:
        await call(calls, method="post", headers=headers, body=body)
        assert web.asked[0].headers["content-type"] == kind
        assert web.asked[0].body == sent

    async def test_no_body_has_no_type(self, web: Web, calls: HttpCalls) -> None:
        await call(calls, method="post")
        assert "content-type" not in web.asked[0].headers

    async def test_a_change_carries_a_key_by_which_a_repeat_is_known(
        self, web: Web, calls: HttpCalls
    ) -> None:
        for key, body in (("a", 1), ("a", 1), ("b", 1), ("a", 2)):
            await call(calls, key=key, method="post", body=body)
        await call(calls)
        keys = [asked.headers.get("idempotency-key") for asked in web.asked]
        assert keys[0] == keys[1]
        assert len({*keys}) == 4
        assert keys[-1] is None
        own = {"Idempotency-Key": "own"}
        await call(calls, method="post", headers=own)
        assert web.asked[-1].headers["idempotency-key"] == "own"

    async def test_a_header_may_hold_a_secret(self, web: Web, calls: HttpCalls) -> None:
        await call(calls, headers={"X-Key": "Token secret://core", "X-Number": 7})
        assert web.asked[0].headers["x-key"] == "Token open-sesame"
        assert web.asked[0].headers["x-number"] == "7"

    @pytest.mark.parametrize(
        "wants",
        [
            {"body": {"a": ["secret://core"]}},
            {"query": {"key": "secret://core"}},
            {"endpoint": f"{CORE}/secret://core"},
        ],
    )
    async def test_nothing_else_may(self, web: Web, calls: HttpCalls, wants: Any) -> None:
        why = await fault(calls, **wants)
        assert (why.kind, why.title) == ("configuration", "secret not allowed here")
        assert web.asked == []

    @pytest.mark.parametrize(
        "headers",
        [{"Host": "x"}, {"content-length": "1"}, {"a b": "x"}, {"x": "a\r\nb: c"}, {"x": "é"}],
    )
    async def test_headers_that_are_not_the_definitions(
        self, web: Web, calls: HttpCalls, headers: Any
    ) -> None:
        assert (await fault(calls, headers=headers)).title == "header not allowed"
        assert web.asked == []

    @pytest.mark.parametrize(
        "wants", [{"method": "connect"}, {"method": "g e t"}, {"output": "file"}, {"retries": 3}]
    )
    async def test_what_is_not_known_is_refused(self, calls: HttpCalls, wants: Any) -> None:
        with pytest.raises(ValidationError):
            await call(calls, **wants)


class TestOutput:
    """What comes out."""

    async def test_content_is_the_value_of_json(self, web: Web, calls: HttpCalls) -> None:
        web.answers["/problem"] = (
            200,
            {"Content-Type": "application/hal+json"},
            b'\xef\xbb\xbf{"a":1}',
        )
        assert await call(calls) == [{"id": 1}]
        assert await call(calls, endpoint=f"{CORE}/problem") == {"a": 1}

    async def test_any_other_text_as_it_is(self, web: Web, calls: HttpCalls) -> None:
        latin = "text/plain; charset=iso-8859-1"
        web.answers["/text"] = (200, {"Content-Type": latin}, "año".encode("latin-1"))
        assert await call(calls, endpoint=f"{CORE}/text") == "año"

    async def test_nothing_is_null(self, web: Web, calls: HttpCalls) -> None:
        web.answers["/gone"] = (204, {}, b"")
        assert await call(calls, method="delete", endpoint=f"{CORE}/gone") is None

    async def test_raw_is_the_body_in_base64(self, calls: HttpCalls) -> None:
        raw = await call(calls, output="raw")
        assert json.loads(base64.b64decode(raw)) == [{"id": 1}]

    async def test_response_tells_all(self, web: Web, calls: HttpCalls) -> None:
        web.answers["/pets"] = as_json({"id": 1}, 201, X_Trace="t", Set_Cookie="session=1")
        told = await call(calls, output="response", query={"q": "x"}, headers={"X-A": "b"})
        assert told["request"] == {
            "method": "GET",
            "uri": f"{CORE}/pets?q=x",
            "headers": {"accept": "application/json, text/*;q=0.8", "x-a": "b"},
        }
        assert (told["statusCode"], told["content"]) == (201, {"id": 1})
        assert told["headers"]["x-trace"] == "t"
        assert told["headers"]["set-cookie"] == "***"

    async def test_a_secret_is_not_told_even_if_it_is_echoed(
        self, web: Web, calls: HttpCalls
    ) -> None:
        def echo(asked: Asked) -> Answer:
            key = asked.headers["x-key"]
            return as_json({key: [asked.headers, 7]}, X_Echo=key)

        web.answers["/echo"] = echo
        wants: Any = {"endpoint": f"{CORE}/echo", "headers": {"x-key": "secret://core"}}
        for output in ("content", "response"):
            told = await call(calls, output=output, **wants)
            assert "open-sesame" not in json.dumps(told)
            assert "***" in json.dumps(told)
        raw = await call(calls, output="raw", **wants)
        assert b"open-sesame" not in base64.b64decode(raw)

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("application/json", b"{"),
            ("application/json", b"[" * 100 + b"]" * 100),
            ("application/json", b'"\\u0000"'),
            ("text/plain", b"a\0b"),
            ("text/plain", b"\xff"),
            ("text/plain; charset=klingon", b"a"),
            ("image/png", b"\x89PNG"),
            ("", b"a"),
        ],
    )
    async def test_what_cannot_be_read_is_a_fault(
        self, web: Web, calls: HttpCalls, kind: str, body: bytes
    ) -> None:
        web.answers["/pets"] = (200, {"Content-Type": kind} if kind else {}, body)
        why = await fault(calls)
        assert (why.title, why.passing) == ("answer not readable", False)


class TestFaults:
    """Answers that are errors."""

    async def test_a_status_is_told_without_the_query(self, calls: HttpCalls) -> None:
        why = await fault(calls, endpoint=f"{CORE}/nobody?name=Ana")
        assert why.problem() == {
            "type": "https://open-workflow-specification.org/spec/1.0.0/errors/communication",
            "status": 404,
            "title": "Not Found",
            "detail": f"GET {CORE}/nobody answered 404",
        }

    async def test_a_redirect_is_one_unless_it_is_wanted(self, web: Web, calls: HttpCalls) -> None:
        web.answers["/old"] = (302, {"Location": "/pets"}, b"")
        assert (await fault(calls, endpoint=f"{CORE}/old")).status == 302
        assert await call(calls, endpoint=f"{CORE}/old", redirect=True) == [{"id": 1}]

    async def test_what_the_other_system_says_is_passed_on_without_secrets(
        self, web: Web, calls: HttpCalls
    ) -> None:
        said = {"title": "No", "detail": "the key open-sesame is " + "x" * 400}
        status, _, body = as_json(said, 422)
        web.answers["/pets"] = (status, {"Content-Type": "application/problem+json"}, body)
        why = await fault(calls, headers={"x-key": "secret://core"})
        assert "the key *** is xxx" in why.detail
        assert len(why.detail) < 400

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"detail": 7}'])
    async def test_a_problem_that_is_none_is_passed_over(
        self, web: Web, calls: HttpCalls, body: bytes
    ) -> None:
        web.answers["/pets"] = (400, {"Content-Type": "application/problem+json"}, body)
        assert (await fault(calls)).detail == f"GET {CORE}/pets answered 400"

    async def test_how_long_to_wait_is_known(self, web: Web, calls: HttpCalls) -> None:
        web.answers["/pets"] = as_json({}, 429, Retry_After="7")
        why = await fault(calls)
        assert why.passing
        assert why.retry_after is not None
        assert why.retry_after.seconds == 7
