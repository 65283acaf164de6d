"""Where a request stands, said in one sentence: who has it, and what comes next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from catalog.definitions import CatalogItem
from ground.messages import Params, local, moment
from services import groups
from store.requests import Request, RequestStage, StageState, Status
from store.tasks import Audience, Task

Holder = Literal["you", "customer", "staff", "system", "nobody"]
"""Who has to do something now; nobody once the request has ended."""


class Sentence(BaseModel):
    """A message by its key."""

    key: str
    params: Params = {}


class Found(BaseModel):
    """Who has a request, what comes next where it is known, and why it is late if it is."""

    holder: Holder
    now: Sentence
    next: Sentence | None = None
    late: Sentence | None = None


def standing(
    item: CatalogItem,
    request: Request,
    stages: Sequence[RequestStage],
    asked: Sequence[Task],
    own: bool,
    at: datetime,
) -> Found:
    """Where a request stands; `asked` are its open tasks, `own` if its customer reads it."""
    if request.closed_at:
        when = {"when": moment(request.closed_at)}
        return Found(holder="nobody", now=said(f"requests.stands_{request.status}", when))
    following = what_is_next(item, request, stages)
    if request.status == Status.WITHDRAWING:
        return Found(holder="system", now=said("requests.stands_withdrawing"))
    if request.trouble:
        return Found(holder="staff", now=said("requests.stands_trouble"), next=following)
    holder, now = held(item, request, stages, asked, own)
    late = lateness(request, asked, own) if request.due_at and request.due_at < at else None
    return Found(holder=holder, now=now, next=following, late=late)


def lateness(request: Request, asked: Sequence[Task], own: bool) -> Sentence:
    """That a request is past the date it was promised for, and whom it waits for."""
    params: Params = {"due": moment(request.due_at)} if request.due_at else {}
    if any(task.audience == Audience.CUSTOMER for task in asked):
        return said(f"requests.late_{'you' if own else 'customer'}", params)
    for task in asked:
        who = {"who": groups.named(task.group), "since": moment(task.created_at)}
        return said("requests.late_staff", params | who)
    return said("requests.late", params)


def held(
    item: CatalogItem,
    request: Request,
    stages: Sequence[RequestStage],
    asked: Sequence[Task],
    own: bool,
) -> tuple[Holder, Sentence]:
    """Who has a request that goes its way: first of all its customer, if they are asked."""
    for task in sorted(asked, key=lambda task: task.audience != Audience.CUSTOMER):
        what: Params = {"what": {"$ref": task.title, "params": task.params}}
        if task.audience == Audience.CUSTOMER:
            holder: Holder = "you" if own else "customer"
            return holder, said(f"requests.stands_{holder}", what)
        return "staff", said("requests.stands_staff", what | {"who": groups.named(task.group)})
    current = next((row for row in stages if row.stage == request.stage), None)
    if current and current.known_end:
        return "system", said("requests.stands_until", {"when": moment(current.known_end)})
    if request.status == Status.SUBMITTED:
        return "system", said("requests.stands_submitted")
    return "system", said("requests.stands_system", {"stage": title_of(item, request.stage)})


def what_is_next(
    item: CatalogItem, request: Request, stages: Sequence[RequestStage]
) -> Sentence | None:
    """The stage that every request comes to after the present one."""
    order = [stage.id for stage in item.stages]
    if request.stage not in order:
        return None
    reached = {row.stage for row in stages if row.state != StageState.PENDING}
    for stage in item.stages[order.index(request.stage) + 1 :]:
        if stage.shown == "always" and stage.id not in reached:
            return said("requests.next_stage", {"stage": local(dict(stage.title))})
    return said("requests.next_nothing")


def title_of(item: CatalogItem, stage_id: str | None) -> Params:
    """The title of a stage, in whatever language it is read."""
    stage = next((stage for stage in item.stages if stage.id == stage_id), item.stages[0])
    return local(dict(stage.title))


def said(key: str, params: Params | None = None) -> Sentence:
    return Sentence(key=key, params=params or {})
