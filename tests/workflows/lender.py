"""A lender for the tests of loan requests: its counter, its books, and its customers' answers."""

from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from ground import business_time, clock, ids
from services import catalog, ledger, lending, relay, tasks
from store.documents import Document
from store.lending import FundsReservation, Loan, LoanOffer
from store.requests import Request
from tests.services.test_ledger import check_books
from tests.workflows.counter import CUSTOMER, Counter

OPERATOR = "operator@example.com"
FUNDS = 100_000_00
AUTOMATIC, ONE_OFFICER, TWO_OFFICERS = 2_500_00, 12_000_00, 25_000_00
ANSWERS: dict[str, Any] = {
    "purpose": "home",
    "amount": AUTOMATIC,
    "term_months": 24,
    "housing": "own",
    "dependants": 0,
    "net_income": 2_400_00,
    "housing_costs": 450_00,
    "living_costs": 700_00,
    "has_loans": False,
    "declaration": True,
    "credit_check": True,
}
WORK: dict[str, dict[str, Any]] = {
    "employed": {
        "employer": "Talleres del Norte",
        "employed_since": "2020-01-01",
        "contract": "permanent",
    },
    "self-employed": {"business_name": "Romero", "business_since": "2019-05-01"},
    "retired": {},
    "other": {"income_source": "Rents"},
}
UNTOUCHED = {"capital": FUNDS, "lending-funds": FUNDS}


def lent(amount: int) -> dict[str, int]:
    """The books once so much has been lent, and nothing else."""
    return {
        "capital": FUNDS,
        "lending-funds": FUNDS - amount,
        "customer-money": amount,
        "customer-account": amount,
        "loans-receivable": amount,
    }


def reserved(amount: int) -> dict[str, int]:
    """The books while so much is promised."""
    return {"capital": FUNDS, "lending-funds": FUNDS - amount, "reserved-funds": amount}


class Lender:
    """The counter of a lender, with what the tests ask of it again and again."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    def document(self, by: str = CUSTOMER, media_type: str = "application/pdf") -> str:
        """Something somebody has uploaded."""
        document = Document(
            id=ids.new_id(),
            owner_id=self.counter.viewer(by).account_id,
            name="proof.pdf",
            media_type=media_type,
            size=1000,
            sha256="0" * 64,
            created_at=clock.now(),
        )
        self.counter.change(lambda session: session.add(document))
        return document.id

    def answers(self, employment: str = "employed", **changes: Any) -> dict[str, Any]:
        """An affordable application, with the payslips of whoever is employed."""
        work = WORK[employment]
        if employment == "employed":
            work = work | {"payslips": [self.document(changes.pop("by", CUSTOMER))]}
        return ANSWERS | {"employment": employment} | work | changes

    async def ask(self, by: str = CUSTOMER, **changes: Any) -> Request:
        """Somebody asks for a loan, and the workflow goes as far as it can."""
        if by != CUSTOMER:
            changes["by"] = by
        request = await self.counter.submit("loan-request", self.answers(**changes), by)
        await self.counter.sleep(minutes=1)
        return request

    async def decide(self, request: Request, decision: str, by: str, **more: Any) -> None:
        """An officer decides."""
        await self.counter.answer(request, "approval", by, decision=decision, **more)
        await self.counter.sleep(minutes=1)

    async def accept(self, request: Request, by: str = CUSTOMER) -> None:
        """The customer accepts the offer."""
        await self.counter.answer(request, "loan-offer", by, decision="accept", agreement=True)

    async def give(self, request: Request, document: str, files: list[str]) -> None:
        """The customer gives one of the documents asked for."""
        task = self.wanted(request)[document]
        viewer = self.counter.viewer(CUSTOMER)
        self.counter.change(lambda s: tasks.complete(s, viewer, task, {"files": files}, "en"))
        await self.counter.relay.drain()
        await self.counter.sleep(minutes=1)

    def wanted(self, request: Request) -> dict[str, str]:
        """The tasks that ask for documents, by document."""
        return {
            task.params["document"]["$ref"].removeprefix("loan.document_"): task.id
            for task in self.counter.tasks(request)
            if task.kind == "document"
        }

    def promise(self, amount: int) -> None:
        """Set funds aside for others."""

        def post(session: Session) -> None:
            codes = (lending.RESERVED, lending.FUNDS)
            held, funds = (lending.books(session, code, "EUR") for code in codes)
            ledger.post(session, "others", [ledger.Transfer(held, funds, amount)], clock.now())

        self.counter.change(post)

    def outcome(self, request: Request) -> str:
        """The message key of why the request ended."""
        return str((self.counter.request(request).outcome or {})["$ref"])

    def books(self, owner: str = CUSTOMER) -> dict[str, int]:
        """The balances that are not nil, after the books have been audited."""
        account = self.counter.viewer(owner).account_id

        def balances(session: Session) -> dict[str, int]:
            check_books(session)
            of = {lending.CUSTOMER: account, lending.RECEIVABLE: account}
            return {
                code: ledger.balance_minor(session, code, "EUR", of.get(code, ""))
                for code in lending.KINDS
            }

        return {code: minor for code, minor in self.counter.look(balances).items() if minor}

    def states(self) -> dict[str, list[str]]:
        """The states of all reservations, offers and loans."""

        def look(session: Session) -> dict[str, list[str]]:
            return {
                "funds": [str(row.state) for row in session.exec(select(FundsReservation))],
                "offers": [str(row.state) for row in session.exec(select(LoanOffer))],
                "loans": [str(row.state) for row in session.exec(select(Loan))],
            }

        return self.counter.look(look)


NOTHING_LENT: dict[str, list[str]] = {"funds": [], "offers": [], "loans": []}
TAKEN_BACK = {"funds": ["released"], "offers": ["cancelled"], "loans": []}


def with_settings(patch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the workflows started from now on have other settings."""
    start = relay.start_input

    def changed(request: Request, plan: Any) -> dict[str, object]:
        settings = plan.settings | changes
        return start(request, plan.model_copy(update={"settings": settings}))

    patch.setattr(relay, "start_input", changed)


def business_days_after(lender: Lender, request: Request, start: datetime, *days: int) -> datetime:
    """The moment after so many business days, and then so many more."""
    level = lender.counter.look(lambda s: catalog.version(s, request.version)).item.service_level
    assert level
    for each in days:
        start = business_time.add_days(level.calendar, start, each)
    return start
