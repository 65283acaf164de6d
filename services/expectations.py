"""When a request will probably be done, as a range, with the reason why.

At first by the usual durations in its definition; after thirty ends of requests of its item by
their medians; by a forecast that learns (`services.forecasts`) where that would have held over the
item's own history (`services.backtests`). What was learned lies ready in a row (see
`services.expectation_keeping`), so that reading a request costs two small look-ups.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session

from catalog.definitions import CatalogItem
from ground.messages import Params, day, moment
from services import experience, groups, tasks
from services.experience import Move
from services.forecasting import Dates, Standing, learned_dates, median_dates, usual_dates
from services.learning import Basis, Experience
from store.expectations import ItemExpectation
from store.requests import Request, RequestStage, StageState
from store.tasks import Audience

FRESH_SECONDS = 60.0
BY_THE_HOUR = timedelta(hours=36)
"""What lies so near is told with its time of day."""

PAUSED = ("you_about", "you_range", "customer_about", "customer_range")
"""How it is said for whom we wait, and whether one date is known or two."""

Situation = Literal["moving", "paused", "late"]


@dataclass(frozen=True)
class Expectation:
    """Half of such requests are done by `earliest`, nine in ten by `latest`, never in the past.

    `paused` means that we wait for the customer, and that the dates hold if they answer now.
    `group` and `since` say what a late request waits for, where that is people's work.
    """

    earliest: datetime
    latest: datetime
    basis: Basis
    situation: Situation = "moving"
    group: str | None = None
    since: datetime | None = None


_known: dict[str, tuple[float, Experience | None]] = {}


def expect(
    session: Session,
    item: CatalogItem,
    request: Request,
    stages: list[RequestStage],
    now: datetime,
    moved: Sequence[Move] | None = None,
) -> Expectation | None:
    """What to expect of an open request; None when it has ended.

    `moved` is how its stages have moved, for callers who read that of several requests at once.
    """
    if request.closed_at or request.stage is None:
        return None
    if moved is None:
        moved = experience.moves_of(session, [request.id])[request.id]
    standing, paused = standing_of(request, stages, moved, now)
    basis, dates = dates_of(experience_of(session, item.id), item, standing, now)
    earliest, latest = max(now, dates.earliest), max(now, dates.latest)
    if paused:
        return Expectation(earliest, latest, basis, "paused")
    if dates.promised and dates.promised < now:
        group, since = awaited(session, request.id)
        return Expectation(earliest, latest, basis, "late", group, since)
    return Expectation(earliest, latest, basis)


def dates_of(
    known: Experience | None, item: CatalogItem, standing: Standing, now: datetime
) -> tuple[Basis, Dates]:
    """The dates of a request, and what they rest on: the best of what is known of its stage."""
    if known and known.forecaster:
        calendar = item.service_level.calendar if item.service_level else None
        if dates := learned_dates(known, calendar, standing, now):
            return "learned", dates
    if known and (dates := median_dates(known, standing, now)):
        return "median", dates
    return "usual", usual_dates(item, standing, now)


def standing_of(
    request: Request, stages: list[RequestStage], moved: Sequence[Move], now: datetime
) -> tuple[Standing, bool]:
    """Where an open request stands, and whether it is paused."""
    stage = request.stage or ""
    row = next((row for row in stages if row.stage == stage), None)
    pauses = experience.waits(moved, StageState.WAITING_CUSTOMER, now)
    began = row.started_at if row else request.created_at
    known_end = row.known_end if row else None
    paused = row is not None and row.state == StageState.WAITING_CUSTOMER
    return Standing(stage, began, pauses, known_end), paused


def awaited(session: Session, request_id: str) -> tuple[str | None, datetime | None]:
    """The group whose work a request waits for, and since when."""
    for task in tasks.open_tasks(session, request_id, Audience.STAFF):
        return task.group, task.created_at
    return None, None


def experience_of(session: Session, item_id: str) -> Experience | None:
    """What was learned of an item, as of a minute ago at most; None before enough has ended."""
    known = _known.get(item_id)
    if known is None or time.monotonic() - known[0] > FRESH_SECONDS:
        row = session.get(ItemExpectation, item_id)
        learned = row.experience if row else None
        known = time.monotonic(), Experience.model_validate(learned) if learned else None
        _known[item_id] = known
    return known[1]


def forget() -> None:
    """Read everything anew, as after learning."""
    _known.clear()


def reason(found: Expectation, own: bool, zone: ZoneInfo, now: datetime) -> tuple[str, Params]:
    """Why these dates, as a message; `own` for the request's customer."""
    dates: Params = {
        "earliest": told(found.earliest, zone, now),
        "latest": told(found.latest, zone, now),
    }
    one = found.basis != "learned" or dates["earliest"] == dates["latest"]
    if found.situation == "paused":
        waiting = f"{'you' if own else 'customer'}_{'about' if one else 'range'}"
        return f"expectations.waits_for_{waiting}", dates
    if found.situation == "late" and found.group and found.since:
        more = {"group": groups.named(found.group), "since": told(found.since, zone, now)}
        return "expectations.late_group", dates | more
    if found.situation == "late":
        return "expectations.late", dates
    if one:
        return f"expectations.{found.basis}_about", dates
    return "expectations.range", dates


def told(value: datetime, zone: ZoneInfo, now: datetime) -> Params:
    """A date, with its time of day where that is near."""
    if abs(value - now) < BY_THE_HOUR:
        return moment(value.replace(second=0, microsecond=0))
    return day(value.astimezone(zone).date())
