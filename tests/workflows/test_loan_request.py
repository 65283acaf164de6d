"""A loan request on every way it can go, with the books and the reservations checked at its end."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import object_session
from sqlmodel import Session, select

from ground import business_time, clock, ids
from ground.errors import Conflict, Forbidden, Invalid, NotFound
from ground.messages import languages, money, ref, translate
from services import catalog, ledger, lending, loan_requests, relay, requests, tasks
from services.amortisation import amortisation
from store.documents import Attachment, Document
from store.identity import Account
from store.lending import FundsReservation, Loan, LoanInstalment, LoanOffer
from store.profiles import Customer
from store.requests import Message, Request
from tests.services.test_ledger import check_books
from tests.workflows.counter import AGENT, AGENT2, CUSTOMER, Counter

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
            if task.kind == "collect-document"
        }

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
            tables = {"funds": FundsReservation, "offers": LoanOffer, "loans": Loan}
            return {
                name: [str(row.state) for row in session.exec(select(table))]
                for name, table in tables.items()
            }

        return self.counter.look(look)


NOTHING_LENT: dict[str, list[str]] = {"funds": [], "offers": [], "loans": []}


@pytest.fixture
def lender(counter: Counter) -> Lender:
    """A lender with 100,000 euros to lend."""
    counter.change(lambda s: lending.provide_funds(s, FUNDS, "EUR", "capital", clock.now()))
    return Lender(counter)


@pytest.fixture
def short_runs() -> Iterator[None]:
    """Every workflow started continues as new after few events."""
    start = relay.start_input
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "start_input", lambda r, p: start(r, p) | {"history_limit": 25})
        yield


def with_settings(patch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the workflows started from now on have other settings."""
    start = relay.start_input

    def changed(request: Request, plan: Any) -> dict[str, object]:
        settings = plan.settings | changes
        return start(request, plan.model_copy(update={"settings": settings}))

    patch.setattr(relay, "start_input", changed)


# Lent


