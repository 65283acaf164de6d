"""URI templates: names in braces, and nothing that leads elsewhere."""

import pytest

from services.faults import CallFailed
from services.uri_templates import expand


def test_names_are_replaced_by_encoded_values() -> None:
    values = {"petId": 7, "status": "a b/c?d&é", "on": True, "price": 1.5}
    template = "https://x.org/pet/{petId}?status={status}&on={on}&price={price}"
    assert expand(template, values) == (
        "https://x.org/pet/7?status=a%20b%2Fc%3Fd%26%C3%A9&on=true&price=1.5"
    )


def test_a_uri_without_braces_stays() -> None:
    assert expand("https://x.org/%7Bx", {}) == "https://x.org/%7Bx"


@pytest.mark.parametrize("value", [None, "", ".", "..", [1], {"a": 1}])
def test_what_cannot_stand_there_is_refused(value: object) -> None:
    with pytest.raises(CallFailed) as caught:
        expand("https://x.org/{name}/x", {"name": value})
    assert (caught.value.kind, caught.value.status) == ("validation", 400)


def test_a_missing_value_is_refused_by_name() -> None:
    with pytest.raises(CallFailed, match=r"\{petId\}"):
        expand("https://x.org/{petId}", {})


@pytest.mark.parametrize("name", ["+path", "?query", "a,b", "list*", ""])
def test_higher_levels_of_templates_are_refused_by_name(name: str) -> None:
    with pytest.raises(CallFailed, match="more than a name"):
        expand(f"https://x.org/{{{name}}}", {})
