"""Stars: one's own, of what one may request, and what is popular among many."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from ground import clock, ids
from ground.errors import NotFound
from services import favourites, popularity, shelf
from services.access import Viewer
from store.database import Database
from store.identity import Account, Role
from store.requests import Request
from tests.catalog.workshop import Workshop
from tests.services.test_catalog import publish, texts

ANA = Viewer("ana", Role.CUSTOMER, "ana@example.com", "Ana", "en", country="ES")
BEN = Viewer("ben", Role.CUSTOMER, "ben@example.com", "Ben", "en", country="PT")


def account(session: Session, id: str) -> None:
    at = clock.now()
    session.add(Account(id=id, email=f"{id}@example.com", name=id, role="customer", created_at=at))
    session.flush()


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Database:
    """Tea for everybody, coffee for people in Spain."""
    workshop = Workshop(tmp_path)
    spain = {"group: kitchen": "audience: {allow: {countries: [ES]}}\ngroup: kitchen"}
    workshop.item("coffee", **texts("Coffee", "Café", "Café"), **spain)
    publish(database, workshop)
    for id in ("ana", "ben"):
        database.write_now(account, id)
    return database


def listed(database: Database, viewer: Viewer, which: shelf.Only) -> list[str]:
    return [line.id for line in database.read_now(shelf.only, viewer, "en", which)]


def test_the_latest_star_comes_first_and_again_is_the_same(shop: Database) -> None:
    for item in ("tea", "coffee", "tea"):
        shop.write_now(favourites.add, ANA, item)
    assert listed(shop, ANA, "favourites") == ["coffee", "tea"]
    assert listed(shop, BEN, "favourites") == []
    for _ in range(2):
        shop.write_now(favourites.remove, ANA, "coffee")
    assert listed(shop, ANA, "favourites") == ["tea"]


@pytest.mark.parametrize("item", ["coffee", "nectar"])
def test_what_one_may_not_request_gets_no_star(shop: Database, item: str) -> None:
    with pytest.raises(NotFound):
        shop.write_now(favourites.add, BEN, item)


def test_a_star_comes_back_with_the_right_to_request(shop: Database) -> None:
    shop.write_now(favourites.add, ANA, "coffee")
    abroad = Viewer(**{**vars(ANA), "country": "PT"})
    assert listed(shop, abroad, "favourites") == []
    assert listed(shop, ANA, "favourites") == ["coffee"]


# Popularity


def made(session: Session, item: str, customer: str, days_ago: int = 0) -> None:
    """A request, as far as counting is concerned."""
    at = clock.now() - timedelta(days=days_ago)
    if session.get(Account, customer) is None:
        account(session, customer)
    id = ids.first_id(at)[:10] + ids.new_id()[10:]
    row: dict[str, Any] = {"version": "v", "channel": "web", "language": "en", "answers": {}}
    row |= {"created_at": at, "updated_at": at}
    session.add(
        Request(
            id=id,
            reference=ids.new_reference(),
            item_id=item,
            customer_id=customer,
            **row,
        )
    )


def test_an_item_is_popular_when_enough_people_have_requested_it_lately(shop: Database) -> None:
    for number in range(popularity.ENOUGH_PEOPLE):
        shop.write_now(made, "coffee", f"coffee-{number}")
        shop.write_now(made, "tea", f"tea-{number}", days_ago=91 if number == 0 else 0)
        shop.write_now(made, "soup", "one-and-the-same")
    assert shop.read_now(popularity.count) == {"coffee": popularity.ENOUGH_PEOPLE}
    assert listed(shop, ANA, "popular") == ["coffee"]
    assert listed(shop, BEN, "popular") == [], "not even popular items of others are shown"


def test_it_is_counted_now_and_then(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []

    def count(_session: Session) -> dict[str, int]:
        counted.append(1)
        return {"tea": 9}

    monkeypatch.setattr(popularity, "count", count)
    for _ in range(3):
        assert shop.read_now(popularity.most_popular) == ["tea"]
    assert len(counted) == 1
    monkeypatch.setattr(popularity, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(popularity, "_counted", type(popularity._counted)())
    shop.read_now(popularity.most_popular)
    shop.read_now(popularity.most_popular)
    assert len(counted) == 3


def test_popular_items_come_first_among_equals(shop: Database, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path / "more")
    for name in ("ale", "beer", "cider"):
        workshop.item(name, **texts(f"{name} drink", name, name, about="Cold"))
    publish(shop, workshop)
    found = [line.id for line in shop.read_now(shelf.browse, ANA, "en", "cold").items]
    assert found == ["ale", "beer", "cider"]
    for number in range(popularity.ENOUGH_PEOPLE):
        shop.write_now(made, "cider", f"cider-{number}")
    popularity._counted.clear()
    page = shop.read_now(shelf.browse, ANA, "en", "cold", limit=2)
    assert [line.id for line in page.items] == ["cider", "ale"]
    rest = shop.read_now(shelf.browse, ANA, "en", "cold", after=page.cursors[-1])
    assert [line.id for line in rest.items] == ["beer"]
    everything = [line.id for line in shop.read_now(shelf.browse, ANA, "en").items]
    assert everything == sorted(everything), "without words the order is that of the titles"
