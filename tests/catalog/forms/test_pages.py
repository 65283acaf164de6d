"""Pages are shown, skipped and judged by the answers of all of them."""

import pytest

from tests.catalog.forms.samples import Schema, form, text, when


def page(page_id: str, *fields: str, **more: object) -> Schema:
    return {"id": page_id, "title": page_id.title(), "fields": list(fields), **more}


PAGES = [
    page("who", "kind", "name"),
    page("firm", "firm_name", "tax_id", when=when("kind", "firm")),
    page("end", "note"),
]
SAMPLE = form(
    {
        "kind": text("Kind"),
        "name": text("Name"),
        "firm_name": text("Firm"),
        "tax_id": text("Tax id"),
        "note": text("Note"),
    },
    **{"x-pages": PAGES},
    required=["kind", "name", "firm_name"],
    dependentRequired={"name": ["tax_id"]},
    allOf=[
        {
            "if": when("tax_id", "ES1"),
            "then": {"properties": {"vat": text("VAT")}, "required": ["note"]},
        }
    ],
)


def test_a_skipped_page_neither_keeps_answers_nor_blocks() -> None:
    verdict = SAMPLE.evaluate({"kind": "person", "name": "Ana", "firm_name": "X", "tax_id": "ES1"})
    assert verdict.answers == {"kind": "person", "name": "Ana"}
    assert verdict.valid
    assert [shown.id for shown in verdict.pages] == ["who", "end"]


def test_conditions_reach_across_pages() -> None:
    verdict = SAMPLE.evaluate({"kind": "firm", "name": "Ana", "tax_id": "ES1"})
    assert [e.pointer for e in verdict.errors] == ["/firm_name", "/note"]
    assert [shown.id for shown in verdict.pages] == ["who", "firm", "end"]


def test_what_a_dependency_requires_on_a_skipped_page_does_not_block() -> None:
    assert SAMPLE.evaluate({"kind": "person", "name": "Ana"}).valid
    verdict = SAMPLE.evaluate({"kind": "firm", "name": "Ana", "firm_name": "X"})
    assert [e.pointer for e in verdict.errors] == ["/tax_id"]


def test_a_page_is_judged_alone_and_the_rest_is_kept() -> None:
    verdict = SAMPLE.evaluate({"kind": "firm", "tax_id": 7}, page="who")
    assert [e.pointer for e in verdict.errors] == ["/name"]
    assert verdict.answers == {"kind": "firm", "tax_id": 7}
    assert [e.pointer for e in SAMPLE.evaluate({"kind": "firm"}, page="end").errors] == []


def test_a_page_of_which_every_field_is_hidden_is_skipped() -> None:
    sample = form(
        {"kind": text()},
        **{"x-pages": [page("one", "kind"), page("two", "plate")]},
        allOf=[{"if": when("kind", "car"), "then": {"properties": {"plate": text()}}}],
    )
    assert [shown.id for shown in sample.evaluate({"kind": "bike"}).pages] == ["one"]
    shown = sample.evaluate({"kind": "car"}).pages
    assert [(each.id, each.fields) for each in shown] == [("one", ("kind",)), ("two", ("plate",))]


def test_a_form_without_pages_is_one_page() -> None:
    sample = form({"a": text(), "b": text()})
    shown = sample.evaluate({}).pages
    assert [(each.id, each.title, each.fields) for each in shown] == [
        ("form", "Sample", ("a", "b"))
    ]


def test_errors_come_in_the_order_of_the_pages() -> None:
    sample = form(
        {"a": text(), "b": text(), "c": text()},
        **{"x-pages": [page("one", "c"), page("two", "b", "a")]},
        required=["a", "b", "c"],
    )
    assert [e.pointer for e in sample.evaluate({}).errors] == ["/c", "/b", "/a"]


def test_the_page_of_an_answer_is_known() -> None:
    assert SAMPLE.page_of("/tax_id") == "firm"
    assert SAMPLE.page_of("") == "who"


def test_an_unknown_page_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(LookupError, match="no page nowhere"):
        SAMPLE.evaluate({}, page="nowhere")


def test_the_plain_schema_says_the_same_of_pages() -> None:
    assert "x-pages" not in str(SAMPLE.plain)
    assert SAMPLE.validator.is_valid({"kind": "person", "name": "Ana"})
    assert not SAMPLE.validator.is_valid({"kind": "firm", "name": "Ana"})
