"""Looking up an address, where an installation has a provider for that."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ground.errors import Unavailable
from services.address_lookup import ADDRESS, PROVIDERS, FoundAddress
from store.database import Database
from tests.portal import kitchen
from tests.portal.visitor import Visitor

PAGE = "/catalog/kitchen/form/people"


class Gazetteer:
    """Knows one street."""

    works = True
    asked: tuple[str, str, str] = ("", "", "")

    def find(self, text: str, country: str, language: str) -> list[FoundAddress]:
        if not self.works:
            raise Unavailable("common.unavailable")
        self.asked = (text, country, language)
        return [FoundAddress("es:1", "Calle Mayor 1, Madrid")] if "mayor" in text.lower() else []

    def parts(self, key: str, language: str) -> dict[str, str]:
        assert key == "es:1"
        return {"country": "ES", "city": "Madrid", "region": "M"}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Gazetteer:
    gazetteer = Gazetteer()
    monkeypatch.setitem(PROVIDERS, ADDRESS, gazetteer)
    return gazetteer


@pytest.fixture
def customer(
    visitor: Callable[..., Visitor], database: Database, tmp_path: Path
) -> Callable[[], Visitor]:
    """Opens the page with the address."""
    properties = kitchen.SCHEMA["properties"]
    address = {**properties["address"], "x-lookup": "address"}
    kitchen.publish(
        database, tmp_path, {**kitchen.SCHEMA, "properties": {**properties, "address": address}}
    )
    return lambda: visitor("customer").go(PAGE)


def test_without_a_provider_nothing_is_offered(customer: Callable[[], Visitor]) -> None:
    page = customer()
    assert page.status == 200
    assert "Find the address" not in page.text
    page.send({"_action": "find:address", "_find.address": "x"}, form=page.form(id="form"))
    assert page.status == 200
    assert page.address == PAGE


def test_a_found_address_is_taken_into_the_form(
    provider: Gazetteer, customer: Callable[[], Visitor]
) -> None:
    page = customer()
    find = {"_find.address": "Mayor 1", "address.country": "PT", "helpers.0.first": "Leo"}
    page.send(find, press="find:address", form=page.form(id="form"))
    assert provider.asked == ("Mayor 1", "PT", "en")
    assert "Choose the address: Calle Mayor 1, Madrid" in page.text
    page.send(press="use:address:es:1", form=page.form(id="form"))
    form = page.form(id="form")
    assert form.one("input", name="address.city").get("value") == "Madrid"
    assert form.one("select", name="address.country").one("option", value="ES").has("selected")
    assert form.one("input", name="helpers.0.first").get("value") == "Leo"


@pytest.mark.parametrize(
    ("works", "said"),
    [(True, "No address found."), (False, "Looking up addresses does not work just now.")],
)
def test_people_can_always_fill_it_in_themselves(
    provider: Gazetteer, customer: Callable[[], Visitor], works: bool, said: str
) -> None:
    provider.works = works
    page = customer()
    page.send({"_find.address": "nowhere"}, press="find:address", form=page.form(id="form"))
    assert page.status == 200
    assert said in page.text
    assert page.form(id="form").one("input", id="address-find").get("value") == "nowhere"
