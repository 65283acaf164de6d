"""The kitchen sink in a real browser: filled in by keyboard alone, and looked at by axe."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from catalog.forms import Form
from services import drafts
from store.catalog import PublishedItem
from store.database import Database
from tests.people import People
from tests.portal import kitchen
from tests.portal.browsing import Open
from tests.portal.serving import served

LOOK_AT = os.environ.get("LOOK_AT")
"""A folder for pictures of each page, where somebody wants to look at them."""
KEYS = {
    "name": "Ana García",
    "story": "It rained.",
    "email": "ana@example.com",
    "phone": "600 123 456",
    "site": "https://example.com",
    "iban": "es91 2100 0418 4502 0005 1332",
    "plate": "1234ABC",
    "people": "3",
    "change": "-1.5",
    "budget": "1,250.50",
    "speed": "600",
    "rating": " ArrowRight ArrowRight ArrowRight",
    "kind": " ",
    "floor": "Ground",
    "tools": " ",
    "tools-3": " ",
    "pets": " ",
    "parking": " ArrowDown",
    "day": "02012026",
    "opening": "0930AM",
    "call": "0230PM",
    "call.offset": "UTC+02",
    "begins": "03312027",
    "begins.time": "0230PM",
    "meeting": "03312027",
    "meeting.time": "0230PM",
    "meeting.zone": "Tokyo",
    "train": "03312027",
    "train.time": "0815AM",
    "address.country": "Spain",
    "address.region": "Madrid",
    "address.city": "Madrid",
    "helpers.0.first": "Leo",
    "helpers.0.born": "02292000",
    "helpers.0.adult": " ",
    "tags.0": "one",
    "pet_name": "Bobi",
    "signature": "Ana García",
    "agreed": " ",
}
"""What is pressed in each field, by its id."""
MEANT = {
    "name": "Ana García",
    "story": "It rained.",
    "email": "ana@example.com",
    "phone": "+34600123456",
    "site": "https://example.com",
    "iban": "ES9121000418450200051332",
    "plate": "1234ABC",
    "people": 3,
    "change": -1.5,
    "budget": 125050,
    "speed": 600,
    "rating": 4,
    "kind": "home",
    "floor": 0,
    "tools": ["drill", "lamp"],
    "pets": True,
    "parking": False,
    "day": "2026-02-01",
    "opening": "09:30:00",
    "call": "14:30:00+02:00",
    "begins": "2027-03-31T14:30:00",
    "meeting": "2027-03-31T14:30:00+09:00",
    "train": "2027-03-31T08:15:00+01:00",
    "address": {"country": "ES", "region": "M", "city": "Madrid"},
    "helpers": [{"first": "Leo", "born": "2000-02-29", "adult": True}],
    "tags": ["one"],
    "pet_name": "Bobi",
    "customer": "C-1001",
    "source": "kitchen",
    "signature": "Ana García",
    "agreed": True,
}
"""What the keys mean."""
KITCHEN = Form.compile(kitchen.SCHEMA, "kitchen")
PAGES = [page["id"] for page in kitchen.PAGES]


@pytest.fixture
def portal(app: FastAPI, database: Database, tmp_path: Path) -> Iterator[str]:
    """Where the portal answers, with the kitchen sink in its catalog."""
    kitchen.publish(database, tmp_path)
    with served(app) as address:
        yield address


@pytest.fixture
def locale() -> str:
    """Days and times are typed as in the United States."""
    return "en-US"


def focused(page: Page) -> str:
    """The id of what the next key goes to."""
    found: str = page.evaluate("document.activeElement.id || document.activeElement.value || ''")
    return found


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the field has the focus; nothing before it may catch the keyboard."""
    for _ in range(60):
        if focused(page) == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {wanted}, but to {focused(page)}")


def press(page: Page, keys: str) -> None:
    """Type a text; a leading blank means the keys that follow, the space bar first."""
    if not keys.startswith(" "):
        page.keyboard.type(keys)
        return
    page.keyboard.press("Space")
    for key in keys.split():
        page.keyboard.press(key)


def settle(page: Page) -> None:
    """Wait until what follows from an answer has been drawn."""
    page.wait_for_timeout(400)
    expect(page.locator("form[aria-busy]")).to_have_count(0)


