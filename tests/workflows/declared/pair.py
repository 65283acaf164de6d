"""Two counters side by side, with the same people and clock: one has a workflow, one its twin."""

import difflib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import select, text
from sqlmodel import Session, SQLModel
from temporalio.api.history.v1 import HistoryEvent

from services import tasks
from store.requests import Effect, Request
from tests.workflows.counter import CUSTOMER
from tests.workflows.lender import Lender

APART = timedelta(minutes=2)
"""How far moments may lie apart: the two act one after the other, on a busy machine."""
CATALOG = {
    *("definition_version", "definition_file", "publication", "published_item", "published_text"),
    *("item_life", "item_schedule"),
}
"""Tables of the definitions, in which the two differ."""
IN_ORDER = {"effect", "timeline_entry"}
"""Tables that are compared row by row in their order."""
ON_ITS_WAY = {"outbox"}
"""A table of what has been delivered, whose bodies hold the two definitions."""
OWN = {"version", "reference", "last_entry"}
"""Columns that are each side's own, or compared elsewhere."""
ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
BESIDE = ("address.updated_", "tasks.reminded_document")
"""What is told of things that happen side by side, in any order."""
MOMENT = re.compile(r'"\d{4}-\d\d-\d\dT')
SINCE = re.compile(r" since [\d: -]+ UTC")


@dataclass
class Seen:
    """What there is to see without ids and moments, and the moments in the same order."""

    what: list[Any]
    when: list[datetime]


@dataclass
class Pair:
    """A workflow and its declared twin, each at its counter; what people do, they do at both."""

    sides: tuple[Lender, Lender]
    requests: list[Request] = field(default_factory=list)
    cut_short: bool = False
    """Whether what happens side by side may end early at the twin, and then tells nothing."""

    # What people do

    async def submit(self, item: str, answers: Callable[[Lender], dict[str, Any]]) -> None:
        """A customer submits the same form at both."""
        self.requests = [
            await lender.counter.submit(item, answers(lender)) for lender in self.sides
        ]
        await self.sleep(minutes=1)

    async def each(self, act: Callable[[Lender, Request], Awaitable[Any]]) -> None:
        """Something is done at both, and both go on as far as they do by themselves."""
        for lender, request in zip(self.sides, self.requests, strict=True):
            await act(lender, request)
        await self.sleep(minutes=1)

    async def answer(self, kind: str, by: str, **answers: Any) -> None:
        """Somebody answers the open task of this kind."""
        await self.each(lambda side, request: side.counter.answer(request, kind, by, **answers))

    async def amend(self, answers: Callable[[Lender], dict[str, Any]]) -> None:
        """The customer changes the answers."""
        await self.each(lambda side, request: side.counter.amend(request, answers(side)))

    async def withdraw(self) -> None:
        """The customer withdraws."""
        await self.each(lambda side, request: side.counter.withdraw(request))

    async def give(self, document: str) -> None:
        """The customer gives one of the documents asked for."""

        async def give(side: Lender, request: Request) -> None:
            counter, task = side.counter, side.wanted(request)[document]
            viewer, files = counter.viewer(CUSTOMER), {"files": [side.document()]}
            counter.change(lambda s: tasks.complete(s, viewer, task, files, "en"))
            await counter.relay.drain()

        await self.each(give)

    async def sleep(self, **duration: float) -> None:
        """Let time pass at both; afterwards they look alike."""
        await self.sides[0].counter.environment.sleep(timedelta(**duration))
        await self.look_alike()

    # What there is to see

    async def end_alike(self, status: str) -> None:
        """Both end so, by the same way, and replay as they went."""
        for lender, request in zip(self.sides, self.requests, strict=True):
            assert await lender.counter.result(request) == status
        await self.look_alike()
        original, twin = [await self.commands(index) for index in (0, 1)]
        assert twin == original, difference(original, twin)

    async def look_alike(self) -> None:
        """What people read and what the tables hold is the same."""
        for seen in (self.timeline, effects, rows):
            original, twin = map(seen, self.sides, self.requests)
            assert twin.what == original.what, difference(original.what, twin.what)
            for mine, its in zip(original.when, twin.when, strict=True):
                assert abs(its - mine) < APART
        original_details, twin_details = [await self.details(index) for index in (0, 1)]
        assert twin_details == original_details

    def timeline(self, side: Lender, request: Request) -> Seen:
        """The request's timeline, in its order."""
        entries = [
            entry
            for entry in side.counter.timeline(request)
            if not (self.cut_short and entry.text.startswith(BESIDE))
        ]
        what = [
            (e.text, without_ids(e.params, request), e.visible, e.stage, e.state, e.actor)
            for e in entries
        ]
        return Seen(in_one_order(what), [entry.at for entry in entries])

    async def details(self, index: int) -> str:
        """What the Temporal UI shows as the details of the workflow under way."""
        handle = self.sides[index].counter.handle(self.requests[index])
        metadata = await handle.query("__temporal_workflow_metadata")
        return SINCE.sub("", metadata.current_details)

    async def commands(self, index: int) -> list[Any]:
        """What the engine was asked to do, over all runs, wherever one went on in the next."""
        runs = await self.sides[index].counter.runs(self.requests[index])
        reference = self.requests[index].reference
        events = [*runs[0].events[:1], *(event for run in runs for event in run.events[1:])]
        found = [command(event, reference) for event in events]
        return [one for one in found if one]


