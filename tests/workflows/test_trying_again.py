"""What failed because of something outside is tried again, without another version."""

import pytest

from ground.errors import Conflict
from services import incidents, relay
from services.incidents import IncidentView
from store.requests import Request
from tests.real.web import Web, as_json
from tests.workflows.counter import Counter
from tests.workflows.outside import OpenFor, calls

TOLD = {"en": "Something came of it.", "es": "Algo resultó.", "pt": "Algo resultou."}
TELL = {"tell": {"call": "notify", "with": {"message": TOLD}}}
BROKEN, MENDED = as_json({}, 403), as_json("green")


def listed(counter: Counter) -> list[IncidentView]:
    designer = counter.viewer("designer@example.com")
    return counter.database.read_now(incidents.page, designer, "en")


def try_again(counter: Counter, request: Request) -> None:
    """What the button does."""
    designer = counter.viewer("designer@example.com")
    counter.database.write_now(incidents.try_again, designer, request.id)


async def stuck(counter: Counter) -> Request:
    """A request that has come as far as it can."""
    request = await counter.submit("probe-item", {"wish": "tea"})
    await counter.sleep(minutes=5)
    return request


async def test_only_what_failed_is_done_again(open_for: OpenFor, web: Web) -> None:
    web.answers["/teas"] = BROKEN
    async with open_for(TELL, calls("ask", "/teas")) as counter:
        request = await stuck(counter)
        (one,) = listed(counter)
        assert (one.request, one.task, one.number) == (request.id, "/do/1/ask", 1)
        assert one.error == "Forbidden: GET https://core.example.org/teas answered 403"
        web.answers["/teas"] = MENDED
        try_again(counter, request)
        assert listed(counter)[0].is_trying
        await counter.relay.drain()
        assert await counter.result(request) == "completed"
        assert counter.request(request).trouble is None
        assert listed(counter) == []
        assert "definitions.tried_again" in counter.told(request, "staff")
        assert "requests.going_on" in counter.told(request, "customer")
        assert counter.effects(request).count("notices.notify") == 1


async def test_it_may_fail_again_and_be_tried_again_and_again(open_for: OpenFor, web: Web) -> None:
    web.answers["/teas"] = BROKEN
    async with open_for(TELL, calls("ask", "/teas")) as counter:
        request = await stuck(counter)
        for number in (1, 2, 3):
            assert [one.number for one in listed(counter)] == [number]
            web.answers["/teas"] = MENDED if number == 3 else BROKEN
            try_again(counter, request)
            await counter.relay.drain()
            await counter.sleep(minutes=5)
        assert await counter.result(request) == "completed"
        assert counter.told(request, "staff").count("requests.trouble_cause") == 3
        assert counter.effects(request).count("notices.notify") == 1
        assert len(await counter.runs(request)) == 4


async def test_it_is_tried_again_in_a_later_run_too(
    open_for: OpenFor, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = relay.start_input
    monkeypatch.setattr(relay, "start_input", lambda *a: start(*a) | {"history_limit": 12})
    web.answers["/teas"] = BROKEN
    async with open_for(TELL, calls("ask", "/teas")) as counter:
        request = await stuck(counter)
        await counter.write(request, "Any news?")
        await counter.sleep(minutes=5)
        assert len(await counter.runs(request)) > 1
        web.answers["/teas"] = MENDED
        try_again(counter, request)
        await counter.relay.drain()
        assert await counter.result(request) == "completed"
        assert counter.told(request, "staff").count("requests.trouble_cause") == 1
        assert counter.effects(request).count("notices.notify") == 1


async def test_nobody_has_it_tried_twice_at_once_nor_where_nothing_is_stuck(
    open_for: OpenFor, web: Web
) -> None:
    web.answers["/teas"] = BROKEN
    async with open_for(calls("ask", "/teas")) as counter:
        request = await stuck(counter)
        web.answers["/teas"] = MENDED
        try_again(counter, request)
        with pytest.raises(Conflict, match="trying_again"):
            try_again(counter, request)
        await counter.relay.drain()
        assert await counter.result(request) == "completed"
        with pytest.raises(Conflict, match="not_stuck"):
            try_again(counter, request)
