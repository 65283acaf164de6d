"""What goes wrong, as pages in the reader's language that lose nothing."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from ground.errors import Unavailable
from services import drafts, forms
from store.database import Database
from tests.portal.visitor import Visitor

Visit = Callable[..., Visitor]

NOT_FOUND = {"en": "Not found", "es": "No encontrado", "pt": "Não encontrado"}
TYPED = {"description": "A long story about a router that died."}
AT_PROBLEM = "/catalog/case-routing/form/problem"


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_an_address_that_does_not_exist(visitor: Visit, language: str) -> None:
    stranger = visitor(language=language).go("/nowhere")
    assert stranger.status == 404
    assert stranger.page.one("html").get("lang") == language
    assert stranger.page.one("h1").text
    assert stranger.page.one("h1").text != "Not found" or language == "en"


def test_programs_still_get_problems(app: FastAPI, visitor: Visit) -> None:
    answer = visitor().client.get("/api/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("error", "status"),
    [(Unavailable("common.database_unavailable"), 503), (RuntimeError("a bug"), 500)],
)
def test_when_we_fail_what_was_typed_can_be_sent_again(
    visitor: Visit, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    customer = visitor("customer").go(AT_PROBLEM)
    with monkeypatch.context() as broken:
        broken.setattr(drafts, "save", fail)
        customer.send(TYPED, press="save")
    assert customer.status == status
    assert "What you had typed is kept." in customer.text
    if status == 500:
        assert "tell support the number" in customer.text
    customer.send(press="Try again")
    assert customer.status == 200
    assert customer.go(AT_PROBLEM).page.one("textarea").text == TYPED["description"]


def test_when_nothing_can_be_read_the_page_says_so(
    visitor: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Unavailable("common.database_unavailable")

    monkeypatch.setattr(forms, "form", fail)
    customer = visitor("customer").go(AT_PROBLEM)
    assert customer.status == 503
    assert "try again in a moment" in customer.text
    assert "Clara Romero" in customer.page.one("header").text


def test_a_change_from_another_site_is_refused_as_a_page(visitor: Visit) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    customer.client.headers["Sec-Fetch-Site"] = "cross-site"
    customer.send(TYPED, press="save")
    assert customer.status == 403
    assert "did not come from one of our own pages" in customer.text
    assert customer.page.one("html").get("lang") == "en"


def test_too_much_at_once_is_said_with_a_way_back(visitor: Visit) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    huge = ("huge.pdf", b"%PDF-" + b"x" * 11 * 1024 * 1024, "application/pdf")
    customer.send(TYPED, press="save", files={"attachments": huge})
    assert customer.status == 413
    assert "Go back with your browser" in customer.text


def test_a_null_character_breaks_nothing(visitor: Visit, database: Database) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    customer.send({"description": "dead\0 router, for sure"}, press="save").go(AT_PROBLEM)
    assert customer.page.one("textarea").text == "dead router, for sure"
