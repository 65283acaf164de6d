"""The page of all parts, and the first page that newcomers see."""

from collections.abc import Callable

import pytest

from catalog.forms.facts import WIDGETS
from portal import styleguide
from services import identity
from services.passwords import hash_password
from store.database import Database
from tests.people import People
from tests.portal.visitor import Visitor

Visit = Callable[..., Visitor]


@pytest.mark.parametrize("show", styleguide.PARTS)
def test_every_part_is_shown_in_every_state(visitor: Visit, show: str) -> None:
    page = visitor("designer").go(f"/styleguide?show={show}")
    assert page.status == 200
    ids = [one.get("id") for one in page.page.all() if one.get("id")]
    assert len(ids) == len(set(ids))


def test_every_widget_has_a_sample() -> None:
    """Whatever forms may ask for can be looked at."""
    asked = {field.widget for page in styleguide.sample().view({}).pages for field in page.fields}
    assert set(WIDGETS) - {"hidden", "region"} <= asked


def test_the_fields_that_are_wrong_say_so(visitor: Visit) -> None:
    page = visitor("operator").go("/styleguide?show=wrong")
    assert len(page.errors) >= 10
    assert page.page.all(class_="wrong")


def test_it_is_for_those_who_make_pages(visitor: Visit) -> None:
    for who in ("customer", "agent"):
        assert visitor(who).go("/styleguide").status == 403


# Welcome


@pytest.fixture
def newcomer(visitor: Visit, database: Database, people: People) -> Visitor:
    """A customer who has just signed in for the first time."""
    database.write_now(identity.load_demo_accounts, hash_password("correct horse battery"))
    page = visitor(language="pt").go("/sign-in")
    return page.send({"email": "customer@example.com", "password": "correct horse battery"})


def test_a_newcomer_is_welcomed_in_their_language_and_zone(newcomer: Visitor) -> None:
    assert newcomer.address == "/welcome"
    assert newcomer.page.one("html").get("lang") == "pt"
    chosen = [o.get("value") for o in newcomer.page.all("option") if o.has("selected")]
    assert chosen[0] == "pt"
    newcomer.send({"zone": "Atlantic/Azores"}, press="save")
    assert newcomer.address == "/"
    assert newcomer.page.one("html").get("lang") == "pt"
    newcomer.go("/profile")
    assert "Atlantic/Azores" in [o.text for o in newcomer.page.all("option") if o.has("selected")]


def test_a_welcome_can_be_skipped_and_comes_once(newcomer: Visitor) -> None:
    newcomer.send(press="skip")
    assert newcomer.address == "/"
    assert newcomer.page.one("html").get("lang") == "en"
    newcomer.send(form=newcomer.page.one("form", action="/sign-out"))
    newcomer.send({"email": "customer@example.com", "password": "correct horse battery"})
    assert newcomer.address == "/"


def test_who_comes_for_something_gets_it_first(
    visitor: Visit, database: Database, people: People
) -> None:
    database.write_now(identity.load_demo_accounts, hash_password("correct horse battery"))
    page = visitor().go("/requests")
    page.send({"email": "customer@example.com", "password": "correct horse battery"})
    assert page.address == "/requests"


# Help


@pytest.mark.parametrize(
    ("who", "address"),
    [
        (None, "/sign-in"),
        (None, "/help"),
        (None, "/offline"),
        ("customer", "/"),
        ("customer", "/catalog"),
        ("customer", "/nowhere"),
        ("customer", "/welcome"),
        ("agent", "/tasks"),
        ("designer", "/definitions"),
    ],
)
def test_help_is_at_the_same_place_on_every_page(
    visitor: Visit, who: str | None, address: str
) -> None:
    page = visitor(who).go(address).page
    first = page.one("header").one("div", class_="who").all("a")[0]
    assert (first.get("href"), first.text) == ("/help", "Help")


def test_help_says_what_it_can_to_whoever_asks(visitor: Visit) -> None:
    assert "You cannot sign in" in visitor().go("/help").text
    signed_in = visitor("customer").go("/help")
    assert signed_in.page.one("main").all("form", action="/catalog")
    assert "Report a problem" in signed_in.follow("Tell us about it").text
