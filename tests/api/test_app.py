"""The application as a whole: what its description promises."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from ground import clock
from services import notifications
from settings import Settings
from store.database import Database
from tests.people import demo_people
from tests.real.mail import Mailbox

OPEN_TO_ALL = (
    "GET /health",
    "POST /api/sessions",
    "GET /api/receipt-key",
    "OPTIONS /api/uploads",
)
"""What anybody may ask, signed in or not."""


@pytest.fixture
def described(settings: Settings, sqlite_url: str) -> Iterator[dict[str, Any]]:
    """The OpenAPI document."""
    database = Database(sqlite_url)
    app: FastAPI = create_app(settings, database)
    yield app.openapi()
    database.close()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What programs may call, by name; pages are for people."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith(("/api/", "/health/")):
                yield f"{method.upper()} {path}", operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (inner for key, inner in value.items() if key == "$ref")
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_operation_says_what_it_does_and_how_it_fails(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        assert operation["description"], name
        if name.startswith(OPEN_TO_ALL):
            continue
        assert "401" in operation["responses"], name
        assert {"HTTPBearer": []} in operation["security"], name
        assert any("Cookie" in scheme for scheme in operation["security"]), name


def test_every_failure_is_described_as_a_problem(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")) and name != "GET /health/ready":
                (content,) = response["content"].items()
                assert content[0] == "application/problem+json", (name, status)
                assert content[1]["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert content[1]["example"]["status"] == int(status)


def test_every_body_has_an_example(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        content = operation.get("requestBody", {}).get("content", {})
        for kind, body in content.items():
            if kind != "application/json":
                continue
            schema = body["schema"]
            if "$ref" in schema:
                schema = described["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            assert schema.get("examples") or body.get("examples"), name


def test_nothing_refers_to_what_is_not_there(described: dict[str, Any]) -> None:
    for reference in set(references(described)):
        assert reference.startswith("#/components/schemas/")
        assert reference.rsplit("/", 1)[1] in described["components"]["schemas"]


def test_a_server_with_a_mail_server_sends_what_is_owed(
    settings: Settings, database: Database, smtp: Mailbox
) -> None:
    people = demo_people(database)
    ours = settings.model_copy(
        update={
            "smtp_host": smtp.host,
            "smtp_port": smtp.port,
            "smtp_from": "help@example.org",
            "smtp_starttls": False,
        }
    )
    with TestClient(create_app(ours, database)):
        account_id = people["customer"].account_id
        text = "identity.email_taken"
        database.write_now(notifications.notify, account_id, text, {}, None, clock.now())
        (message,) = smtp.wait_for(1)
    assert message["To"] == "Clara Romero <customer@example.com>"
    assert "already an account" in message.get_content()
