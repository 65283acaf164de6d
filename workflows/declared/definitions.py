"""The process of a plan, read once by a worker for all requests of its version."""

from functools import lru_cache

import orjson

from catalog.plan import Plan
from catalog.processes.model import Process
from catalog.processes.parsing import parse
from catalog.processes.reading import names_read_by

KEPT = 256
"""Processes kept in memory."""


def process_of(plan: Plan) -> Process:
    """The process that a plan carries. Raises `ValueError` when it carries none."""
    if plan.process is None:
        raise ValueError(f"the version {plan.version} of {plan.item} declares no process")
    return parsed(orjson.dumps([plan.process, plan.processes]))


@lru_cache(KEPT)
def parsed(source: bytes) -> Process:
    """A process with those that it may run."""
    process, parts = orjson.loads(source)
    return parse(process, {name: parse(part)[0] for name, part in parts.items()})[0]


def answers_read(process: Process) -> tuple[str, ...]:
    """The names of answers that travel into the workflow."""
    return names_of(
        orjson.dumps([process.source, [part.source for part in process.parts.values()]])
    )


@lru_cache(KEPT)
def names_of(sources: bytes) -> tuple[str, ...]:
    process, parts = orjson.loads(sources)
    return tuple(sorted(names_read_by([process, *parts])))
