"""Live figures of one version: who waits in which stage, how long stages last, who gives up where.

Counts cover every request of the version, by one index that holds all they need. Medians are of a
sample: a thousand requests say as much as a hundred thousand, and are read in milliseconds.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from pydantic import BaseModel
from sqlalchemy import case
from sqlmodel import Session, col, func, select

from catalog.definitions import Stage
from catalog.durations import format_duration
from ground.messages import pick
from services import catalog, drafts
from services.learning import Basis
from store.drafts import Draft
from store.expectations import ItemExpectation
from store.requests import Request, RequestStage, StageState, Status

SAMPLE = 1000
ABANDONED_AFTER = timedelta(days=7)
"""After how long untouched a form that was begun counts as given up."""

ENDS = (
    Status.COMPLETED,
    Status.REFUSED,
    Status.WITHDRAWN,
    Status.FAILED,
    Status.TERMINATED,
)
OPEN = tuple(status for status in Status if status not in ENDS)


class StageFigures(BaseModel):
    """A stage: how many requests are in it now, how long it lasts, how many were withdrawn in it.

    `waiting` includes those that wait for the customer or for staff. `median_seconds` is None until
    a request has passed it; `usual` is what the definition says, as ISO 8601.
    """

    stage: str
    title: str
    usual: str
    waiting: int
    waiting_for_customer: int
    waiting_for_staff: int
    median_seconds: float | None
    passed: int
    withdrawn: int


class ForecastFigures(BaseModel):
    """What those who wait for the item's requests are told, and how forecasts have done.

    `basis` is what is shown: `learned`, `median` or `usual`. `coverage` is the share of forecasts
    by whose later day the request had ended, the errors are means in seconds; None before there
    were enough to judge.
    """

    basis: Basis
    ended: int
    looks: int
    coverage: float | None
    error_seconds: float | None
    median_error_seconds: float | None


class VersionFigures(BaseModel):
    """What has become of the requests of one version.

    `begun` are forms that wait to be sent, `abandoned` those of them that nobody has touched for a
    week. `sample` is the number of requests that the medians are taken from. The `forecast` is that
    of the item, whichever version its requests had.
    """

    version: str
    submitted: int
    open: int
    ended: dict[str, int]
    begun: int
    abandoned: int
    sample: int
    stages: list[StageFigures]
    forecast: ForecastFigures


@dataclass(frozen=True)
class Counts:
    """How many requests of a version have which status in which stage."""

    of: Counter[tuple[str, str]]

    def total(self, statuses: tuple[Status, ...], stage: str | None = None) -> int:
        """Those with one of these statuses, in one stage or in any."""
        return sum(
            number
            for (status, where), number in self.of.items()
            if status in statuses and stage in (None, where)
        )


@dataclass(frozen=True)
class Passing:
    """How long the requests of a sample took to pass a stage: the median, and how many passed."""

    median_seconds: float | None
    passed: int


def figures(session: Session, hash: str, language: str, now: datetime) -> VersionFigures:
    """The figures of one version. Raises `NotFound`."""
    version = catalog.version(session, hash)
    item = version.item
    counts = counted(session, hash)
    sample = sampled(session, hash)
    passing = passings(session, sample)
    begun, abandoned = drafts_of(session, hash, item.id, now)
    return VersionFigures(
        version=hash,
        submitted=counts.total(tuple(Status)),
        open=counts.total(OPEN),
        ended={status.value: counts.total((status,)) for status in ENDS},
        begun=begun,
        abandoned=abandoned,
        sample=len(sample),
        stages=[
            stage_figures(stage, counts, passing.get(stage.id, Passing(None, 0)), language)
            for stage in item.stages
        ],
        forecast=forecast_of(session, item.id),
    )


def forecast_of(session: Session, item_id: str) -> ForecastFigures:
    """What was learned last of an item."""
    row = session.get(ItemExpectation, item_id) or ItemExpectation(item_id=item_id)
    return ForecastFigures.model_validate(row, from_attributes=True)


def stage_figures(stage: Stage, counts: Counts, passing: Passing, language: str) -> StageFigures:
    """The figures of one stage."""
    return StageFigures(
        stage=stage.id,
        title=pick(dict(stage.title), language),
        usual=format_duration(stage.usual),
        waiting=counts.total(OPEN, stage.id),
        waiting_for_customer=counts.total((Status.WAITING_CUSTOMER,), stage.id),
        waiting_for_staff=counts.total((Status.WAITING_STAFF,), stage.id),
        median_seconds=passing.median_seconds,
        passed=passing.passed,
        withdrawn=counts.total((Status.WITHDRAWN,), stage.id),
    )


def counted(session: Session, hash: str) -> Counts:
    """Every request of the version, by status and stage."""
    rows = session.execute(
        select(col(Request.status), col(Request.stage), func.count())
        .where(col(Request.version) == hash)
        .group_by(col(Request.status), col(Request.stage))
    )
    return Counts(Counter({(status, stage or ""): number for status, stage, number in rows}))


def open_requests(session: Session, hashes: list[str]) -> dict[str, int]:
    """How many requests are under way on each of these versions that has any."""
    rows = session.exec(
        select(Request.version, func.count())
        .where(col(Request.version).in_(hashes), col(Request.status).in_(OPEN))
        .group_by(col(Request.version))
    )
    return dict(rows.all())


def sampled(session: Session, hash: str) -> list[str]:
    """The latest requests that have ended, and the oldest open ones where those are too few."""
    of_version = select(Request.id).where(Request.version == hash)
    ended = session.exec(
        of_version.where(col(Request.status).in_(ENDS))
        .order_by(col(Request.id).desc())
        .limit(SAMPLE)
    ).all()
    rest = SAMPLE - len(ended)
    if not rest:
        return list(ended)
    still_open = of_version.where(col(Request.status).in_(OPEN)).order_by(col(Request.id))
    return [*ended, *session.exec(still_open.limit(rest))]


def passings(session: Session, request_ids: list[str]) -> dict[str, Passing]:
    """How long these requests took to pass each stage; broken off is not passed."""
    if not request_ids:
        return {}
    rows = session.execute(
        select(
            col(RequestStage.stage), col(RequestStage.started_at), col(RequestStage.ended_at)
        ).where(
            col(RequestStage.request_id).in_(request_ids),
            col(RequestStage.state) == StageState.DONE,
        )
    )
    lasted: dict[str, list[float]] = {}
    for stage, started_at, ended_at in rows:
        lasted.setdefault(stage, []).append((ended_at - started_at).total_seconds())
    return {stage: Passing(median(times), len(times)) for stage, times in lasted.items()}


def drafts_of(session: Session, hash: str, item_id: str, now: datetime) -> tuple[int, int]:
    """How many new requests have been begun on this version and not sent, and left lying."""
    untouched = case((col(Draft.updated_at) < now - ABANDONED_AFTER, 1), else_=0)
    begun, abandoned = session.execute(
        select(func.count(), func.coalesce(func.sum(untouched), 0)).where(
            col(Draft.version) == hash, drafts.is_of_item(item_id)
        )
    ).one()
    return begun, abandoned
