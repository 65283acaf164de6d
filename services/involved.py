"""Who has to do with a request, by role; names only of those whom the reader has met."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel

from ground.messages import Params
from services import groups
from services.access import Viewer
from store.requests import Request, TimelineEntry
from store.tasks import Audience, Task, TaskStatus

Say = Callable[[str, Params | None], str]
"""Turns a message into the reader's words."""


class PersonView(BaseModel):
    """Somebody who has to do with a request, by role; people of staff only if they wrote.

    `now` says that the request is with them.
    """

    role: Literal["customer", "delegate", "group", "staff"]
    title: str
    name: str | None = None
    now: bool = False


def people(
    say: Say,
    request: Request,
    entries: Sequence[TimelineEntry],
    asked: Sequence[Task],
    names: Mapping[str, str],
) -> list[PersonView]:
    """The customer, their delegates, the groups with work in it, and who of staff has written."""
    here = [task for task in asked if task.status == TaskStatus.OPEN]
    customer = PersonView(
        role="customer",
        title=say("requests.person_customer", None),
        name=names.get(request.customer_id),
        now=any(task.audience == Audience.CUSTOMER for task in here),
    )
    delegate, staff = say("requests.person_delegate", None), say("requests.person_staff", None)
    acting, writing = (named_by(entries, fits, names) for fits in (stands_in, wrote))
    return [
        customer,
        *[PersonView(role="delegate", title=delegate, name=name) for name in acting],
        *teams(say, request, asked, {task.group for task in here}),
        *[PersonView(role="staff", title=staff, name=name) for name in writing],
    ]


def teams(
    say: Say, request: Request, asked: Sequence[Task], here: set[str | None]
) -> Iterator[PersonView]:
    """The groups, each by its name in words."""
    for group in dict.fromkeys([request.group, *(task.group for task in asked)]):
        if group:
            named = groups.named(group)
            title = capitalised(say(named["$ref"], None))
            yield PersonView(role="group", title=title, now=group in here)


def concerned(request: Request, entries: Iterable[TimelineEntry], viewer: Viewer) -> set[str]:
    """Whose names the viewer may read: the customer's, delegates', and of those who wrote to them.

    Their own they know.
    """
    found = {request.customer_id}
    found |= {one.actor_id for one in entries if one.actor_id and (stands_in(one) or wrote(one))}
    return found - {viewer.account_id}


def stands_in(entry: TimelineEntry) -> bool:
    """Whether a delegate did this."""
    return entry.actor == "delegate"


def wrote(entry: TimelineEntry) -> bool:
    """Whether somebody of staff wrote this to the customer."""
    staff = entry.actor not in ("customer", "delegate", "system")
    return staff and entry.visible == "customer" and "message" in entry.params


def named_by(
    entries: Iterable[TimelineEntry],
    fits: Callable[[TimelineEntry], bool],
    names: Mapping[str, str],
) -> list[str]:
    """The names of those who are behind some of the entries, each once."""
    accounts = dict.fromkeys(entry.actor_id for entry in entries if fits(entry))
    return [names[account] for account in accounts if account and account in names]


def capitalised(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]
