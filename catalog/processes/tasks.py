"""Reads tasks: each once, by the keyword that makes it what it is."""

import re
from collections.abc import Callable
from typing import Any

from catalog.expressions import is_expression
from catalog.problems import suggestion
from catalog.processes import refused
from catalog.processes.clauses import NO_TIME, flow, retry, timeout
from catalog.processes.events import consumption
from catalog.processes.model import (
    DIRECTIVES,
    ERROR_KEYS,
    Call,
    Case,
    Catch,
    Do,
    Emit,
    For,
    Fork,
    Listen,
    Raise,
    Run,
    Set,
    Switch,
    Task,
    Try,
    Wait,
)
from catalog.processes.source import Node

COMMON = ("if", "input", "output", "export", "timeout", "then", "metadata")
EXTRA = {
    "call": ("with",),
    "for": ("do", "while"),
    "listen": ("foreach",),
    "try": ("catch",),
}
DEEPEST = 30
MOST_TASKS = 500
UNCLEAR = re.compile(r"[/#]|\.\d+$")
"""What the paths of journals and errors are made of, and so no name of a task."""

Common = dict[str, Any]
"""What every task has, as the model names it."""


def some_tasks(node: Node) -> tuple[Task, ...]:
    """A list of at least one named task."""
    if node.value is None or node.value == []:
        hint = "Write at least one task, each beginning with `- name:`"
        node.wrong("shape", "there are no tasks", hint)
    return tasks(node)


def tasks(node: Node) -> tuple[Task, ...]:
    """A list of named tasks, or nothing."""
    if node.value is None:
        return ()
    if len(node.path) > 3 * DEEPEST:
        hint = "Move the inner tasks into a process of their own and `run` it"
        node.wrong("too-deep", f"tasks lie more than {DEEPEST} deep", hint)
        return ()
    entries = node.elements("tasks are a list", "Begin each with `- name:`")
    made = [task for entry in entries if (task := named_task(entry))]
    names = set[str]()
    for one in made:
        if one.name in names:
            hint = "Give each task of a list its own name"
            at = Node(None, one.path, node.reading)
            at.wrong("duplicate-task", f"`{one.name}` stands here twice", hint)
        names.add(one.name)
    for one in made:
        check_targets(one, names, node)
    return tuple(made)


def named_task(entry: Node) -> Task | None:
    """One entry of a list: a mapping of one name to one task."""
    hint = "Write `- name:` and indent its keys below"
    node = entry.single("each entry of the list is one named task", hint)
    if node is None:
        return None
    name = str(node.path[-1])
    if not name or UNCLEAR.search(name):
        hint = "Use letters, digits, `-` and `_`"
        node.wrong("task-name", f"`{name}` is no name for a task", hint)
    return task(node)


def task(node: Node) -> Task | None:
    """One task, by the keyword that makes it what it is."""
    reading = node.reading
    reading.tasks += 1
    if reading.tasks == MOST_TASKS + 1:
        hint = "Move some into processes of their own and `run` them"
        node.wrong("too-long", f"the process has more than {MOST_TASKS} tasks", hint)
    if reading.tasks > MOST_TASKS:
        return None
    body = node.mapping()
    kind = kind_of(body)
    if kind is None:
        return None
    body.known(*COMMON, kind, *EXTRA.get(kind, ()))
    common = {
        "name": str(node.path[-1]),
        "path": node.path,
        "condition": body.at("if").optional_text(),
        "flow": flow(body),
        "timeout": timeout(body.at("timeout")),
        "then": body.at("then").optional_text(),
        "metadata": body.at("metadata").mapping().value,
        "source": body.value,
    }
    return KINDS[kind](body, common)


def kind_of(body: Node) -> str | None:
    """The one keyword of the task. `for` comes with `do`."""
    found = [kind for kind in KINDS if kind in body]
    if "for" in found and "do" in found:
        found.remove("do")
    if len(found) == 1:
        return found[0]
    if found:
        words = " and ".join(f"`{kind}`" for kind in found)
        body.wrong("shape", f"a task does one thing, not {words}", "Make two tasks of it")
    else:
        near = next((suggestion(key, KINDS) for key in body.value if key not in COMMON), "")
        hint = near or "Write what it does: call, do, emit, for, fork, listen, raise, run, …"
        body.wrong("unknown-task", "it is not said what this task does", hint)
    return None


def check_targets(one: Task, names: set[str], among: Node) -> None:
    """Every `then` of a task names a task of its own list."""
    targets = [(one.then, (*one.path, "then"))]
    if isinstance(one, Switch):
        targets += [(case.then, (*case.path, "then")) for case in one.cases]
    if isinstance(one, Try):
        targets.append((one.catch.then, (*one.path, "catch", "then")))
    for target, path in targets:
        if target is not None and target not in DIRECTIVES and target not in names:
            hint = suggestion(target, names | set(DIRECTIVES))
            message = f"`then: {target}` names no task of this list"
            Node(target, path, among.reading).wrong("then-to-nowhere", message, hint)


def call(body: Node, common: Common) -> Task:
    """A step, or a function that the process defines."""
    called = body.at("call")
    function = called.text()
    if function in refused.CALLS:
        called.wrong("not-in-profile", f"`call: {function}` is not used", refused.CALLS[function])
    elif refused.is_refused(function):
        called.wrong("not-in-profile", "functions are not fetched", refused.USES["catalogs"])
    return Call(**common, function=function, arguments=body.at("with").mapping().value)


def do(body: Node, common: Common) -> Task:
    """A list that is one task."""
    return Do(**common, tasks=some_tasks(body.at("do")))


