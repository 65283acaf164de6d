"""Notifications over HTTP."""

import pytest
from fastapi.testclient import TestClient

from ground import clock
from ground.messages import moment
from services import notifications
from store.database import Database
from tests.people import People

AT = clock.now().replace(2026, 3, 2, 9, 30, 0, 0)


@pytest.fixture
def told(database: Database, people: People) -> list[str]:
    """The ids of five notifications to the customer, the latest first."""
    ids = [
        database.write_now(
            notifications.notify,
            people["customer"].account_id,
            "identity.too_many_tries",
            {"retry_after": moment(AT)},
            None,
            AT,
        )
        for _ in range(5)
    ]
    return sorted(ids, reverse=True)


def test_are_read_in_ones_language_and_time_zone(
    client: TestClient, people: People, told: list[str]
) -> None:
    headers = people.bearer("customer") | {"Accept-Language": "es"}
    body = client.get("/api/notifications", headers=headers).json()
    assert [item["id"] for item in body["items"]] == told
    assert body["unread"] == 5
    assert body["items"][0]["text"].startswith("Ha habido demasiados intentos")
    assert "10:30" in body["items"][0]["text"]


def test_come_in_parts(client: TestClient, people: People, told: list[str]) -> None:
    headers = people.bearer("customer")
    first = client.get("/api/notifications?limit=2", headers=headers)
    second = client.get(first.links["next"]["url"], headers=headers)
    third = client.get(f"/api/notifications?after={second.json()['next']}", headers=headers)
    pages = [[item["id"] for item in page.json()["items"]] for page in (first, second, third)]
    assert pages == [told[:2], told[2:4], told[4:]]
    assert third.json()["next"] is None
    assert "link" not in third.headers


@pytest.mark.parametrize("cursor", ["nonsense", "e30", "WzFd", "W10", "WyJhIiwgImIiXQ", "%C3%A9"])
def test_a_cursor_that_was_never_ours_is_refused(
    client: TestClient, people: People, cursor: str
) -> None:
    response = client.get(f"/api/notifications?after={cursor}", headers=people.bearer("customer"))
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/after"


def test_unchanged_they_are_not_sent_again(
    client: TestClient, people: People, told: list[str]
) -> None:
    headers = people.bearer("customer")
    tag = client.get("/api/notifications", headers=headers).headers["etag"]
    held = headers | {"If-None-Match": f'"another", {tag}'}
    assert client.get("/api/notifications", headers=held).status_code == 304
    assert (
        client.get("/api/notifications", headers=held | {"Accept-Language": "pt"}).status_code
        == 200
    )
    read = client.post(f"/api/notifications/{told[0]}/read", headers=headers)
    assert read.json()["read_at"]
    assert client.get("/api/notifications", headers=held).json()["unread"] == 4


def test_all_are_marked_read_at_once(client: TestClient, people: People, told: list[str]) -> None:
    headers = people.bearer("customer")
    assert client.post("/api/notifications/read", headers=headers).status_code == 204
    assert client.get("/api/notifications", headers=headers).json()["unread"] == 0
