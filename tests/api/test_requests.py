"""Requests over HTTP: submitted, read, followed live, withdrawn, amended, written on."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ground import clock
from processes.portal import serving
from services import identity, requests, timeline
from services.timeline import Entry
from store.database import Database
from tests.people import People
from tests.probe import publish_probe, submit_probe

TEA = {"item": "probe", "answers": {"wish": "tea"}, "channel": "web"}


@pytest.fixture(autouse=True)
def _probe(database: Database) -> None:
    publish_probe(database)


class TestSubmit:
    def test_answers_201_with_its_place(self, client: TestClient, people: People) -> None:
        answer = client.post("/api/requests", json=TEA, headers=people.bearer("customer"))
        assert answer.status_code == 201
        body = answer.json()
        assert answer.headers["Location"] == f"/api/requests/{body['id']}"
        assert body["status"] == "submitted"
        shown = client.get(answer.headers["Location"], headers=people.bearer("customer")).json()
        assert (shown["reference"], shown["answers"]) == (body["reference"], {"wish": "tea"})

    @pytest.mark.parametrize(
        ("language", "words"),
        [("en", "Wish"), ("es", "Deseo"), ("pt", "Desejo")],
    )
    def test_wrong_answers_are_told_in_the_readers_language(
        self, client: TestClient, people: People, language: str, words: str
    ) -> None:
        headers = people.bearer("customer") | {"Accept-Language": language}
        answer = client.post(
            "/api/requests", json={"item": "probe", "answers": {}}, headers=headers
        )
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        (error,) = answer.json()["errors"]
        assert error["pointer"] == "/wish"
        assert words.lower() in error["detail"].lower()

    def test_an_idempotency_key_makes_a_repeat_harmless(
        self, client: TestClient, people: People
    ) -> None:
        headers = people.bearer("customer") | {"Idempotency-Key": "k-1"}
        first = client.post("/api/requests", json=TEA, headers=headers)
        again = client.post("/api/requests", json=TEA, headers=headers)
        other = client.post(
            "/api/requests", json=TEA | {"answers": {"wish": "coffee"}}, headers=headers
        )
        assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
        assert first.json()["id"] == again.json()["id"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"item": "moon", "answers": {}}, 404),
            ({"item": "probe"}, 422),
            ({"item": "probe", "answers": "tea"}, 422),
            ({"item": "probe", "answers": {}, "channel": "Drop Table"}, 422),
            ({"item": "probe", "answers": {}, "more": 1}, 422),
            ([], 422),
        ],
    )
    def test_what_makes_no_sense_is_a_problem(
        self, client: TestClient, people: People, body: Any, status: int
    ) -> None:
        answer = client.post("/api/requests", json=body, headers=people.bearer("customer"))
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]

    def test_broken_json_is_a_problem(self, client: TestClient, people: People) -> None:
        headers = people.bearer("customer") | {"Content-Type": "application/json"}
        answer = client.post("/api/requests", content=b'{"item": ', headers=headers)
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"


class TestRead:
    def test_one_by_its_reference_with_a_tag(
        self, client: TestClient, people: People, database: Database
    ) -> None:
        request = submit_probe(database, people["customer"])
        url = f"/api/requests/{request.reference.lower()}"
        first = client.get(url, headers=people.bearer("customer"))
        assert first.json()["id"] == request.id
        assert [stage["state"] for stage in first.json()["stages"]] == [
            "in-progress",
            "pending",
            "pending",
        ]
        held = people.bearer("customer") | {"If-None-Match": first.headers["ETag"]}
        assert client.get(url, headers=held).status_code == 304

    def test_pages_lead_to_the_next(
        self, client: TestClient, people: People, database: Database
    ) -> None:
        made = {submit_probe(database, people["customer"]).id for _ in range(5)}
        url: str | None = "/api/requests?limit=2"
        found: list[str] = []
        while url:
            answer = client.get(url, headers=people.bearer("customer"))
            found += [row["id"] for row in answer.json()["items"]]
            url = answer.links.get("next", {}).get("url")
        assert len(found) == 5
        assert set(found) == made

    def test_by_status(self, client: TestClient, people: People, database: Database) -> None:
        open_one, ended = (submit_probe(database, people["customer"]) for _ in range(2))
        database.write_now(requests.ended_outside, ended.id, "terminated")
        for status, wanted in (("open", open_one), ("closed", ended), ("terminated", ended)):
            rows = client.get(
                f"/api/requests?status={status}", headers=people.bearer("customer")
            ).json()["items"]
            assert [row["id"] for row in rows] == [wanted.id]

    def test_the_timeline_in_the_readers_language(
        self, client: TestClient, people: People, database: Database
    ) -> None:
        request = submit_probe(database, people["customer"])
        headers = people.bearer("customer") | {"Accept-Language": "pt"}
        rows = client.get(f"/api/requests/{request.id}/timeline", headers=headers).json()["items"]
        assert rows[0]["text"] == f"Recebemos o seu pedido {request.reference}."


class TestSay:
    def test_withdraw(self, client: TestClient, people: People, database: Database) -> None:
        request = submit_probe(database, people["customer"])
        url = f"/api/requests/{request.id}/withdraw"
        for _ in range(2):
            answer = client.post(url, headers=people.bearer("customer"))
            assert answer.status_code == 200
            assert answer.json()["status"] == "withdrawing"

    def test_a_message_appears_on_the_timeline(
        self, client: TestClient, people: People, database: Database
    ) -> None:
        request = submit_probe(database, people["customer"])
        url = f"/api/requests/{request.id}"
        written = client.post(
            f"{url}/messages", json={"text": "Hello"}, headers=people.bearer("customer")
        )
        assert written.status_code == 201
        shown = client.get(url, headers=people.bearer("customer")).json()
        assert shown["timeline"][-1]["message"] == "Hello"

    def test_amend(self, client: TestClient, people: People, database: Database) -> None:
        request = submit_probe(database, people["customer"])
        url = f"/api/requests/{request.id}/amend"
        answer = client.post(
            url, json={"answers": {"wish": "cake"}}, headers=people.bearer("customer")
        )
        assert answer.json()["answers"] == {"wish": "cake"}
        wrong = client.post(url, json={"answers": {}}, headers=people.bearer("customer"))
        assert wrong.status_code == 422

    def test_an_ended_request_answers_409(
        self, client: TestClient, people: People, database: Database
    ) -> None:
        request = submit_probe(database, people["customer"])
        database.write_now(requests.ended_outside, request.id, "terminated")
        for action, body in (("withdraw", None), ("messages", {"text": "x"})):
            answer = client.post(
                f"/api/requests/{request.id}/{action}", json=body, headers=people.bearer("customer")
            )
            assert answer.status_code == 409


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """The app on a real socket."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with serving(app, listener), httpx2.AsyncClient(base_url=address, timeout=20) as client:
        yield client


