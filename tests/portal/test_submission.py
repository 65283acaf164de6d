"""A new request: its form page by page, the review, and sending it."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from ground import clock
from services import documents
from store.database import Database
from store.drafts import Draft
from store.requests import Delivery, Request
from tests.people import People
from tests.portal.publications import published
from tests.portal.visitor import Visitor
from tests.services.test_document_types import PDF

Visit = Callable[..., Visitor]

MOVE = {
    "address.country": "ES",
    "address.lines": "Calle de Alcalá 50",
    "address.city": "Madrid",
    "address.postal_code": "28014",
    "address.region": "M",
    "effective_date": (date.today() + timedelta(days=14)).isoformat(),
    "follow": ["billing", "delivery"],
}
CONTACT = {"email": "clara@example.com", "reason": "moved", "consent": "true"}
FORM = "/catalog/address-change/form"
REVIEW = "/catalog/address-change/review"


def labels(visitor: Visitor) -> list[str]:
    """What the form asks, in order."""
    form = visitor.form(id="form")
    return [one.text for one in form.all() if one.tag in ("label", "legend")]


def requests_of(session: Session, people: People, name: str) -> list[Request]:
    customer = people[name].account_id
    return list(session.exec(select(Request).where(col(Request.customer_id) == customer)))


def filled(visitor: Visitor) -> Visitor:
    """An address change, ready to be sent."""
    visitor.go(FORM).send(MOVE).send(CONTACT)
    assert visitor.address == REVIEW, visitor.errors
    return visitor


# The way through


def test_a_request_is_made_without_any_script(
    visitor: Visit, people: People, database: Database
) -> None:
    customer = visitor("customer").go("/catalog/address-change").follow("Start")
    assert customer.address == f"{FORM}/address"
    assert "Step 1 of 3" in customer.text
    customer.send(MOVE)
    assert customer.address == f"{FORM}/contact"
    customer.send(CONTACT)
    assert customer.address == REVIEW
    assert "Nothing has been sent yet." in customer.text
    for shown in ("Calle de Alcalá 50", "Spain", "Madrid", "Invoices and Deliveries"):
        assert shown in customer.text
    customer.send()
    (request,) = database.read_now(requests_of, people, "customer")
    assert customer.address == f"/requests/{request.reference}?done=sent"
    assert request.reference in customer.text
    assert request.channel == "portal"
    assert request.answers["address"]["lines"] == "Calle de Alcalá 50"
    (owed,) = database.read_now(lambda s: s.exec(select(Delivery)).all())
    assert owed.kind == "start"


def test_the_form_begins_with_what_the_profile_knows(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{FORM}/contact")
    assert customer.page.one("input", name="email").get("value") == "customer@example.com"
    country = visitor("customer2").go(f"{FORM}/address").page.one("select", name="address.country")
    assert [one.get("value") for one in country.all("option") if one.has("selected")] == ["PT"]


def test_reading_a_form_writes_nothing(visitor: Visit, database: Database) -> None:
    visitor("customer").go(f"{FORM}/address").go(f"{FORM}/contact").go(REVIEW)
    assert database.read_now(lambda s: s.exec(select(Draft)).all()) == []


def test_sending_twice_makes_one_request(
    visitor: Visit, people: People, database: Database
) -> None:
    customer = filled(visitor("customer"))
    review = customer.form()
    first = customer.send(form=review).address
    customer.address = REVIEW
    assert customer.send(form=review).address == first
    assert len(database.read_now(requests_of, people, "customer")) == 1


def test_a_sent_draft_is_gone(visitor: Visit, database: Database) -> None:
    filled(visitor("customer")).send()
    assert database.read_now(lambda s: s.exec(select(Draft)).all()) == []


def test_a_review_that_was_discarded_elsewhere_cannot_be_sent(visitor: Visit) -> None:
    customer = filled(visitor("customer"))
    review = customer.form()
    discarded(customer)
    customer.address = REVIEW
    customer.send(form=review)
    assert customer.status == 409
    assert "it was sent or discarded, perhaps in another window" in customer.text


def discarded(customer: Visitor) -> None:
    """The first draft of the address change is deleted."""
    customer.go("/catalog/address-change").follow("Delete")
    assert "Delete this unfinished form?" in customer.text
    customer.send()
    assert customer.address == "/catalog/address-change"


# Mistakes


def test_mistakes_stand_on_top_and_at_their_fields_in_the_same_words(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{FORM}/address")
    customer.send({**MOVE, "address.postal_code": "", "effective_date": "", "address.city": "X"})
    assert customer.status == 422
    assert customer.title.startswith("Error:")
    assert customer.errors == [
        "Enter the postal code of the new address.",
        "Enter the day from which the new address counts.",
    ]
    summary = customer.page.one(id="summary")
    assert summary.get("tabindex") == "-1"
    for line, name in zip(summary.all("a"), ("address.postal_code", "effective_date"), strict=True):
        assert line.get("href") == f"#{name}"
        field = customer.page.one(id=name)
        assert field.get("aria-invalid") == "true"
        assert f"{name}-error" in field.get("aria-describedby").split()
        assert line.text in customer.page.one(id=f"{name}-error").text
    assert customer.page.one("input", name="address.city").get("value") == "X"


def test_what_cannot_be_read_stays_as_it_was_typed(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog/loan-request/form/loan")
    customer.send({"purpose": "car", "amount": "a lot", "term_months": "60"})
    assert customer.errors == ["Enter the amount in euros, such as 12,500 or 12,500.50."]
    assert customer.page.one("input", name="amount").get("value") == "a lot"
    customer.go(f"{FORM}/address").send({**MOVE, "effective_date": "next friday"})
    day = customer.page.one("input", name="effective_date")
    assert (day.get("value"), day.get("type")) == ("next friday", "text")


def test_nobody_sends_what_is_not_right(visitor: Visit) -> None:
    customer = visitor("customer").go(FORM).send(MOVE)
    customer.go(REVIEW)
    assert customer.address == f"{FORM}/contact?check=1"
    assert "Choose why your address changes." in customer.errors


# Questions that follow from answers


def test_an_answer_brings_up_further_questions_and_blames_nobody_for_them(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{FORM}/contact")
    assert "Your reason" not in labels(customer)
    customer.send({**CONTACT, "reason": "other"})
    assert customer.status == 200
    assert customer.errors == []
    assert "we have a few more questions" in customer.text
    assert "Your reason" in labels(customer)
    customer.send(press="continue")
    assert customer.errors == ["Tell us your reason in a few words."]


def test_pages_that_other_answers_make_pointless_are_left_out(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog/loan-request/form/household")
    household = {
        "housing": "own",
        "dependants": "0",
        "employment": "other",
        "income_source": "Royalties",
    }
    customer.send(household)
    customer.send(household)
    assert "Step 3 of 6" in customer.text
    customer.go("/catalog/loan-request/form/documents")
    assert customer.address != "/catalog/loan-request/form/documents"
    customer.go("/catalog/loan-request/form/household")
    customer.send({**household, "employment": "retired"})
    assert "Step 3 of 7" in customer.text
    assert customer.go("/catalog/loan-request/form/documents").status == 200


def test_what_is_hidden_for_now_is_kept_for_later(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{FORM}/address").send(MOVE, press="save")
    customer.go(f"{FORM}/address").send({"address.country": "AE"}, press="save")
    customer.go(f"{FORM}/address")
    assert not customer.page.all("input", name="address.postal_code")
    customer.send({"address.country": "ES"}, press="save")
    customer.go(f"{FORM}/address")
    assert customer.page.one("input", name="address.postal_code").get("value") == "28014"


def test_unticking_everything_is_an_answer(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{FORM}/address").send(MOVE)
    customer.go(f"{FORM}/address")
    ticked = [
        one.get("value") for one in customer.page.all("input", name="follow") if one.has("checked")
    ]
    assert ticked == ["billing", "delivery"]
    customer.send({"follow": ""}, press="save").go(f"{FORM}/address")
    assert not [one for one in customer.page.all("input", name="follow") if one.has("checked")]


# Back, later, in another language


def test_going_back_loses_nothing(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{FORM}/address").send(MOVE)
    customer.send({"email": "half@typed"}, press="back")
    assert customer.address == f"{FORM}/address"
    assert customer.page.one("input", name="address.city").get("value") == "Madrid"
    customer.send()
    assert customer.page.one("input", name="email").get("value") == "half@typed"


def test_the_language_changes_without_losing_what_was_typed(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{FORM}/contact")
    buttons = [one for one in customer.page.all("button", form="form") if one.get("lang") == "es"]
    form = customer.form(id="form")
    form.children.append(buttons[0])
    customer.send({"email": "half@typed"}, press="language:es")
    assert customer.page.one("html").get("lang") == "es"
    assert "Cómo localizarle" in customer.text
    assert customer.page.one("input", name="email").get("value") == "half@typed"


def test_enter_goes_on_and_never_back(visitor: Visit) -> None:
    customer = visitor("customer").go(f"{FORM}/contact")
    first = [
        one for one in customer.page.all("button") if one.within("form") == customer.form(id="form")
    ]
    assert first[0].get("value") == "continue"


def test_one_answer_is_changed_from_the_review(visitor: Visit) -> None:
    customer = filled(visitor("customer"))
    change = [one for one in customer.page.all("a") if one.text == "Change City or town"]
    customer.go(change[0].get("href").partition("#")[0])
    assert customer.address == f"{FORM}/address?change=1"
    customer.send({"address.city": "Alcobendas"})
    assert customer.address == REVIEW
    assert "Alcobendas" in customer.text


# Prices


def test_the_price_is_shown_before_anything_is_ordered(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog/plan-upgrade/form/plan")
    subscription = customer.page.all("input", name="subscription")[1].get("value")
    customer.send({"subscription": subscription, "when": "now"})
    assert "we have a few more questions" in customer.text
    plan = customer.page.all("input", name="plan")[1].get("value")
    customer.send({"subscription": subscription, "plan": plan, "when": "next-cycle"})
    assert customer.address == "/catalog/plan-upgrade/form/payment"
    price = customer.page.one("section", class_="computed")
    assert "€39.90" in price.text
    assert not price.all("input")
    customer.send({"payment_method": "balance", "consent": "true"})
    assert customer.address == "/catalog/plan-upgrade/review"
    assert "€39.90" in customer.text
    assert not [a for a in customer.page.all("a") if a.text.startswith("Change Then each month")]


# Lists


def test_a_list_grows_and_shrinks_without_any_script(visitor: Visit) -> None:
    at = "/catalog/loan-request/form/loans"
    customer = visitor("customer").go(at).send({"has_loans": "true"})
    first = {"existing_loans.0.lender": "Banco", "existing_loans.0.remaining": "1,500"}
    first |= {"existing_loans.0.monthly": "120"}
    customer.send(first, press="add:existing_loans")
    assert customer.address == f"{at}?add=existing_loans"
    assert customer.page.one("input", name="existing_loans.0.lender").get("value") == "Banco"
    second = {"existing_loans.1.lender": "Caja", "existing_loans.1.remaining": "900"}
    customer.send(second | {"existing_loans.1.monthly": "90"}, press="add:existing_loans")
    customer.send(press="remove:existing_loans.0")
    assert customer.page.one("input", name="existing_loans.0.lender").get("value") == "Caja"
    assert not customer.page.all("input", name="existing_loans.1.lender")


# Documents


AT_PROBLEM = "/catalog/case-routing/form/problem"


def test_a_document_is_uploaded_named_and_taken_away(visitor: Visit) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    assert "At most 10 MB each." in customer.text
    pdf = ("invoice.pdf", PDF, "application/pdf")
    customer.send(press="upload:attachments", files={"attachments": pdf})
    assert customer.address == AT_PROBLEM
    link = customer.page.one("ul", class_="files").one("a")
    assert link.text == "invoice.pdf"
    assert customer.client.get(link.get("href")).content == PDF
    customer.send(press=customer.page.one("ul", class_="files").one("button").get("value"))
    assert not customer.page.all("ul", class_="files")


def test_a_refused_document_is_told_at_its_field_and_nothing_else_is_lost(visitor: Visit) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    program = ("photo.pdf", b"MZ\x90\x00" * 100, "application/pdf")
    customer.send(
        {"topic": "network", "description": "The router is dead."},
        press="continue",
        files={"attachments": program},
    )
    assert customer.status == 422
    assert any("This kind of file is not accepted" in error for error in customer.errors)
    assert customer.page.one("textarea").text == "The router is dead."


def test_a_document_that_is_gone_leads_back_to_its_field(
    visitor: Visit, database: Database
) -> None:
    customer = visitor("customer").go(AT_PROBLEM)
    problem = {"topic": "other", "description": "The router is dead."}
    pdf = ("invoice.pdf", PDF, "application/pdf")
    customer.send(problem, press="upload:attachments", files={"attachments": pdf})
    while not customer.address.endswith("/review"):
        customer.send(answers_for(customer))
        assert not customer.errors, customer.errors
    assert "invoice.pdf" in customer.text
    database.write_now(lose_documents)
    customer.send()
    assert customer.address == f"{AT_PROBLEM}?check=1"
    assert customer.errors == ["There is no such document of yours. Upload it again."]


def answers_for(customer: Visitor) -> dict[str, str]:
    """The first choice everywhere, so that the next page comes."""
    form = customer.form(id="form")
    return {
        one.get("name"): one.get("value")
        for one in reversed(form.all("input", type="radio"))
        if not [r for r in form.all("input", name=one.get("name")) if r.has("checked")]
    }


def lose_documents(session: Session) -> None:
    documents.drop_unattached(session, clock.now() + timedelta(days=1))


# Definitions that change


def test_a_form_that_changes_meanwhile_is_looked_through_once_more(
    visitor: Visit, database: Database, tmp_path: Path
) -> None:
    customer = filled(visitor("customer"))
    published(database, tmp_path, lambda text: text.replace("usual: P7D", "usual: P8D"))
    customer.send()
    assert customer.address == f"{REVIEW}?changed=1"
    assert "This form has changed since you began. Its questions are the same." in customer.text
    assert customer.send().address.startswith("/requests/")


# What is not there


@pytest.mark.parametrize(
    "address",
    [
        "/catalog/nothing/form",
        "/catalog/nothing/form/address",
        "/catalog/address-change/form/nothing",
        "/catalog/nothing/review",
    ],
)
def test_what_is_not_there_is_said_so(visitor: Visit, address: str) -> None:
    customer = visitor("customer").go(address)
    assert customer.status == 404
    assert customer.page.one("h1").text == "Not found"
