"""How a workflow acts on the world exactly once.

An effect is a function `(session, call) -> result`. It runs in one transaction with its own record
under the call's key and with the timeline entries that travelled in the call. A retry finds the
record and returns the first result. A refusal of a service reaches the workflow as one, with its
message key; any other error is retried until it is mended, and shown meanwhile.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args, get_type_hints, overload

from pydantic import BaseModel, TypeAdapter
from sqlmodel import Session, col, select
from temporalio import activity
from temporalio.exceptions import ApplicationError

from catalog.processes.texts import DEFINED
from ground.brand import Brand
from ground.errors import Refusal, Unavailable
from ground.messages import ref
from services import audit, defined_texts, timeline
from services.document_files import Files
from services.timeline import Entry
from store.database import Database
from store.requests import Effect, Request

B = TypeVar("B")
R = TypeVar("R")

REFUSED = "refused"
LONGEST_SUMMARY = 200
TROUBLE_AFTER = 3
"""After so many attempts of a regular activity people are told that something is wrong."""


class Call(BaseModel, Generic[B]):
    """The one argument of every activity: what to do, for which request, under which key.

    `key` is the same on every attempt, `at` is the workflow's time, and `entries` are the timeline
    entries that have gathered since the last call.
    """

    request: str
    key: str
    at: datetime
    entries: list[Entry] = []
    body: B


class Nothing(BaseModel):
    """The body of a call that needs no more than its request."""


class Undo(BaseModel):
    """The body of an undo: the key of the call whose effect is to be taken back."""

    of: str


@dataclass(frozen=True)
class Patience:
    """How an effect that fails is tried again until it is mended.

    The first `at_once` attempts follow on one another inside the worker; then comes a pause, each
    one so many times as long as the last, up to the longest.
    """

    at_once: int = 3
    pause: timedelta = timedelta(seconds=1)
    times: float = 2
    longest: timedelta = timedelta(minutes=1)

    def __str__(self) -> str:
        first = "once" if self.at_once == 1 else f"{self.at_once} times at once"
        return f"{first}, then every {spoken(self.pause)} to {spoken(self.longest)}"


def spoken(length: timedelta) -> str:
    """A length of time in seconds or minutes."""
    seconds = int(length.total_seconds())
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"


USUAL = Patience()
OF_MONEY = Patience(1, timedelta(seconds=10), 3, timedelta(minutes=10))
"""Few and slow: whoever looks into it is to find few attempts, and nothing moves behind them."""
OF_NEWS = Patience(5, timedelta(seconds=1), 1.5, timedelta(seconds=15))
"""Many: news that comes late is of no use."""


@dataclass(frozen=True)
class Activity(Generic[B, R]):
    """An effect that workflows may ask for by handing over its body."""

    name: str
    summary: str
    """One line for ops, shown in the Temporal UI."""
    work: Callable[..., Any]
    body: Any
    result: Any
    undo: list["Activity[Undo, None]"]
    patience: Patience = USUAL

    def dump(self, result: Any) -> Any:
        """The result as JSON, as the journal and the effect's record keep it."""
        return self.adapter.dump_python(result, mode="json")

    def load(self, stored: Any) -> R:
        """The typed result of a stored one."""
        return self.adapter.validate_python(stored)  # type: ignore[no-any-return]

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.result)


REGISTRY: dict[str, Activity[Any, Any]] = {}


@overload
def effect(work: Callable[[Session, Call[B]], R]) -> Activity[B, R]: ...


@overload
def effect(
    *, patience: Patience
) -> Callable[[Callable[[Session, Call[B]], R]], Activity[B, R]]: ...


def effect(work: Any = None, *, patience: Patience = USUAL) -> Any:
    """Register an effect; its name is `module.function`. Its undo is as patient as itself."""

    def wrap(work: Callable[[Session, Call[B]], R]) -> Activity[B, R]:
        hints = get_type_hints(work)
        (body,) = get_args_of_call(hints["call"])
        summary = summary_of(work)
        return register(Activity(name_of(work), summary, work, body, hints["return"], [], patience))

    return wrap(work) if work else wrap


def undo(
    of: Activity[Any, R],
) -> Callable[[Callable[[Session, Call[Undo], R], None]], Activity[Undo, None]]:
    """Register how the effect `of` is taken back; the function is given what the effect returned.

    An effect that never happened leaves a tombstone instead, so that a late attempt does nothing.
    """

    def wrap(work: Callable[[Session, Call[Undo], R], None]) -> Activity[Undo, None]:
        def take_back(session: Session, call: Call[Undo]) -> None:
            done = session.get(Effect, call.body.of)
            if done is None:
                session.add(
                    Effect(
                        key=call.body.of,
                        request_id=call.request,
                        name=of.name,
                        at=call.at,
                        undone=True,
                    )
                )
            elif not done.undone:
                work(session, call, of.load(done.result))
                done.undone = True
                session.add(done)

        made: Activity[Undo, None] = Activity(
            name_of(work), summary_of(work), take_back, Undo, type(None), [], of.patience
        )
        of.undo.append(register(made))
        return made

    return wrap


def register(made: Activity[B, R]) -> Activity[B, R]:
    """Keep an activity under its name. Raises `ValueError` when the name is taken."""
    if made.name in REGISTRY:
        raise ValueError(f"two activities are called {made.name}")
    REGISTRY[made.name] = made
    return made


def name_of(work: Callable[..., Any]) -> str:
    """`module.function-name`, the name of an activity in the Temporal UI."""
    return f"{work.__module__.rsplit('.', 1)[-1]}.{work.__name__}".replace("_", "-")


