"""What a renderer gets: fields, options, errors, and the rows of the review."""

from datetime import date
from typing import Any

import pytest

from catalog.forms import FieldView
from tests.catalog.forms.samples import World, form, text, when

MONEY = {"type": "integer", "title": "Rent", "x-widget": "money", "x-currency": "EUR"}
DOCUMENT = text("Proof", **{"x-document": {"types": ["application/pdf"], "max_bytes": 5}})


def field(schema: dict[str, Any], value: Any = None, language: str = "en") -> FieldView:
    """The view of the only field of a form."""
    answers = {} if value is None else {"a": value}
    return form({"a": schema}).view(answers, language).pages[0].fields[0]


@pytest.mark.parametrize(
    ("schema", "widget"),
    [
        (text(), "text"),
        (text(maxLength=1000), "textarea"),
        (text(format="email"), "email"),
        (text(format="tel"), "tel"),
        (text(format="date"), "date"),
        (text(format="country"), "country"),
        (text(**{"x-widget": "hidden"}), "hidden"),
        (text(**{"x-options": "colours"}), "select"),
        (DOCUMENT, "file"),
        ({"type": "array", "items": DOCUMENT}, "file"),
        ({"type": "integer"}, "number"),
        (MONEY, "money"),
        ({"type": "boolean"}, "checkbox"),
        ({"type": "boolean", "const": True}, "consent"),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, "radio"),
        ({"oneOf": [{"const": n} for n in range(6)]}, "select"),
        ({"type": "array", "items": {"oneOf": [{"const": "a"}]}}, "checkboxes"),
        ({"type": "array", "items": {"type": "object", "properties": {}}}, "list"),
        ({"type": "object", "properties": {"x": text()}}, "group"),
    ],
)
def test_the_widget_follows_from_type_and_format(schema: dict[str, Any], widget: str) -> None:
    assert field({"title": "A", **schema}).widget == widget


@pytest.mark.parametrize(
    ("schema", "value", "language", "display"),
    [
        (text(format="date"), "2027-03-31", "es", "31 de marzo de 2027"),
        (text(format="date"), "soon", "es", "soon"),
        (MONEY, 125050, "en", "€1,250.50"),
        (MONEY, 125050, "es", "1.250,50\xa0€"),
        (MONEY, "lots", "es", "lots"),
        ({"type": "number", "title": "N"}, 1250.5, "es", "1.250,5"),
        ({"type": "boolean", "title": "B"}, True, "pt", "Sim"),
        (text(format="country"), "DE", "es", "Alemania"),
        (text(**{"x-mask": "last4"}), "ES91 2100 0418", "en", "••••0418"),
        (text(**{"x-mask": "last4"}), "1234", "en", "••••"),
        (text(**{"x-mask": "all"}), "secret words", "en", "••••"),
    ],
)
def test_a_reader_sees_values_in_their_language(
    schema: dict[str, Any], value: Any, language: str, display: str
) -> None:
    assert field(schema, value, language).display == display


@pytest.mark.parametrize("language", ["en", "es", "pt"])
@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (MONEY, 125050),
        (MONEY, 0),
        (MONEY, -5),
        ({**MONEY, "x-currency": "JPY"}, 1250),
        ({"type": "number", "title": "N"}, 1250.125),
        ({"type": "integer", "title": "N"}, 1250000),
        ({"type": "boolean", "title": "B"}, False),
        (text(format="date"), "2027-03-04"),
    ],
)
def test_what_stands_in_an_input_is_read_back_the_same(
    schema: dict[str, Any], value: Any, language: str
) -> None:
    sample = form({"a": schema})
    shown = sample.view({"a": value}, language).pages[0].fields[0].text
    assert sample.from_fields([("a", shown)], language) == {"a": value}


def test_options_have_codes_titles_and_the_chosen_one() -> None:
    options = [
        {"const": True, "title": "Yes", "x-i18n": {"es": {"title": "Sí"}}},
        {"const": False, "title": "No"},
    ]
    shown = field({"title": "A", "oneOf": options}, value=True, language="es")
    assert [(o.code, o.title, o.chosen) for o in shown.options] == [
        ("true", "Sí", True),
        ("false", "No", False),
    ]
    assert shown.display == "Sí"


def test_options_of_a_source_come_from_the_context() -> None:
    sample = form({"a": text("A", **{"x-options": "colours"})})
    world = World(sources={"colours": [("r", "Red")]})
    shown = sample.view({"a": "r"}, context=world).pages[0].fields[0]
    assert [option.title for option in shown.options] == ["Red"]
    assert shown.display == "Red"
    assert sample.view({}).pages[0].fields[0].options == ()


