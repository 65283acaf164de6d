"""What every answer tells a browser, whatever kind of answer it is."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from api.headers import CONTENT_SECURITY_POLICY, HEADERS
from portal.rendering import asset
from store.database import Database
from tests.people import People
from tests.portal.serving import served
from tests.portal.visitor import Visitor
from tests.services.test_document_types import PDF

Visit = Callable[..., Visitor]
ANSWERS = {
    "page": ("GET", "/catalog", 200),
    "redirect": ("GET", "/catalog/loan-request/form", 303),
    "sign-in": ("GET", "/sign-in", 303),
    "not found": ("GET", "/nowhere", 404),
    "wrong method": ("PUT", "/catalog", 405),
    "forbidden": ("GET", "/styleguide", 403),
    "forged form": ("POST", "/profile", 403),
    "style": ("GET", "/static/style.css", 200),
    "script": ("GET", asset("portal.js"), 200),
    "no such file": ("GET", "/static/nothing.js", 404),
    "picture": ("GET", "/brand/icon.svg", 200),
    "worker": ("GET", "/service-worker.js", 200),
    "manifest": ("GET", "/manifest.webmanifest", 200),
    "json": ("GET", "/api/me", 200),
    "problem": ("GET", "/api/nothing", 404),
    "description": ("GET", "/api/openapi.json", 200),
    "health": ("GET", "/health/live", 200),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_is_guarded(visitor: Visit, kind: str) -> None:
    method, address, status = ANSWERS[kind]
    client = visitor("customer").client
    answer = client.request(method, address, follow_redirects=False)
    assert answer.status_code == status
    for name in HEADERS:
        assert name in answer.headers, name
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src 'unsafe" not in policy


def test_no_answer_lets_inline_code_run() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    for directive in ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert directive in CONTENT_SECURITY_POLICY
    assert "require-trusted-types-for 'script'" in CONTENT_SECURITY_POLICY


def test_a_mistake_of_ours_is_guarded_too(app: FastAPI) -> None:
    @app.get("/breaks")
    def breaks() -> None:
        raise RuntimeError("on purpose")

    client = TestClient(app, raise_server_exceptions=False)
    answer = client.get("/breaks")
    assert answer.status_code == 500
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_what_people_upload_is_never_a_page(app: FastAPI, people: People) -> None:
    client = TestClient(app, headers={"Authorization": f"Bearer {people.tokens['customer']}"})
    made = client.post("/api/documents", files={"file": ("a.pdf", PDF)}).json()
    answer = client.get(f"/api/documents/{made['id']}")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_say_whose_they_are_for_the_device_to_keep_them_apart(
    visitor: Visit, people: People, database: Database
) -> None:
    assert visitor().go("/sign-in").headers["Portal-Account"] == ""
    account = people["customer"].account_id
    assert visitor("customer").go("/catalog").headers["Portal-Account"] == account
    assert visitor("customer").go("/nowhere").headers["Portal-Account"] == account


def test_no_text_becomes_a_script_or_a_part_of_a_page(browser: Browser, app: FastAPI) -> None:
    tries = """() => Promise.all([
      () => (document.body.innerHTML = "<b>x</b>"),
      () => (document.createElement("script").src = "/static/portal.js"),
      () => (document.createElement("script").text = "1"),
      () => document.write("x"),
      () => navigator.serviceWorker.register("/static/portal.js"),
    ].map((one) => (async () => one())().then(() => "done", (error) => error.name)))"""
    read = "() => new DOMParser().parseFromString('<p>x', 'text/html').body.textContent"
    with served(app) as address:
        page = browser.new_page()
        page.goto(f"{address}/sign-in")
        assert page.evaluate(tries) == ["TypeError"] * 5
        assert page.evaluate(read) == "x"
        page.close()
