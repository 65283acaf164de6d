"""Steps of money: quotes, charges, refunds, postings; the books balance and all is undone."""

from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import Session, col, select

from ground.messages import render
from services import balance, ledger
from services.invoices import lines_of
from store.billing import Invoice, InvoiceStatus, Payment, PaymentStatus
from store.ledger import AccountKind, LedgerAccount, LedgerPosting
from store.requests import Request
from tests.workflows.counter import AGENT, CUSTOMER
from tests.workflows.steps.conftest import Bench
from workflows.steps.post_ledger import PostLedger
from workflows.steps.quote import Quote

TITLE = {"en": "A new card", "es": "Una tarjeta nueva", "pt": "Um cartão novo"}
AT_START = 25_00


def charge(amount: int = 500, **more: Any) -> tuple[str, dict[str, Any]]:
    return "charge", {"amount": amount, "currency": "EUR", "title": TITLE} | more


def held(bench: Bench) -> int:
    """The customer's balance."""
    return bench.look(lambda s: balance.balance_minor(s, bench.viewer(CUSTOMER).account_id))


def invoices(bench: Bench, request: Request) -> list[Invoice]:
    """The customer's invoices and credit notes since the request."""
    query = select(Invoice).where(Invoice.customer_id == request.customer_id)

    def read(session: Session) -> list[Invoice]:
        found = session.exec(query.order_by(col(Invoice.sequence))).all()
        return [
            one
            for one in found
            if any(line.text == "billing.line_titled" for line in lines_of(session, one.id))
        ]

    return bench.look(read)


def payment(bench: Bench, payment_id: str) -> Payment:
    return bench.look(lambda session: session.get_one(Payment, payment_id))


# quote


async def test_a_price_is_told_line_by_line(bench: Bench) -> None:
    lines = [{"title": TITLE, "amount": 700}, {"title": {"en": "Off"}, "amount": -200}]
    request = await bench.call(("quote", {"currency": "EUR", "lines": lines}))
    [answer] = await bench.answers(request)
    assert (answer["amount"], answer["currency"], answer["quote"]) == (500, "EUR", "quote")
    told = [entry for entry in bench.timeline(request) if entry.text.startswith("steps.quote")]
    shown = [render("en", {"$ref": entry.text, "params": entry.params}) for entry in told]
    assert shown == ["A new card: €7.00", "Off: -€2.00", "The price is €5.00."]


async def test_a_calculation_without_an_answer_refuses(bench: Bench) -> None:
    request = await bench.call(("quote", {"by": "plan-upgrade-price"}))
    assert await bench.result(request) == "refused"
    assert bench.request(request).outcome == {"$ref": "steps.no_price", "params": {}}


