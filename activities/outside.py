"""Calls of other systems: regular activities, visible and retried by the engine.

They cannot be had exactly once as effects on our own database are, so each carries a key that is
the same on every attempt, by which the other system can tell a repeat.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.effects import Call
from services.faults import CallFailed
from services.http_calls import HttpCall, HttpCalls
from services.openapi import OpenApiCall, OpenApiCalls
from services.outbound import Outbound
from services.picking import Pick, taken_in

FAULT = "fault"
HTTP, OPENAPI = "http.call", "openapi.call"


class Answered(BaseModel):
    """What came of a call; `lasts` when it may have changed something there.

    `picked` when the task's `output.as` has been applied already.
    """

    output: Any
    lasts: bool
    picked: bool = False


def fault(why: CallFailed) -> ApplicationError:
    """A failed call as workflows receive it: type `fault`, its problem as the only detail."""
    return ApplicationError(
        str(why),
        why.problem(),
        type=FAULT,
        non_retryable=not why.passing,
        next_retry_delay=why.retry_after,
    )


def answered(output: Any, pick: Pick | None, lasts: bool) -> Answered:
    """What the workflow is told of an answer. Raises `CallFailed` for more than it can take in."""
    kept, picked = taken_in(output, pick)
    return Answered(output=kept, lasts=lasts, picked=picked)


def bind(outbound: Outbound) -> list[Callable[..., Awaitable[Any]]]:
    """The activities that call other systems, through one door."""
    http_calls = HttpCalls(outbound)
    openapi_calls = OpenApiCalls(http_calls)

    @activity.defn(name=HTTP)
    async def http_call(call: Call[HttpCall]) -> Answered:
        """Call another system by HTTP."""
        try:
            output = await http_calls.call(call.body, call.key)
            return answered(output, call.body.pick, call.body.lasts)
        except CallFailed as why:
            raise fault(why) from None

    @activity.defn(name=OPENAPI)
    async def openapi_call(call: Call[OpenApiCall]) -> Answered:
        """Call an operation of another system that an OpenAPI document describes."""
        try:
            wants = await openapi_calls.as_http(call.body, call.key)
            output = await http_calls.call(wants, call.key)
            return answered(output, call.body.pick, wants.lasts)
        except CallFailed as why:
            raise fault(why) from None

    return [http_call, openapi_call]
