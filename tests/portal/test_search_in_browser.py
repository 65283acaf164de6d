"""The search box in a real browser: a combobox for the keyboard, a form without scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from store.database import Database
from tests.portal.browsing import PHONE, Open


@pytest.mark.parametrize("address", ["/", "/catalog"])
def test_suggestions_are_chosen_by_keyboard(page: Open, address: str) -> None:
    customer = page(address)
    box = customer.get_by_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press_sequentially("adres")
    options = customer.get_by_role("option")
    expect(options.first).to_contain_text("Change of address")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(customer.get_by_role("status").filter(has_text="Suggestions")).to_have_count(1)
    box.press("ArrowDown")
    chosen = options.first.get_attribute("id")
    expect(box).to_have_attribute("aria-activedescendant", str(chosen))
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_be_focused()
    box.press("Enter")
    customer.wait_for_url("**/catalog/address-change")


def test_the_arrows_go_round_by_way_of_the_field(page: Open) -> None:
    customer = page("/catalog")
    box = customer.get_by_role("combobox")
    box.press_sequentially("card")
    options = customer.get_by_role("option")
    options.first.wait_for()
    box.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") is None
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")


def test_enter_searches_where_nothing_was_chosen(page: Open) -> None:
    customer = page("/")
    box = customer.get_by_role("combobox")
    box.press_sequentially("card")
    customer.get_by_role("option").first.wait_for()
    box.press("Enter")
    customer.wait_for_url("**/catalog?q=card")


def test_escape_closes_the_suggestions_and_keeps_what_was_typed(page: Open) -> None:
    customer = page("/catalog")
    box = customer.get_by_role("combobox")
    box.press_sequentially("card")
    customer.get_by_role("option").first.wait_for()
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(customer.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("card")


def test_a_suggestion_can_be_pressed(page: Open) -> None:
    customer = page("/", viewport=PHONE, has_touch=True)
    customer.get_by_role("combobox").press_sequentially("loan")
    option = customer.get_by_role("option").first
    option.wait_for()
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert customer.evaluate(sideways) == 0
    option.tap()
    customer.wait_for_url("**/catalog/loan-request")


def test_what_is_typed_is_never_markup(page: Open, database: Database) -> None:
    customer = page("/catalog")
    box = customer.get_by_role("combobox")
    box.press_sequentially("<img src=x onerror=alert(1)>loam")
    customer.wait_for_timeout(400)
    assert customer.locator(".suggestions img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_suggestions_stand_in_nobodys_way(page: Open, scheme: str) -> None:
    customer = page("/", viewport=PHONE, color_scheme=scheme)
    box = customer.get_by_role("combobox")
    box.press_sequentially("adres")
    customer.get_by_role("option").first.wait_for()
    box.press("ArrowDown")
    found = Axe().run(customer)
    assert found.violations_count == 0, found.generate_report()


def test_the_search_box_works_without_scripts(page: Open) -> None:
    customer = page("/", java_script_enabled=False)
    customer.get_by_role("searchbox").fill("adress")
    customer.get_by_role("button", name="Search").click()
    expect(customer.locator("ul.items li").first).to_contain_text("Change of address")


def test_a_star_keeps_its_place_on_the_page(page: Open) -> None:
    customer = page("/catalog")
    star = customer.get_by_role("button", name="Add to favourites: Your consents")
    star.scroll_into_view_if_needed()
    star.click()
    customer.wait_for_url("**/catalog#item-give-consent")
    expect(
        customer.get_by_role("button", name="Remove from favourites: Your consents")
    ).to_be_in_viewport()