async def test_a_small_loan_needs_nobody_but_its_customer(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    assert counter.stages(request) == {
        "received": "done",
        "documents": "skipped",
        "assessment": "done",
        "approval": "skipped",
        "offer": "waiting-customer",
    }
    assert lender.books() == reserved(AUTOMATIC)
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(AUTOMATIC)
    assert lender.states() == {"funds": ["used"], "offers": ["accepted"], "loans": ["active"]}
    assert counter.stages(request)["done"] == "done"
    assert counter.told(request, "customer") == [
        "requests.submitted",
        "loan.approved",
        "tasks.asked_loan_offer",
        "tasks.answered_loan_offer",
        "loan.disbursed",
        "requests.ended_completed",
    ]


async def test_the_offer_says_exactly_what_the_stored_schedule_says(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    offer = counter.look(lambda session: session.exec(select(LoanOffer)).one())
    task = counter.task(request, "loan-offer")
    schedule = lending.schedule_of(offer)
    first = schedule.instalments[0].due_on
    assert schedule == amortisation(AUTOMATIC, Decimal("0.0795"), 24, first)
    assert first > (offer.expires_at + timedelta(days=27)).date()
    assert task.params == {
        "amount": money(AUTOMATIC, "EUR"),
        "months": 24,
        "instalment": money(schedule.instalment_minor, "EUR"),
        "rate": {"$percent": "0.0795"},
        "total": money(schedule.total_minor, "EUR"),
        "first": {"$day": first.isoformat()},
    }
    assert task.due_at == offer.expires_at
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    owed = counter.look(lambda session: session.exec(select(LoanInstalment)).all())
    assert [each.due_on for each in owed] == [each.due_on for each in schedule.instalments]
    assert sum(each.total_minor for each in owed) == schedule.total_minor
    assert sum(each.principal_minor for each in owed) == AUTOMATIC


async def test_one_officer_decides_on_a_middling_loan(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=ONE_OFFICER)
    assert counter.stages(request)["approval"] == "waiting-staff"
    assert counter.task(request, "approval").group == "loan-officers"
    assert lender.books() == UNTOUCHED
    await lender.decide(request, "approve", AGENT, note="A good customer.")
    assert counter.look(lambda session: session.exec(select(Message)).all()) == []
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(ONE_OFFICER)
    assert counter.stages(request)["approval"] == "done"
    told = counter.told(request, "staff")
    assert told == ["loan.found", "tasks.answered_approval", "tasks.level_approved"]


async def test_two_different_officers_decide_on_a_large_loan(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=TWO_OFFICERS, term_months=84)
    first, agent = counter.task(request, "approval"), counter.viewer(AGENT)
    await lender.decide(request, "approve", AGENT)
    second = counter.task(request, "approval")
    assert second.id != first.id
    assert second.params == {"level": 2, "levels": 2}
    with pytest.raises(Forbidden, match="not_for_you"):
        await lender.decide(request, "approve", AGENT)
    with pytest.raises(Forbidden, match="not_for_you"):
        counter.change(lambda session: tasks.claim(session, agent, second.id))
    await lender.decide(request, "approve", AGENT2)
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(TWO_OFFICERS)
    assert counter.told(request).count("tasks.level_approved") == 2


@pytest.mark.parametrize(
    ("amount", "levels"),
    [(3_000_00, 0), (3_000_01, 1), (15_000_00, 1), (15_000_01, 2)],
)
async def test_the_limits_themselves_belong_to_the_lower_level(
    lender: Lender, amount: int, levels: int
) -> None:
    request = await lender.ask(amount=amount, term_months=84)
    asked = [task for task in lender.counter.tasks(request) if task.kind == "approval"]
    assert [task.params["levels"] for task in asked] == [levels] * bool(levels)


async def test_staff_who_ask_for_a_loan_do_not_decide_on_it(lender: Lender) -> None:
    counter = lender.counter
    counter.change(lambda session: make_customer(session, AGENT))
    request = await lender.ask(by=AGENT, amount=ONE_OFFICER)
    with pytest.raises(NotFound):
        await lender.decide(request, "approve", AGENT)
    await lender.decide(request, "approve", AGENT2)
    await lender.accept(request, by=AGENT)
    assert await counter.result(request) == "completed"
    assert lender.books(AGENT) == lent(ONE_OFFICER)


def make_customer(session: Session, email: str) -> None:
    """Make an account a customer's too."""
    account = session.exec(select(Account).where(Account.email == email)).one()
    values = {"born_on": date(1990, 1, 1), "customer_since": date(2020, 1, 1), "country": "ES"}
    session.add(Customer(account_id=account.id, name="Ana Torres", email=email, **values))


async def test_staff_who_are_no_customers_are_not_lent_to(lender: Lender) -> None:
    request = await lender.ask(by=AGENT)
    assert await lender.counter.result(request) == "refused"
    assert lender.outcome(request) == "profiles.no_customer"


# Refused by officers, or not decided


async def test_an_officer_rejects_with_a_note_that_the_customer_reads(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=ONE_OFFICER)
    with pytest.raises(Invalid):
        await lender.decide(request, "reject", AGENT)
    await lender.decide(request, "reject", AGENT, note="The payslips are not legible.")
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "loan.rejected"
    message = counter.look(lambda session: session.exec(select(Message)).one())
    author = counter.viewer(AGENT).account_id
    assert (message.text, message.author_id) == ("The payslips are not legible.", author)
    assert message.visible == "customer"
    assert "requests.message_from_staff" in counter.told(request, "customer")
    assert "tasks.level_rejected" in counter.told(request, "staff")
    assert "loan.approved" not in counter.told(request)
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


async def test_the_second_officer_rejects(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=TWO_OFFICERS, term_months=84)
    await lender.decide(request, "approve", AGENT2)
    await lender.decide(request, "reject", AGENT, note="Too much.")
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "loan.rejected"
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


def business_days_after(lender: Lender, request: Request, start: datetime, *days: int) -> datetime:
    """The moment after so many business days, and then so many more."""
    level = lender.counter.look(lambda s: catalog.version(s, request.version)).item.service_level
    assert level
    for each in days:
        start = business_time.add_days(level.calendar, start, each)
    return start


async def test_officers_are_reminded_and_then_another_group_sees_it_too(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=ONE_OFFICER)
    task = counter.task(request, "approval")
    asked = task.created_at
    assert task.due_at == business_days_after(lender, request, asked, 3, 2)
    await counter.sleep_until(business_days_after(lender, request, asked, 1))
    assert counter.told(request, "staff")[-1] == "tasks.reminded_approval"
    with pytest.raises(Forbidden, match="not_for_you"):
        await lender.decide(request, "approve", OPERATOR)
    await counter.sleep_until(business_days_after(lender, request, asked, 3))
    assert counter.task(request, "approval").escalated_to == "operations"
    assert counter.told(request, "staff")[-1] == "tasks.escalated"
    await lender.decide(request, "approve", OPERATOR)
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(ONE_OFFICER)


async def test_nobody_decides_not_even_after_the_escalation(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=ONE_OFFICER)
    await counter.sleep(days=30)
    assert await counter.result(request) == "failed"
    assert lender.outcome(request) == "loan.not_decided"
    assert counter.told(request, "staff")[-3:] == [
        "tasks.reminded_approval",
        "tasks.escalated",
        "tasks.level_expired",
    ]
    assert counter.stages(request)["approval"] == "failed"
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


async def test_nobody_decides_where_there_is_no_escalation(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(monkeypatch, approval={"group": "loan-officers", "deadline": "P1DT4H"})
    counter, request = lender.counter, await lender.ask(amount=ONE_OFFICER)
    await counter.sleep(days=30)
    assert await counter.result(request) == "failed"
    assert lender.outcome(request) == "loan.not_decided"
    assert counter.told(request, "staff") == ["loan.found", "tasks.level_expired"]
    [task] = counter.tasks(request, "expired")
    assert task.escalated_to is None


async def test_the_second_level_has_a_deadline_of_its_own(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=TWO_OFFICERS, term_months=84)
    first = counter.task(request, "approval")
    await counter.sleep_until(business_days_after(lender, request, first.created_at, 3))
    await lender.decide(request, "approve", OPERATOR)
    second = counter.task(request, "approval")
    assert second.escalated_to is None
    assert second.due_at == business_days_after(lender, request, second.created_at, 3, 2)
    await counter.sleep(days=30)
    assert await counter.result(request) == "failed"
    assert lender.outcome(request) == "loan.not_decided"
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


# Documents


@pytest.mark.parametrize(
    ("employment", "asked"),
    [
        ("employed", {"payslips"}),
        ("self-employed", {"tax_return", "business_registration"}),
        ("retired", {"pension_statement"}),
        ("other", {"income_proof"}),
    ],
)
async def test_each_employment_is_proved_by_its_documents(
    lender: Lender, employment: str, asked: set[str]
) -> None:
    counter = lender.counter
    answers = lender.answers(employment)
    answers.pop("payslips", None)
    request = await counter.submit("loan-request", answers)
    await counter.sleep(minutes=1)
    assert set(lender.wanted(request)) == asked
    given = [lender.document() for _ in asked]
    for document, file in zip(sorted(asked), given, strict=True):
        assert counter.stages(request)["documents"] == "waiting-customer"
        await lender.give(request, document, [file])
    assert counter.stages(request)["documents"] == "done"
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    attached = counter.look(lambda session: session.exec(select(Attachment.document_id)).all())
    assert set(attached) == set(given)
    assert lender.books() == lent(AUTOMATIC)


@pytest.mark.parametrize(
    ("employment", "documents", "asked"),
    [
        ("retired", {"pension_statement": 1}, set()),
        ("self-employed", {"tax_return": 2}, {"business_registration"}),
    ],
)
async def test_what_the_form_brought_is_not_asked_for(
    lender: Lender, employment: str, documents: dict[str, int], asked: set[str]
) -> None:
    brought = {name: [lender.document() for _ in range(count)] for name, count in documents.items()}
    request = await lender.ask(employment=employment, **brought)
    assert set(lender.wanted(request)) == asked
    attached = lender.counter.look(lambda s: s.exec(select(Attachment.document_id)).all())
    assert set(attached) == {file for files in brought.values() for file in files}


async def test_only_ones_own_documents_of_an_accepted_kind_are_taken(lender: Lender) -> None:
    request = await lender.ask(employment="retired")
    for wrong in (
        lender.document(by="customer2@example.com"),
        lender.document(media_type="text/plain"),
        "unknown",
    ):
        with pytest.raises(Invalid) as refused:
            await lender.give(request, "pension_statement", [wrong])
        assert [error.pointer for error in refused.value.fields] == ["/files/0"]
        with pytest.raises(Invalid):
            await lender.ask(employment="retired", pension_statement=[wrong])
    assert set(lender.wanted(request)) == {"pension_statement"}
    assert lender.counter.look(lambda s: s.exec(select(Attachment)).all()) == []


async def test_documents_are_reminded_of_and_then_no_longer_waited_for(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(employment="self-employed")
    await lender.give(request, "tax_return", [lender.document()])
    await counter.sleep(days=3)
    assert counter.told(request).count("tasks.reminded_collect_document") == 1
    await counter.sleep(days=4)
    assert counter.told(request).count("tasks.reminded_collect_document") == 2
    await counter.sleep(days=8)
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "loan.documents_expired"
    [task] = counter.tasks(request, "expired")
    assert (task.due_at or clock.now()) - task.created_at == timedelta(days=14)
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


# Amendments


async def test_an_amendment_asks_for_the_documents_of_the_new_answers(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(employment="self-employed")
    await lender.give(request, "tax_return", [lender.document()])
    await counter.amend(request, lender.answers("retired", amount=ONE_OFFICER))
    await counter.sleep(minutes=1)
    assert set(lender.wanted(request)) == {"pension_statement"}
    assert len(counter.tasks(request, "cancelled")) == 1
    await counter.amend(request, lender.answers("self-employed", amount=ONE_OFFICER))
    await counter.sleep(minutes=1)
    assert set(lender.wanted(request)) == {"business_registration"}
    await lender.give(request, "business_registration", [lender.document()])
    await lender.decide(request, "approve", AGENT)
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(ONE_OFFICER)


async def test_an_amendment_may_bring_what_was_missing(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(employment="retired")
    await counter.amend(request, lender.answers())
    await counter.sleep(minutes=1)
    assert lender.wanted(request) == {}
    assert counter.stages(request)["documents"] == "done"
    with pytest.raises(Conflict, match="too_late_to_amend"):
        await counter.amend(request, lender.answers(amount=ONE_OFFICER))
    await lender.accept(request)
    assert await counter.result(request) == "completed"


async def test_an_amendment_at_the_last_moment_is_still_asked_for_its_documents(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, find, late = lender.counter, loan_requests.missing_documents, []
    answers, viewer = lender.answers(), counter.viewer(CUSTOMER)

    def found_nothing_missing(request: Request, *args: Any) -> list[str]:
        missing = find(request, *args)
        if not late:
            late.append(ANSWERS | {"employment": "retired"})
            session = object_session(request)
            assert isinstance(session, Session)
            requests.amend(session, viewer, request.id, late[0], "en")
        return missing

    monkeypatch.setattr(loan_requests, "missing_documents", found_nothing_missing)
    request = await counter.submit("loan-request", answers)
    await counter.sleep(minutes=1)
    assert set(lender.wanted(request)) == {"pension_statement"}
    with pytest.raises(Conflict, match="too_late_to_amend"):
        await counter.amend(request, answers)
    assert counter.stages(request)["assessment"] == "waiting-customer"
    await lender.give(request, "pension_statement", [lender.document()])
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(AUTOMATIC)


# Not lent to


async def test_whoever_is_too_young_and_too_new_is_told_both(lender: Lender) -> None:
    today = clock.now().date()
    change_customer(lender, born_on=today - timedelta(days=17 * 365), customer_since=today)
    request = await lender.ask()
    assert await lender.counter.result(request) == "refused"
    assert lender.counter.request(request).outcome == ref(
        "loan.several_reasons",
        first=ref("lending.too_young", years=18),
        others=ref("lending.customer_too_new", months=3),
    )
    assert lender.counter.tasks(request) == []
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


async def test_whoever_is_behind_with_a_loan_gets_no_other(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    await lender.accept(request)
    assert await counter.result(request) == "completed"

    def fall_behind(session: Session) -> None:
        first = session.exec(select(LoanInstalment).where(LoanInstalment.number == 1)).one()
        first.due_on = date(2024, 1, 1)

    counter.change(fall_behind)
    again = await lender.ask()
    assert await counter.result(again) == "refused"
    assert counter.request(again).outcome == ref("lending.overdue", count=1)
    assert lender.books() == lent(AUTOMATIC)


async def test_eligibility_is_judged_again_at_the_assessment(lender: Lender) -> None:
    request = await lender.ask(employment="retired")
    change_customer(lender, born_on=None)
    await lender.give(request, "pension_statement", [lender.document()])
    assert await lender.counter.result(request) == "refused"
    assert lender.outcome(request) == "lending.too_young"


def change_customer(lender: Lender, **values: Any) -> None:
    """Change what is known of the customer."""
    account = lender.counter.viewer(CUSTOMER).account_id
    lender.counter.change(
        lambda session: session.get_one(Customer, account).sqlmodel_update(values)
    )


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        # 40 % of 1,000.00 are 400.00; 250.00 are bound, and 150.00 bear 3,318.36 in 24 months.
        (
            {
                "amount": 3_318_37,
                "net_income": 900_00,
                "other_income": 100_00,
                "housing_costs": 100_00,
                "living_costs": 100_00,
                "has_loans": True,
                "existing_loans": [
                    {"lender": "A", "remaining": 5_000_00, "monthly": 200_00},
                    {"lender": "B", "remaining": 1_000_00, "monthly": 50_00},
                ],
            },
            ref("loan.unaffordable_but", largest=money(3_318_36, "EUR"), months=24),
        ),
        ({"living_costs": 1_940_00}, ref("loan.unaffordable")),
        ({"net_income": 0}, ref("loan.unaffordable")),
    ],
)
async def test_nobody_is_lent_what_they_cannot_bear(
    lender: Lender, changes: dict[str, Any], outcome: dict[str, Any]
) -> None:
    request = await lender.ask(**changes)
    assert await lender.counter.result(request) == "refused"
    assert lender.counter.request(request).outcome == outcome
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


async def test_the_largest_amount_named_is_lent(lender: Lender) -> None:
    loans = [{"lender": "A", "remaining": 5_000_00, "monthly": 250_00}]
    request = await lender.ask(
        amount=3_318_36,
        net_income=1_000_00,
        housing_costs=100_00,
        living_costs=100_00,
        has_loans=True,
        existing_loans=loans,
    )
    await lender.decide(request, "approve", AGENT)
    task = lender.counter.task(request, "loan-offer")
    assert task.params["instalment"] == money(150_00, "EUR")


async def test_our_own_loans_count_as_instalments_too(lender: Lender) -> None:
    counter, first = lender.counter, await lender.ask(net_income=1_600_00)
    await lender.accept(first)
    assert await counter.result(first) == "completed"
    instalment = counter.look(lambda session: session.exec(select(Loan)).one()).instalment_minor
    second = await lender.ask(net_income=(1_150_00 + 2 * instalment - 1))
    assert await counter.result(second) == "refused"
    third = await lender.ask(net_income=(1_150_00 + 2 * instalment))
    assert counter.task(third, "loan-offer")


async def test_without_funds_nothing_is_offered(lender: Lender) -> None:
    counter, others = lender.counter, FUNDS - AUTOMATIC + 1

    def promise(session: Session) -> None:
        held, funds = (lending.books(session, c, "EUR") for c in (lending.RESERVED, lending.FUNDS))
        ledger.post(session, "others", [ledger.Transfer(held, funds, others)], clock.now())

    counter.change(promise)
    request = await lender.ask()
    assert await counter.result(request) == "failed"
    assert lender.outcome(request) == "lending.no_funds"
    assert (lender.books(), lender.states()) == (reserved(others), NOTHING_LENT)


# Not taken


async def test_the_customer_declines(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    await counter.answer(request, "loan-offer", CUSTOMER, decision="decline")
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "loan.offer_declined"
    assert lender.books() == UNTOUCHED
    assert lender.states() == {"funds": ["released"], "offers": ["declined"], "loans": []}


async def test_accepting_needs_consent_to_the_schedule(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    with pytest.raises(Invalid) as refused:
        await counter.answer(request, "loan-offer", CUSTOMER, decision="accept")
    assert [error.pointer for error in refused.value.fields] == ["/agreement"]
    with pytest.raises(NotFound):
        await lender.accept(request, by=AGENT)


async def test_nobody_answers_the_offer(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    await counter.sleep(days=10, hours=1)
    assert "tasks.reminded_loan_offer" in counter.told(request, "customer")
    assert lender.books() == reserved(AUTOMATIC)
    await counter.sleep(days=4)
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "loan.offer_expired"
    assert lender.books() == UNTOUCHED
    assert lender.states() == {"funds": ["released"], "offers": ["expired"], "loans": []}


async def test_an_answer_that_came_before_the_end_counts_even_if_it_is_heard_after_it(
    lender: Lender,
) -> None:
    counter, request = lender.counter, await lender.ask()
    viewer, task = counter.viewer(CUSTOMER), counter.task(request, "loan-offer")
    answers = {"decision": "accept", "agreement": True}
    counter.change(lambda session: tasks.complete(session, viewer, task.id, answers, "en"))
    await counter.sleep(days=20)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(AUTOMATIC)


# Withdrawn


async def ask_for_documents(lender: Lender) -> Request:
    return await lender.ask(employment="self-employed")


async def ask_first_officer(lender: Lender) -> Request:
    return await lender.ask(amount=TWO_OFFICERS, term_months=84)


async def ask_second_officer(lender: Lender) -> Request:
    request = await ask_first_officer(lender)
    await lender.decide(request, "approve", AGENT)
    return request


async def offer(lender: Lender) -> Request:
    return await lender.ask()


@pytest.mark.parametrize(
    ("stage", "go_to"),
    [
        ("documents", ask_for_documents),
        ("approval", ask_first_officer),
        ("approval", ask_second_officer),
        ("offer", offer),
    ],
)
async def test_the_customer_withdraws(lender: Lender, stage: str, go_to: Any) -> None:
    counter, request = lender.counter, await go_to(lender)
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert counter.stages(request)[stage] == "withdrawn"
    assert counter.tasks(request) == []
    assert lender.books() == UNTOUCHED
    taken_back = {"funds": ["released"], "offers": ["cancelled"], "loans": []}
    assert lender.states() == (taken_back if stage == "offer" else NOTHING_LENT)


async def test_a_withdrawal_before_anything_has_happened(lender: Lender) -> None:
    counter, viewer = lender.counter, lender.counter.viewer(CUSTOMER)
    submission = requests.Submission(item="loan-request", answers=lender.answers())
    request = counter.change(lambda s: requests.submit(s, viewer, submission))
    counter.change(lambda s: requests.withdraw(s, viewer, request.id))
    await counter.relay.drain()
    assert await counter.result(request) == "withdrawn"
    assert lender.books() == UNTOUCHED


async def test_once_the_loan_is_on_its_way_nobody_withdraws(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, request, pay = lender.counter, await lender.ask(), lending.disburse
    broken = [True]

    def disburse(*args: Any) -> Loan:
        loan = pay(*args)
        if broken:
            raise OSError("the bank does not answer")
        return loan

    monkeypatch.setattr(lending, "disburse", disburse)
    await lender.accept(request)
    await counter.sleep(minutes=2)
    assert "requests.looking_into_it" in counter.told(request, "customer")
    assert "the bank does not answer" in (counter.request(request).trouble or "")
    assert counter.stages(request)["offer"] == "done"
    with pytest.raises(Conflict, match="too_late_to_withdraw"):
        await counter.withdraw(request)
    assert lender.books() == reserved(AUTOMATIC)
    broken.clear()
    assert await counter.result(request) == "completed"
    assert "requests.going_on" in counter.told(request, "customer")
    assert lender.books() == lent(AUTOMATIC)
    assert lender.states() == {"funds": ["used"], "offers": ["accepted"], "loans": ["active"]}


async def test_a_withdrawal_while_funds_cannot_be_reserved(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise OSError("the bank does not answer")

    monkeypatch.setattr(lending, "reserve_funds", fail)
    counter, request = lender.counter, await lender.ask()
    await counter.sleep(minutes=2)
    await counter.withdraw(request)
    await counter.sleep(minutes=5)
    assert await counter.result(request) == "withdrawn"
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


# Refused or broken on the last steps


async def test_a_refusal_at_the_disbursement_takes_everything_back(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()

    def release(session: Session) -> None:
        held = session.exec(select(FundsReservation)).one()
        lending.release_funds(session, held.id, clock.now())

    counter.change(release)
    await lender.accept(request)
    assert await counter.result(request) == "failed"
    assert lender.outcome(request) == "lending.funds_released"
    assert lender.books() == UNTOUCHED
    assert lender.states() == {"funds": ["released"], "offers": ["cancelled"], "loans": []}


async def test_funds_still_held_are_released_when_the_disbursement_is_refused(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> Loan:
        raise Conflict("lending.offer_cancelled")

    monkeypatch.setattr(lending, "disburse", refuse)
    counter, request = lender.counter, await lender.ask()
    await lender.accept(request)
    assert await counter.result(request) == "failed"
    assert counter.stages(request)["disbursement"] == "failed"
    assert lender.books() == UNTOUCHED
    assert lender.states() == {"funds": ["released"], "offers": ["cancelled"], "loans": []}


async def test_an_offer_that_ops_have_cancelled_cannot_be_accepted(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()

    def cancel(session: Session) -> None:
        lending.cancel_offer(session, session.exec(select(LoanOffer)).one().id, clock.now())

    counter.change(cancel)
    await lender.accept(request)
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "lending.offer_cancelled"
    assert lender.books() == UNTOUCHED


async def test_what_cannot_be_undone_is_told_to_staff_and_holds_nothing_up(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise Conflict("lending.funds_used")

    monkeypatch.setattr(lending, "release_funds", refuse)
    counter, request = lender.counter, await lender.ask()
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert lender.states() == {"funds": ["held"], "offers": ["cancelled"], "loans": []}
    [entry] = [e for e in counter.timeline(request) if e.text == "requests.undo_refused"]
    assert (entry.visible, entry.params) == (
        "staff",
        {"what": "lending.release-funds", "why": ref("lending.funds_used")},
    )


# Long histories


@pytest.mark.usefixtures("short_runs")
async def test_continuing_as_new_in_every_wait_loses_and_repeats_nothing(lender: Lender) -> None:
    counter = lender.counter
    request = await lender.ask(employment="self-employed", amount=TWO_OFFICERS, term_months=84)
    runs = {await run_of(counter, request)}
    await counter.sleep(days=3)
    runs.add(await run_of(counter, request))
    for document in ("tax_return", "business_registration"):
        await lender.give(request, document, [lender.document()])
        await counter.write(request, "Here it is.")
        runs.add(await run_of(counter, request))
    for officer in (AGENT, AGENT2):
        asked = counter.task(request, "approval").created_at
        await counter.sleep_until(business_days_after(lender, request, asked, 1))
        await lender.decide(request, "approve", officer)
        runs.add(await run_of(counter, request))
    await counter.sleep(days=10, hours=1)
    assert counter.stages(request)["approval"] == "done"
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert len(runs) > 2
    assert lender.books() == lent(TWO_OFFICERS)
    assert [t for t in counter.told(request) if t not in ("requests.message_from_customer",)] == [
        "requests.submitted",
        *2 * ["tasks.asked_collect_document"],
        *2 * ["tasks.reminded_collect_document"],
        *2 * ["tasks.answered_collect_document"],
        "loan.found",
        *2
        * [
            "tasks.asked_approval",
            "tasks.reminded_approval",
            "tasks.answered_approval",
            "tasks.level_approved",
        ],
        "loan.approved",
        "tasks.asked_loan_offer",
        "tasks.reminded_loan_offer",
        "tasks.answered_loan_offer",
        "loan.disbursed",
        "requests.ended_completed",
    ]


@pytest.mark.usefixtures("short_runs")
async def test_withdrawn_in_a_later_run_everything_of_the_first_is_undone(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    first = await run_of(counter, request)
    for number in range(12):
        await counter.write(request, f"Question {number}")
    await counter.sleep(days=11)
    assert await run_of(counter, request) != first
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert lender.books() == UNTOUCHED
    assert lender.states() == {"funds": ["released"], "offers": ["cancelled"], "loans": []}


async def run_of(counter: Counter, request: Request) -> str | None:
    """The run that carries the request now."""
    return (await counter.handle(request).describe()).run_id


# Words


async def test_everything_told_is_a_sentence_in_every_language(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(employment="retired", amount=ONE_OFFICER)
    await lender.give(request, "pension_statement", [lender.document()])
    await lender.decide(request, "approve", AGENT)
    await counter.sleep(days=11)
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    said = [(e.text, e.params) for e in counter.timeline(request) if e.text]
    said += [(task.title, task.params) for task in counter.tasks(request, "done")]
    for language in languages():
        for key, params in said:
            text = translate(language, key, params)
            assert key not in text
            assert "loan." not in text
            assert "%(" not in text
