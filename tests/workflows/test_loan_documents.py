"""What a loan is proved by: asked for, given, and asked for anew after an amendment."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import object_session
from sqlmodel import Session, select

from ground import clock
from ground.errors import Conflict, Invalid
from services import loan_requests, requests
from store.documents import Attachment
from store.requests import Request
from tests.workflows.counter import AGENT, CUSTOMER
from tests.workflows.lender import (
    ANSWERS,
    AUTOMATIC,
    NOTHING_LENT,
    ONE_OFFICER,
    UNTOUCHED,
    Lender,
    lent,
)

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
    brought: dict[str, Any] = {
        name: [lender.document() for _ in range(count)] for name, count in documents.items()
    }
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
    assert counter.told(request).count("tasks.reminded_document") == 1
    await counter.sleep(days=4)
    assert counter.told(request).count("tasks.reminded_document") == 2
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
    counter, find, late = lender.counter, loan_requests.missing_documents, list[dict[str, Any]]()
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
