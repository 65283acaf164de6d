"""Calls of other systems within processes: tried again, never done twice, secrets kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from store.database import Database
from store.requests import Request
from tests.real.web import Answer, Asked, Web, as_json
from tests.workflows.counter import Counter
from tests.workflows.outside import CORE, OpenFor, calls


def in_turn(*answers: Answer) -> Callable[[Asked], Answer]:
    """These answers, one after the other; the last one again and again."""
    left = list(answers)
    return lambda _asked: left.pop(0) if len(left) > 1 else left[0]


async def end(counter: Counter, request: Request) -> tuple[str, Any, Any]:
    """Outcome, output and error of a request that has come to its end, replayed on the way."""
    outcome = await counter.result(request)
    progress = await counter.handle(request).query("progress")
    return outcome, progress["output"], progress["error"]


def written(database: Database) -> list[bytes]:
    """Everything in the database's files."""
    file = Path(str(database.engine.url.database))
    return [path.read_bytes() for path in file.parent.glob(f"{file.name}*")]


async def test_an_answer_is_the_tasks_output(open_for: OpenFor, web: Web) -> None:
    web.answers["/tea"] = as_json({"price": 250})
    template = calls("price", "/{wish}") | {}
    template["price"]["output"] = {"as": ".price"}
    async with open_for(template) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        assert (await end(counter, request))[1] == 250


async def test_of_a_large_answer_only_what_the_task_picks_enters_the_workflow(
    open_for: OpenFor, web: Web
) -> None:
    teas = [{"name": f"tea {n}", "text": "It is green. " * 10} for n in range(1_000)]
    web.answers["/teas"] = as_json({"teas": teas})
    ask, put = calls("ask", "/teas"), calls("put", "/teas", "post", body={})
    picks = {"as": "${ {name: .teas[7].name, wish: $answers.wish, number: (.teas | length)} }"}
    ask["ask"] |= {"output": picks, "export": {"as": "${ $output.name }"}}
    put["put"] |= {"output": picks}
    keep = {"keep": {"set": "${ . + {context: $context} }"}}
    async with open_for(ask, put, keep) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        outcome, output, _ = await end(counter, request)
        assert outcome == "completed"
        assert output == {"name": "tea 7", "wish": "tea", "number": 1_000, "context": "tea 7"}
        history = (await counter.history(request)).to_json()
    assert "It is green." not in history
    assert len(history) < 50_000
    assert len(web.asked) == 2


async def test_a_large_answer_of_which_nothing_is_picked_is_an_incident_that_says_what_to_do(
    open_for: OpenFor, web: Web
) -> None:
    web.answers["/teas"] = as_json(["green"] * 3_000)
    async with open_for(calls("ask", "/teas")) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        await counter.sleep(minutes=5)
        trouble = counter.request(request).trouble
    assert trouble
    assert "say under `output: {as: ...}` of the task what it needs of it" in trouble


async def test_an_openapi_operation_is_called(open_for: OpenFor, web: Web) -> None:
    document = {"openapi": "3.1.0", "paths": {"/teas": {"get": {"operationId": "teas"}}}}
    web.answers["/openapi.json"] = as_json(document)
    web.answers["/teas"] = as_json(["green"])
    wants = {"document": {"endpoint": f"{CORE}/openapi.json"}, "operationId": "teas"}
    async with open_for({"ask": {"call": "openapi", "with": wants}}) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        assert (await end(counter, request))[1] == ["green"]


async def test_what_passes_is_tried_again_under_the_same_key(open_for: OpenFor, web: Web) -> None:
    web.answers["/"] = in_turn(as_json({}, 503), as_json({}, 429, Retry_After="1"), as_json("done"))
    async with open_for(calls("pay", method="post", body={"amount": 1})) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        assert (await end(counter, request))[1] == "done"
    keys = {asked.headers["idempotency-key"] for asked in web.asked}
    assert (len(web.asked), len(keys)) == (3, 1)


