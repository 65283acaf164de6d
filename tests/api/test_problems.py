"""Every failure is an RFC 9457 problem that helps its reader, in their language."""

import logging
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Query
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field

from api.app import create_app
from api.headers import HEADERS
from ground.errors import Conflict, FieldError, Invalid, TooManyTries, Unavailable
from ground.messages import catalogue, languages
from settings import Settings
from store.database import Database
from tests.api.conftest import without_definitions
from tests.people import demo_people

router = APIRouter(prefix="/api/trial")


class Body(BaseModel):
    """One of each."""

    name: Annotated[str, Field(min_length=2, max_length=5)]
    count: Annotated[int, Field(ge=1, le=9)]
    tags: Annotated[list[str], Field(max_length=1)] = []


@router.post("/body")
async def take_body(body: Body) -> None: ...


@router.get("/query")
async def take_query(limit: Annotated[int, Query(ge=1)]) -> None: ...


@router.get("/refuse/{kind}")
async def refuse(kind: str) -> None:
    raise {
        "conflict": Conflict("common.not_found"),
        "slow": TooManyTries("identity.too_many_tries", retry_after=7),
        "down": Unavailable("common.database_unavailable", cause="x"),
        "form": Invalid(
            [
                FieldError("/a", "api.field_missing"),
                FieldError("/b/0", "forms.own", text="As the author wrote it."),
            ],
            "api.invalid_request",
        ),
        "mistake": ZeroDivisionError("a mistake of ours"),
    }[kind]


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """Problems do not depend on the kind of database."""
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    app = create_app(without_definitions(settings), database)
    app.include_router(router)
    return app


def problem(response: Any, status: int, key: str) -> dict[str, Any]:
    """The problem in a response, checked for what all of them have."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["type"].endswith(":" + key)
    assert body["instance"] == response.request.url.path
    assert body["title"]
    assert body["detail"] != key
    for name in HEADERS:
        assert name in response.headers
    return body


def test_a_refusal_says_what_to_do(client: TestClient) -> None:
    body = problem(client.get("/api/trial/refuse/conflict"), 409, "common.not_found")
    assert body["title"] == "Changed meanwhile"
    assert body["detail"].startswith("There is nothing here")


def test_waiting_times_are_in_the_header_too(client: TestClient) -> None:
    slow = client.get("/api/trial/refuse/slow")
    assert "7 seconds" in problem(slow, 429, "identity.too_many_tries")["detail"]
    assert slow.headers["retry-after"] == "7"
    down = client.get("/api/trial/refuse/down")
    problem(down, 503, "common.database_unavailable")
    assert down.headers["retry-after"] == "2"


def test_a_form_answers_field_by_field(client: TestClient) -> None:
    body = problem(client.get("/api/trial/refuse/form"), 422, "api.invalid_request")
    assert body["errors"] == [
        {"pointer": "/a", "detail": "This is required.", "in": "body"},
        {"pointer": "/b/0", "detail": "As the author wrote it.", "in": "body"},
    ]


def test_wrong_bodies_are_told_in_the_readers_language(client: TestClient) -> None:
    response = client.post(
        "/api/trial/body",
        json={"name": "x", "count": 10, "tags": [5]},
        headers={"Accept-Language": "es"},
    )
    body = problem(response, 422, "api.invalid_request")
    assert response.headers["content-language"] == "es"
    assert {error["pointer"]: error["detail"] for error in body["errors"]} == {
        "/name": "Escriba al menos 2 caracteres.",
        "/count": "Indique 9 o menos.",
        "/tags/0": "Indique un texto.",
    }


def test_wrong_parameters_say_where_they_were(client: TestClient) -> None:
    body = problem(client.get("/api/trial/query?limit=x"), 422, "api.invalid_request")
    assert body["errors"] == [
        {"pointer": "/limit", "detail": "Give a whole number.", "in": "query"}
    ]


def test_unknown_addresses_and_wrong_methods_are_problems_too(client: TestClient) -> None:
    problem(client.get("/api/nothing/here"), 404, "api.no_route")
    response = client.put("/api/me")
    problem(response, 405, "api.wrong_method")
    assert response.headers["allow"] == "GET"


def test_a_mistake_of_ours_has_a_number_that_the_log_knows(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "api.problems"):
        body = problem(client.get("/api/trial/refuse/mistake"), 500, "api.unexpected")
    assert body["incident"] in body["detail"]
    (record,) = caplog.records
    assert body["incident"] in record.getMessage()
    assert record.exc_info
    assert isinstance(record.exc_info[1], ZeroDivisionError)
    assert "mistake of ours" not in str(body)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("es", "es"),
        ("pt-BR", "pt"),
        ("fr, de;q=0.9", "en"),
        ("fr;q=1, es;q=0.4, pt;q=0.8", "pt"),
        ("en;q=0, es;q=0.1", "es"),
        ("*", "en"),
        ("es;q=nonsense, pt;q=0.1", "pt"),
        (",;q=1", "en"),
    ],
)
def test_the_reader_chooses_the_language(
    client: TestClient, header: str | None, language: str
) -> None:
    client.headers.pop("accept-language", None)
    response = client.get("/api/nothing", headers={"Accept-Language": header} if header else {})
    assert response.headers["content-language"] == language


def test_without_a_choice_the_account_decides(client: TestClient, database: Database) -> None:
    from store.identity import Account

    people = demo_people(database)
    account_id = people["customer"].account_id
    database.write_now(
        lambda session: setattr(session.get_one(Account, account_id), "language", "pt")
    )
    headers = people.bearer("customer")
    path = "/api/notifications/none/read"
    assert client.post(path, headers=headers).headers["content-language"] == "pt"
    headers["Accept-Language"] = "es"
    assert client.post(path, headers=headers).headers["content-language"] == "es"


def test_a_page_answers_where_the_portal_has_one(app: FastAPI, client: TestClient) -> None:
    from fastapi import Request, Response
    from fastapi.responses import HTMLResponse

    from api.problems import Problem

    async def page(_request: Request, problem: Problem) -> Response:
        return HTMLResponse(f"<h1>{problem.title}</h1>", problem.status)

    app.state.error_page = page
    assert client.get("/nothing").text == "<h1>Not found</h1>"
    assert client.get("/api/nothing").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("domain", ["api", "identity", "documents", "notifications"])
def test_every_text_is_in_every_language_with_the_same_parameters(domain: str) -> None:
    import re

    texts = {
        language: {
            key: set(re.findall(r"%\((\w+)\)s", text))
            for key, text in catalogue(language).items()
            if key.startswith(domain + ".")
        }
        for language in languages()
    }
    assert texts["en"]
    assert all(texts[language] == texts["en"] for language in languages())
    assert all(catalogue(language)[key] for language in languages() for key in texts["en"])