async def test_a_calculation_names_the_price(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.form_data import COMPUTED

    monkeypatch.setitem(COMPUTED, "loan-instalment", lambda *_: 123)
    monkeypatch.setitem(
        COMPUTED, "plan-upgrade-price", lambda *_: {"total_minor": 321, "currency": "USD"}
    )
    request = await bench.call(
        ("quote", {"by": "loan-instalment", "currency": "EUR"}),
        ("quote", {"by": "plan-upgrade-price"}),
    )
    first, second = await bench.answers(request)
    assert (first["amount"], first["currency"]) == (123, "EUR")
    assert (second["amount"], second["currency"], second["quote"]) == (321, "USD", "quote.2")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"by": "x", "lines": [{"title": "a", "amount": 1}], "currency": "EUR"},
        {"lines": [{"title": "a", "amount": 1}]},
    ],
)
def test_a_quote_has_lines_with_a_currency_or_a_calculation(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Quote.model_validate(given)


# charge


async def test_the_balance_pays_and_the_invoice_says_so(bench: Bench) -> None:
    request = await bench.call(charge(method="balance"))
    [answer] = await bench.answers(request)
    assert (answer["status"], answer["why"]) == ("paid", None)
    assert held(bench) == AT_START - 500
    [invoice] = invoices(bench, request)
    assert (invoice.id, invoice.total_minor, invoice.status) == (answer["invoice"], 500, "paid")
    [line] = bench.look(lambda s: lines_of(s, invoice.id))
    assert render("es", {"$ref": line.text, "params": line.params}) == "Una tarjeta nueva"
    told = bench.entry(request, "steps.charge_paid")
    assert render("en", {"$ref": told.text, "params": told.params}) == "Paid: A new card, €5.00."


async def test_what_is_put_on_an_invoice_is_not_paid_yet(bench: Bench) -> None:
    request = await bench.call(charge(method="invoice", due_days=30))
    [answer] = await bench.answers(request)
    [invoice] = invoices(bench, request)
    assert (answer["status"], invoice.status) == ("invoiced", InvoiceStatus.OPEN)
    assert (invoice.due_on - invoice.issued_on).days == 30
    assert held(bench) == AT_START


@pytest.mark.parametrize(
    ("amount", "answered", "status"),
    [
        (500, {}, "paid"),
        (AT_START + 1, {}, "invoiced"),
        (500, {"payment_method": "invoice"}, "invoiced"),
        (AT_START + 1, {"payment_method": "balance"}, "declined"),
        (1_000_00, {}, "declined"),
    ],
)
async def test_without_a_method_it_is_the_customers_or_whichever_works(
    bench: Bench, amount: int, answered: dict[str, Any], status: str
) -> None:
    request = await bench.call(charge(amount), **answered)
    [answer] = await bench.answers(request)
    assert answer["status"] == status
    assert bool(invoices(bench, request)) is (status != "declined")
    assert bool(answer["why"]) is (status == "declined")


@pytest.mark.parametrize("method", ["balance", "invoice"])
async def test_a_charge_is_undone_with_its_invoice(bench: Bench, method: str) -> None:
    request = await bench.call(charge(method=method), refuse=True)
    [answer] = await bench.answers(request, "refused")
    assert held(bench) == AT_START
    assert payment(bench, answer["payment"]).status == PaymentStatus.REFUNDED
    assert [one.total_minor for one in invoices(bench, request)] == [500, -500]


async def test_a_charge_of_nothing_takes_nothing_and_writes_nothing(bench: Bench) -> None:
    request = await bench.call(charge(0), charge(100, title=None))
    nothing, untold = await bench.answers(request)
    assert (nothing["status"], untold["status"]) == ("paid", "paid")
    assert invoices(bench, request) == []
    assert held(bench) == AT_START - 100


async def test_another_currency_is_declined(bench: Bench) -> None:
    request = await bench.call(charge(method="balance", currency="USD"))
    [answer] = await bench.answers(request)
    assert answer["why"]["$ref"] == "billing.other_currency"


async def test_who_has_no_account_with_us_is_not_charged(bench: Bench) -> None:
    request = await bench.call(charge(), by=AGENT)
    assert await bench.result(request) == "refused"
    assert bench.request(request).outcome == {"$ref": "billing.no_account", "params": {}}


# refund


def refund(amount: int = 300, **more: Any) -> tuple[str, dict[str, Any]]:
    return "refund", {"amount": amount, "currency": "EUR", "title": TITLE} | more


async def test_money_is_given_back_with_a_credit_note(bench: Bench) -> None:
    request = await bench.call(refund())
    [answer] = await bench.answers(request)
    [note] = invoices(bench, request)
    assert (note.id, note.total_minor) == (answer["refund"], -300)
    assert held(bench) == AT_START + 300
    assert "steps.refunded" in bench.told(request, "customer")


async def test_a_payment_gives_back_once_and_its_undo_the_rest(bench: Bench) -> None:
    request = await bench.call(
        charge(method="balance"), refund(of="@0.payment"), refund(of="@0.payment")
    )
    await bench.answers(request, "refused")
    assert bench.request(request).outcome == {"$ref": "billing.refunded_before", "params": {}}
    assert held(bench) == AT_START, "300 as a refund, 200 as the undo of the charge"


@pytest.mark.parametrize(
    ("way", "more", "why"),
    [
        ("balance", {"amount": 501}, "billing.refund_too_high"),
        ("invoice", {}, "billing.nothing_to_refund"),
        ("balance", {"currency": "USD"}, "billing.other_currency"),
        ("balance", {"of": "no-such-payment"}, "billing.no_payment"),
    ],
)
async def test_a_refund_that_is_wrong_is_refused(
    bench: Bench, way: str, more: dict[str, Any], why: str
) -> None:
    wants: dict[str, Any] = {"amount": 300, "of": "@0.payment"} | more
    request = await bench.call(charge(method=way), refund(**wants))
    assert await bench.result(request) == "refused"
    outcome = bench.request(request).outcome
    assert outcome
    assert outcome["$ref"] == why
    assert held(bench) == AT_START


# post-ledger


FEES = {"account": "fees", "kind": "income"}
CASH = {"account": "cash", "kind": "asset"}
TEXT = {"en": "A fee", "es": "Una comisión", "pt": "Uma comissão"}


def post(*entries: dict[str, Any], currency: str = "EUR") -> tuple[str, dict[str, Any]]:
    return "post-ledger", {"entries": list(entries), "currency": currency, "text": TEXT}


def on(bench: Bench, code: str, owner: str = "") -> int:
    """What an account holds."""
    return bench.look(lambda s: ledger.balance_minor(s, code, "EUR", owner))


async def test_a_posting_of_several_sides_balances(bench: Bench) -> None:
    request = await bench.call(
        post(
            CASH | {"debit": 700},
            FEES | {"credit": 500},
            {"account": "tax", "kind": "liability", "credit": 200},
        )
    )
    [answer] = await bench.answers(request)
    assert [on(bench, code) for code in ("cash", "fees", "tax")] == [700, 500, 200]
    posting = bench.look(lambda s: s.get_one(LedgerPosting, answer["posting"]))
    assert len(bench.look(lambda s: ledger.entries_of(s, posting.id))) == 2
    assert bench.told(request, "staff").count("steps.posted") == 1
    assert "steps.posted" not in bench.told(request, "customer")


async def test_either_side_may_be_split(bench: Bench) -> None:
    bank = {"account": "bank", "kind": "asset"}
    request = await bench.call(post(CASH | {"debit": 3}, bank | {"debit": 4}, FEES | {"credit": 7}))
    await bench.answers(request)
    assert [on(bench, code) for code in ("cash", "bank", "fees")] == [3, 4, 7]


async def test_a_posting_is_reversed_as_its_undo(bench: Bench) -> None:
    request = await bench.call(post(CASH | {"debit": 5}, FEES | {"credit": 5}), refuse=True)
    await bench.answers(request, "refused")
    assert [on(bench, "cash"), on(bench, "fees")] == [0, 0]
    assert len(bench.look(lambda s: s.exec(select(LedgerPosting)).all())) == 2


async def test_the_customer_has_an_account_of_their_own(bench: Bench) -> None:
    mine = {"account": "deposits", "of": "customer", "kind": "liability"}
    request = await bench.call(post(CASH | {"debit": 5}, mine | {"credit": 5}))
    await bench.answers(request)
    assert on(bench, "deposits", request.customer_id) == 5
    assert on(bench, "deposits") == 0


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([CASH | {"debit": 5}, FEES | {"credit": 4}], "ledger.not_balanced"),
        ([CASH | {"debit": 5}], "ledger.not_balanced"),
        ([CASH | {"debit": 5}, CASH | {"credit": 5}], "ledger.same_account"),
        ([CASH | {"credit": 5}, FEES | {"debit": 5}], "ledger.not_enough"),
        ([{"account": "unheard-of", "debit": 5}, FEES | {"credit": 5}], "ledger.no_account"),
    ],
)
async def test_a_posting_that_is_none_is_refused(
    bench: Bench, entries: list[dict[str, Any]], why: str
) -> None:
    request = await bench.call(post(*entries))
    assert await bench.result(request) == "refused"
    outcome = bench.request(request).outcome
    assert outcome
    assert outcome["$ref"] == why
    kinds = bench.look(lambda s: s.exec(select(LedgerAccount.kind)).all())
    assert AccountKind.INCOME not in kinds, "nothing of it is left"


def test_a_side_is_a_debit_or_a_credit() -> None:
    with pytest.raises(ValidationError, match="either `debit` or `credit`"):
        PostLedger.model_validate(post({"account": "cash"})[1])
