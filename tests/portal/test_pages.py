"""Every page as a browser gets it: static files, headers, sizes, valid ids."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from portal.rendering import STATIC, asset
from store.database import Database
from store.tasks import Audience
from tests.people import People
from tests.portal.scenes import asked, submitted
from tests.portal.visitor import Element, Visitor

Visit = Callable[..., Visitor]
LARGEST = 60_000


@pytest.fixture
def addresses(database: Database, people: People) -> dict[str, list[str]]:
    """The pages of a customer and of an agent, with something on each."""
    loan = database.write_now(submitted, people["customer"])
    database.write_now(asked, loan.id, "loan-documents", Audience.CUSTOMER)
    task = database.write_now(asked, loan.id, "approval", Audience.STAFF, "loan-officers")
    return {
        "customer": [
            "/catalog",
            "/catalog/loan-request",
            "/catalog/address-change/form/address",
            "/catalog/loan-request/form/loans",
            "/catalog/case-routing/form/problem",
            "/requests",
            f"/requests/{loan.reference}",
            f"/requests/{loan.reference}/amend",
            f"/requests/{loan.reference}/withdraw",
            "/notifications",
            "/profile",
            "/nowhere",
        ],
        "agent": ["/tasks", f"/tasks/{task.id}", f"/requests/{loan.reference}", "/requests"],
    }


def visited(visitor: Visit, addresses: dict[str, list[str]]) -> Iterator[Visitor]:
    for who, pages in addresses.items():
        person = visitor(who)
        for address in pages:
            yield person.go(address)


def test_static_files_are_kept_for_ever_under_an_address_of_their_content(visitor: Visit) -> None:
    client = visitor().client
    kept = client.get(asset("style.css"))
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["content-type"].startswith("text/css")
    assert "immutable" not in client.get("/static/style.css").headers["cache-control"]
    assert client.get("/static/../rendering.py").status_code == 404


def test_pages_belong_to_their_reader_alone(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog")
    assert customer.headers["cache-control"] == "private, no-cache"
    assert "script-src 'self'" in customer.headers["content-security-policy"]
    assert customer.headers["content-encoding"] == "gzip"


def test_answers_to_programs_are_not_compressed(visitor: Visit) -> None:
    answer = visitor().client.get("/api/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


def test_a_page_with_all_it_needs_is_small(visitor: Visit, addresses: dict[str, list[str]]) -> None:
    for page in visited(visitor, addresses):
        html = page.client.get(page.address).content
        files = [one.get("href") for one in page.page.all("link", rel="stylesheet")]
        files += [one.get("src") for one in page.page.all("script")]
        parts = [html, *(page.client.get(file).content for file in files)]
        size = sum(len(gzip.compress(part)) for part in parts)
        assert size < LARGEST, f"{page.address} takes {size} bytes"


def test_every_page_has_what_readers_need(visitor: Visit, addresses: dict[str, list[str]]) -> None:
    for page in visited(visitor, addresses):
        where = page.address
        assert page.page.one("html").get("lang") == "en", where
        assert len(page.page.all("h1")) == 1, where
        assert page.title.endswith("· Ventanilla"), where
        for landmark in ("header", "main", "footer"):
            assert page.page.all(landmark), where
        assert page.page.one("a", class_="skip").get("href") == "#main", where
        ids = Counter(one.get("id") for one in page.page.all() if one.get("id"))
        assert not [one for one, count in ids.items() if count > 1], where
        known = set(ids)
        for one in page.page.all():
            for name in ("for", "aria-describedby", "aria-labelledby", "form"):
                assert set(one.get(name).split()) <= known, f"{where}: {name}={one.get(name)}"


def test_every_form_that_changes_something_carries_a_token(
    visitor: Visit, addresses: dict[str, list[str]]
) -> None:
    for page in visited(visitor, addresses):
        for form in page.page.all("form", method="post"):
            assert form.one("input", name="_token").get("value"), page.address


def test_nothing_on_a_page_breaks_the_policy(
    visitor: Visit, addresses: dict[str, list[str]]
) -> None:
    for page in visited(visitor, addresses):
        for one in page.page.all():
            assert not inline(one), f"{page.address}: <{one.tag} {one.attributes}>"
        for script in page.page.all("script"):
            assert script.get("src").startswith("/static/"), page.address


def inline(element: Element) -> bool:
    """Whether an element has styles or scripts of its own."""
    return any(name == "style" or name.startswith("on") for name in element.attributes)


def test_every_static_file_is_used() -> None:
    templates = "".join(path.read_text() for path in (STATIC.parent / "templates").iterdir())
    for path in STATIC.iterdir():
        assert f"asset('{path.name}')" in templates, path.name


def test_pages_are_no_part_of_the_description_for_programs(app: FastAPI) -> None:
    shown = [
        context.path
        for context in iter_route_contexts(app.routes)
        if isinstance(context, APIRoute) and context.include_in_schema
    ]
    assert all(path.startswith(("/api/", "/health/")) for path in shown)