async def test_what_does_not_pass_is_a_fault_that_the_process_may_catch(
    open_for: OpenFor, web: Web
) -> None:
    tried = {
        "try": [calls("ask", "/nobody")],
        "catch": {
            "errors": {
                "with": {
                    "type": "https://open-workflow-specification.org/dsl/errors/types/communication",
                    "status": 404,
                }
            },
            "as": "why",
            "do": [{"keep": {"set": "${ $why }"}}],
        },
    }
    async with open_for({"attempt": tried}) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        _, output, _ = await end(counter, request)
    assert output == {
        "type": "https://open-workflow-specification.org/spec/1.0.0/errors/communication",
        "status": 404,
        "title": "Not Found",
        "detail": f"GET {CORE}/nobody answered 404",
        "instance": "/do/0/attempt/try/0/ask",
    }
    assert len(web.asked) == 1


async def test_what_goes_on_failing_reaches_the_process_in_the_end(
    open_for: OpenFor, web: Web
) -> None:
    web.answers["/"] = as_json({}, 503)
    caught = {"errors": {"with": {"status": 503}}, "do": [{"keep": {"set": {"down": True}}}]}
    async with open_for({"attempt": {"try": [calls("ask")], "catch": caught}}) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        assert (await end(counter, request))[1] == {"down": True}
    assert len(web.asked) == 4


async def test_a_retry_of_the_process_asks_again_but_pays_once(open_for: OpenFor, web: Web) -> None:
    web.answers["/pay"] = as_json({"paid": True})
    web.answers["/ready"] = in_turn(as_json({"ready": False}), as_json({"ready": True}))
    late = {"type": "https://example.org/late", "status": 400}
    attempt = {
        "try": [
            calls("pay", "/pay", "post"),
            calls("look", "/ready"),
            {"insist": {"if": "${ .ready | not }", "raise": {"error": late}}},
        ],
        "catch": {"retry": {"delay": {"minutes": 5}, "limit": {"attempt": {"count": 3}}}},
    }
    async with open_for({"attempt": attempt}) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        await counter.sleep(minutes=10)
        assert (await end(counter, request))[1] == {"ready": True}
    assert [asked.path for asked in web.asked] == ["/pay", "/ready", "/ready"]


async def test_a_secret_is_sent_and_stands_in_no_history_and_no_row(
    open_for: OpenFor, web: Web
) -> None:
    web.answers["/"] = lambda asked: as_json(asked.headers, X_Echo=asked.headers["x-key"])
    told = calls("ask", headers={"x-key": "${ $secrets.core }"}, output="response")
    again = calls("again", "/nobody", headers={"x-key": "${ $secrets.core }"})
    caught = {"attempt": {"try": [again], "catch": {}}}
    async with open_for(told, caught, use={"secrets": ["core"]}) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        await end(counter, request)
        assert [asked.headers["x-key"] for asked in web.asked] == ["open-sesame"] * 2
        history = await counter.history(request)
        kept = [event.SerializeToString() for event in history.events]
        kept += written(counter.database)
    assert any(b"x-key" in text for text in kept)
    assert not any(b"open-sesame" in text for text in kept)


async def test_no_host_is_called_that_is_not_listed(open_for: OpenFor, web: Web) -> None:
    wants = {"method": "get", "endpoint": "https://elsewhere.example.org/"}
    why = {
        "errors": {"with": {"status": 400}},
        "as": "why",
        "do": [{"keep": {"set": "${ $why.title }"}}],
    }
    task = {"attempt": {"try": [{"ask": {"call": "http", "with": wants}}], "catch": why}}
    async with open_for(task) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        assert (await end(counter, request))[1] == "no outside call"


async def test_an_operation_that_nobody_knows_is_a_fault_too(open_for: OpenFor, web: Web) -> None:
    web.answers["/openapi.json"] = as_json({"openapi": "3.1.0", "paths": {}})
    wants = {"document": {"endpoint": f"{CORE}/openapi.json"}, "operationId": "teas"}
    caught = {"as": "why", "do": [{"keep": {"set": "${ $why.title }"}}]}
    task = {"attempt": {"try": [{"ask": {"call": "openapi", "with": wants}}], "catch": caught}}
    async with open_for(task) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        assert (await end(counter, request))[1] == "operation not known"


async def test_a_template_without_its_value_fails_before_anybody_is_called(
    open_for: OpenFor, web: Web
) -> None:
    caught = {"as": "why", "do": [{"keep": {"set": "${ $why.title }"}}]}
    task = {"attempt": {"try": [calls("ask", "/{nothing}")], "catch": caught}}
    async with open_for(task) as counter:
        request = await counter.submit("probe-item", {"wish": "tea"})
        assert (await end(counter, request))[1] == "value missing in URI"
    assert web.asked == []
