"""Requests whose process is stuck, over HTTP."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

import activities.registry  # noqa: F401
from activities.effects import REGISTRY as REGISTRY_OF_EFFECTS
from activities.effects import Call, Undo, report_trouble
from ground import clock
from services import incidents, requests, timeline
from services.requests import Submission
from store.database import Database
from store.requests import Delivery, Request
from tests.people import People
from tests.probe import REGISTRY, publish_probe

PROBLEM = {"instance": "/do/0/ask", "title": "Forbidden", "detail": "GET / answered 403"}


@pytest.fixture
def stuck(app: FastAPI, database: Database, people: People) -> Request:
    """A request whose process has come to an error, twice."""
    app.state.registry = REGISTRY
    publish_probe(database)

    def begin(session: Session) -> Request:
        submission = Submission(item="probe", answers={"wish": "tea"}, channel="test")
        request = requests.submit(session, people["customer"], submission)
        request = timeline.locked(session, request.id)
        incidents.open_incident(session, request, PROBLEM, 1, "incident 1", clock.now())
        incidents.end_incident(session, request, "end 1", clock.now())
        incidents.open_incident(session, request, PROBLEM, 2, "incident 2", clock.now())
        return request

    return database.write_now(begin)


def listed(client: TestClient, people: People, who: str = "designer", query: str = "") -> Any:
    answer = client.get(f"/api/incidents{query}", headers=people.bearer(who))
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_what_is_stuck_is_listed_with_its_task_and_error(
    client: TestClient, people: People, stuck: Request
) -> None:
    (one,) = listed(client, people, "operator")
    assert (one["request"], one["item"], one["number"]) == (stuck.id, "probe", 2)
    assert (one["task"], one["error"]) == ("/do/0/ask", "Forbidden: GET / answered 403")
    assert (one["is_trying"], one["newer_version"]) == (False, None)
    assert listed(client, people, query="?item=another") == []


def test_it_is_tried_again_once_by_a_delivery_of_the_outbox(
    client: TestClient, people: People, stuck: Request, database: Database
) -> None:
    address, headers = f"/api/incidents/{stuck.id}/retry", people.bearer("designer")
    answer = client.post(address, headers=headers)
    assert (answer.status_code, answer.json()["is_trying"]) == (200, True)
    row = database.read_now(lambda session: session.get_one(Delivery, (stuck.id, 2)))
    assert (row.kind, row.body) == ("retry", {"incident": 2})
    again = client.post(address, headers=headers)
    assert again.status_code == 409
    assert again.json()["type"].endswith("definitions.trying_again")


def test_an_effect_that_keeps_failing_is_listed_too_and_tried_again_by_itself(
    client: TestClient, people: People, stuck: Request, database: Database
) -> None:
    call = Call[Undo](request=stuck.id, key="pay", at=clock.now(), body=Undo(of="pay"))

    def fail(session: Session) -> None:
        request = timeline.locked(session, stuck.id)
        incidents.end_incident(session, request, "end 2", clock.now())
        report_trouble(session, REGISTRY_OF_EFFECTS["billing.charge"], call, ValueError("no"))

    database.write_now(fail)
    (one,) = listed(client, people)
    assert (one["number"], one["task"], one["is_trying"]) == (None, None, True)
    assert one["error"] == "billing.charge: ValueError: no"
    answer = client.post(f"/api/incidents/{stuck.id}/retry", headers=people.bearer("designer"))
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("definitions.tries_by_itself")


def test_it_moves_only_to_another_version(
    client: TestClient, people: People, stuck: Request
) -> None:
    answer = client.post(f"/api/incidents/{stuck.id}/move", headers=people.bearer("designer"))
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("definitions.move_nowhere")


@pytest.mark.parametrize("verb", ["retry", "move"])
def test_others_may_not(client: TestClient, people: People, stuck: Request, verb: str) -> None:
    for who in ("customer", "agent"):
        answer = client.post(f"/api/incidents/{stuck.id}/{verb}", headers=people.bearer(who))
        assert answer.status_code == 403
    assert client.get("/api/incidents", headers=people.bearer("agent")).status_code == 403
