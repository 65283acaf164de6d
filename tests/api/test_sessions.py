"""Signing in and out over HTTP."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services import identity, passwords
from store.database import Database

PASSWORD = "the demo password"
OURS = {"Sec-Fetch-Site": "same-origin"}
CREDENTIALS = {"email": "customer@example.com", "password": PASSWORD}


@pytest.fixture(scope="module")
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.fixture(autouse=True)
def accounts(database: Database, password_hash: str) -> None:
    database.write_now(identity.load_demo_accounts, password_hash)


def test_signing_in_gives_a_cookie_and_the_same_token(app: FastAPI, client: TestClient) -> None:
    response = client.post("/api/sessions", json=CREDENTIALS)
    assert response.status_code == 201
    assert response.headers["location"] == "/api/sessions/current"
    assert response.headers["cache-control"] == "no-store"
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    body = response.json()
    assert client.cookies[app.state.cookie_name] == body["token"]
    assert body["account"]["role"] == "customer"

    by_cookie = client.get("/api/me")
    client.cookies.clear()
    by_bearer = client.get("/api/me", headers={"Authorization": f"Bearer {body['token']}"})
    assert by_cookie.json() == by_bearer.json() == body["account"]


def test_over_https_the_cookie_stays_there(app: FastAPI) -> None:
    with TestClient(app, base_url="https://testserver") as client:
        assert "Secure" in client.post("/api/sessions", json=CREDENTIALS).headers["set-cookie"]


def test_signing_out_ends_this_session_only(client: TestClient) -> None:
    tokens = [
        client.post("/api/sessions", json=CREDENTIALS, headers=OURS).json()["token"]
        for _ in range(2)
    ]
    response = client.delete("/api/sessions/current", headers=OURS)
    assert response.status_code == 204
    assert not client.cookies
    statuses = [
        client.get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code
        for token in tokens
    ]
    assert statuses == [200, 401]


def test_an_ended_session_says_so(app: FastAPI, client: TestClient) -> None:
    client.cookies.set(app.state.cookie_name, "a token that is no more")
    response = client.get("/api/me")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["type"].endswith(":identity.session_ended")
    client.cookies.clear()
    assert client.get("/api/me").json()["type"].endswith(":identity.sign_in_first")


def test_a_wrong_password_opens_nothing(client: TestClient) -> None:
    wrong = client.post("/api/sessions", json=CREDENTIALS | {"password": "wrong"})
    unknown = client.post("/api/sessions", json=CREDENTIALS | {"email": "nobody@example.com"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert "set-cookie" not in wrong.headers


def test_too_many_tries_are_told_how_long_to_wait(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no(*_: object) -> tuple[bool, None]:
        return False, None

    monkeypatch.setattr(passwords, "verify", no)
    for _ in range(8):
        assert client.post("/api/sessions", json=CREDENTIALS).status_code == 401
    response = client.post("/api/sessions", json=CREDENTIALS)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/email"),
        ({"email": 5, "password": "x"}, "/email"),
        (CREDENTIALS | {"password": "x" * 1025}, "/password"),
        (CREDENTIALS | {"admin": True}, "/admin"),
        ([], ""),
    ],
)
def test_wrong_bodies_are_explained(client: TestClient, body: object, pointer: str) -> None:
    response = client.post("/api/sessions", json=body)
    assert response.status_code == 422
    assert pointer in [error["pointer"] for error in response.json()["errors"]]
