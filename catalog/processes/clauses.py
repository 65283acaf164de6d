"""What goes with a task or a process: its data flow, schemas, timeout and retries."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from catalog.processes import refused
from catalog.processes.model import Backoff, Flow, Length, Retry
from catalog.processes.source import Node

BACKOFFS: tuple[Backoff, ...] = ("constant", "linear", "exponential")
NO_TIME = timedelta()


def flow(body: Node) -> Flow:
    """The data flow of a task or process."""
    parts: dict[str, Any] = {}
    for key, transform in (("input", "from"), ("output", "as"), ("export", "as")):
        if key in body:
            found = body.at(key).known("schema", transform)
            parts[f"{key}_{transform}"] = found.at(transform).value
            parts[f"{key}_schema"] = schema(found.at("schema"))
    return Flow(**parts)


def schema(node: Node) -> Mapping[str, Any] | None:
    """A JSON Schema written in the process, or nothing."""
    if node.value is None:
        return None
    found = node.known("format", "document", "resource")
    if "resource" in found:
        found.at("resource").wrong("not-in-profile", "schemas are not fetched", refused.EXTERNAL)
    document: Mapping[str, Any] = found.at("document").mapping().value
    return document


def timeout(node: Node) -> Length | None:
    """How long something may take: written here, or by name."""
    return node.named("timeouts").known("after").at("after").length()


def retry(node: Node) -> Retry:
    """A retry policy."""
    found = node.known("when", "exceptWhen", "delay", "backoff", "limit", "jitter")
    backoff = found.at("backoff").known(*BACKOFFS)
    limit = found.at("limit").known("attempt", "duration")
    each = limit.at("attempt").known("count", "duration")
    if not limit.value:
        hint = "Add `limit: {attempt: {count: 5}}`"
        node.wrong("endless-retry", "nothing ends these retries", hint)
    return Retry(
        delay=found.at("delay").length() or NO_TIME,
        backoff=next((way for way in BACKOFFS if way in backoff), BACKOFFS[0]),
        attempts=each.at("count").count(),
        attempt_duration=each.at("duration").length(),
        duration=limit.at("duration").length(),
        jitter=jitter(found.at("jitter")),
        when=found.at("when").optional_text(),
        except_when=found.at("exceptWhen").optional_text(),
    )


def jitter(node: Node) -> tuple[Length, Length] | None:
    """Between which lengths the delay varies, or nothing."""
    found = node.known("from", "to")
    if not found.value:
        return None
    return found.at("from").length() or NO_TIME, found.at("to").length() or NO_TIME
