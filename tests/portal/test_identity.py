"""Signing in and out, languages, and one's own data."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI

from ground import clock
from portal.visits import safe_next
from services import identity
from services.passwords import hash_password
from store.database import Database
from tests.people import People
from tests.portal.visitor import Visitor

Visit = Callable[..., Visitor]
PASSWORD = "correct horse battery"


@pytest.fixture
def password(database: Database, people: People) -> str:
    """A password that fits all accounts."""
    database.write_now(identity.load_demo_accounts, hash_password(PASSWORD))
    return PASSWORD


def sign_in(visitor: Visitor, email: str, password: str) -> Visitor:
    return visitor.send({"email": email, "password": password})


# Signing in


def test_a_stranger_is_asked_to_sign_in_and_goes_on_where_they_wanted(
    visitor: Visit, password: str
) -> None:
    stranger = visitor().go("/requests?show=closed")
    assert stranger.address == "/sign-in?next=%2Frequests%3Fshow%3Dclosed"
    assert sign_in(stranger, "customer@example.com", password).address == "/requests?show=closed"
    assert stranger.status == 200


@pytest.mark.parametrize("who", ["customer", "agent", "operator", "designer"])
def test_each_role_begins_at_home_with_its_own_work(visitor: Visit, who: str) -> None:
    home = visitor(who).go("/")
    assert home.address == "/"
    assert home.page.one("nav", class_="tabs").one("a", href="/").get("aria-current") == "page"
    links = {link.get("href") for link in home.page.one("main").all("a")}
    assert ("/definitions" in links) == (who in ("operator", "designer"))


def test_a_wrong_password_says_what_to_do_and_keeps_the_address(
    visitor: Visit, password: str
) -> None:
    stranger = sign_in(visitor().go("/sign-in?next=/profile"), "customer@example.com", "wrong")
    assert stranger.status == 401
    assert stranger.title.startswith("Error:")
    assert "The e-mail address or the password is not right." in stranger.text
    assert "ask the people who run this portal" in stranger.text
    assert stranger.page.one("input", name="email").get("value") == "customer@example.com"
    assert stranger.page.one("input", name="password").get("value") == ""
    assert sign_in(stranger, "customer@example.com", password).address == "/profile"


def test_somebody_who_guesses_is_told_how_long_to_wait(visitor: Visit, password: str) -> None:
    stranger = visitor().go("/sign-in")
    for _ in range(9):
        sign_in(stranger, "customer@example.com", "guess")
    assert stranger.status == 429
    assert int(stranger.headers["Retry-After"]) > 0
    assert "Wait" in stranger.text
    assert "seconds" in stranger.text


def test_whoever_is_signed_in_is_not_asked_again(visitor: Visit) -> None:
    assert visitor("customer").go("/sign-in?next=/profile").address == "/profile"


def test_the_demo_accounts_are_named_only_where_there_are_any(app: FastAPI, visitor: Visit) -> None:
    assert "customer@example.com" in visitor().go("/sign-in").text
    settings = app.state.settings
    app.state.settings = settings.model_copy(update={"temporal_address": "temporal:7233"})
    assert "customer@example.com" not in visitor().go("/sign-in").text


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        "/\tx",
        "///x",
        "http:/requests",
    ],
)
def test_nobody_is_led_to_another_site(address: str) -> None:
    assert safe_next(address) == "/"


@pytest.mark.parametrize("address", ["/", "/requests?show=all#x", "/catalog/loan-request/form/a"])
def test_a_page_of_ours_is_where_one_goes_on(address: str) -> None:
    assert safe_next(address) == address


# Signing out


def test_signing_out_ends_the_session(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog")
    out = customer.page.one("form", action="/sign-out")
    assert customer.send(form=out).address == "/sign-in"
    assert customer.go("/catalog").address.startswith("/sign-in")


def test_a_form_of_another_session_signs_nobody_out(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog")
    out = customer.page.one("form", action="/sign-out")
    other = visitor("customer2").go("/catalog")
    assert other.send(form=out).status == 403
    assert other.go("/catalog").status == 200


# An expired session loses nothing


def test_what_was_typed_survives_an_ended_session(
    visitor: Visit, database: Database, people: People, password: str
) -> None:
    customer = visitor("customer").go("/catalog/case-routing/form/problem")
    database.write_now(identity.close_sessions, people["customer"].account_id)
    typed = {"description": "The router is dead.\nSince “this” morning & now."}
    customer.send(typed, press="continue")
    assert customer.status == 401
    assert "What you had typed is kept." in customer.text
    sign_in(customer, "customer@example.com", "wrong")
    assert "What you had typed is kept." in customer.text
    sign_in(customer, "customer@example.com", password)
    assert "You are signed in again" in customer.text
    assert "Clara Romero" in customer.text
    customer.send()
    assert customer.address == "/catalog/case-routing/form/problem"
    kept = customer.page.one("textarea", name="description")
    assert "".join(map(str, kept.children)).split() == typed["description"].split()


def test_a_page_of_an_earlier_session_can_be_sent_after_all(
    visitor: Visit, app: FastAPI, people: People, database: Database
) -> None:
    customer = visitor("customer").go("/catalog/case-routing/form/problem")
    opened = database.write_now(
        identity.open_session, people["customer"].account_id, "tests", clock.now()
    )
    customer.client.cookies.set(app.state.cookie_name, opened.token)
    customer.send({"description": "Typed long ago and sent today."}, press="save")
    assert customer.status == 403
    assert "What you had typed is kept." in customer.text
    customer.send()
    assert customer.status == 200
    customer.go("/catalog/case-routing/form/problem")
    assert customer.page.one("textarea", name="description").text.startswith("Typed long ago")


# Languages


def test_a_strangers_language_is_that_of_the_browser(visitor: Visit) -> None:
    page = visitor(language="pt-BR,en;q=0.5").go("/sign-in")
    assert page.page.one("html").get("lang") == "pt"
    assert page.headers["Content-Language"] == "pt"
    assert "Iniciar sessão" in page.text


def test_an_accounts_language_goes_before_that_of_the_browser(visitor: Visit) -> None:
    assert visitor("customer", language="pt").go("/catalog").page.one("html").get("lang") == "en"


def test_a_chosen_language_stays_with_the_account(visitor: Visit) -> None:
    customer = visitor("customer").go("/requests?show=all")
    switch = customer.page.one("form", action="/language")
    customer.send(form=switch, press="es")
    assert customer.address == "/requests?show=all"
    assert customer.page.one("html").get("lang") == "es"
    assert visitor("customer").go("/catalog").page.one("html").get("lang") == "es"


def test_an_unknown_language_is_refused(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog")
    token = customer.page.one("input", name="_token").get("value")
    customer.shown(customer.client.post("/language", data={"language": "xx", "_token": token}))
    assert customer.status == 422
    assert "does not speak this language" in customer.text


# Their own data


def test_language_and_zone_are_kept(visitor: Visit) -> None:
    customer = visitor("customer").go("/profile")
    assert customer.page.one("select", name="zone").one("option", selected="").text
    customer.send({"language": "pt", "zone": "Atlantic/Azores"})
    assert customer.address == "/profile?done=1"
    assert "As suas escolhas foram guardadas." in customer.text
    chosen = [
        o.text for o in customer.page.one("select", name="zone").all("option") if o.has("selected")
    ]
    assert chosen == ["Atlantic/Azores"]


def test_a_zone_that_does_not_exist_is_refused(visitor: Visit) -> None:
    customer = visitor("customer").go("/profile")
    assert customer.send({"zone": "Mars/Olympus"}).status == 422
    assert "There is no such time zone." in customer.text


def test_a_session_lasts_as_long_as_its_cookie(visitor: Visit, password: str) -> None:
    stranger = visitor().go("/sign-in")
    response = stranger.client.post(
        "/sign-in",
        data={"email": "agent@example.com", "password": password},
        follow_redirects=False,
    )
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert timedelta(days=1) < identity.LIFETIME
