"""A mapping in, a process out, and everything in it that is not of our profile.

The official JSON Schema takes exponential time; this reads each task once, by its keyword.
"""

from collections.abc import Mapping
from typing import Any

from catalog.processes import refused
from catalog.processes.clauses import flow, timeout
from catalog.processes.events import consumption
from catalog.processes.findings import Finding
from catalog.processes.model import Process, Task
from catalog.processes.source import Node, Reading
from catalog.processes.tasks import some_tasks, task

KEYS = ("document", "input", "use", "do", "timeout", "output", "schedule")
USE_KEYS = ("authentications", "errors", "functions", "retries", "secrets", "timeouts")
STARTS = ("every", "cron", "after", "on")


def parse(source: Any, parts: Mapping[str, Process] | None = None) -> tuple[Process, list[Finding]]:
    """The process that `source` describes, and what is wrong with it.

    With an error among the findings, the process is only as good as could be made of it. `parts`
    are the processes that it may run.
    """
    use = source.get("use") if isinstance(source, dict) else None
    reading = Reading(use if isinstance(use, dict) else {})
    root = Node(source, (), reading)
    if not isinstance(source, dict):
        root.wrong("shape", "a process is a mapping with `do`", "Write `do:` and its tasks")
        root = Node({}, (), reading)
    return process(root, parts or {}), reading.findings


def process(root: Node, parts: Mapping[str, Process]) -> Process:
    """The whole process."""
    check_keys(root, KEYS, refused.KEYS)
    use = root.at("use").mapping()
    check_keys(use, USE_KEYS, refused.USES)
    return Process(
        functions=functions(use.at("functions")),
        tasks=some_tasks(root.at("do")),
        flow=flow(root),
        timeout=timeout(root.at("timeout")),
        secrets=secrets(use.at("secrets")),
        schedule=schedule(root.at("schedule")),
        document=document(root.at("document")),
        parts=parts,
        source=root.value,
    )


def check_keys(node: Node, keys: tuple[str, ...], left_out: Mapping[str, str]) -> None:
    """None but known keys; those that the profile leaves out say what to use instead."""
    for key, inner in node.entries():
        if key in left_out:
            inner.wrong("not-in-profile", f"`{key}` is not used", left_out[key])
        elif key not in keys:
            inner.unknown(keys)


def functions(node: Node) -> dict[str, Task]:
    """The tasks that the process defines by name."""
    return {name: made for name, inner in node.entries() if (made := task(inner))}


def document(node: Node) -> dict[str, Any] | None:
    """The header of a document of its own."""
    if node.value is None:
        return None
    found = node.mapping()
    for key in ("dsl", "namespace", "name", "version"):
        if not isinstance(found.at(key).value, str):
            message = f"the document has no `{key}`"
            found.at(key).wrong("document", message, f"Write `{key}:` and a text")
    dsl = found.at("dsl")
    if isinstance(dsl.value, str) and not dsl.value.startswith("1.0."):
        message = f"the document is written in version {dsl.value} of the language"
        dsl.wrong("document", message, "We read version 1.0.3")
    return dict(found.value)


def secrets(node: Node) -> tuple[str, ...]:
    """The names of secrets that the process may refer to."""
    named = [] if node.value is None else node.value
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        hint = "List names; their values are settings of the server"
        node.wrong("secret", "secrets are a list of names", hint)
        return ()
    return tuple(named)


def schedule(node: Node) -> Mapping[str, Any] | None:
    """When the process starts by itself: exactly one of every, cron, after, on."""
    if node.value is None:
        return None
    found = node.known(*STARTS, "read")
    ways = [key for key in STARTS if key in found]
    if len(ways) != 1:
        hint = "Write one of `every`, `cron`, `after`, `on`"
        found.wrong("schedule", f"a schedule has one way to start, not {len(ways)}", hint)
    for key in ("every", "after"):
        found.at(key).length()
    if "on" in found:
        consumption(found.at("on"))
    return dict(found.value)
