"""Receipts on a request's page: on paper, as a signed file, and the keys that check it."""

from collections.abc import Callable
from io import BytesIO

import pytest
from pypdf import PdfReader

from services.receipt_files import check
from services.signing import read_public
from store.database import Database
from tests.people import People
from tests.portal.scenes import submitted, told
from tests.portal.visitor import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def reference(database: Database, people: People) -> str:
    """A request whose form masks the number of a document, with a word among staff."""
    made = database.write_now(submitted, people["customer"], "add-authorised-person", 0)
    database.write_now(told, made.id, "requests.trouble_cause", "staff", {"cause": "hush-hush"})
    return made.reference


def test_the_page_leads_to_both_kinds(visitor: Visit, reference: str) -> None:
    customer = visitor("customer").go(f"/requests/{reference}")
    links = [link.get("href") for link in customer.page.all("a")]
    for ending in ("pdf", "json"):
        assert f"/requests/{reference}/receipt.{ending}" in links


def test_the_signed_file_holds_by_the_published_keys(visitor: Visit, reference: str) -> None:
    client = visitor("customer").client
    answer = client.get(f"/requests/{reference}/receipt.json")
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{reference}-')
    assert answer.headers["content-type"] == "application/json"
    for place in ("/.well-known/receipt-keys.json", "/api/receipt-key"):
        keys = read_public(visitor().client.get(place).content)
        found = check(answer.content, keys)
        assert found.vouched
        assert found.receipt.request.reference == reference
    again = client.get(f"/api/requests/{reference}/receipt")
    assert check(again.content, keys).receipt.timeline == found.receipt.timeline


def test_what_the_review_masks_stays_masked(
    visitor: Visit, database: Database, reference: str, people: People
) -> None:
    for name in ("customer", "operator"):
        content = visitor(name).client.get(f"/requests/{reference}/receipt.json").content
        shown = {row.label: row.value for row in check(content, []).receipt.answers.shown}
        assert any("•" in value for value in shown.values()), shown
        assert b"hush-hush" not in content


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_the_paper_speaks_the_readers_language(
    visitor: Visit, reference: str, language: str
) -> None:
    visit = visitor("customer", language)
    visit.client.cookies.set("ventanilla_language", language)
    answer = visit.client.get(f"/requests/{reference}/receipt.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert f'filename="{reference}-' in answer.headers["content-disposition"]
    made = PdfReader(BytesIO(answer.content))
    text = "".join(page.extract_text() for page in made.pages)
    assert {"en": "Receipt", "es": "Resguardo", "pt": "Recibo"}[language] in text
    assert "•" in text
    assert "hush-hush" not in text
    (attached,) = made.attachments.values()
    assert check(attached[0], []).receipt.language == language


def test_nobody_else_gets_it(visitor: Visit, reference: str) -> None:
    for ending in ("json", "pdf"):
        assert (
            visitor("customer2").client.get(f"/requests/{reference}/receipt.{ending}").status_code
            == 404
        )
