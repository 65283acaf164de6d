"""What no request gets past: other sites' pages, huge bodies, unreadable JSON."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from api import security
from api.app import create_app
from ground.errors import Forbidden
from settings import Settings
from store.database import Database
from tests.api.conftest import without_definitions
from tests.people import People

JSON = {"content-type": "application/json"}


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """What is refused here has not reached a database."""
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    app = create_app(without_definitions(settings), database)

    @app.post("/api/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    return app


class TestCrossSite:
    @pytest.fixture
    def signed_in(self, app: FastAPI, client: TestClient, people: People) -> TestClient:
        """A browser that holds the session's cookie."""
        client.cookies.set(app.state.cookie_name, people.tokens["customer"])
        return client

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
            {"Origin": "https://evil.example"},
            {"Origin": "http://testserver.evil.example"},
            {"Origin": "http://testserver:8081"},
            {"Origin": "null"},
            {},
        ],
    )
    def test_a_change_from_elsewhere_is_refused(
        self, signed_in: TestClient, headers: dict[str, str]
    ) -> None:
        response = signed_in.post("/api/notifications/read", headers=headers)
        assert response.status_code == 403
        assert response.json()["type"].endswith(":api.cross_site")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "http://testserver"},
            {"Origin": "http://TestServer"},
        ],
    )
    def test_a_change_from_our_own_pages_is_made(
        self, signed_in: TestClient, headers: dict[str, str]
    ) -> None:
        assert signed_in.post("/api/notifications/read", headers=headers).status_code == 204

    def test_reading_is_always_possible(self, signed_in: TestClient) -> None:
        response = signed_in.get("/api/me", headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status_code == 200

    def test_a_bearer_token_is_never_sent_by_itself(
        self, client: TestClient, people: People
    ) -> None:
        headers = people.bearer("customer") | {"Origin": "https://partner.example"}
        assert client.post("/api/notifications/read", headers=headers).status_code == 204

    def test_a_bearer_token_counts_before_the_cookie(
        self, signed_in: TestClient, people: People
    ) -> None:
        me = signed_in.get("/api/me", headers=people.bearer("agent")).json()
        assert me["email"] == "agent@example.com"
        wrong = {"Authorization": "Bearer nonsense", "Sec-Fetch-Site": "cross-site"}
        assert signed_in.post("/api/notifications/read", headers=wrong).status_code == 401

    def test_another_site_cannot_sign_its_visitors_in(self, client: TestClient) -> None:
        body = {"email": "mallory@example.com", "password": "x"}
        response = client.post(
            "/api/sessions", json=body, headers={"Origin": "https://evil.example"}
        )
        assert response.status_code == 403


class TestFormTokens:
    def test_fit_the_session_they_were_made_for(self) -> None:
        token = security.form_token("secret", "session")
        security.check_form_token("secret", "session", token)
        assert token != security.form_token("secret", "session")

    @pytest.mark.parametrize("token", ["", ".", "nonce.signature", "é.é", "x" * 5000])
    def test_cannot_be_made_up(self, token: str) -> None:
        with pytest.raises(Forbidden):
            security.check_form_token("secret", "session", token)

    def test_fit_no_other_session_and_no_other_installation(self) -> None:
        token = security.form_token("secret", "session")
        for secret, session in (("secret", "other"), ("other", "session")):
            with pytest.raises(Forbidden):
                security.check_form_token(secret, session, token)


class TestSizes:
    def test_a_body_that_says_it_is_too_large_is_refused_unread(self, client: TestClient) -> None:
        response = client.post("/api/echo", content=b"x" * (security.LARGEST_BODY + 1))
        assert response.status_code == 413
        assert "1024 kB" in response.json()["detail"]

    def test_a_body_that_does_not_say_is_cut_off(self, client: TestClient) -> None:
        sent = 0

        def endless() -> Iterator[bytes]:
            nonlocal sent
            for _ in range(40):
                sent += 1
                yield b"x" * 100_000

        assert client.post("/api/echo", content=endless()).status_code == 413
        assert client.post("/api/echo", content=endless(), headers=JSON).status_code == 413

    def test_the_largest_body_is_taken(self, client: TestClient) -> None:
        response = client.post("/api/echo", content=b"x" * security.LARGEST_BODY)
        assert response.json() == security.LARGEST_BODY

    def test_a_wrong_length_is_not_believed(self, client: TestClient) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"x" * (security.LARGEST_BODY + 1)

        headers = {"content-length": "-5"}
        assert client.post("/api/echo", content=chunks(), headers=headers).status_code == 413


class TestJson:
    @pytest.mark.parametrize(
        ("body", "key"),
        [
            (b'{"a": ', "api.broken_json_at"),
            (b'{"a": NaN}', "api.broken_json_at"),
            (b'{"a": "\\ud800"}', "api.broken_json_at"),
            (b"\xff", "api.broken_json_at"),
            (b'{"a": "x\\u0000y"}', "api.broken_json_nul"),
            (b'{"a\\u0000": 1}', "api.broken_json_nul"),
            (b'{"a": "\\\\\\u0000"}', "api.broken_json_nul"),
            (b"[" * 41 + b"]" * 41, "api.json_too_deep"),
            (b'{"a":' * 41 + b"1" + b"}" * 41, "api.json_too_deep"),
            (b"[" * 2000 + b"]" * 2000, "api.broken_json_at"),
        ],
    )
    def test_what_no_part_of_the_system_can_keep_is_refused(
        self, client: TestClient, body: bytes, key: str
    ) -> None:
        response = client.post("/api/echo", content=body, headers=JSON)
        assert response.status_code == 400
        assert response.json()["type"].endswith(":" + key)

    @pytest.mark.parametrize(
        "body",
        [
            b'{"a": "\\\\u0000"}',
            b"[" * 40 + b"]" * 40,
            '{"ñ": "\\ud83d\\ude00 😀", "b": [1.5e3, null]}'.encode(),
            b"",
        ],
    )
    def test_everything_else_arrives_as_it_was_sent(self, client: TestClient, body: bytes) -> None:
        assert client.post("/api/echo", content=body, headers=JSON).json() == len(body)

    def test_problem_documents_are_json_too(self, client: TestClient) -> None:
        headers = {"content-type": "Application/Merge-Patch+JSON; charset=utf-8"}
        assert client.post("/api/echo", content=b"{", headers=headers).status_code == 400

    @pytest.mark.parametrize("path", ["/api/notifications/%00/read", "/api/echo?a=%00"])
    def test_no_address_holds_a_nul(self, client: TestClient, path: str) -> None:
        response = client.post(path)
        assert response.status_code == 400
        assert response.json()["type"].endswith(":api.broken_request")


def test_every_answer_carries_a_strict_policy(client: TestClient) -> None:
    for path in ("/api/me", "/health/live", "/api/openapi.json"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "upgrade-insecure-requests" not in policy


def test_two_installations_on_one_host_keep_their_cookies_apart() -> None:
    assert security.cookie_name("one secret") != security.cookie_name("another secret")
