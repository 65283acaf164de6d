"""Finding an item and reading about it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from services import favourites, publishing
from settings import ROOT
from store.catalog import PublishedItem
from store.database import Database
from tests.people import People
from tests.portal.scenes import submitted
from tests.portal.visitor import Visitor
from workflows.registry import definition_registry

Visit = Callable[..., Visitor]
ITEMS = {
    yaml.safe_load(path.read_text())["title"]["en"]
    for path in (ROOT / "catalog_defs").glob("*.yaml")
    if path.stem != "categories"
}


def titles(visitor: Visitor) -> list[str]:
    """The items that the catalog shows."""
    lists = visitor.page.one("main").all("ul", class_="items")
    return [one.text for each in lists for one in each.all("b")]


def test_the_catalog_shows_what_one_may_request_by_category(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog")
    assert set(titles(customer)) == ITEMS
    chips = customer.page.one("nav", class_="chips")
    assert chips.all("a")[0].text == f"Everything {len(ITEMS)}"
    assert chips.all("a")[0].get("aria-current") == "true"
    customer.follow("Loans")
    assert titles(customer) == ["Personal loan"]


def test_words_find_items_and_are_kept_in_the_address(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog?q=eras")
    assert titles(customer) == ["Erase my data"]
    assert customer.page.one("input", id="q").get("value") == "eras"
    everything = customer.page.one("nav", class_="chips").all("a")[0]
    assert everything.get("href") == "/catalog?q=eras"


def test_a_search_that_forgives_says_so(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog?q=loam")
    assert titles(customer)[0] == "Personal loan"
    assert "We have looked for loan" in customer.text
    assert "We have looked for" not in customer.go("/catalog?q=loan").text


def test_a_search_that_finds_only_a_part_says_so(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog?q=lost card zebra")
    assert titles(customer) == ["Replace a card"]
    assert "Nothing has all of these words." in customer.text


def test_a_search_in_a_category_counts_what_it_finds_in_each(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog?q=card")
    chips = [one.text for one in customer.page.one("nav", class_="chips").all("a")]
    assert chips[0] == f"Everything {len(titles(customer))}"
    customer.follow("Cards")
    assert set(titles(customer)) == {"Replace a card", "Raise a limit"}
    assert customer.page.one("input", name="category").get("value") == "cards"


def test_nothing_found_offers_a_way_on(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog?q=<zebra>")
    assert "Nothing found" in customer.text
    assert customer.page.one("input", id="q").get("value") == "<zebra>"
    assert set(titles(customer)) == {"Report a problem", "Complaint", "Suggest an improvement"}
    assert set(titles(customer.follow("Show everything"))) == ITEMS


def test_an_empty_catalog_says_why(visitor: Visit) -> None:
    assert "The catalog has nothing for your account." in visitor("designer").go("/catalog").text


def test_a_long_catalog_has_pages(visitor: Visit, database: Database, tmp_path: Any) -> None:
    many(database, tmp_path, 40 - len(ITEMS))
    customer = visitor("customer").go("/catalog")
    first = titles(customer)
    second = titles(customer.follow("Next page"))
    assert len(first) == 25
    assert len(first) + len(second) == 40
    assert not set(first) & set(second)
    assert titles(customer.follow("First page")) == first


def many(database: Database, folder: Any, count: int) -> None:
    """Publish copies of an item beside the others."""
    items = folder / "items"
    items.mkdir()
    for path in (ROOT / "catalog_defs").glob("*.yaml"):
        (items / path.name).write_text(path.read_text())
    source = (items / "address-change.yaml").read_text()
    for number in range(count):
        text = source.replace("id: address-change", f"id: copy-{number}", 1)
        text = text.replace("en: Change of address", f"en: Copy {number}", 1)
        (items / f"copy-{number}.yaml").write_text(text)
    refreshed = database.write_now(publishing.refresh, items, ROOT / "forms", definition_registry())
    assert not refreshed.problems, refreshed.problems


# Short lists and stars


def stars(visitor: Visitor) -> list[str]:
    """The items that the catalog shows with a star."""
    buttons = visitor.page.one("main").all("button", class_="on")
    return [one.text.removeprefix("Remove from favourites: ") for one in buttons]


def test_a_star_makes_an_item_a_favourite_until_it_is_taken_away(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog?only=favourites")
    assert "No favourites yet" in customer.text
    customer.go("/catalog?q=loan")
    customer.send(form=customer.form(action="/catalog/loan-request/favourite"))
    assert customer.address.startswith("/catalog?q=loan")
    assert stars(customer) == ["Personal loan"]
    assert titles(customer.go("/catalog?only=favourites")) == ["Personal loan"]
    assert visitor("customer2").go("/catalog?only=favourites").text.count("Personal loan") == 0
    customer.go("/catalog/loan-request")
    customer.send(form=customer.form(action="/catalog/loan-request/favourite"))
    assert customer.address == "/catalog/loan-request"
    assert "Add to favourites" in customer.text
    assert titles(customer.go("/catalog?only=favourites")) == []


def test_a_star_needs_the_token_of_the_page_and_an_item_of_ones_own(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog?q=loan")
    form = customer.form(action="/catalog/loan-request/favourite")
    form.one("input", name="_token").attributes["value"] = "of another page"
    assert customer.send(form=form).status == 403
    agent = visitor("agent").go("/catalog")
    form = agent.form(action="/catalog/loan-request/favourite")
    form.attributes["action"] = "/catalog/complain/favourite"
    assert agent.send(form=form).status == 404


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/\\x"])
def test_a_star_leads_nobody_elsewhere(visitor: Visit, back: str) -> None:
    customer = visitor("customer").go("/catalog?q=loan")
    form = customer.form(action="/catalog/loan-request/favourite")
    assert customer.send({"_back": back}, form=form).address == "/"


def test_a_favourite_that_one_may_request_no_longer_is_not_shown(
    visitor: Visit, database: Database, people: People
) -> None:
    database.write_now(favourites.add, people["customer"], "loan-request")
    database.write_now(favourites.add, people["customer"], "complain")
    database.write_now(for_others, "complain")
    customer = visitor("customer").go("/catalog?only=favourites")
    assert titles(customer) == ["Personal loan"]
    assert "Complaint" not in customer.go("/").text
    assert "Complaint" not in customer.go("/catalog?q=zebra").text


def for_others(session: Any, item: str) -> None:
    """Nobody may request the item any longer."""
    published = session.get(PublishedItem, item)
    published.allow_segments, published.mark = "|nobody|", published.mark + 1
    published.hash = session.get(PublishedItem, "loan-request").hash
    session.add(published)


def test_what_was_requested_lately_is_a_list(
    visitor: Visit, database: Database, people: People
) -> None:
    assert "Nothing used yet" in visitor("customer").go("/catalog?only=recent").text
    for item in ("complain", "raise-limit", "complain"):
        database.write_now(submitted, people["customer"], item, 0)
    listed = titles(visitor("customer").go("/catalog?only=recent"))
    assert listed == ["Complaint", "Raise a limit"]


# What the search box suggests


def test_suggestions_are_a_part_of_a_page(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog?part=suggestions&q=adress")
    options = customer.page.all("a", role="option")
    assert options[0].get("href") == "/catalog/address-change"
    assert len(options) <= 6
    assert customer.page.one("p").text.endswith("address")
    assert customer.page.all("html") == []


def test_suggestions_say_when_there_are_none(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog?part=suggestions&q=zebra")
    (part,) = customer.page.all("div")
    assert part.get("data-count") == "0"
    assert part.get("data-status").startswith("No suggestions.")


# One item


@pytest.mark.parametrize("item", ["address-change", "case-routing", "loan-request", "plan-upgrade"])
@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_an_item_says_what_it_is_and_how_long_it_takes(
    visitor: Visit, item: str, language: str
) -> None:
    customer = visitor("customer").go("/catalog")
    customer.send(form=customer.page.one("form", action="/language"), press=language)
    customer.go(f"/catalog/{item}")
    definition = yaml.safe_load((ROOT / "catalog_defs" / f"{item}.yaml").read_text())
    assert customer.page.one("h1").text == definition["title"][language]
    assert definition["summary"][language] in customer.text
    for stage in definition["stages"]:
        assert stage["title"][language] in customer.text
    assert customer.page.one("a", class_="button").get("href") == f"/catalog/{item}/form"


def test_an_item_tells_its_price_its_documents_and_an_example(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog/loan-request")
    assert "Free of charge" in customer.text
    assert "About 6 min" in customer.text
    assert "Customers and staff" in customer.text
    assert "Your last three payslips" in customer.text
    assert "Talleres del Norte, S. L." in customer.text
    assert "It depends on what you choose" in customer.go("/catalog/plan-upgrade").text


def test_an_item_for_others_is_not_there(visitor: Visit) -> None:
    assert visitor("agent").go("/catalog/address-change").status == 404


# Forms under way


def test_a_form_under_way_waits_in_the_catalog(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog/case-routing/form/problem")
    customer.send({"description": "The router is dead."}, press="save")
    assert customer.address == "/catalog/case-routing"
    assert "Last saved" in customer.text
    customer.go("/catalog")
    assert "You have begun" in customer.text
    assert "You have begun" not in visitor("customer2").go("/catalog").text
    customer.go("/catalog/case-routing").follow("Continue the form")
    assert customer.address == "/catalog/case-routing/form/problem"
    assert "The router is dead." in customer.page.one("textarea").text


def test_a_form_under_way_can_be_discarded(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog/case-routing/form/problem")
    customer.send({"description": "The router is dead."}, press="save")
    customer.follow("Delete")
    customer.send(form=customer.form(action="/catalog/case-routing/discard"))
    assert "Last saved" not in customer.text
    customer.go("/catalog/case-routing/form/problem")
    assert customer.page.one("textarea").text == ""


def test_moments_are_those_of_the_readers_zone(visitor: Visit, people: People) -> None:
    customer = visitor("customer").go("/catalog/case-routing/form/problem")
    customer.send({"description": "The router is dead."}, press="save")
    (moment,) = [
        one for one in customer.page.all("time") if not one.get("datetime").startswith("P")
    ]
    saved = datetime.fromisoformat(moment.get("datetime"))
    assert abs((datetime.now(UTC) - saved).total_seconds()) < 60
    assert people["customer"].zone == "Europe/Madrid"
    assert f"{saved.astimezone(ZoneInfo('Europe/Madrid')):%H:%M}" in customer.text
