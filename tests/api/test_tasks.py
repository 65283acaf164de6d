"""Tasks over HTTP."""

import pytest
from fastapi.testclient import TestClient

from store.database import Database
from store.requests import Request
from store.tasks import Task
from tests.people import People
from tests.probe import publish_probe, submit_probe
from tests.services.test_tasks import ask


@pytest.fixture
def task(database: Database, people: People) -> Task:
    publish_probe(database)
    return ask(database, submit_probe(database, people["customer"]))


def test_my_groups_tasks_page_by_page(
    client: TestClient, people: People, database: Database, task: Task
) -> None:
    request = database.read_now(lambda s: s.get_one(Request, task.request_id))
    others = [ask(database, request).id for _ in range(2)]
    answer = client.get("/api/tasks?limit=2", headers=people.bearer("agent"))
    assert [row["id"] for row in answer.json()["items"]] == [task.id, others[0]]
    rest = client.get(answer.links["next"]["url"], headers=people.bearer("agent"))
    assert [row["id"] for row in rest.json()["items"]] == [others[1]]
    assert client.get("/api/tasks", headers=people.bearer("customer")).json()["items"] == []


def test_claim_release_complete(client: TestClient, people: People, task: Task) -> None:
    url, agent, colleague = f"/api/tasks/{task.id}", people.bearer("agent"), people.bearer("agent2")
    assert client.post(f"{url}/claim", headers=agent).json()["mine"] is True
    assert client.post(f"{url}/claim", headers=colleague).status_code == 409
    assert client.post(f"{url}/release", headers=agent).json()["assignee"] is None
    body = {"answers": {"decision": "approve"}}
    done = client.post(f"{url}/complete", json=body, headers=colleague)
    assert (done.json()["status"], done.json()["decision"]) == ("done", "approve")
    assert client.post(f"{url}/complete", json=body, headers=colleague).status_code == 200
    other = {"answers": {"decision": "reject"}}
    assert client.post(f"{url}/complete", json=other, headers=colleague).status_code == 409


def test_a_wrong_answer_names_its_field(client: TestClient, people: People, task: Task) -> None:
    answer = client.post(
        f"/api/tasks/{task.id}/complete", json={"answers": {}}, headers=people.bearer("agent")
    )
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/decision"]


def test_an_unchanged_task_is_not_sent_again(
    client: TestClient, people: People, task: Task
) -> None:
    url = f"/api/tasks/{task.id}"
    first = client.get(url, headers=people.bearer("agent"))
    held = people.bearer("agent") | {"If-None-Match": first.headers["ETag"]}
    assert client.get(url, headers=held).status_code == 304


def test_a_made_up_cursor_is_refused(client: TestClient, people: People, task: Task) -> None:
    answer = client.get("/api/tasks?after=nonsense", headers=people.bearer("agent"))
    assert answer.status_code == 422


def test_a_task_is_handed_to_one_of_the_colleagues_it_names(
    client: TestClient, people: People, database: Database
) -> None:
    publish_probe(database)
    request = submit_probe(database, people["customer"])
    task = ask(database, request, group="support", may_delegate=True)
    url, agent, colleague = f"/api/tasks/{task.id}", people.bearer("agent"), people.bearer("agent2")
    [to] = client.get(url, headers=agent).json()["colleagues"]
    assert to == {"id": people["agent2"].account_id, "name": people["agent2"].name}
    done = client.post(f"{url}/delegate", json={"to": to["id"]}, headers=agent).json()
    assert (done["assignee"], done["mine"], done["colleagues"]) == (to["id"], False, [])
    assert client.get(url, headers=colleague).json()["mine"] is True
    assert client.post(f"{url}/delegate", json={"to": "x"}, headers=colleague).status_code == 403