async def events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The events of a stream as (id, data)."""
    event: dict[str, str] = {}
    async for line in lines:
        if not line and "data" in event:
            yield event["id"], json.loads(event["data"])
            event = {}
        elif ": " in line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


class TestFollow:
    async def test_entries_arrive_as_they_are_written_and_a_reconnect_goes_on(
        self, app: FastAPI, people: People, database: Database
    ) -> None:
        request = submit_probe(database, people["customer"])

        def tell(key: str) -> None:
            entry = Entry(key=key, at=clock.now(), text="requests.amended")
            database.write_now(
                lambda s: timeline.record(s, timeline.locked(s, request.id), [entry])
            )

        url, headers = f"/api/requests/{request.id}/events", people.bearer("customer")
        async with served(app) as client, asyncio.timeout(20):
            async with client.stream("GET", url, headers=headers) as stream:
                arriving = events(stream.aiter_lines())
                assert (await anext(arriving))[0] == "1"
                await asyncio.to_thread(tell, "a")
                number, entry = await anext(arriving)
                assert (number, entry["key"]) == ("2", "requests.amended")
            tell("b")
            tell("c")
            again = headers | {"Last-Event-ID": "2"}
            async with client.stream("GET", url, headers=again) as stream:
                arriving = events(stream.aiter_lines())
                assert [(await anext(arriving))[0] for _ in range(2)] == ["3", "4"]

    async def test_a_stream_ends_with_its_session(
        self, app: FastAPI, people: People, database: Database
    ) -> None:
        request = submit_probe(database, people["customer"])
        url, headers = f"/api/requests/{request.id}/events", people.bearer("customer")
        async with (
            served(app) as client,
            asyncio.timeout(20),
            client.stream("GET", url, headers=headers) as stream,
        ):
            arriving = events(stream.aiter_lines())
            await anext(arriving)
            await database.write(identity.close_session, people.tokens["customer"])
            await database.write(
                requests.write_message, people["operator"], request.id, "for the customer alone"
            )
            assert [event async for event in arriving] == []

    async def test_open_streams_do_not_hold_up_the_end_of_the_server(
        self, app: FastAPI, people: People, database: Database
    ) -> None:
        request = submit_probe(database, people["customer"])
        url, headers = f"/api/requests/{request.id}/events", people.bearer("customer")
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx2.AsyncClient(base_url=address, timeout=20) as client:
            async with serving(app, listener):
                opened = client.stream("GET", url, headers=headers)
                arriving = events((await opened.__aenter__()).aiter_lines())
                await anext(arriving)
                began = asyncio.get_running_loop().time()
            assert [event async for event in arriving] == []
            assert asyncio.get_running_loop().time() - began < 5
            await opened.__aexit__(None, None, None)