def fill_by_keyboard(page: Page) -> None:
    """Every field of the page, then on by the button."""
    drawn = [one for one in KEYS if page.locator(f'[id="{one}"]').count()]
    for name in drawn:
        tab_to(page, name)
        press(page, KEYS[name])
        if name == "address.country":
            page.keyboard.press("Tab")
            settle(page)
            page.keyboard.press("Shift+Tab")
    settle(page)
    tab_to(page, "continue")
    page.keyboard.press("Enter")


def held(database: Database, people: People) -> dict[str, Any]:
    """The answers that the portal has kept, as they would be sent."""
    draft = database.read_now(drafts.find, people["customer"], drafts.of_item("kitchen"))
    assert draft
    clean = KITCHEN.evaluate(draft.answers, strict=False)
    assert clean.errors == []
    return clean.answers


def test_a_form_of_every_widget_is_filled_in_by_keyboard_alone(
    page: Open, database: Database, people: People
) -> None:
    customer = page("/catalog/kitchen/form/words")
    for name in PAGES:
        customer.wait_for_url(f"**/catalog/kitchen/form/{name}")
        fill_by_keyboard(customer)
    customer.wait_for_url("**/catalog/kitchen/review")
    assert held(database, people) == MEANT


def test_the_keyboard_stays_where_it_is_when_a_field_is_drawn_anew(page: Open) -> None:
    customer = page("/catalog/kitchen/form/numbers")
    tab_to(customer, "rating")
    for number in range(1, 6):
        customer.keyboard.press("Space" if number == 1 else "ArrowRight")
        settle(customer)
        assert focused(customer) == ("rating" if number == 1 else f"rating-{number}")
    expect(customer.locator('[name="rating"]:checked')).to_have_value("5")


def test_a_list_is_put_in_order_by_keyboard_without_a_script(
    page: Open, database: Database, people: People
) -> None:
    customer = page("/catalog/kitchen/form/people", java_script_enabled=False)
    for name in ("one", "two"):
        customer.keyboard.press("Tab")
        customer.locator('[name^="tags."]').last.fill(name)
        customer.locator('[value="add:tags"]').press("Enter")
    customer.locator('[value="up:tags.1"]').press("Enter")
    expect(customer).to_have_url(re.compile("#tags.0-item$"))
    assert held_tags(database, people) == ["two", "one"]
    customer.locator('[value="remove:tags.0"]').press("Enter")
    expect(customer.locator('[value="remove:tags.1"]')).to_have_count(0)
    assert held_tags(database, people) == ["one"]


def held_tags(database: Database, people: People) -> Any:
    draft = database.read_now(drafts.find, people["customer"], drafts.of_item("kitchen"))
    return draft and draft.answers["tags"]


def test_a_slider_and_its_number_say_the_same(page: Open) -> None:
    customer = page("/catalog/kitchen/form/numbers")
    slider, number = customer.locator('[data-for="speed"]'), customer.locator("#speed")
    number.fill("700")
    expect(slider).to_have_value("700")
    slider.fill("350")
    expect(number).to_have_value("350")


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_widget(
    page: Open, database: Database, people: People, filled: bool, scheme: str
) -> None:
    if filled:
        subject, viewer = drafts.of_item("kitchen"), people["customer"]
        database.write_now(drafts.save, viewer, subject, version(database), kitchen.ANSWERS)
    for width in (320, 1280):
        customer = page("/catalog", viewport={"width": width, "height": 800}, color_scheme=scheme)
        for name in PAGES:
            customer.goto(f"/catalog/kitchen/form/{name}?check=1")
            if LOOK_AT:
                picture = f"{name}-{width}-{scheme}-{'filled' if filled else 'empty'}.png"
                customer.screenshot(path=Path(LOOK_AT) / picture, full_page=True)
            found = Axe().run(customer)
            assert found.violations_count == 0, found.generate_report()
            wide = "document.documentElement.scrollWidth - innerWidth"
            assert customer.evaluate(wide) <= 0, f"{name} scrolls sideways"


def version(database: Database) -> str:
    """The version of the kitchen sink that is published."""
    found = database.read_now(lambda session: session.get_one(PublishedItem, "kitchen"))
    return str(found.hash)
