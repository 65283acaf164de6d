"""How calls prove who makes them."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from services import http_auth
from services.faults import CallFailed
from services.http_calls import HttpCall, HttpCalls
from services.outbound import Outbound
from services.secret_values import Secrets
from tests.real.web import Answer, Asked, Web, as_json, serving

CORE, LOGIN = "https://core.example.org", "https://login.example.org/realm"
OAUTH2 = {
    "authority": LOGIN,
    "grant": "client_credentials",
    "client": {"id": "ventanilla", "secret": "secret://client"},
}
SECRETS = Secrets(
    {
        "VENTANILLA_SECRET_CORE": json.dumps({"username": "ana", "password": "pass-of-ana"}),
        "VENTANILLA_SECRET_TOKEN": "token-itself",
        "VENTANILLA_SECRET_PARTED": json.dumps({"token": "token-within"}),
        "VENTANILLA_SECRET_CLIENT": "client-secret",
        "VENTANILLA_SECRET_OTHER": "other-secret",
        "VENTANILLA_SECRET_LOGIN": json.dumps(OAUTH2),
    }
)


@pytest.fixture
def web() -> Iterator[Web]:
    """One server behind both names; its tokens are numbered."""
    with serving() as web:
        tokens: list[str] = []

        def token(asked: Asked) -> Answer:
            tokens.append(f"fresh-token-{len(tokens) + 1}")
            return as_json({"access_token": tokens[-1], "expires_in": 300})

        web.answers["/"] = as_json("fine")
        web.answers["/realm/oauth2/token"] = token
        yield web


@pytest.fixture
def calls(web: Web) -> HttpCalls:
    mapped = {"core.example.org": web.address, "login.example.org": web.address}
    return HttpCalls(Outbound(mapped=mapped, secrets=SECRETS))


async def call(calls: HttpCalls, authentication: Any, **more: Any) -> Any:
    endpoint = {"uri": f"{CORE}/", "authentication": authentication}
    wants = HttpCall.model_validate({"method": "get", "endpoint": endpoint, **more})
    return await calls.call(wants, "key")


async def fault(calls: HttpCalls, authentication: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        await call(calls, authentication)
    return caught.value


def shown(web: Web) -> str:
    """What the last call proved itself by."""
    return web.asked[-1].headers["authorization"]


def pair(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class TestBasicAndBearer:
    """User and password; a token."""

    @pytest.mark.parametrize(
        ("authentication", "header"),
        [
            ({"basic": {"username": "ana", "password": "x:é"}}, pair("ana", "x:é")),
            ({"basic": {"username": "a", "password": "secret://token"}}, pair("a", "token-itself")),
            ({"basic": {"use": "core"}}, pair("ana", "pass-of-ana")),
            ({"bearer": {"token": "inline"}}, "Bearer inline"),
            ({"bearer": {"token": "secret://token"}}, "Bearer token-itself"),
            ({"bearer": {"use": "token"}}, "Bearer token-itself"),
            ({"bearer": {"use": "parted"}}, "Bearer token-within"),
        ],
    )
    async def test_the_header(
        self, web: Web, calls: HttpCalls, authentication: Any, header: str
    ) -> None:
        told = await call(calls, authentication, output="response")
        assert shown(web) == header
        assert told["request"]["headers"]["authorization"] == "***"

    @pytest.mark.parametrize(
        "authentication",
        [
            {"basic": {"use": "token"}},
            {"basic": {"use": "parted"}},
            {"basic": {"username": "a", "password": "secret://core"}},
            {"bearer": {"use": "core"}},
            {"bearer": {"use": "unknown"}},
            {"oauth2": {"use": "token"}},
            {"oauth2": {"use": "core"}},
        ],
    )
    async def test_a_secret_that_does_not_fit_is_told_by_its_name_alone(
        self, web: Web, calls: HttpCalls, authentication: Any
    ) -> None:
        why = await fault(calls, authentication)
        assert why.kind == "configuration"
        assert not any(word in str(why) for word in ("pass-of-ana", "token-itself"))
        assert web.asked == []

    @pytest.mark.parametrize(
        ("authentication", "word"),
        [
            ({"digest": {"use": "core"}}, "digest"),
            ({"use": "petStoreAuth"}, "use"),
            ({"basic": {"use": "core"}, "bearer": {"use": "token"}}, "one of"),
            ({}, "one of"),
            ({"basic": {"username": "ana"}}, "needs username and password"),
            ({"basic": {"use": "core", "username": "a", "password": "b"}}, "or `use"),
            ({"bearer": {}}, "needs a token"),
            ({"oauth2": {"authority": LOGIN}}, "needs authority, grant and client"),
            ({"oauth2": OAUTH2 | {"grant": "password"}}, "client_credentials"),
            ({"oauth2": OAUTH2 | {"username": "ana", "password": "hush"}}, "username"),
            (
                {"oauth2": OAUTH2 | {"client": {"id": "x", "authentication": "private_key_jwt"}}},
                "client_secret_post",
            ),
        ],
    )
    async def test_what_is_not_supported_is_refused_by_name(
        self, calls: HttpCalls, authentication: Any, word: str
    ) -> None:
        with pytest.raises(ValidationError, match=word) as caught:
            await call(calls, authentication)
        assert "hush" not in str(caught.value)


class TestOAuth2:
    """Tokens of a client."""

    async def test_a_token_is_fetched_and_kept(self, web: Web, calls: HttpCalls) -> None:
        said = {"oauth2": OAUTH2 | {"scopes": ["a", "b"], "audiences": ["core"]}}
        for _ in range(2):
            await call(calls, said)
            assert shown(web) == "Bearer fresh-token-1"
        form = parse_qs(web.asked[0].body.decode())
        assert form == {
            "grant_type": ["client_credentials"],
            "scope": ["a b"],
            "audience": ["core"],
            "client_id": ["ventanilla"],
            "client_secret": ["client-secret"],
        }
        assert len(web.asked) == 3

    async def test_the_client_may_prove_itself_in_a_header(
        self, web: Web, calls: HttpCalls
    ) -> None:
        client = {**OAUTH2["client"], "authentication": "client_secret_basic"}  # type: ignore[dict-item]
        await call(calls, {"oauth2": OAUTH2 | {"client": client}})
        assert web.asked[0].headers["authorization"] == pair("ventanilla", "client-secret")
        assert b"secret" not in web.asked[0].body

    async def test_all_of_it_may_be_a_secret(self, web: Web, calls: HttpCalls) -> None:
        await call(calls, {"oauth2": {"use": "login"}})
        assert shown(web) == "Bearer fresh-token-1"

    async def test_the_token_endpoint_may_lie_elsewhere(self, web: Web, calls: HttpCalls) -> None:
        web.answers["/realm/auth/token"] = as_json({"access_token": "there"})
        said = {"oauth2": OAUTH2 | {"endpoints": {"token": "/auth/token"}}}
        await call(calls, said)
        assert shown(web) == "Bearer there"

    async def test_openid_connect_tells_where_it_is(self, web: Web, calls: HttpCalls) -> None:
        web.answers["/realm/.well-known/openid-configuration"] = as_json(
            {"token_endpoint": f"{LOGIN}/discovered"}
        )
        web.answers["/realm/discovered"] = as_json({"access_token": "found", "expires_in": 60})
        await call(calls, {"oidc": OAUTH2})
        assert shown(web) == "Bearer found"

    async def test_the_authority_must_be_allowed_too(self, web: Web) -> None:
        only_core = Outbound(mapped={"core.example.org": web.address}, secrets=SECRETS)
        why = await fault(HttpCalls(only_core), {"oauth2": OAUTH2})
        assert why.title == "no outside call"

    async def test_who_does_not_know_the_secret_gets_no_kept_token(
        self, web: Web, calls: HttpCalls
    ) -> None:
        await call(calls, {"oauth2": OAUTH2})
        client = {"id": "ventanilla", "secret": "secret://other"}
        await call(calls, {"oauth2": OAUTH2 | {"client": client}})
        assert shown(web) == "Bearer fresh-token-2"

    async def test_a_token_that_is_about_to_end_is_renewed(
        self, web: Web, calls: HttpCalls, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http_auth, "EARLY_SECONDS", 301)
        for number in (1, 2):
            await call(calls, {"oauth2": OAUTH2})
            assert shown(web) == f"Bearer fresh-token-{number}"

    async def test_one_that_is_not_accepted_any_more_is_renewed_once(
        self, web: Web, calls: HttpCalls
    ) -> None:
        await call(calls, {"oauth2": OAUTH2})

        def only_the_second(asked: Asked) -> Answer:
            fits = asked.headers["authorization"].endswith("-2")
            return as_json("fine") if fits else as_json({}, 401)

        web.answers["/"] = only_the_second
        assert await call(calls, {"oauth2": OAUTH2}) == "fine"
        web.answers["/"] = as_json({}, 401)
        assert (await fault(calls, {"oauth2": OAUTH2})).status == 401

    @pytest.mark.parametrize(
        ("answer", "title"),
        [
            (as_json({"error": "invalid_client"}, 401), "Unauthorized"),
            (as_json({}), "no token"),
            (as_json([]), "answer not readable"),
            ((200, {}, b"<html>"), "answer not readable"),
        ],
    )
    async def test_an_authority_that_gives_none(
        self, web: Web, calls: HttpCalls, answer: Answer, title: str
    ) -> None:
        web.answers["/realm/oauth2/token"] = answer
        why = await fault(calls, {"oauth2": OAUTH2})
        assert why.title == title
        assert "client-secret" not in str(why)

    async def test_neither_token_nor_secret_is_told_if_echoed(
        self, web: Web, calls: HttpCalls
    ) -> None:
        web.answers["/"] = lambda asked: as_json([asked.headers, "client-secret"])
        told = await call(calls, {"oauth2": OAUTH2}, output="response")
        assert "fresh-token" not in json.dumps(told)
        assert "client-secret" not in json.dumps(told)