def test_countries_are_sorted_as_people_read_them() -> None:
    names = [option.title for option in field(text(format="country"), language="es").options]
    assert names.index("Alemania") < names.index("Austria") < names.index("España")
    assert names.index("Ecuador") < names.index("Egipto") < names.index("El Salvador")


def test_limits_and_hints_for_the_input() -> None:
    day = text("Day", format="date", **{"x-not-before": "today", "x-not-after": "today+7d"})
    sample = form({"day": day, "name": text("Name", maxLength=9), "rent": {**MONEY, "minimum": 1}})
    world = World(today=date(2027, 1, 10))
    shown = {f.name: f for f in sample.view({}, context=world).pages[0].fields}
    assert (shown["day"].minimum, shown["day"].maximum) == ("2027-01-10", "2027-01-17")
    assert shown["name"].max_length == 9
    assert (shown["rent"].minimum, shown["rent"].currency, shown["rent"].inputmode) == (
        1,
        "EUR",
        "decimal",
    )


def test_required_follows_the_answers() -> None:
    sample = form(
        {"kind": text(), "plate": text()},
        **{"if": when("kind", "car"), "then": {"required": ["plate"]}},
    )

    def plate(kind: str) -> bool:
        return sample.view({"kind": kind}).pages[0].fields[1].required

    assert plate("car")
    assert not plate("bike")


def test_only_the_asked_page_has_fields_but_the_review_has_all() -> None:
    pages = [
        {"id": "a", "title": "A", "fields": ["x"], "x-i18n": {"es": {"title": "Á"}}},
        {"id": "b", "title": "B", "fields": ["y"], "when": when("x", "1")},
    ]
    sample = form({"x": text("X"), "y": text("Y")}, **{"x-pages": pages})
    view = sample.view({"x": "1", "y": "2"}, "es", page="a")
    assert [(p.id, p.title, p.active, len(p.fields)) for p in view.pages] == [
        ("a", "Á", True, 1),
        ("b", "B", True, 0),
    ]
    assert [(row.label, row.value, row.page) for row in view.review] == [
        ("X", "1", "a"),
        ("Y", "2", "b"),
    ]
    hidden = sample.view({"x": "0", "y": "2"})
    assert [page.active for page in hidden.pages] == [True, False]
    assert [row.pointer for row in hidden.review] == ["/x"]


def test_lists_show_their_items_and_one_blank_more() -> None:
    item = {
        "type": "object",
        "properties": {"name": text("Name"), "rent": MONEY},
        "required": ["name"],
    }
    sample = form({"homes": {"type": "array", "title": "Homes", "items": item}})
    view = sample.view({"homes": [{"name": "Vigo", "rent": 5000}]})
    homes = view.pages[0].fields[0]
    assert [f.name for f in homes.items[0]] == ["homes.0.name", "homes.0.rent"]
    assert [f.name for f in homes.blanks[0]] == ["homes.1.name", "homes.1.rent"]
    assert homes.blanks[0][0].required
    assert [(row.label, row.value) for row in view.review] == [
        ("Homes 1: Name", "Vigo"),
        ("Homes 1: Rent", "€50.00"),
    ]


def test_errors_stand_at_their_fields_and_in_the_summary() -> None:
    group = {"type": "object", "title": "G", "properties": {"x": text("X")}, "required": ["x"]}
    sample = form({"g": group})
    verdict = sample.evaluate({"g": {}}, "es")
    view = sample.view({"g": {}}, "es", errors=verdict.errors)
    assert view.pages[0].fields[0].fields[0].error == "Escriba una respuesta en «X»."
    assert view.errors == (("/g/x", "Escriba una respuesta en «X»."),)


def test_computed_values_are_read_only() -> None:
    price = {
        "type": "object",
        "title": "Price",
        "x-computed": "price",
        "properties": {"total": {**MONEY, "title": "Total"}},
    }
    sample = form({"price": price})
    view = sample.view({}, context=World(values={"price": {"total": 1250}}))
    shown = view.pages[0].fields[0]
    assert shown.read_only
    assert shown.fields[0].read_only
    assert shown.fields[0].display == "€12.50"
    assert [row.value for row in view.review] == ["€12.50"]


def test_masked_answers_are_masked_in_the_review() -> None:
    sample = form({"iban": text("IBAN", **{"x-mask": "last4"})})
    view = sample.view({"iban": "ES9121000418450200051332"})
    assert view.review[0].value == "••••1332"
    assert view.pages[0].fields[0].masked


def test_hidden_fields_are_no_rows_of_the_review() -> None:
    sample = form({"ref": text("Ref", **{"x-widget": "hidden"})})
    assert sample.view({"ref": "1"}).review == ()
