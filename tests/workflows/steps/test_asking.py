"""Steps that ask people: customer, staff, offers, documents; answers, reminders and expiry."""

from io import BytesIO
from typing import Any

import pytest

from ground.messages import render
from services import documents
from services.document_files import FolderFiles
from settings import Settings
from tests.services.test_document_types import PDF
from tests.workflows.counter import AGENT, CUSTOMER
from tests.workflows.steps.conftest import Bench

TEXTS = {
    "en": "How much for %(what)s?",
    "es": "¿Cuánto por %(what)s?",
    "pt": "Quanto por %(what)s?",
}
QUESTION: dict[str, Any] = {
    "title": TEXTS,
    "params": {"what": "tea"},
    "form": "work",
    "wait": "P5D",
}
DECIDERS: dict[str, Any] = {"group": "support", "deadline": "P2D", "reminders": ["P1D"]}
WORK: dict[str, Any] = {"title": {"en": "Pack", "es": "Embalar", "pt": "Embalar"}, "form": "work"}
WORK |= {"deciders": DECIDERS}
OFFER: dict[str, Any] = {"title": {"en": "Tea", "es": "Té", "pt": "Chá"}, "form": "accept-offer"}
OFFER |= {"valid_for": "P3D", "reminders": ["P1D"]}
DOCUMENT: dict[str, Any] = {
    "document": {"en": "Your deed", "es": "Su escritura", "pt": "A sua escritura"}
}
DOCUMENT |= {"wait": "P3D", "reminders": ["P1D"]}


# ask-customer


async def test_a_question_brings_back_the_facts_that_are_named(bench: Bench) -> None:
    request = await bench.call(
        ("set-stage", {"stage": "check"}),
        ("ask-customer", QUESTION | {"returns": ["amount", "many", "note", "absent"]}),
    )
    assert bench.request(request).status == "waiting-customer"
    given: dict[str, Any] = {"decision": "yes", "amount": 5, "many": ["a"], "note": "x" * 201}
    await bench.say(request, "question", **given)
    [_, answer] = await bench.answers(request)
    task = bench.tasks(request, "done")[0]
    assert answer == {
        "outcome": "answered",
        "decision": "yes",
        "answers": {"amount": 5, "many": None, "note": None, "absent": None},
        "task": task.id,
        "by": bench.viewer(CUSTOMER).account_id,
        "at": answer["at"],
    }


async def test_the_texts_of_a_definition_stand_in_task_timeline_and_notification(
    bench: Bench,
) -> None:
    request = await bench.call(("ask-customer", QUESTION))
    task = bench.task(request, "question")
    title = {"$ref": task.title, "params": task.params}
    assert [render(lang, title) for lang in ("en", "es")] == [
        "How much for tea?",
        "¿Cuánto por tea?",
    ]
    asked = bench.entry(request, "tasks.asked_question")
    told = {"$ref": asked.text, "params": asked.params}
    assert render("en", told) == "We have a question for you: How much for tea?"
    await bench.say(request, "question")
    done = bench.entry(request, "tasks.answered_question")
    assert render("en", {"$ref": done.text, "params": done.params}).endswith("How much for tea?")


async def test_a_message_key_may_be_the_title_too(bench: Bench) -> None:
    request = await bench.call(("ask-customer", QUESTION | {"title": "case.question"}))
    task = bench.task(request, "question")
    assert task.title == "case.question"
    assert task.params["title"]["$ref"] == "case.question"


async def test_nobody_answers_in_time(bench: Bench) -> None:
    request = await bench.call(("ask-customer", QUESTION | {"reminders": ["P1D"]}))
    await bench.sleep(days=2)
    assert "tasks.reminded_question" in bench.told(request, "customer")
    await bench.sleep(days=4)
    [answer] = await bench.answers(request)
    assert (answer["outcome"], answer["decision"], answer["answers"]) == ("expired", None, {})
    assert bench.tasks(request, "expired")


async def test_a_question_falls_away_when_the_answers_change_first(bench: Bench) -> None:
    request = await bench.call(("ask-customer", QUESTION | {"revision": 0}))
    await bench.amend(request, {"wish": "coffee"})
    [answer] = await bench.answers(request)
    assert answer["outcome"] == "overtaken"


async def test_a_correction_replaces_answers_of_the_same_name_and_no_others(bench: Bench) -> None:
    request = await bench.call(
        ("ask-customer", QUESTION | {"corrects": True}),
        ("read-answers", {"names": ["wish", "called"]}),
        called="Clara",
    )
    await bench.say(request, "question", decision="yes", wish="coffee", amount=5)
    answers = await bench.answers(request)
    assert answers[1] == {"wish": "coffee", "called": "Clara"}
    now = bench.request(request)
    assert (now.answers, now.revision) == ({"wish": "coffee", "called": "Clara"}, 1)


# task


async def test_a_task_is_done_by_its_group(bench: Bench) -> None:
    request = await bench.call(
        ("set-stage", {"stage": "work"}), ("task", WORK | {"returns": ["amount"]})
    )
    assert bench.request(request).status == "waiting-staff"
    await bench.say(request, "work", AGENT, decision="packed", amount=2)
    [_, answer] = await bench.answers(request)
    assert (answer["outcome"], answer["decision"]) == ("done", "packed")
    assert answer["answers"] == {"amount": 2}
    assert answer["by"] == bench.viewer(AGENT).account_id


async def test_a_task_is_escalated_and_expires(bench: Bench) -> None:
    further = {"escalations": [{"group": "operations", "within": "P1D"}]}
    request = await bench.call(("task", WORK | {"deciders": DECIDERS | further}))
    await bench.sleep(days=9)
    [answer] = await bench.answers(request)
    assert answer["outcome"] == "expired"
    assert "tasks.escalated" in bench.told(request)
    assert bench.tasks(request, "expired")[0].escalated_to == "operations"


# offer


@pytest.mark.parametrize(
    ("chosen", "decision"), [("accept", "accepted"), ("decline", "declined"), (None, "expired")]
)
async def test_an_offer_is_decided_by_the_customer_or_by_time(
    bench: Bench, chosen: str | None, decision: str
) -> None:
    request = await bench.call(("offer", OFFER))
    if chosen:
        await bench.say(request, "offer", decision=chosen)
    await bench.sleep(days=4 if chosen is None else 0)
    [answer] = await bench.answers(request)
    assert answer["decision"] == decision
    assert ("tasks.reminded_offer" in bench.told(request)) is (chosen is None)


# collect-document


async def test_a_document_is_given(bench: Bench, settings: Settings) -> None:
    request = await bench.call(("collect-document", DOCUMENT))
    asked = bench.entry(request, "tasks.asked_document")
    assert render("es", asked.params["document"]) == "Su escritura"
    files = FolderFiles(settings.data_dir / "documents")
    owner = bench.viewer(CUSTOMER).account_id
    document = documents.take_in(files, BytesIO(PDF), "deed.pdf", owner)
    kept = bench.change(lambda session: documents.add(session, document)).id
    await bench.say(request, "document", files=[kept])
    assert await bench.answers(request) == [{"outcome": "given"}]
    of = bench.look(lambda s: documents.of_request(s, bench.viewer(AGENT), request.id))
    assert [one.id for one in of] == [kept]


async def test_no_document_is_given_in_time(bench: Bench) -> None:
    request = await bench.call(("collect-document", DOCUMENT))
    await bench.sleep(days=4)
    assert await bench.answers(request) == [{"outcome": "expired"}]
    assert bench.told(request).count("tasks.reminded_document") == 1
