"""What a device hands over when it is connected again: once, its owner's, and never lost."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session, func, select

from ground.ids import new_id
from services import catalog, drafts
from services.access import Viewer
from store.catalog import PublishedItem
from store.database import Database
from store.drafts import Draft
from store.requests import Request
from tests.people import People
from tests.probe import Definition, publish_probe


@pytest.fixture(autouse=True)
def probe(database: Database) -> None:
    publish_probe(database)


@pytest.fixture
def owner(people: People) -> Viewer:
    return people["customer"]


@pytest.fixture
def key() -> str:
    """The key of one form."""
    return new_id()


def typed(database: Database, owner: Viewer, *fields: tuple[str, str], **more: Any) -> Any:
    """The body of a form of the probe."""
    version = database.read_now(lambda session: session.get_one(PublishedItem, "probe").hash)
    body = {"account": owner.account_id, "item": "probe", "version": version, "language": "en"}
    return body | {"fields": [list(pair) for pair in fields]} | more


def post(client: TestClient, people: People, path: str, body: Any, key: str, who: str) -> Any:
    headers = {"Authorization": f"Bearer {people.tokens[who]}", "Idempotency-Key": key}
    return client.post(f"/api/offline/{path}", json=body, headers=headers)


def made(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Request)).one()


def draft_of(session: Session, viewer: Viewer) -> Draft | None:
    return drafts.find(session, viewer, drafts.of_item("probe"))


def test_the_same_form_sent_five_times_is_one_request(
    client: TestClient, people: People, database: Database, owner: Viewer, key: str
) -> None:
    body = typed(database, owner, ("wish", "tea"))
    answers = [post(client, people, "requests", body, key, "customer") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert database.read_now(made) == 1


def test_a_key_that_was_used_is_that_request_whatever_comes_with_it(
    client: TestClient, people: People, database: Database, owner: Viewer, key: str
) -> None:
    first = post(
        client, people, "requests", typed(database, owner, ("wish", "tea")), key, "customer"
    )
    later = typed(database, owner, ("wish", "coffee"), version="0" * 64)
    again = post(client, people, "requests", later, key, "customer")
    assert again.json() == first.json()
    assert database.read_now(made) == 1


def test_what_another_account_typed_is_not_sent_by_this_one(
    client: TestClient, people: People, database: Database, owner: Viewer, key: str
) -> None:
    body = typed(database, owner, ("wish", "tea"))
    for path in ("requests", "drafts"):
        answer = post(client, people, path, body, key, "customer2")
        assert answer.status_code == 403
        assert answer.json()["type"].endswith("drafts.of_another_account")
    assert database.read_now(made) == 0


def test_what_is_refused_is_kept_as_a_draft_under_the_same_key(
    client: TestClient, people: People, database: Database, owner: Viewer, key: str
) -> None:
    body = typed(database, owner, ("wish", ""))
    answer = post(client, people, "requests", body, key, "customer")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/wish"
    assert answer.headers["location"] == "/catalog/probe/form"
    draft = database.read_now(draft_of, owner)
    assert draft
    assert draft.key == key


def test_a_form_that_has_changed_is_kept_and_not_sent(
    client: TestClient, people: People, database: Database, owner: Viewer, key: str
) -> None:
    body = typed(database, owner, ("wish", "tea"), version="0" * 64)
    answer = post(client, people, "requests", body, key, "customer")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("drafts.form_changed_meanwhile")
    assert answer.headers["location"] == "/catalog/probe/form"
    draft = database.read_now(draft_of, owner)
    assert draft
    assert draft.answers == {"wish": "tea"}
    assert database.read_now(made) == 0


def test_the_version_of_another_item_says_nothing_of_this_one(
    client: TestClient, people: People, database: Database, owner: Viewer, key: str
) -> None:
    other = Definition(database)
    body = typed(database, owner, ("wish", "tea"), version=other.first)
    assert post(client, people, "drafts", body, key, "customer").status_code == 200
    draft = database.read_now(draft_of, owner)
    assert draft
    version = database.read_now(catalog.version, draft.version)
    assert version.item.id == "probe"


def test_what_was_typed_goes_into_the_draft_that_is_there(
    client: TestClient, people: People, database: Database, owner: Viewer, key: str
) -> None:
    version = typed(database, owner)["version"]
    known = database.write_now(
        drafts.save, owner, drafts.of_item("probe"), version, {"wish": "tea", "other": 1}
    )
    body = typed(database, owner, ("wish", "coffee"))
    answer = post(client, people, "drafts", body, key, "customer")
    assert answer.json() == {"address": "/catalog/probe/form"}
    draft = database.read_now(draft_of, owner)
    assert draft
    assert draft.answers == {"wish": "coffee", "other": 1}
    assert draft.key == known.key


def test_a_request_takes_its_draft_with_it(
    client: TestClient, people: People, database: Database, owner: Viewer, key: str
) -> None:
    body = typed(database, owner, ("wish", "tea"))
    post(client, people, "drafts", body, key, "customer")
    assert post(client, people, "requests", body, key, "customer").status_code == 201
    assert database.read_now(draft_of, owner) is None


def test_an_item_that_may_not_be_requested_is_not_there(
    client: TestClient, people: People, database: Database, key: str
) -> None:
    body = typed(database, people["agent"], ("wish", "tea"))
    assert post(client, people, "requests", body, key, "agent").status_code == 404
    assert post(client, people, "drafts", body, key, "agent").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "x"},
        {"draft": "../x"},
        {"fields": [["a"]]},
        {"fields": [["a" * 500, "b"]]},
        {"unknown": 1},
    ],
)
def test_a_body_that_is_none_is_refused(
    client: TestClient, people: People, database: Database, owner: Viewer, key: str, wrong: Any
) -> None:
    body = typed(database, owner) | wrong
    answer = post(client, people, "requests", body, key, "customer")
    assert answer.status_code == 422
    assert "location" not in answer.headers


def test_a_key_is_needed(
    client: TestClient, people: People, database: Database, owner: Viewer
) -> None:
    headers = {"Authorization": f"Bearer {people.tokens['customer']}"}
    body = typed(database, owner, ("wish", "tea"))
    assert client.post("/api/offline/requests", json=body, headers=headers).status_code == 422


def test_another_sites_page_hands_nothing_over(
    client: TestClient, app: FastAPI, people: People, database: Database, owner: Viewer, key: str
) -> None:
    client.cookies.set(app.state.cookie_name, people.tokens["customer"])
    body = typed(database, owner, ("wish", "tea"))
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        sent = {**headers, "Idempotency-Key": key}
        assert client.post("/api/offline/requests", json=body, headers=sent).status_code == 403
    sent = {"Sec-Fetch-Site": "same-origin", "Idempotency-Key": key}
    assert client.post("/api/offline/requests", json=body, headers=sent).status_code == 201
