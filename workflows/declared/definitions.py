"""The process of a plan, read once by a worker for all requests of its version."""

from functools import lru_cache

import orjson

from catalog.plan import Plan
from catalog.processes.answers import may_read_answers
from catalog.processes.model import Process
from catalog.processes.parsing import parse
from catalog.processes.reading import names_read_by

KEPT = 256
"""Processes kept in memory."""


def process_of(plan: Plan) -> Process:
    """The process that a plan carries. Raises `ValueError` when it carries none."""
    if plan.process is None:
        raise ValueError(f"the version {plan.version} of {plan.item} declares no process")
    return parsed(written(plan))


def names_read(plan: Plan) -> tuple[str, ...]:
    """The names that the expressions of a plan's process mention, answers among them."""
    return names_in(written(plan))


def reads_answers(plan: Plan) -> bool:
    """Whether any answers travel into the workflow."""
    return reads(written(plan))


def written(plan: Plan) -> bytes:
    """The process of a plan and those that it may run, as the key to what is known of them."""
    return orjson.dumps([plan.process, plan.processes])


@lru_cache(KEPT)
def parsed(source: bytes) -> Process:
    """A process with those that it may run."""
    process, parts = orjson.loads(source)
    return parse(process, {name: parse(part)[0] for name, part in parts.items()})[0]


@lru_cache(KEPT)
def names_in(source: bytes) -> tuple[str, ...]:
    return tuple(sorted(names_read_by(orjson.loads(source))))


@lru_cache(KEPT)
def reads(source: bytes) -> bool:
    return may_read_answers(parsed(source))
