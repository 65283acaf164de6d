"""Every field of a form, as a browser without scripts has it: drawn, filled in, sent, read back."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from catalog import yaml12
from catalog.definitions import CatalogItem
from catalog.examples import AnyOption, answers_for
from catalog.forms import Form, bundle, lint
from catalog.forms.facts import WIDGETS
from ground.messages import languages
from portal.forms import kept
from portal.visits import Posted
from services.origins import every
from settings import ROOT
from store.database import Database
from studio.filling import filled
from tests.catalog.forms.samples import World, form, sentences, text
from tests.portal import kitchen
from tests.portal.drawing import drawn, sent
from tests.portal.visitor import Element, Visitor, fields

WORLD = World(
    sources={
        "my-subscriptions": [("s1", "Fibre 300"), ("s2", "Mobile")],
        "plans-for-subscription": [("p2", "Fibre 600")],
    }
)
KITCHEN = Form.compile(kitchen.SCHEMA, "kitchen")
ALL_FORMS = sorted(p.stem for p in (ROOT / "forms").glob("*.json") if p.stem != "form.schema")


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "forms" / name).read_text())
    return found


def compiled(name: str) -> Form:
    return Form.compile(bundle(read(f"{name}.json"), read), name)


# Every form


def examples(name: str) -> list[dict[str, Any]]:
    """The answers of the examples of each item that has this form."""
    items = (
        CatalogItem.model_validate(yaml12.read(path.read_bytes()).value)
        for path in sorted((ROOT / "catalog_defs").glob("*.yaml"))
        if path.stem != "categories"
    )
    today = date(2027, 1, 12)
    return [
        answers_for(one, AnyOption(today, one.answers))
        for item in items
        if item.form == name
        for one in item.examples
    ]


@pytest.mark.parametrize("name", ALL_FORMS)
def test_each_form_of_the_catalog_sends_what_it_was_filled_with(name: str) -> None:
    sample = compiled(name)
    given = examples(name)
    if not given:
        anything = AnyOption(date(2027, 1, 12), {})
        given = [filled(sample, {}, anything)]
    for answers in given:
        world = AnyOption(date(2027, 1, 12), answers)
        clean = sample.evaluate(answers, context=world)
        assert sentences(clean) == {}
        for language in languages():
            again = sample.evaluate(sent(sample, clean.answers, language, world), context=world)
            assert again.answers == clean.answers
            assert sentences(again) == {}


# Every widget


def test_the_kitchen_sink_has_every_widget() -> None:
    assert lint(kitchen.SCHEMA) == []
    view = KITCHEN.view(kitchen.ANSWERS, context=WORLD)
    shown = {one.widget for page in view.pages for one in every(page.fields)}
    assert set(WIDGETS) - shown == {"file"}


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_the_kitchen_sink_sends_what_it_was_filled_with(language: str) -> None:
    clean = KITCHEN.evaluate(kitchen.ANSWERS, language, context=WORLD)
    assert sentences(clean) == {}
    assert clean.answers == kitchen.ANSWERS
    answers = sent(KITCHEN, kitchen.ANSWERS, language, WORLD)
    assert "customer" not in answers, "nobody sends what is only read"
    assert KITCHEN.evaluate(answers, language, context=WORLD).answers == kitchen.ANSWERS


@pytest.mark.parametrize("language", ["en", "es", "pt"])
@pytest.mark.parametrize("answers", [{}, kitchen.ANSWERS], ids=["empty", "full"])
def test_every_input_has_a_name_of_its_own_and_a_label(
    answers: dict[str, Any], language: str
) -> None:
    page = drawn(KITCHEN, answers, language, WORLD)
    assert_labelled(page)
    errors = KITCHEN.evaluate(answers, language, context=WORLD).errors
    assert_labelled(drawn(KITCHEN, answers, language, WORLD, errors))


def assert_labelled(page: Element) -> None:
    """Ids are unique, and what refers to one finds it; people can tell what each input is."""
    ids = [one.get("id") for one in page.all() if one.has("id")]
    assert len(ids) == len(set(ids)), sorted(id for id in ids if ids.count(id) > 1)
    labels = {one.get("for") for one in page.all("label")}
    for one in page.all():
        assert set(one.get("aria-describedby").split()) <= set(ids)
        asks = one.tag in ("input", "select", "textarea") and one.get("type") != "hidden"
        if asks and one.get("aria-hidden") != "true":
            assert one.get("id") in labels or one.within("label"), one.attributes
    assert labels - {""} <= set(ids)


TYPED = {
    "name": ("A", "2"),
    "email": ("ana@", "@"),
    "phone": ("60012", "+3"),
    "site": ("not a site", "https://"),
    "iban": ("ES91 2100 0418 4502 0005 1333", "IBAN"),
    "plate": ("12", "1234ABC"),
    "people": ("thirteen", "12"),
    "change": ("1,2,3", "12"),
    "budget": ("12.3456", "250"),
    "speed": ("610", "50"),
    "day": ("2027-02-30", "2027-03-31"),
    "opening": ("25:99", "14:30"),
    "call.time": ("quarter past", "14:30"),
    "begins.date": ("31/31/2027", "14:30"),
    "meeting.time": ("noon", "14:30"),
    "train.date": ("tomorrow", "14:30"),
    "address.region": ("Atlantis", ""),
    "helpers.0.born": ("29.02.2001", "2027-03-31"),
    "tags.0": ("x" * 21, "20"),
}


@pytest.mark.parametrize("language", ["en", "es", "pt"])
@pytest.mark.parametrize("name", TYPED)
def test_what_was_typed_wrong_stays_and_is_explained_at_its_field(name: str, language: str) -> None:
    wrong, hint = TYPED[name]
    pairs = fields(drawn(KITCHEN, kitchen.ANSWERS, language, WORLD))
    pairs = [pair for pair in pairs if pair[0] != name] + [(name, wrong)]
    answers = KITCHEN.from_fields(pairs, language)
    verdict = KITCHEN.evaluate(answers, language, context=WORLD)
    page = drawn(KITCHEN, answers, language, WORLD, verdict.errors)
    field = name.removesuffix(".date").removesuffix(".time")
    told = page.one(id=f"{field}-error").text
    assert hint in told
    assert [sentence for sentence in sentences(verdict, language).values() if sentence in told]
    assert wrong in [value for key, value in fields(page) if key == name]
    about = [one for one in page.all() if f"{field}-error" in one.get("aria-describedby").split()]
    assert about, "the error belongs to its field"
    if name != "address.region":
        assert page.all(id=field)


def test_the_same_mistake_is_told_in_three_languages() -> None:
    told = [
        tuple(sentences(KITCHEN.evaluate({"iban": "x", "opening": "x"}, one), one).values())
        for one in languages()
    ]
    assert len(set(told)) == 3


# What depends on other answers


def test_options_that_follow_from_an_answer_have_a_button_where_there_is_no_script() -> None:
    page = drawn(KITCHEN, {}, context=Following())
    buttons = page.all("button", value="refresh")
    [near] = [one for one in buttons if one.within("div") and "Plan" in one.text]
    assert "refresh" in near.classes
    assert not [one for one in buttons if "Subscription" in one.text]
    assert [one for one in buttons if "Region" in one.text]


class Following(World):
    """Plans depend on the subscription."""

    def options(self, name: str, answers: Any) -> list[tuple[Any, str]]:
        if name == "plans-for-subscription":
            return [("p2", "Fibre 600")] if answers.get("subscription") else []
        return [("s1", "Fibre 300")]


def test_a_computed_value_has_one_too_until_it_is_known() -> None:
    price = {"type": "integer", "title": "Price", "x-computed": "price", "x-widget": "money"}
    sample = form({"plan": text("Plan"), "price": price})

    class Shop(World):
        def compute(self, name: str, answers: Any) -> Any:
            return 500 if answers.get("plan") else None

    before, after = drawn(sample, {}, context=Shop()), drawn(sample, {"plan": "x"}, context=Shop())
    assert before.all("button", value="refresh")
    assert "from your answers above" in before.text
    assert "€5.00" in after.text
    assert fields(after) == [("plan", "x")], "nobody sends what is computed"


def test_regions_are_those_of_the_answered_country() -> None:
    spain = drawn(KITCHEN, {"address": {"country": "ES"}}).one("select", name="address.region")
    assert "Madrid" in spain.text
    portugal = drawn(KITCHEN, {"address": {"country": "PT"}})
    assert portugal.one("input", name="address.region").get("type") == "text"


# Boxes, choices, secrets


def test_an_unticked_box_says_no_where_that_is_an_answer() -> None:
    box = {"type": "boolean", "title": "Box"}
    optional, must = form({"box": box}), form({"box": box}, required=["box"])
    default = form({"box": {**box, "default": True}})
    assert sent(optional, {}) == {}
    assert sent(optional, {"box": False}) == {"box": False}
    assert sent(must, {}) == {"box": False}
    unticked = [pair for pair in fields(drawn(default, {})) if pair != ("box", "true")]
    assert default.from_fields(unticked) == {"box": False}


def test_consent_is_never_assumed() -> None:
    consent = {"type": "boolean", "const": True, "title": "I agree"}
    sample = form({"agreed": consent}, required=["agreed"])
    assert sent(sample, {}) == {}
    assert sentences(sample.evaluate({})) == {"/agreed": "To go on, tick “I agree”."}


def test_an_optional_choice_can_be_taken_back() -> None:
    choice = {"title": "Colour", "oneOf": [{"const": "r", "title": "Red"}]}
    assert "No answer" not in drawn(form({"c": choice}), {}).text
    assert "No answer" in drawn(form({"c": choice}), {"c": "r"}).text
    assert "No answer" not in drawn(form({"c": choice}, required=["c"]), {"c": "r"}).text


def test_a_slider_is_a_help_beside_a_number_that_can_be_read_and_typed() -> None:
    page = drawn(KITCHEN, {"speed": 600})
    box, slider = page.one("input", name="speed"), page.one("input", data_for="speed")
    assert box.get("value") == "600"
    assert not slider.has("name")
    assert slider.has("hidden"), "it appears with the script that moves it"
    assert (slider.get("min"), slider.get("max"), slider.get("step")) == ("100", "1000", "50")
    assert "A number from 100 to 1,000." in page.text


def test_the_script_of_others_is_text() -> None:
    attack = '"><script>alert(1)</script>'
    page = drawn(KITCHEN, {"name": attack, "story": attack, "tags": [attack], "kind": attack})
    assert not page.all("script")


# Lists


def names_of(page: Element) -> list[str]:
    """What the texts are called that one can type."""
    return [one.get("name") for one in page.all("input", type="text")]


def test_a_list_begins_with_as_many_rows_as_it_needs_and_ends_where_it_is_full() -> None:
    item = {"type": "object", "properties": {"a": text("A")}}
    sample = form(
        {"l": {"type": "array", "title": "L", "items": item, "minItems": 2, "maxItems": 3}}
    )
    assert names_of(drawn(sample, {})) == ["l.0.a", "l.1.a"]
    assert names_of(drawn(sample, {}, more="l")) == ["l.0.a", "l.1.a", "l.2.a"]
    full = drawn(sample, {"l": [{"a": "1"}, {"a": "2"}, {"a": "3"}]}, more="l")
    assert names_of(full) == ["l.0.a", "l.1.a", "l.2.a"]
    assert not full.all("button", value="add:l")
    assert "You can give up to 3." in full.text


def test_items_have_buttons_to_move_them_as_far_as_they_can_go() -> None:
    page = drawn(form({"l": {"type": "array", "title": "L", "items": text()}}), {"l": ["a", "b"]})
    pressed = [one.get("value") for one in page.all("button")]
    assert pressed == ["down:l.0", "remove:l.0", "up:l.1", "remove:l.1", "add:l"]


def moved(action: str, *pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return kept(Posted(list(pairs), {"_action": action}))


def test_an_item_of_a_list_changes_places_with_the_one_before_or_after_it() -> None:
    pairs = [("l.0.a", "1"), ("l.0.b", "2"), ("l.3.a", "3"), ("l.10.a", "4"), ("other", "5")]
    assert moved("up:l.3", *pairs) == [
        ("l.3.a", "1"),
        ("l.3.b", "2"),
        ("l.0.a", "3"),
        ("l.10.a", "4"),
        ("other", "5"),
    ]
    assert dict(moved("down:l.3", *pairs))["l.3.a"] == "4"


def test_items_that_are_single_answers_move_and_go_too() -> None:
    pairs = [("l", ""), ("l.0", "1"), ("l.1", "2"), ("l.10", "3")]
    assert moved("down:l.0", *pairs) == [("l", ""), ("l.1", "1"), ("l.0", "2"), ("l.10", "3")]
    assert moved("remove:l.1", *pairs) == [("l", ""), ("l.0", "1"), ("l.10", "3")]


def test_a_button_that_nobody_drew_moves_nothing() -> None:
    pairs = [("l.0", "1"), ("l.1", "2")]
    for action in ("up:l.0", "down:l.1", "up:l", "up:", "down:l.7", "up:l." + "9" * 5000, "up:x.1"):
        assert moved(action, *pairs) == pairs


# What is only read


def test_what_is_only_read_is_shown_and_not_sent() -> None:
    part = {"type": "object", "properties": {"a": text("A")}, "readOnly": True, "title": "Part"}
    rows = {"type": "array", "items": {"type": "object", "properties": {"b": text("B")}}}
    sample = form({"part": part, "rows": {**rows, "title": "Rows", "readOnly": True}})
    page = drawn(sample, {"part": {"a": "one"}, "rows": [{"b": "two"}]})
    assert fields(page) == []
    assert "A one" in page.text
    assert "Rows 1: B two" in page.text
    assert sample.from_fields([("part.a", "changed"), ("rows.0.b", "changed")]) == {}


def test_a_field_is_masked_for_those_who_only_read() -> None:
    rows = {row.label: row.value for row in KITCHEN.view(kitchen.ANSWERS, context=WORLD).review}
    assert rows["Telephone"] == "••••3456"
    assert rows["IBAN"] == "••••1332"
    assert rows["How was it?"] == "4 out of 5"
    assert rows["Meeting"] == "March 31, 2027, 14:30 (UTC+02:00)"


def test_a_blank_row_with_a_box_is_no_item_until_somebody_fills_it_in() -> None:
    box = {"type": "boolean", "title": "Box"}
    item = {"type": "object", "properties": {"a": text("A"), "box": box}, "required": ["box"]}
    sample = form({"l": {"type": "array", "title": "L", "items": item}})
    blank = fields(drawn(sample, {}))
    assert sample.from_fields(blank) == {}
    assert sample.from_fields([*blank, ("l.0.a", "x")]) == {"l": [{"a": "x", "box": False}]}
    assert sample.from_fields([*blank, ("l.0.box", "true")]) == {"l": [{"box": True}]}
    assert sent(sample, {"l": [{"box": False}]}) == {"l": [{"box": False}]}


# What a page weighs


MOST_BYTES = 60_000


def fifty_fields() -> dict[str, Any]:
    """The kitchen sink and a few plain fields, all on one page."""
    more = {f"more_{n}": kitchen.text((f"More {n}", f"Más {n}", f"Mais {n}")) for n in range(20)}
    names = [*kitchen.SCHEMA["properties"], *more]
    page = {"id": "all", "fields": names, **kitchen.said(("All", "Todo", "Tudo"))}
    properties = kitchen.SCHEMA["properties"] | more
    return kitchen.SCHEMA | {"x-pages": [page], "properties": properties}


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_a_page_of_fifty_fields_and_all_it_loads_is_small(
    visitor: Callable[..., Visitor], database: Database, tmp_path: Path, language: str
) -> None:
    kitchen.publish(database, tmp_path, fifty_fields())
    customer = visitor("customer", language)
    customer.go("/catalog/kitchen/form/all")
    assert customer.status == 200
    asked = {one.get("name") for one in customer.form(id="form").all() if one.has("name")}
    assert len({name for name in asked if not name.startswith("_")}) >= 50
    weight = sum(map(bytes_of, loaded(customer)))
    assert weight < MOST_BYTES, f"{weight} bytes, compressed"


def loaded(customer: Visitor) -> list[Any]:
    """The page, its styles, pictures and scripts, and the scripts that those import."""
    page = customer.client.get(customer.address)
    linked = [one.get("href") for one in customer.page.all("link")]
    linked += [one.get("src") for tag in ("script", "img") for one in customer.page.all(tag)]
    found = {address: customer.client.get(address) for address in linked if address}
    waiting = [(address, got) for address, got in found.items() if ".js" in address]
    for address, got in waiting:
        for name in re.findall(r'(?:from|import) ?\(?"(\.[^"]+|/[^"]+)"', got.text):
            further = urljoin(address, name)
            if further not in found:
                found[further] = customer.client.get(further)
                waiting.append((further, found[further]))
    assert all(one.status_code == 200 for one in found.values()), found
    return [page, *found.values()]


def bytes_of(response: Any) -> int:
    """What went over the line: most of it compressed."""
    return int(response.headers["Content-Length"])
