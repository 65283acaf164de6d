"""Calling another system by HTTP, on the hosts that an operator has listed."""

from typing import Any

from activities.outside import HTTP, fault
from services.faults import CallFailed
from services.http_calls import HttpCall
from workflows.outside import call_outside
from workflows.request import RequestWorkflow
from workflows.steps import step


@step
async def http(request: RequestWorkflow, wants: HttpCall) -> Any:
    """Call another system by HTTP and take in its answer.

    A few attempts are made where the other system does not answer, answers 429 or 5xx. They carry
    one `Idempotency-Key`, so that it can tell a repeat. Any other status than 2xx is an error. An
    answer of more than 16 kB needs an `output: {as: …}` that picks what the process needs of it.
    """
    try:
        wants = wants.located()
    except CallFailed as why:
        raise fault(why) from None
    return await call_outside(request, HTTP, wants)