def summary_of(work: Callable[..., Any]) -> str:
    """The first line of a function's docstring, as long as the Temporal UI takes it."""
    return (inspect.getdoc(work) or "").split("\n", 1)[0][:LONGEST_SUMMARY]


def get_args_of_call(hint: Any) -> tuple[Any, ...]:
    """The body type of `Call[Body]`."""
    if not (inspect.isclass(hint) and issubclass(hint, Call)):
        raise TypeError(f"an effect takes (session, call: Call[Body]), not {hint}")
    return get_args(hint) or tuple(hint.__pydantic_generic_metadata__["args"])


def bind(
    database: Database,
    told: audit.Audit | None = None,
    files: Files | None = None,
    brand: Brand = Brand(),
) -> list[Callable[..., Awaitable[Any]]]:
    """Every registered activity as a function that a Temporal worker can run on `database`.

    `files` is where those put their bytes that make documents, `brand` whose documents these are.
    """
    house = {"files": files, "brand": brand}
    return [bound(made, database, told, house) for made in REGISTRY.values()]


def bound(
    made: Activity[Any, Any], database: Database, told: audit.Audit | None, house: Mapping[str, Any]
) -> Callable[..., Awaitable[Any]]:
    """One activity bound to a database and to the house, which it finds in its session's `info`."""

    async def run(call: Any) -> Any:
        result = await attempt(made, database, call, house)
        if told:
            await told.effect(call.request, made.name, call.key)
        return result

    taken = Call[made.body]  # type: ignore[name-defined]
    run.__annotations__ = {"call": taken, "return": made.result}
    return activity.defn(name=made.name)(run)


async def attempt(
    made: Activity[Any, Any], database: Database, call: Call[Any], house: Mapping[str, Any]
) -> Any:
    """Try once; tell people when it goes on failing."""
    try:
        return made.load(await database.write(apply, made, call, house))
    except Refusal as refusal:
        if isinstance(refusal, Unavailable):
            raise
        raise ApplicationError(
            refusal.key, refusal.key, refusal.params, type=REFUSED, non_retryable=True
        ) from refusal
    except Exception as error:
        info = activity.info()
        if info.attempt == TROUBLE_AFTER and not info.is_local:
            await database.write(report_trouble, made, call, error)
        raise


def apply(
    session: Session,
    made: Activity[Any, Any],
    call: Call[Any],
    house: Mapping[str, Any] | None = None,
) -> Any:
    """The effect, its record and its timeline entries in one transaction; the stored result."""
    session.info.update(house or {})
    request = timeline.locked(session, call.request)
    call = in_words(session, request, call)
    timeline.record(session, request, call.entries)
    known = session.get(Effect, call.key)
    if known:
        return known.result
    if request.closed_at and made.undo:
        # A worker that was given up for lost comes late, and nobody would undo it any more.
        raise Refusal("requests.already_ended", reference=request.reference)
    trouble = request.trouble
    result = made.dump(made.work(session, call))
    session.add(
        Effect(key=call.key, request_id=call.request, name=made.name, at=call.at, result=result)
    )
    # An effect may itself note a trouble, or end it.
    if trouble and request.trouble and not isinstance(call.body, Undo):
        end_trouble(session, request, call)
    return result


def in_words(session: Session, request: Request, call: Call[Any]) -> Call[Any]:
    """The call with the definition's texts in the place of pointers to them."""
    if DEFINED not in call.model_dump_json():
        return call
    told = defined_texts.with_texts(session, request, call.model_dump(mode="json"))
    return type(call).model_validate(told)


def undo_strays(session: Session, call: Call[Any]) -> None:
    """Undo what stands though its request does not, as `call` ends it.

    The workflow has undone all that it knows of. It does not know of an effect whose worker fell
    before its word of it reached the engine, if what happened meanwhile led the workflow elsewhere.
    """
    query = select(Effect).where(
        Effect.request_id == call.request,
        col(Effect.undone).is_(False),
        col(Effect.name).in_([made.name for made in REGISTRY.values() if made.undo]),
    )
    for stray in session.exec(query.order_by(col(Effect.at).desc())).all():
        for undo in REGISTRY[stray.name].undo:
            key = f"{stray.key}/stray"
            wants = Call[Undo](request=call.request, key=key, at=call.at, body=Undo(of=stray.key))
            try:
                with session.begin_nested():
                    undo.work(session, wants)
            except Refusal as why:
                params = {"what": undo.name, "why": ref(why.key, **why.params)}
                entry = Entry(key=key, at=call.at, text="requests.undo_refused", params=params)
                entry.visible = "staff"
                timeline.record(session, timeline.locked(session, call.request), [entry])


def report_trouble(
    session: Session, made: Activity[Any, Any], call: Call[Any], error: Exception
) -> None:
    """Tell the customer that we are looking into it, and staff the cause."""
    request = timeline.locked(session, call.request)
    if request.trouble or request.closed_at:
        return
    request.trouble = f"{made.name}: {type(error).__name__}: {error}"
    entries = [
        Entry(key=f"{call.key}/trouble", at=call.at, text="requests.looking_into_it"),
        Entry(
            key=f"{call.key}/cause",
            at=call.at,
            text="requests.trouble_cause",
            params={"cause": request.trouble},
            visible="staff",
        ),
    ]
    timeline.record(session, request, entries)


def end_trouble(session: Session, request: Request, call: Call[Any]) -> None:
    """Tell that the request goes on."""
    request.trouble = None
    entry = Entry(key=f"{call.key}/mended", at=call.at, text="requests.going_on")
    timeline.record(session, request, [entry])
