"""Definitions over HTTP: a version goes from its file to the catalog through two people's hands."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from services import version_life
from store.database import Database
from tests.people import People
from tests.probe import COLLEAGUE, REGISTRY, Definition, publish_probe


@pytest.fixture
def probe(app: FastAPI, database: Database) -> Definition:
    """A definition whose first version waits in its file."""
    app.state.registry = REGISTRY
    publish_probe(database)
    return Definition(database)


class Caller:
    """Somebody who calls the API about one definition."""

    def __init__(self, client: TestClient, people: People, name: str, item: str) -> None:
        self.client, self.headers = client, people.bearer(name)
        self.address = f"/api/definitions/{item}"

    def get(self, rest: str = "") -> Any:
        response = self.client.get(f"{self.address}{rest}", headers=self.headers)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, verb: str, **body: Any) -> Response:
        return self.client.post(f"{self.address}/{verb}", json=body, headers=self.headers)

    def does(self, verb: str, **body: Any) -> Any:
        """What the definition is afterwards."""
        response = self.post(verb, **body)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def designer(client: TestClient, people: People, probe: Definition) -> Caller:
    return Caller(client, people, "designer", probe.item)


@pytest.fixture
def operator(client: TestClient, people: People, probe: Definition) -> Caller:
    return Caller(client, people, "operator", probe.item)


def test_a_version_is_submitted_and_approved(
    designer: Caller, operator: Caller, probe: Definition
) -> None:
    assert (designer.get()["state"], designer.get()["can"]) == ("draft", ["submit"])

    submitted = designer.does("submit", note="First")
    assert (submitted["state"], submitted["in_review"]) == ("in-review", probe.first)
    approved = operator.does("approve", version=probe.first[:8])

    assert (approved["state"], approved["version"]) == ("published", probe.first)
    assert [event["action"] for event in approved["history"]] == [
        "published",
        "approved",
        "submitted",
        "loaded",
    ]
    assert approved["figures"]["stages"][0]["stage"] == "received"


def test_refusals_are_problems_in_the_readers_language(designer: Caller) -> None:
    designer.does("submit")

    response = designer.client.post(
        f"{designer.address}/approve",
        json={},
        headers={**designer.headers, "Accept-Language": "es"},
    )

    assert response.status_code == 403
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"].endswith("definitions.second_person")


def test_a_publication_may_be_wished_for_a_moment(designer: Caller, operator: Caller) -> None:
    designer.does("submit", at="2099-12-01T09:00:00+01:00")

    scheduled = operator.does("approve")

    assert scheduled["state"] == "scheduled"
    assert scheduled["scheduled_at"] == "2099-12-01T08:00:00Z"
    assert operator.does("publish")["state"] == "published"


@pytest.mark.parametrize("at", ["tomorrow", "2099-12-01T09:00:00", "2099-12-01"])
def test_a_moment_has_its_zone(designer: Caller, at: str) -> None:
    response = designer.post("submit", at=at)

    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert (error["pointer"], error["detail"][:37]) == (
        "/at",
        "Give a moment with its time zone, suc",
    )


def test_a_version_is_shown_with_its_source(designer: Caller, probe: Definition) -> None:
    shown = designer.get(f"/versions/{probe.first[:8]}")

    assert shown["definition"]["id"] == probe.item
    assert shown["version"] == probe.first
    assert list(shown["forms"]) == ["probe", "probe-decision"]


def test_going_back_holds(designer: Caller, operator: Caller, probe: Definition) -> None:
    probe.changed()

    back = operator.does("rollback", version=probe.first[:8], note="Too patient")

    assert back["version"] == probe.first
    assert back["held"] == back["file_version"] != probe.first
    assert back["history"][0]["note"] == "Too patient"


def test_a_retired_item_comes_back(designer: Caller, probe: Definition) -> None:
    probe.approved()

    assert designer.does("retire", note="Over")["state"] == "retired"
    response = designer.post("publish")
    assert (response.status_code, response.json()["type"][-22:]) == (409, "definitions.is_retired")
    assert designer.does("restore")["state"] == "published"


def test_a_rejection_needs_a_reason(designer: Caller, probe: Definition) -> None:
    probe.do(version_life.submit, COLLEAGUE)

    assert designer.post("reject").status_code == 422
    assert designer.post("reject", note="").status_code == 422
    assert designer.does("reject", note="Not like this")["state"] == "draft"


def test_all_items_are_listed_part_by_part(
    client: TestClient, people: People, probe: Definition
) -> None:
    found: list[str] = []
    address = "/api/definitions?limit=1"
    while address:
        response = client.get(address, headers=people.bearer("designer"))
        found += [line["item"] for line in response.json()["items"]]
        following = response.json()["next"]
        address = f"/api/definitions?limit=1&after={following}" if following else ""

    assert found == ["probe", probe.item]


def test_what_has_not_changed_is_not_sent_again(designer: Caller) -> None:
    tag = designer.client.get(designer.address, headers=designer.headers).headers["etag"]

    again = designer.client.get(
        designer.address, headers={**designer.headers, "If-None-Match": tag}
    )

    assert again.status_code == 304
