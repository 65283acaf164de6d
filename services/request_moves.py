"""Requests under way that go on with another version of their definition.

Nothing moves by itself: a request keeps its version for life unless somebody has it moved, and only
to a version in which all that it has done is still there.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session, col, select

from catalog.versions import Version
from ground import clock, ids
from ground.errors import Conflict, FieldError
from ground.messages import translate
from services import catalog, forms, outbox, publications, timeline, version_lookup
from services.access import Viewer
from services.definition_figures import OPEN
from services.forms import LiveContext
from services.move_rules import Obstacle, Progress, obstacles
from services.timeline import Entry
from services.version_lookup import short
from store.requests import Delivery, Effect, Request

MOVE = "move"
"""The kind of the delivery that tells a workflow to go on with another version."""


class Move(BaseModel):
    """A request that is under way, and what keeps it from moving; nothing where it can."""

    request: str
    reference: str
    stage: str | None
    can_move: bool
    why_not: list[str]


@dataclass(frozen=True)
class Route:
    """From which version of an item to which."""

    current: Version
    target: Version


def route(
    session: Session, viewer: Viewer | None, item_id: str, current: str, target: str
) -> Route:
    """The two versions by the beginnings of their hashes.

    Raises `Forbidden`, `NotFound`, and `Conflict` where a Python workflow carries the requests.
    """
    publications.by(viewer)
    hashes = [version_lookup.hash_of(session, item_id, typed) for typed in (current, target)]
    found = Route(*(catalog.version(session, hash) for hash in hashes))
    if found.current == found.target:
        raise Conflict("definitions.move_nowhere", version=short(found.target.hash))
    if found.current.process is None or found.target.process is None:
        raise Conflict("definitions.move_python", item=item_id)
    return found


def page(
    session: Session, way: Route, language: str, after: str = "", limit: int = 200
) -> list[Move]:
    """A keyset page of the requests under way on the route's first version, and which can move."""
    requests = session.exec(
        select(Request)
        .where(
            Request.version == way.current.hash,
            col(Request.status).in_(OPEN),
            col(Request.id) > after,
        )
        .order_by(col(Request.id))
        .limit(limit)
    ).all()
    done = done_by(session, [request.id for request in requests])
    return [
        judged(session, way, request, done.get(request.id, frozenset()), language)
        for request in requests
    ]


def move(
    session: Session, viewer: Viewer | None, way: Route, request_id: str, language: str
) -> Move:
    """Have one request go on with the route's second version, if it still can."""
    who = publications.by(viewer)
    request = timeline.locked(session, request_id)
    done = done_by(session, [request_id]).get(request_id, frozenset())
    found = judged(session, way, request, done, language)
    if not found.can_move:
        return found
    at, target = clock.now(), way.target
    body = {"version": target.hash, "plan": target.plan().model_dump(mode="json")}
    outbox.put(session, request, MOVE, body, at)
    entry = Entry(
        key=f"said/{ids.new_id()}",
        at=at,
        text="definitions.moved",
        params={"version": short(target.hash)},
        visible="staff",
        actor="system" if who.account_id is None else who.actor,
        actor_id=who.account_id,
    )
    timeline.record(session, request, [entry])
    return found


def judged(
    session: Session, way: Route, request: Request, done: frozenset[str], language: str
) -> Move:
    """Whether a request can move, with the reasons in the reader's language."""
    against = reasons(session, way, request, done, language)
    return Move(
        request=request.id,
        reference=request.reference,
        stage=request.stage,
        can_move=not against,
        why_not=[translate(language, one.key, one.params) for one in against],
    )


def reasons(
    session: Session, way: Route, request: Request, done: frozenset[str], language: str
) -> list[Obstacle]:
    """What stands in the way of a request."""
    if request.version != way.current.hash or request.closed_at:
        return [Obstacle("definitions.move_too_late", {})]
    if is_moving(session, request.id, way.target.hash):
        return [Obstacle("definitions.move_under_way", {})]
    wrong = wrong_answers(session, way, request, language)
    return obstacles(Progress(request.stage, done), way.current, way.target, wrong)


def wrong_answers(
    session: Session, way: Route, request: Request, language: str
) -> list[FieldError]:
    """What the target's form does not accept of the answers, as of the day they were given.

    What its own version would not accept today either, such as a choice that is offered no longer,
    is not the target's fault.
    """
    live = LiveContext(session, request.customer_id, language, request.created_at.date())

    def errors(version: Version) -> list[FieldError]:
        form = forms.form(session, version.hash, version.item.form)
        return form.evaluate(request.answers, language, context=live).errors

    known = {(error.pointer, error.key) for error in errors(way.current)}
    return [one for one in errors(way.target) if (one.pointer, one.key) not in known]


def done_by(session: Session, request_ids: list[str]) -> dict[str, frozenset[str]]:
    """The journal paths of what each of these requests has done."""
    found: dict[str, set[str]] = {}
    rows = session.exec(
        select(Effect.request_id, Effect.key).where(col(Effect.request_id).in_(request_ids))
    )
    for request_id, key in rows:
        found.setdefault(request_id, set()).add(key.removeprefix(f"{request_id}/"))
    return {request_id: frozenset(paths) for request_id, paths in found.items()}


def is_moving(session: Session, request_id: str, hash: str) -> bool:
    """Whether the request has been told to move there already."""
    told: Any = session.exec(
        select(Delivery.body)
        .where(Delivery.request_id == request_id, Delivery.kind == MOVE)
        .order_by(col(Delivery.number).desc())
        .limit(1)
    ).first()
    return told is not None and told["version"] == hash