def difference(original: list[Any], twin: list[Any]) -> str:
    """What the twin has more (+) and less (-)."""
    lines = difflib.unified_diff([*map(str, original)], [*map(str, twin)], "workflow", "twin", n=2)
    return "\n".join(lines)


def in_one_order(entries: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The entries, those of what happens side by side in one order."""
    groups = groupby(entries, lambda entry: entry[0].startswith(BESIDE))
    return [entry for beside, group in groups for entry in (sorted(group) if beside else group)]


def effects(side: Lender, request: Request) -> Seen:
    """The effects, in the order in which they were had, and which of them still stand."""
    query = select(Effect.name, Effect.undone).order_by(text("rowid"))  # type: ignore[call-overload]
    found = side.counter.look(lambda session: list(session.execute(query)))
    return Seen([tuple(one) for one in found], [])


def rows(side: Lender, request: Request) -> Seen:
    """Every row of every other table, in any order."""
    names = sorted(SQLModel.metadata.tables.keys() - CATALOG - IN_ORDER - ON_ITS_WAY)

    def look(session: Session) -> list[tuple[str, list[datetime]]]:
        return [
            told(name, dict(row), request)
            for name in names
            for row in session.execute(select(SQLModel.metadata.tables[name])).mappings()
        ]

    found = sorted(side.counter.look(look))
    return Seen([what for what, _ in found], [at for _, moments in found for at in moments])


def told(table: str, row: dict[str, Any], request: Request) -> tuple[str, list[datetime]]:
    """One row without what is each side's own, and its moments."""
    # Elsewhere a key is the place in the story or a digest; that of a notification is its text.
    own = OWN if table == "notification" else OWN | {"key"}
    plain = {name: value for name, value in row.items() if name not in own}
    moments = [value for value in plain.values() if isinstance(value, datetime)]
    still = {n: "moment" if isinstance(value, datetime) else value for n, value in plain.items()}
    return f"{table} {without_ids(still, request)}", moments


def without_ids(value: Any, request: Request) -> str:
    """A value as JSON, with the same word for every id."""
    plain = json.dumps(value, sort_keys=True, default=str)
    return ID.sub("id", plain).replace(request.reference, "reference")


def command(event: HistoryEvent, reference: str) -> tuple[Any, ...] | None:
    """What an event says of a command that ops can see; None for all others."""
    summary = event.user_metadata.summary.data.decode().replace(reference, "reference")
    match event.WhichOneof("attributes"):
        case "workflow_execution_started_event_attributes":
            found = event.workflow_execution_started_event_attributes.search_attributes
            return ("started", summary, *sorted(found.indexed_fields))
        case "timer_started_event_attributes":
            return ("timer", summary)
        case "marker_recorded_event_attributes":
            data = event.marker_recorded_event_attributes.details["data"].payloads[0].data
            return ("effect", json.loads(data)["activity_type"], summary)
        case "activity_task_scheduled_event_attributes":
            kind = event.activity_task_scheduled_event_attributes.activity_type.name
            return ("effect", kind, summary)
        case "upsert_workflow_search_attributes_event_attributes":
            changed = event.upsert_workflow_search_attributes_event_attributes
            fields = changed.search_attributes.indexed_fields.items()
            return ("search", *sorted(map(shown, fields)))
    return None


def shown(attribute: tuple[str, Any]) -> str:
    """A search attribute; which moment it is, the rows tell."""
    name, payload = attribute
    value = payload.data.decode()
    return f"{name} {'moment' if MOMENT.match(value) else value}"
