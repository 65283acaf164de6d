"""The catalog over HTTP."""

import pytest
from fastapi.testclient import TestClient

from store.database import Database
from tests.people import People
from tests.probe import publish_probe


@pytest.fixture(autouse=True)
def _probe(database: Database) -> None:
    publish_probe(database)


@pytest.mark.parametrize(
    ("language", "title", "category"),
    [("en", "Probe", "Tests"), ("es", "Sonda", "Pruebas"), ("pt", "Sonda", "Testes")],
)
def test_browse_in_the_readers_language(
    client: TestClient, people: People, language: str, title: str, category: str
) -> None:
    headers = people.bearer("customer") | {"Accept-Language": language}
    body = client.get("/api/catalog", headers=headers).json()
    assert [item["title"] for item in body["items"]] == [title]
    assert [shelf["title"] for shelf in body["categories"]] == [category]


@pytest.mark.parametrize(("words", "found"), [("sond", 1), ("PRÓBE", 1), ("moon", 0)])
def test_search_in_any_language(client: TestClient, people: People, words: str, found: int) -> None:
    body = client.get(f"/api/catalog?q={words}", headers=people.bearer("customer")).json()
    assert len(body["items"]) == found


def test_a_search_says_what_it_was_taken_for(client: TestClient, people: People) -> None:
    body = client.get("/api/catalog?q=prbe", headers=people.bearer("customer")).json()
    assert [item["id"] for item in body["items"]] == ["probe"]
    assert (body["corrected"], body["complete"]) == ("probe", True)
    body = client.get("/api/catalog?q=probe moon", headers=people.bearer("customer")).json()
    assert (body["corrected"], body["complete"]) == (None, False)


def test_a_star_is_put_and_taken_away(client: TestClient, people: People) -> None:
    headers, star = people.bearer("customer"), "/api/catalog/probe/favourite"

    def favourites() -> list[str]:
        body = client.get("/api/catalog?only=favourites", headers=headers).json()
        return [item["id"] for item in body["items"]]

    assert favourites() == []
    for _ in range(2):
        assert client.put(star, headers=headers).status_code == 204
    assert favourites() == ["probe"]
    assert client.get("/api/catalog/probe", headers=headers).json()["favourite"] is True
    (item,) = client.get("/api/catalog", headers=headers).json()["items"]
    assert item["favourite"] is True
    for _ in range(2):
        assert client.delete(star, headers=headers).status_code == 204
    assert favourites() == []
    assert client.put("/api/catalog/moon/favourite", headers=headers).status_code == 404
    assert client.put(star).status_code == 401


def test_a_list_that_there_is_not_is_a_problem(client: TestClient, people: People) -> None:
    answer = client.get("/api/catalog?only=best", headers=people.bearer("customer"))
    assert answer.status_code == 422


def test_an_item_in_full_with_its_examples(client: TestClient, people: People) -> None:
    answer = client.get("/api/catalog/probe", headers=people.bearer("customer"))
    body = answer.json()
    assert body["examples"] == [{"name": "plain", "note": None, "answers": {"wish": "tea"}}]
    assert [stage["id"] for stage in body["stages"]] == ["received", "check", "done"]
    held = people.bearer("customer") | {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/api/catalog/probe", headers=held).status_code == 304


def test_its_form_is_a_json_schema(client: TestClient, people: People) -> None:
    body = client.get("/api/catalog/probe/form", headers=people.bearer("customer")).json()
    assert body["schema"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "wish" in body["schema"]["properties"]


def test_a_check_judges_without_submitting(client: TestClient, people: People) -> None:
    url, headers = "/api/catalog/probe/check", people.bearer("customer")
    good = client.post(url, json={"answers": {"wish": "tea"}}, headers=headers).json()
    assert (good["valid"], good["errors"]) == (True, [])
    bad = client.post(url, json={"answers": {"wish": ""}}, headers=headers).json()
    assert bad["valid"] is False
    assert bad["errors"][0]["pointer"] == "/wish"
    assert client.get("/api/requests", headers=headers).json()["items"] == []


def test_an_unknown_item_is_a_problem(client: TestClient, people: People) -> None:
    for path in ("/api/catalog/moon", "/api/catalog/moon/form"):
        answer = client.get(path, headers=people.bearer("customer"))
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
