"""Every item of the catalog can be asked for on the pages, without a script."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, select

from services import catalog, forms
from services.access import Viewer
from settings import ROOT
from store.database import Database
from store.requests import Request
from tests.people import People
from tests.portal.filling_in import example_answers, fill_in, speak
from tests.portal.visitor import Visitor

Visit = Callable[..., Visitor]

ITEMS = sorted(
    path.stem for path in (ROOT / "catalog_defs").glob("*.yaml") if path.stem != "categories"
)
LANGUAGES = ("en", "es", "pt")


@pytest.mark.parametrize(
    ("item", "language"), [(one, LANGUAGES[n % len(LANGUAGES)]) for n, one in enumerate(ITEMS)]
)
def test_an_item_is_asked_for_page_by_page(
    visitor: Visit, database: Database, people: People, item: str, language: str
) -> None:
    answers = database.read_now(example_answers, people["customer"], item)
    customer = fill_in(speak(visitor("customer"), language), item, answers)
    assert customer.page.one("html").get("lang") == language
    customer.send()
    assert "?done=sent" in customer.address, customer.errors
    request = database.read_now(sent, people["customer"])
    assert (request.item_id, request.channel) == (item, "portal")
    expected = database.read_now(by_a_program, people["customer"], item, answers)
    # The profile has answered more, and files have been sent.
    assert {name: request.answers.get(name) for name in expected} == expected


def by_a_program(
    session: Session, viewer: Viewer, item: str, answers: dict[str, Any]
) -> dict[str, Any]:
    """What the same answers come to when a program sends them."""
    version = catalog.published(session, item, viewer)
    return forms.accept(session, version.hash, version.item.form, viewer.account_id, answers, "en")


def sent(session: Session, viewer: Viewer) -> Request:
    """The request of this person, who has made one."""
    return session.exec(select(Request).where(Request.customer_id == viewer.account_id)).one()
