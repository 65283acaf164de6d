"""Definition files become published items: by themselves, safely, and without needless reading."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlmodel import Session, select

from catalog import loader
from catalog.definitions import CatalogItem
from catalog.versions import Version
from services import catalog, publications, published, publishing
from store.catalog import (
    CatalogCategory,
    DefinitionFile,
    DefinitionVersion,
    ItemLife,
    PublishedItem,
)
from store.database import Database
from tests.catalog.workshop import FORM, REGISTRY, Workshop, titled


@dataclass
class Customer:
    """Somebody who looks."""

    role: str = "customer"
    country: str | None = None
    segments: tuple[str, ...] = ()


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


class Shop:
    """The folders and the database they are brought into."""

    def __init__(self, database: Database, workshop: Workshop) -> None:
        self.database = database
        self.workshop = workshop

    def refresh(self) -> publishing.Refreshed:
        return self.database.write_now(
            publishing.refresh, self.workshop.defs, self.workshop.forms, self.workshop.registry
        )

    async def refresh_in_chunks(self) -> publishing.Refreshed:
        return await publishing.refresh_in_chunks(
            self.database, self.workshop.defs, self.workshop.forms, self.workshop.registry
        )

    def published(self, item: str = "tea") -> CatalogItem:
        return self.database.read_now(catalog.published, item, Customer()).item

    def count(self, table: type) -> int:
        return len(self.database.read_now(lambda session: session.exec(select(table)).all()))


@pytest.fixture
def shop(database: Database, workshop: Workshop) -> Shop:
    return Shop(database, workshop)


def test_a_valid_file_is_published(shop: Shop) -> None:
    refreshed = shop.refresh()

    assert refreshed == publishing.Refreshed(("tea",), (), 0, ())
    assert shop.published().title["es"] == "Té para usted"
    assert shop.published().settings["sugar"] is False


def test_what_has_not_changed_is_not_even_opened(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.workshop.item("coffee", **{"icon: cup-soda": "icon: nonsense"})
    before = shop.refresh()
    monkeypatch.setattr(loader, "content", lambda path: pytest.fail(f"{path} was opened"))

    refreshed = shop.refresh()

    assert refreshed == publishing.Refreshed((), (), 2, before.problems)
    assert len(before.problems) == 1


def test_a_change_moves_the_pointer_and_keeps_the_old_version(shop: Shop) -> None:
    shop.refresh()
    old = shop.published()
    old_hash = shop.database.read_now(catalog.published, "tea", Customer()).hash
    shop.workshop.change("minutes: 4", "minutes: 5")

    refreshed = shop.refresh()

    assert refreshed.published == ("tea",)
    assert shop.published().settings["minutes"] == 5
    assert shop.database.read_now(catalog.version, old_hash).item == old
    assert shop.count(DefinitionVersion) == 2


def test_a_comment_changes_nothing_that_is_published(shop: Shop) -> None:
    shop.refresh()
    shop.workshop.change("id: tea\n", "# Comment\nid: tea\n")

    refreshed = shop.refresh()

    assert (refreshed.published, refreshed.unchanged) == ((), 0)
    assert shop.count(DefinitionVersion) == 1


def test_an_old_state_that_comes_back_is_its_old_version(shop: Shop) -> None:
    shop.refresh()
    shop.workshop.change("minutes: 4", "minutes: 5")
    shop.refresh()
    shop.workshop.change("minutes: 5", "minutes: 4")

    assert shop.refresh().published == ("tea",)
    assert shop.published().settings["minutes"] == 4
    assert shop.count(DefinitionVersion) == 2


def test_a_changed_form_is_a_changed_item(shop: Shop) -> None:
    shop.refresh()
    sugar = titled("Sugar", type="boolean")
    shop.workshop.form("tea", {**FORM, "properties": {**FORM["properties"], "sugar": sugar}})

    assert shop.refresh().published == ("tea",)


def test_a_file_that_became_invalid_leaves_the_last_good_version_serving(shop: Shop) -> None:
    shop.refresh()
    good = shop.published()
    shop.workshop.change("minutes: 4", "minutes: 400")

    refreshed = shop.refresh()

    assert [str(problem) for problem in refreshed.problems] == [
        "defs/tea.yaml:16:3: `400` is not at most 10. Minutes in the pot."
    ]
    assert shop.published() == good
    assert shop.database.read_now(publishing.problems) == refreshed.problems
    shop.workshop.change("minutes: 400", "minutes: 6")
    assert shop.refresh() == publishing.Refreshed(("tea",), (), 0, ())


def test_an_invalid_new_file_is_not_published(shop: Shop) -> None:
    shop.workshop.change("minutes: 4", "minutes: 400")

    assert shop.refresh().published == ()
    assert shop.count(PublishedItem) == 0


def test_one_broken_form_is_one_problem_however_many_items_use_it(shop: Shop) -> None:
    shop.workshop.item("coffee")
    shop.workshop.form("tea", "{")

    refreshed = shop.refresh()

    assert [problem.file for problem in refreshed.problems] == ["forms/tea.json"]


def test_a_form_that_appears_mends_its_item(shop: Shop) -> None:
    shop.workshop.change("form: tea", "form: teapot")
    assert shop.refresh().published == ()
    shop.workshop.form("teapot", FORM)

    assert shop.refresh() == publishing.Refreshed(("tea",), (), 0, ())


def test_a_file_that_is_gone_unpublishes_its_item_and_keeps_its_versions(shop: Shop) -> None:
    shop.refresh()
    hash = shop.database.read_now(catalog.published, "tea", Customer()).hash
    (shop.workshop.defs / "tea.yaml").unlink()

    assert shop.refresh() == publishing.Refreshed((), ("tea",), 0, ())
    assert shop.count(PublishedItem) == 0
    assert shop.count(DefinitionFile) == 1, "that of the categories"
    assert shop.database.read_now(catalog.version, hash).item.id == "tea"


def test_a_broken_file_that_is_gone_takes_its_problems_along(shop: Shop) -> None:
    shop.workshop.write("coffee.yaml", "nonsense")
    assert shop.refresh().problems
    (shop.workshop.defs / "coffee.yaml").unlink()

    assert shop.refresh().problems == ()


def test_a_file_that_gets_its_right_name_stays_published(shop: Shop) -> None:
    (shop.workshop.defs / "tea.yaml").rename(shop.workshop.defs / "tea.yml")
    [problem] = shop.refresh().problems
    assert problem.hint == "Rename the file"
    (shop.workshop.defs / "tea.yml").rename(shop.workshop.defs / "tea.yaml")

    assert shop.refresh() == publishing.Refreshed(("tea",), (), 0, ())
    assert shop.published().id == "tea"


def test_what_happens_to_the_files_is_written_down(shop: Shop) -> None:
    shop.refresh()
    shop.refresh()
    shop.workshop.change("minutes: 4", "minutes: 5")
    shop.refresh()
    (shop.workshop.defs / "tea.yaml").unlink()
    shop.refresh()

    events = shop.database.read_now(publications.events, "tea")

    assert [event.action for event in events] == [
        *("loaded", "published"),
        *("loaded", "published"),
        "removed",
    ]
    assert {event.actor for event in events} == {"system"}
    assert len({event.hash for event in events}) == 2


def test_a_broken_file_that_goes_leaves_no_trace(shop: Shop) -> None:
    shop.workshop.write("coffee.yaml", "nonsense")
    shop.refresh()
    assert shop.count(ItemLife) == 2
    (shop.workshop.defs / "coffee.yaml").unlink()
    shop.refresh()

    assert shop.count(ItemLife) == 1


def waiting(session: Session) -> Version:
    """The version in the file."""
    hash = session.get_one(DefinitionFile, "tea.yaml").hash
    assert hash
    return catalog.version(session, hash)


def test_review_keeps_a_change_waiting(shop: Shop) -> None:
    shop.refresh()
    shop.workshop.change("minutes: 4", "minutes: 5")
    shop.workshop.change("form: tea", "publish: review\nform: tea")

    refreshed = shop.refresh()

    assert refreshed.published == ()
    assert shop.published().settings["minutes"] == 4
    assert shop.database.read_now(waiting).item.settings["minutes"] == 5


def test_another_release_reads_every_file_again(shop: Shop) -> None:
    shop.refresh()
    shop.workshop.registry = replace(REGISTRY, groups=frozenset({"cellar"}))

    [problem] = shop.refresh().problems

    assert "no group `kitchen`" in problem.message


def test_categories_are_kept_in_order_and_go_when_they_are_removed(shop: Shop) -> None:
    def listed(session: Session) -> list[tuple[str, int]]:
        return sorted((row.id, row.position) for row in session.exec(select(CatalogCategory)))

    shop.refresh()
    assert shop.database.read_now(listed) == [("drinks", 0), ("food", 1)]
    text = (shop.workshop.defs / "categories.yaml").read_text()
    shop.workshop.write("categories.yaml", text[: text.index("  - id: food")])

    shop.refresh()

    assert shop.database.read_now(listed) == [("drinks", 0)]


def test_broken_categories_leave_the_last_good_ones(shop: Shop) -> None:
    shop.refresh()
    shop.workshop.change("icon: soup", "icon: sop", "categories.yaml")

    refreshed = shop.refresh()

    assert [problem.file for problem in refreshed.problems] == ["defs/categories.yaml"]
    assert shop.count(CatalogCategory) == 2
    assert shop.published()


async def test_chunks_bring_the_same_as_one_transaction(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "CHUNK", 2)
    for name in ("coffee", "cocoa", "milk", "water"):
        shop.workshop.item(name)
    shop.workshop.write("broken.yaml", "nonsense")

    refreshed = await shop.refresh_in_chunks()

    assert refreshed.published == ("cocoa", "coffee", "milk", "tea", "water")
    assert len(refreshed.problems) == 1
    (shop.workshop.defs / "milk.yaml").unlink()
    again = await shop.refresh_in_chunks()
    assert (again.published, again.unpublished, again.unchanged) == ((), ("milk",), 5)


async def test_two_servers_may_publish_the_same_at_once(shop: Shop) -> None:
    for name in ("coffee", "cocoa", "milk", "water"):
        shop.workshop.item(name)

    await asyncio.gather(*(shop.refresh_in_chunks() for _ in range(4)))

    assert shop.count(PublishedItem) == 5
    assert shop.count(DefinitionVersion) == 5


async def until(condition: Callable[[], object], seconds: float = 8) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (the database tells nobody)
            await asyncio.sleep(0.05)


async def test_a_file_changed_while_the_server_runs_is_picked_up(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "services.publishing")
    workshop = shop.workshop
    await shop.refresh_in_chunks()
    keeping = asyncio.create_task(
        publishing.keep_fresh(shop.database, workshop.defs, workshop.forms, workshop.registry)
    )
    await asyncio.sleep(0.5)

    workshop.change("minutes: 4", "minutes: 5")
    await until(lambda: shop.published().settings["minutes"] == 5)
    workshop.change("minutes: 5", "minutes: 500")
    await until(lambda: shop.database.read_now(publishing.problems))
    assert shop.published().settings["minutes"] == 5
    workshop.change("minutes: 500", "minutes: 7")
    await until(lambda: shop.published().settings["minutes"] == 7)
    (workshop.defs / "tea.yaml").unlink()
    await until(lambda: shop.count(PublishedItem) == 0)

    def said() -> list[str]:
        return [record.getMessage() for record in caplog.records]

    await until(lambda: "Unpublished tea, whose file is gone" in said())
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert said().count("Published tea") == 2
    assert "defs/tea.yaml:16:3: `500` is not at most 10. Minutes in the pot." in said()


def test_what_was_published_before_a_language_was_added_is_found_in_it_too(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.refresh()
    monkeypatch.setattr(published, "languages", lambda: ("en", "es", "pt", "fr"))
    monkeypatch.setattr(catalog, "languages", lambda: ("en", "es", "pt", "fr"))

    shop.database.write_now(published.speak_every_language)

    titles = shop.database.read_now(catalog.titles, Customer(), ["tea"], "fr")
    assert titles == {"tea": "Tea for you"}


def test_a_wrong_file_of_translations_is_reported_until_it_is_gone(shop: Shop) -> None:
    shop.workshop.write("translations/fr.po", "msgid Tea\n")
    (problem,) = shop.refresh().problems
    assert problem.file == "defs/translations/fr.po"

    (shop.workshop.defs / "translations" / "fr.po").unlink()

    assert shop.refresh().problems == ()
