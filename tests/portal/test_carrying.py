"""A session that has ended, or another one that has begun: nothing typed is lost, and nobody gets
what somebody else has typed."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from ground import clock
from portal.carrying import LONGEST, sealed, unsealed
from portal.visits import Posted
from services import identity
from store.database import Database
from tests.people import People
from tests.portal.test_identity import password, sign_in
from tests.portal.test_submission import AT_PROBLEM, MOVE
from tests.portal.visitor import Visitor
from tests.services.test_document_types import PDF

Visit = Callable[..., Visitor]
ITEM = "/catalog/address-change"
TYPED = "The router is dead since this morning."

__all__ = ["password"]


@pytest.fixture
def over(database: Database, people: People) -> Callable[[str], None]:
    """Ends all sessions of a person."""

    def end(name: str) -> None:
        database.write_now(identity.close_sessions, people[name].account_id)

    return end


@pytest.fixture
def signed_in_as(app: FastAPI, database: Database, people: People) -> Callable[..., None]:
    """Gives a browser a new session, as signing in in another tab does."""

    def sign(visitor: Visitor, name: str) -> None:
        account_id = people[name].account_id
        opened = database.write_now(identity.open_session, account_id, "tests", clock.now())
        visitor.client.cookies.clear()
        visitor.client.cookies.set(app.state.cookie_name, opened.token)

    return sign


# The session has ended


def test_what_was_typed_in_a_further_draft_survives(
    visitor: Visit, over: Callable[[str], None], password: str
) -> None:
    customer = visitor("customer").go(f"{ITEM}/drafts/new")
    at = customer.address
    over("customer")
    customer.send({**MOVE, "address.city": "Getafe"})
    assert customer.status == 401
    sign_in(customer, "customer@example.com", password)
    customer.send()
    assert customer.address.startswith(at.rpartition("/")[0])
    assert customer.address.endswith("/contact")
    customer.go(ITEM)
    assert "Last saved" in customer.text


def test_files_that_came_too_late_are_named(
    visitor: Visit, over: Callable[[str], None], password: str
) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    over("customer")
    files = {"attachments": ("Nómina.pdf", PDF, "application/pdf")}
    customer.send({"description": TYPED}, press="continue", files=files)
    sign_in(customer, "customer@example.com", password)
    assert "could not be kept; please add them again: Nómina.pdf" in customer.text
    customer.send()
    assert TYPED in customer.page.one("textarea", name="description").text


def test_files_that_were_there_already_stay(
    visitor: Visit, over: Callable[[str], None], password: str
) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    files = {"attachments": ("Nómina.pdf", PDF, "application/pdf")}
    customer.send(press="upload:attachments", files=files)
    over("customer")
    customer.send({"description": TYPED}, press="continue")
    sign_in(customer, "customer@example.com", password)
    assert "add them again" not in customer.text
    customer.send()
    assert customer.page.one("ul", class_="files").one("a").text == "Nómina.pdf"


def test_the_sign_in_page_shows_nobody_what_it_carries(
    visitor: Visit, over: Callable[[str], None]
) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    over("customer")
    response = customer.client.post(AT_PROBLEM, data={"description": TYPED})
    assert response.status_code == 401
    assert "router" not in response.text
    assert "What you had typed is kept." in response.text


def test_somebody_else_who_signs_in_does_not_get_it_and_its_writer_still_does(
    visitor: Visit, over: Callable[[str], None], password: str
) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    over("customer")
    customer.send({"description": TYPED}, press="continue")
    page = customer.form(action="/sign-in")
    login = {"email": "customer2@example.com", "password": password}
    customer.send(login, form=page)
    assert "so we do not show it to you" in customer.text
    assert not customer.page.one("main").all("form")
    assert TYPED not in str([one.attributes for one in customer.page.all()])
    customer.follow("Continue")
    assert TYPED not in customer.text
    customer.address = "/sign-in"
    customer.send({**login, "email": "customer@example.com"}, form=page).send()
    assert customer.page.one("textarea", name="description").text == TYPED


# Another session has begun in another tab


def test_another_tab_goes_on_after_signing_in_again(
    visitor: Visit, signed_in_as: Callable[..., None]
) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    signed_in_as(customer, "customer")
    customer.send({"description": TYPED}, press="continue")
    assert customer.status == 403
    customer.send()
    assert customer.page.one("textarea", name="description").text == TYPED


def test_another_tab_of_somebody_else_gives_them_nothing(
    visitor: Visit, signed_in_as: Callable[..., None]
) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    signed_in_as(customer, "customer2")
    customer.send({"description": TYPED}, press="continue")
    assert customer.status == 403
    assert TYPED not in customer.text
    assert not customer.page.one("main").all("form")
    assert "somebody who was signed in with another account" in customer.text
    customer.go(AT_PROBLEM)
    assert customer.page.one("textarea", name="description").text == ""


def test_an_upload_of_another_session_is_refused(
    visitor: Visit, signed_in_as: Callable[..., None]
) -> None:
    first = visitor("customer")
    length = {"Upload-Length": str(len(PDF))}
    address = first.client.post("/api/uploads", headers=length).headers["location"]
    signed_in_as(first, "customer2")
    assert first.client.head(address).status_code == 404
    signed_in_as(first, "customer")
    assert first.client.head(address).headers["upload-offset"] == "0"


# What is carried


def test_only_what_we_have_sealed_is_opened() -> None:
    text = sealed("secret", Posted([("a", "ñ & =")], {"_action": "save"}))
    kept = unsealed("secret", text)
    assert kept is not None
    assert kept.pairs == [("a", "ñ & ="), ("_action", "save")]
    for other in ("", "nothing", "ñ", text[:-8], text[:40] + "AAAA" + text[44:]):
        assert unsealed("secret", other) is None
    assert unsealed("another secret", text) is None


def test_too_much_is_not_carried() -> None:
    assert sealed("secret", Posted([("a", "x" * LONGEST)])) == ""
    assert sealed("secret", Posted([])) == ""


def test_a_page_without_a_token_belongs_to_nobody() -> None:
    kept = unsealed("secret", sealed("secret", Posted([("a", "b")])))
    assert kept is not None
    assert not kept.belongs_to("secret", "")
