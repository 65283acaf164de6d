"""Calling an operation of another system that an OpenAPI document describes."""

from typing import Any

from activities.outside import OPENAPI, fault
from services.faults import CallFailed
from services.openapi import OpenApiCall
from workflows.outside import call_outside
from workflows.request import RequestWorkflow
from workflows.steps import step


@step
async def openapi(request: RequestWorkflow, wants: OpenApiCall) -> Any:
    """Call an operation by its id, as its OpenAPI document (2 or 3) describes it.

    The document and the operation must lie on hosts that an operator has listed. Otherwise like
    `http`.
    """
    try:
        wants = wants.located()
    except CallFailed as why:
        raise fault(why) from None
    return await call_outside(request, OPENAPI, wants)
