"""Forms under way: several of one item, on several devices, while definitions change, begun by a
link or by an old request."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from services import documents, drafts, forms
from store.database import Database
from store.drafts import Draft
from tests.people import People
from tests.portal.publications import published
from tests.portal.test_submission import (
    AT_PROBLEM,
    CONTACT,
    FORM,
    MOVE,
    REVIEW,
    answers_for,
    filled,
)
from tests.portal.visitor import Visitor
from tests.services.test_document_types import PDF

Visit = Callable[..., Visitor]
ITEM = "/catalog/address-change"
REFRESH = {"_action": "refresh"}
"""What a form sends by itself while somebody types."""
CHANGED = "This form has changed since you began."


def value(visitor: Visitor, name: str) -> str:
    """What a text field of the page holds."""
    return visitor.page.one("input", name=name).get("value")


def notices(visitor: Visitor) -> str:
    """What the page tells besides its questions."""
    return " ".join(one.text for one in visitor.page.one("main").all(class_="notice"))


# Several of one item


def test_a_second_form_is_begun_beside_the_first(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{FORM}/address").send(MOVE)
    customer.go(ITEM).follow("Begin another")
    assert customer.address.startswith(f"{ITEM}/drafts/")
    assert value(customer, "address.city") == ""
    customer.send({**MOVE, "address.city": "Getafe"})
    customer.go(ITEM)
    rows = customer.page.one("ul", class_="begun").all("li")
    assert ["Getafe" in rows[0].text, "Madrid" in rows[1].text] == [True, True]
    customer.go(rows[1].one("a").get("href")).go(f"{FORM}/address")
    assert value(customer, "address.city") == "Madrid"
    customer.go(rows[0].one("a").get("href"))
    while not customer.address.endswith("/review"):
        customer.send(CONTACT)
    customer.send()
    assert customer.address.startswith("/requests/")
    customer.go(ITEM)
    (left,) = customer.page.one("ul", class_="begun").all("li")
    assert left.one("a").get("href") == f"{ITEM}/form"


def test_nothing_is_kept_of_a_form_that_was_only_looked_at(
    visitor: Visit, database: Database, people: People
) -> None:
    customer = visitor("customer").go(f"{ITEM}/drafts/new")
    assert customer.status == 200
    assert database.read_now(drafts.begun, people["customer"]) == []


def test_a_draft_is_deleted_only_after_asking(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{ITEM}/drafts/new").send(MOVE)
    customer.go(ITEM).follow("Delete").follow("Keep it")
    customer.go(ITEM).follow("Delete").send()
    assert customer.address == ITEM
    assert not customer.page.all("ul", class_="begun")


def test_saving_for_later_leads_to_the_item(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{ITEM}/drafts/new").send(MOVE, press="save")
    assert customer.address == ITEM


@pytest.mark.parametrize("draft", ["x", "01JD3Z8W4K2T5N7Q9R1S3V5X7", "01JD3Z8W4K2T5N7Q9R1S3V5X7U"])
def test_what_is_no_draft_is_not_found(visitor: Visit, draft: str) -> None:
    assert visitor("customer").go(f"{ITEM}/drafts/{draft}/form/address").status == 404


def test_another_persons_draft_is_a_form_of_ones_own(visitor: Visit) -> None:
    first = visitor("customer").go(f"{ITEM}/drafts/new").send(MOVE)
    other = visitor("customer2").go(first.address.replace("contact", "address"))
    assert value(other, "address.city") != "Madrid"


# On several devices


def test_a_form_goes_on_on_another_device(visitor: Visit) -> None:
    phone, desk = visitor("customer"), visitor("customer")
    phone.go(f"{FORM}/address").send({"address.city": "Mad", **REFRESH})
    desk.go(f"{ITEM}/form")
    assert value(desk, "address.city") == "Mad"
    desk.send(MOVE)
    phone.go(f"{FORM}/address")
    assert value(phone, "address.city") == "Madrid"


# Definitions that change


def more_asked(schema: dict[str, Any]) -> None:
    """A question more, one less, one that must be answered now, and an option that is gone."""
    words = {"title": "Planta"}
    schema["properties"]["floor"] = {
        "type": "string",
        "title": "Floor",
        "maxLength": 20,
        "x-i18n": {"es": words, "pt": words},
    }
    schema["x-pages"][0]["fields"].append("floor")
    schema["properties"]["follow"]["items"]["oneOf"].pop()
    schema["required"] += ["phone"]
    del schema["if"], schema["then"]
    schema["x-pages"][1]["fields"].remove("reason_text")
    schema["properties"]["reason"]["oneOf"].pop()


def test_what_has_changed_in_a_form_is_said_in_words_and_nothing_typed_is_lost(
    visitor: Visit, database: Database, tmp_path: Path
) -> None:
    customer = visitor("customer").go(f"{FORM}/address").send(MOVE)
    told = {**CONTACT, "reason": "other", "reason_text": "The letter was wrong."}
    customer.send(told)
    assert customer.address == REVIEW
    published(database, tmp_path, without_examples, more_asked)
    customer.go(f"{FORM}/address")
    said = notices(customer)
    assert CHANGED in said
    for part in (
        "New questions Floor",
        "Must now be answered Telephone",
        "No longer asked Your reason",
        "No longer to choose in “What should follow to the new address?” Deliveries",
        "Your reason The letter was wrong.",
        "What should follow to the new address? Invoices and Deliveries",
        "Why does your address change? Another reason",
    ):
        assert part in said, part
    customer.send({"address.city": "Getafe", **REFRESH}).go(f"{FORM}/address")
    assert notices(customer) == said
    assert value(customer, "address.city") == "Getafe"
    customer.send(press="noted")
    assert customer.address == f"{FORM}/address"
    assert CHANGED not in customer.text
    assert only_draft(database)["reason_text"] == "The letter was wrong."


def without_examples(text: str) -> str:
    """The definition, its examples made to fit the changed form."""
    text = text.replace("follow: [billing, delivery]", "follow: [billing]")
    text = text.replace("reason: other", "reason: correction")
    text = text.replace("      reason_text: The letter of my flat was wrong.\n", "")
    return text.replace("      reason:", '      phone: "+34 600 111 222"\n      reason:').replace(
        '      phone: "+34 600 111 222"\n      phone: "+34 600 111 222"\n',
        '      phone: "+34 600 111 222"\n',
    )


def only_draft(database: Database) -> dict[str, Any]:
    """What is kept of the only form under way."""
    (draft,) = database.read_now(lambda session: session.exec(select(Draft)).all())
    return draft.answers


# Begun by a link


def test_a_link_answers_in_advance_and_says_so(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog/loan-request/form?amount=5000&purpose=car&x=1")
    assert value(customer, "amount") == "5000.00"
    assert "The link that you followed has filled in answers." in notices(customer)
    customer.send({"amount": "6000"})
    customer.go("/catalog/loan-request/form/loan")
    assert value(customer, "amount") == "6000.00"


def test_a_link_never_touches_what_was_typed_before(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{FORM}/contact").send({"email": "mine@example.com"})
    customer.go(f"{ITEM}/form?email=link@example.com")
    assert customer.address.startswith(f"{ITEM}/drafts/")
    customer.go(f"{FORM}/contact")
    assert value(customer, "email") == "mine@example.com"


def test_a_link_agrees_to_nothing_and_fills_in_nothing_masked(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{ITEM}/form?consent=true&phone=%2B34600999888&reason=moved")
    customer.send(MOVE)
    assert customer.address == f"{FORM}/contact"
    assert not customer.page.one("input", name="consent", type="checkbox").has("checked")
    assert value(customer, "phone") != "+34600999888"
    assert customer.page.one("input", name="reason", value="moved").has("checked")
    assert "Why does your address change?" in notices(customer)


@pytest.mark.parametrize("query", ["", "?utm_source=mail", "?consent=true", "?amount[]=%00x"])
def test_a_link_that_answers_nothing_begins_the_form_as_ever(visitor: Visit, query: str) -> None:
    customer = visitor("customer").go(f"{ITEM}/form{query}")
    if "%00" in query:
        assert customer.status == 400
        return
    assert customer.address == f"{FORM}/address"
    assert not customer.page.all(class_="notice")


# Begun by an old request


def test_a_request_is_asked_for_again_with_its_old_answers(visitor: Visit) -> None:
    customer = filled(visitor("customer")).send()
    reference = customer.address.split("/")[2].partition("?")[0]
    customer.follow("Ask for this again")
    assert customer.status == 200
    assert value(customer, "address.city") == "Madrid"
    assert f"Filled in from your request {reference}" in notices(customer)
    customer.send()
    assert value(customer, "email") == "clara@example.com"
    assert not customer.page.one("input", name="consent", type="checkbox").has("checked")
    assert "Please answer again I confirm that this is my address" in notices(customer)
    customer.send({"consent": "true"})
    assert customer.address.endswith("/review")
    assert f"Filled in from your request {reference}" in notices(customer)
    customer.send()
    assert customer.address.startswith("/requests/")
    assert reference not in customer.address


def test_what_no_longer_fits_is_not_taken_over(
    visitor: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = filled(visitor("customer")).send().follow("Ask for this again")
    again = customer.address
    assert value(customer, "effective_date") == MOVE["effective_date"]
    later = date.today() + timedelta(days=99)
    monkeypatch.setattr(
        forms,
        "context",
        lambda session, account, language: forms.LiveContext(session, account, language, later),
    )
    customer.go(again)
    assert value(customer, "effective_date") == ""
    assert "Please answer again From which day" in notices(customer)


def test_documents_that_are_gone_are_not_taken_over(visitor: Visit, database: Database) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    problem = {"topic": "other", "description": "The router is dead."}
    files = {"attachments": ("invoice.pdf", PDF, "application/pdf")}
    customer.send(problem, press="upload:attachments", files=files)
    while not customer.address.endswith("/review"):
        customer.send(answers_for(customer))
    customer.send().follow("Ask for this again")
    assert "invoice.pdf" in customer.page.one("ul", class_="files").text
    again = customer.address
    document = customer.page.one("ul", class_="files").one("a").get("href").split("/")[-1]
    database.write_now(documents.drop, document)
    customer.go(again)
    assert not customer.page.all("ul", class_="files")


def test_nobody_repeats_a_request_of_others(visitor: Visit) -> None:
    customer = filled(visitor("customer")).send()
    reference = customer.address.split("/")[2].partition("?")[0]
    assert visitor("customer2").go(f"{ITEM}/drafts/new?again={reference}").status == 404
    assert customer.go(f"/catalog/case-routing/drafts/new?again={reference}").status == 404


# The review


def test_each_answer_has_a_link_to_change_it_and_masked_ones_stay_masked(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{ITEM}/form").send(MOVE)
    customer.send({**CONTACT, "phone": "+34 600 111 222"})
    assert customer.address == REVIEW
    rows = [row for one in customer.page.all("dl", class_="answers") for row in one.all("div")]
    assert len(rows) >= 10
    for row in rows:
        (change,) = row.all("a")
        customer.go(change.get("href").partition("#")[0])
        name = change.get("href").partition("#")[2]
        assert customer.page.all(id=name) or customer.page.all(name=name), name
    shown = next(row.one("dd").text for row in rows if row.one("dt").text == "Telephone")
    assert shown == "••••1222"