def emit(body: Node, common: Common) -> Task:
    """An event to publish."""
    event = body.at("emit").mapping().at("event").mapping().at("with").mapping()
    if "type" not in event:
        event.wrong("shape", "the event has no `type`", "Such as com.example.done.v1")
    return Emit(**common, event=event.value)


def for_(body: Node, common: Common) -> Task:
    """A loop."""
    loop = body.at("for").known("each", "in", "at")
    if "in" not in loop:
        loop.wrong("shape", "the loop has no `in`", "Say what to go through")
    return For(
        **common,
        each=loop.variable("each", "item"),
        at=loop.variable("at", "index"),
        collection=loop.at("in").value,
        loop_while=body.at("while").optional_text(),
        tasks=some_tasks(body.at("do")),
    )


def fork(body: Node, common: Common) -> Task:
    """Branches."""
    found = body.at("fork").known("branches", "compete")
    branches = tasks(found.at("branches"))
    if not branches:
        hint = "Write `branches:` and a list of tasks"
        found.wrong("shape", "the fork has no branches", hint)
    return Fork(**common, branches=branches, compete=found.at("compete").value is True)


def listen(body: Node, common: Common) -> Task:
    """Events to wait for."""
    found = body.at("listen").known("to", "read")
    each = body.at("foreach").known("item", "at", "do", "output", "export")
    read = found.at("read")
    ways = ("data", "envelope", "raw")
    if "read" in found and read.value not in ways:
        hint = suggestion(str(read.value), ways)
        read.wrong("shape", f"events are not read as `{read.value}`", hint)
    return Listen(
        **common,
        to=consumption(found.at("to")),
        read=read.value if read.value in ways else "data",
        each=each.variable("item", "item"),
        at=each.variable("at", "index"),
        tasks=tasks(each.at("do")) if each.value else None,
        each_flow=flow(each),
    )


def raise_(body: Node, common: Common) -> Task:
    """An error, written here or by name."""
    named = body.at("raise").known("error").at("error").named("errors")
    error = named.known(*ERROR_KEYS)
    for key in ("type", "status"):
        if error.value and key not in error:
            error.wrong("shape", f"the error has no `{key}`", "Say `type` and `status`")
    return Raise(**common, error=error.value)


def run(body: Node, common: Common) -> Task | None:
    """Another process."""
    found = body.at("run").mapping()
    for kind, hint in refused.RUNS.items():
        if kind in found:
            found.at(kind).wrong("not-in-profile", f"`run.{kind}` is not used", hint)
            return None
    meant = found.at("workflow").known("namespace", "name", "version", "input")
    if "name" not in meant:
        meant.wrong("shape", "it is not said which process to run", "Give its `name`")
    name = f"{meant.value.get('namespace', 'default')}/{meant.value.get('name', '')}"
    awaits = found.at("await").value is not False
    return Run(**common, process=name, arguments=meant.at("input").value, awaits=awaits)


def set_(body: Node, common: Common) -> Task:
    """Data."""
    data = body.at("set")
    if not (isinstance(data.value, dict) and data.value) and not is_expression(data.value):
        hint = "Write keys and values, or an expression `${ … }`"
        data.wrong("shape", "`set` gives a mapping or an expression", hint)
    return Set(**common, value=data.value)


def switch(body: Node, common: Common) -> Task:
    """Cases."""
    node = body.at("switch")
    message, hint = "a switch is a list of cases", "Begin each with `- name:`"
    entries = node.elements(message, hint)
    if node.value == []:
        node.wrong("shape", message, hint)
    return Switch(**common, cases=tuple(one for entry in entries if (one := case(entry))))


def case(entry: Node) -> Case | None:
    """One case of a switch."""
    node = entry.single("each case is one named mapping", "Write `- name: {when: …, then: …}`")
    if node is None:
        return None
    found = node.known("when", "then")
    name = str(node.path[-1])
    then = found.at("then").optional_text()
    if then is None:
        node.wrong("shape", f"the case `{name}` has no `then`", "Say where to go")
    return Case(name, found.at("when").optional_text(), then or "continue", node.path)


def try_(body: Node, common: Common) -> Task:
    """Tasks whose errors are caught."""
    if "catch" not in body:
        hint = "Say under `catch:` which errors, and what to do"
        body.wrong("shape", "the `try` catches nothing", hint)
    return Try(**common, tasks=some_tasks(body.at("try")), catch=catch(body.at("catch")))


def catch(node: Node) -> Catch:
    """What a `try` catches."""
    found = node.known("errors", "as", "when", "exceptWhen", "retry", "do", "then")
    errors = found.at("errors").known("with").at("with").known(*ERROR_KEYS)
    policy, inner = found.at("retry"), found.at("do")
    if policy.value is not None and inner.value is not None:
        hint = "Keep `retry`, and put a `try` with `do` around this one"
        message = "`retry` and `do` exclude each other: what comes after the last attempt?"
        node.wrong("retry-and-do", message, hint)
    policy = policy.named("retries")
    return Catch(
        errors=errors.value,
        variable=found.variable("as", "error"),
        when=found.at("when").optional_text(),
        except_when=found.at("exceptWhen").optional_text(),
        retry=retry(policy) if policy.value is not None else None,
        tasks=tasks(inner) if inner.value is not None else None,
        then=found.at("then").optional_text(),
    )


def wait(body: Node, common: Common) -> Task:
    """Some time."""
    return Wait(**common, duration=body.at("wait").length() or NO_TIME)


KINDS: dict[str, Callable[[Node, Common], Task | None]] = {
    "call": call,
    "do": do,
    "emit": emit,
    "for": for_,
    "fork": fork,
    "listen": listen,
    "raise": raise_,
    "run": run,
    "set": set_,
    "switch": switch,
    "try": try_,
    "wait": wait,
}
