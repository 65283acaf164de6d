"""What comes from a profile, and which documents the answers refer to."""

from catalog.forms import DocumentAnswer
from tests.catalog.forms.samples import form, text, when

DOCUMENT = text("Proof", **{"x-document": {"types": ["application/pdf"], "max_bytes": 5}})


def test_first_answers_come_from_the_profile() -> None:
    home = {
        "type": "object",
        "title": "Home",
        "properties": {"city": text("City", **{"x-prefill": "profile.address.city"})},
    }
    sample = form(
        {
            "email": text("E-mail", **{"x-prefill": "profile.email"}),
            "phone": text("Phone", **{"x-prefill": "profile.phone"}),
            "home": home,
            "name": text("Name"),
        }
    )
    profile = {"email": "a@example.com", "phone": "", "address": {"city": "Vigo"}, "name": "Ana"}
    assert sample.prefill(profile) == {"email": "a@example.com", "home": {"city": "Vigo"}}
    assert sample.prefill({}) == {}
    assert sample.prefill({"address": "nowhere"}) == {}


def test_documents_of_hidden_answers_do_not_count() -> None:
    item = {"type": "object", "properties": {"file": DOCUMENT}}
    sample = form(
        {
            "kind": text(),
            "all": {"type": "array", "title": "All", "items": DOCUMENT},
            "rows": {"type": "array", "title": "Rows", "items": item},
        },
        **{"if": when("kind", "car"), "then": {"properties": {"licence": DOCUMENT}}},
    )
    answers = {"kind": "bike", "licence": "d1", "all": ["d2", "d3"], "rows": [{"file": "d4"}]}
    found = sample.documents(answers)
    assert [(each.pointer, each.document_id) for each in found] == [
        ("/all/0", "d2"),
        ("/all/1", "d3"),
        ("/rows/0/file", "d4"),
    ]
    assert found[0] == DocumentAnswer("/all/0", "d2", ("application/pdf",), 5)
    assert sample.documents({"kind": "car", "licence": "d1"})[0].pointer == "/licence"


def test_a_link_fills_in_what_is_no_act_of_ones_own_and_no_secret() -> None:
    sample = form(
        {
            "name": text("Name"),
            "count": {"type": "integer", "title": "Count"},
            "iban": text("IBAN", **{"x-mask": "last4"}),
            "agreed": {"type": "boolean", "const": True, "title": "I agree"},
            "signed": text("Signature", **{"x-widget": "signature"}),
            "source": text("Source", **{"x-widget": "hidden"}),
            "tier": text("Tier", readOnly=True),
            "paper": text("Paper", **{"x-document": {"types": ["a/b"], "max_bytes": 1}}),
            "group": {
                "type": "object",
                "properties": {"a": text("A"), "b": text("B", readOnly=True)},
            },
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"c": text("C"), "d": text("D", **{"x-mask": "all"})},
                },
            },
        }
    )
    link = [
        ("name", "Ana"),
        ("count", "three"),
        ("iban", "ES91"),
        ("agreed", "true"),
        ("signed", "Ana"),
        ("source", "evil"),
        ("tier", "gold"),
        ("paper", "d1"),
        ("group.a", "x"),
        ("group.b", "x"),
        ("rows.0.c", "x"),
        ("rows.0.d", "x"),
        ("rows.1.d", "x"),
        ("unknown", "x"),
        ("_action", "x"),
    ]
    assert sample.prefill_from(link) == {
        "name": "Ana",
        "count": "three",
        "group": {"a": "x"},
        "rows": [{"c": "x"}],
    }


def test_a_link_fills_in_nothing_that_is_masked_in_some_case() -> None:
    more = {"properties": {"a": {"x-mask": "all"}}}
    masked = form({"k": text("K"), "a": text("A")}, **{"if": when("k", "x"), "then": more})
    assert masked.prefill_from([("k", "y"), ("a", "secret")]) == {"k": "y"}
