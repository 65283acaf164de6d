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
