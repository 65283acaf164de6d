"""Publishing events over HTTP."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from ground import clock
from services import events, identity
from store.database import Database
from store.events import Event
from tests.services.test_events import EVENT


@pytest.fixture
def system(database: Database) -> dict[str, str]:
    """The headers of another system."""

    def opened(session: Session) -> str:
        return identity.open_system_session(session, "core", clock.now()).token

    return {"Authorization": f"Bearer {database.write_now(opened)}"}


def post(client: TestClient, headers: dict[str, str], **changes: Any) -> Any:
    event = {key: value for key, value in (EVENT | changes).items() if value is not None}
    kind = {"Content-Type": "application/cloudevents+json"}
    return client.post("/api/events", json=event, headers=headers | kind)


def test_a_system_publishes_in_structured_mode(
    client: TestClient, database: Database, system: dict[str, str]
) -> None:
    answer = post(client, system)
    assert answer.status_code == 202
    assert answer.json() == {"source": EVENT["source"], "id": "1", "new": True}
    row = database.read_now(events.oldest_to_spread)
    assert isinstance(row, Event)
    assert row.event == EVENT


def test_the_same_event_again_is_the_same_success(
    client: TestClient, system: dict[str, str]
) -> None:
    post(client, system)
    again = post(client, system)
    assert (again.status_code, again.json()["new"]) == (202, False)


def test_it_is_told_what_is_wrong_with_each_attribute(
    client: TestClient, system: dict[str, str]
) -> None:
    answer = post(client, system, id=None, time="soon")
    assert answer.status_code == 422
    wrong = {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
    assert wrong == {
        "/id": "This attribute is required.",
        "/time": "This is no moment with a time zone, such as 2026-05-04T09:30:00Z.",
    }


def test_one_that_is_too_large_is_refused(client: TestClient, system: dict[str, str]) -> None:
    assert post(client, system, data="x" * events.LARGEST_EVENT).status_code == 413


def test_a_system_can_do_nothing_else_that_people_do(
    client: TestClient, system: dict[str, str]
) -> None:
    assert client.get("/api/requests", headers=system).json()["items"] == []
    assert client.get("/api/tasks", headers=system).json()["items"] == []
    assert client.get("/api/catalog", headers=system).json()["items"] == []
