"""A mapping in, a process out, and everything in it that is not of our profile.

The official JSON Schema takes exponential time; this reads each task once, by its keyword.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from catalog.expressions import is_expression
from catalog.problems import suggestion
from catalog.processes import refused
from catalog.processes.events import consumption
from catalog.processes.findings import Finding
from catalog.processes.lengths import length
from catalog.processes.model import (
    DIRECTIVES,
    ERROR_KEYS,
    Backoff,
    Call,
    Case,
    Catch,
    Do,
    Emit,
    Flow,
    For,
    Fork,
    Length,
    Listen,
    Path,
    Process,
    Raise,
    Retry,
    Run,
    Set,
    Switch,
    Task,
    Try,
    Wait,
)

COMMON = frozenset({"if", "input", "output", "export", "timeout", "then", "metadata"})
EXTRA = {"for": {"do", "while"}, "listen": {"foreach"}, "try": {"catch"}, "call": {"with"}}
KINDS = (
    "call do emit for fork listen raise run set switch try wait".split()  # noqa: SIM905
)
PROCESS_KEYS = {"document", "input", "use", "do", "timeout", "output", "schedule"}
USE_KEYS = {"authentications", "errors", "functions", "retries", "secrets", "timeouts"}
DEEPEST = 30
MOST_TASKS = 500
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
GIVEN = frozenset(
    [
        "answers",
        "context",
        "input",
        "now",
        "output",
        "request",
        "runtime",
        "secrets",
        "settings",
        "task",
        "workflow",
    ]
)
"""The variables that the language or a catalog item gives; no loop takes their names."""
UNCLEAR = re.compile(r"[/#]|\.\d+$")
"""What the paths of journals and errors are made of, and so no name of a task."""

Body = Mapping[str, Any]


def parse(source: Any, parts: Mapping[str, Process] | None = None) -> tuple[Process, list[Finding]]:
    """The process that `source` describes, and what is wrong with it.

    With an error among the findings, the process is only as good as could be made of it. `parts`
    are the processes that it may run.
    """
    reader = Reader(source if isinstance(source, dict) else {})
    if not isinstance(source, dict):
        reader.wrong("shape", (), "a process is a mapping with `do`", "Write `do:` and its tasks")
    return reader.process(parts or {}), reader.findings


class Reader:
    """Reads one source; findings gather on the way."""

    def __init__(self, source: dict[str, Any]) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.count = 0
        use = source.get("use")
        self.use: Body = use if isinstance(use, dict) else {}

    def wrong(self, rule: str, path: Path, message: str, hint: str = "") -> None:
        """Note an error."""
        self.findings.append(Finding(rule, path, message, hint))

    # The process

    def process(self, parts: Mapping[str, Process]) -> Process:
        """The whole process."""
        source = self.source
        for key in source:
            if key in refused.KEYS:
                self.wrong("not-in-profile", (key,), f"`{key}` is not used", refused.KEYS[key])
            elif key not in PROCESS_KEYS:
                self.unknown(key, PROCESS_KEYS, (key,))
        self.check_use()
        functions = {
            name: self.task(name, body, ("use", "functions", name))
            for name, body in self.mapping(self.use.get("functions"), ("use", "functions")).items()
        }
        document = source.get("document")
        if document is not None:
            self.check_document(document)
        return Process(
            tasks=self.some_tasks(source.get("do"), ("do",)),
            flow=self.flow(source, ()),
            timeout=self.timeout(source.get("timeout"), ("timeout",)),
            functions={name: made for name, made in functions.items() if made},
            secrets=tuple(self.secrets()),
            schedule=self.schedule(source.get("schedule")),
            document=self.mapping(document, ("document",)) if document is not None else None,
            parts=parts,
            source=source,
        )

    def check_document(self, document: Any) -> None:
        """The header of a document of its own."""
        found = self.mapping(document, ("document",))
        for key in ("dsl", "namespace", "name", "version"):
            if not isinstance(found.get(key), str):
                hint = f"Write `{key}:` and a text"
                self.wrong("document", ("document", key), f"the document has no `{key}`", hint)
        dsl = found.get("dsl")
        if isinstance(dsl, str) and not dsl.startswith("1.0."):
            message = f"the document is written in version {dsl} of the language"
            self.wrong("document", ("document", "dsl"), message, "We read version 1.0.3")

    def check_use(self) -> None:
        """What `use` may hold; named timeouts and retries are looked up where they are used."""
        for key in self.use:
            at = ("use", key)
            if key in refused.USES:
                self.wrong("not-in-profile", at, f"`{key}` is not used", refused.USES[key])
            elif key not in USE_KEYS:
                self.unknown(key, USE_KEYS, at)

    def secrets(self) -> list[str]:
        """The names of secrets that the process may refer to."""
        named = self.use.get("secrets", [])
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            hint = "List names; their values are settings of the server"
            self.wrong("secret", ("use", "secrets"), "secrets are a list of names", hint)
            return []
        return named

    def schedule(self, source: Any) -> Mapping[str, Any] | None:
        """When the process starts by itself: exactly one of every, cron, after, on."""
        if source is None:
            return None
        at: Path = ("schedule",)
        found = self.mapping(source, at)
        ways = [key for key in found if key in ("every", "cron", "after", "on")]
        for key in found:
            if key not in ("every", "cron", "after", "on", "read"):
                self.unknown(key, {"every", "cron", "after", "on", "read"}, (*at, key))
        if len(ways) != 1:
            hint = "Write one of `every`, `cron`, `after`, `on`"
            self.wrong("schedule", at, f"a schedule has one way to start, not {len(ways)}", hint)
        for key in ("every", "after"):
            if key in found:
                self.length(found[key], (*at, key))
        if "on" in found:
            self.consumption(found["on"], (*at, "on"))
        return found

    # Tasks

    def tasks(self, source: Any, at: Path) -> tuple[Task, ...]:
        """A list of named tasks."""
        if source is None:
            return ()
        if not isinstance(source, list):
            self.wrong("shape", at, "tasks are a list", "Begin each with `- name:`")
            return ()
        if len(at) > 3 * DEEPEST:
            hint = "Move the inner tasks into a process of their own and `run` it"
            self.wrong("too-deep", at, f"tasks lie more than {DEEPEST} deep", hint)
            return ()
        made, seen = [], set[str]()
        for index, entry in enumerate(source):
            task = self.entry(entry, (*at, index))
            if task is None:
                continue
            if task.name in seen:
                hint = "Give each task of a list its own name"
                self.wrong("duplicate-task", task.path, f"`{task.name}` stands here twice", hint)
            seen.add(task.name)
            made.append(task)
        for task in made:
            self.check_targets(task, seen)
        return tuple(made)

    def entry(self, entry: Any, at: Path) -> Task | None:
        """One entry of a list: a mapping of one name to one task."""
        if not isinstance(entry, dict) or len(entry) != 1:
            hint = "Write `- name:` and indent its keys below"
            self.wrong("shape", at, "each entry of the list is one named task", hint)
            return None
        ((name, body),) = entry.items()
        place = (*at, str(name))
        if not name or UNCLEAR.search(str(name)):
            hint = "Use letters, digits, `-` and `_`"
            self.wrong("task-name", place, f"`{name}` is no name for a task", hint)
        return self.task(str(name), body, place)

    def some_tasks(self, source: Any, at: Path) -> tuple[Task, ...]:
        """A list of at least one named task."""
        if source is None or source == []:
            hint = "Write at least one task, each beginning with `- name:`"
            self.wrong("shape", at, "there are no tasks", hint)
        return self.tasks(source, at)

    def variable(self, source: Any, at: Path) -> str:
        """The name of a variable that a task sets."""
        name = self.text(source, at)
        if not VARIABLE.fullmatch(name):
            hint = "Use letters, digits and `_`"
            self.wrong("reserved-name", at, f"`${name}` is no name of a variable", hint)
        elif name in GIVEN:
            hint = "Give it another name"
            self.wrong("reserved-name", at, f"`${name}` means something else", hint)
        return name

    def task(self, name: str, body: Any, at: Path) -> Task | None:
        """One task, by the keyword that makes it what it is."""
        self.count += 1
        if self.count == MOST_TASKS + 1:
            hint = "Move some into processes of their own and `run` them"
            self.wrong("too-long", at, f"the process has more than {MOST_TASKS} tasks", hint)
        if self.count > MOST_TASKS:
            return None
        body = self.mapping(body, at)
        kind = self.kind(body, at)
        if kind is None:
            return None
        for key in body.keys() - COMMON - {kind} - EXTRA.get(kind, set()):
            self.unknown(key, COMMON | {kind} | EXTRA.get(kind, set()), (*at, key))
        condition = body.get("if")
        common = {
            "name": name,
            "path": at,
            "condition": self.text(condition, (*at, "if")) if condition is not None else None,
            "flow": self.flow(body, at),
            "timeout": self.timeout(body.get("timeout"), (*at, "timeout")),
            "then": self.directive(body.get("then"), (*at, "then")),
            "metadata": self.mapping(body.get("metadata"), (*at, "metadata")),
            "source": body,
        }
        make = cast(Callable[[Body, Path, dict[str, Any]], Task | None], getattr(self, kind + "_"))
        return make(body, at, common)

    def kind(self, body: Body, at: Path) -> str | None:
        """The one keyword of the task. `for` comes with `do`."""
        found = [kind for kind in KINDS if kind in body]
        if "for" in found and "do" in found:
            found.remove("do")
        if len(found) == 1:
            return found[0]
        if found:
            words = " and ".join(f"`{kind}`" for kind in found)
            self.wrong("shape", at, f"a task does one thing, not {words}", "Make two tasks of it")
        else:
            near = next((suggestion(key, KINDS) for key in body if key not in COMMON), "")
            hint = near or "Write what it does: call, do, emit, for, fork, listen, raise, run, …"
            self.wrong("unknown-task", at, "it is not said what this task does", hint)
        return None

    def call_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        function = self.text(body["call"], (*at, "call"))
        if function in refused.CALLS:
            message = f"`call: {function}` is not used"
            self.wrong("not-in-profile", (*at, "call"), message, refused.CALLS[function])
        elif "://" in function or "@" in function:
            hint = refused.USES["catalogs"]
            self.wrong("not-in-profile", (*at, "call"), "functions are not fetched", hint)
        arguments = self.mapping(body.get("with"), (*at, "with"))
        return Call(**common, function=function, arguments=arguments)

    def do_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        return Do(**common, tasks=self.some_tasks(body["do"], (*at, "do")))

    def for_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        loop = self.known(body["for"], {"each", "in", "at"}, (*at, "for"))
        if "in" not in loop:
            self.wrong("shape", (*at, "for"), "the loop has no `in`", "Say what to go through")
        return For(
            **common,
            each=self.variable(loop.get("each", "item"), (*at, "for", "each")),
            at=self.variable(loop.get("at", "index"), (*at, "for", "at")),
            collection=loop.get("in"),
            loop_while=self.optional_text(body.get("while"), (*at, "while")),
            tasks=self.some_tasks(body.get("do"), (*at, "do")),
        )

    def fork_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        fork = self.known(body["fork"], {"branches", "compete"}, (*at, "fork"))
        branches = self.tasks(fork.get("branches"), (*at, "fork", "branches"))
        if not branches:
            hint = "Write `branches:` and a list of tasks"
            self.wrong("shape", (*at, "fork"), "the fork has no branches", hint)
        return Fork(**common, branches=branches, compete=fork.get("compete") is True)

    def switch_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        cases = []
        here = (*at, "switch")
        listed = body["switch"]
        if not isinstance(listed, list) or not listed:
            self.wrong("shape", here, "a switch is a list of cases", "Begin each with `- name:`")
            listed = []
        for index, entry in enumerate(listed):
            if not isinstance(entry, dict) or len(entry) != 1:
                hint = "Write `- name: {when: …, then: …}`"
                self.wrong("shape", (*here, index), "each case is one named mapping", hint)
                continue
            ((name, case),) = entry.items()
            place = (*here, index, str(name))
            found = self.known(case, {"when", "then"}, place)
            then = self.directive(found.get("then"), (*place, "then"))
            if then is None:
                self.wrong("shape", place, f"the case `{name}` has no `then`", "Say where to go")
            when = self.optional_text(found.get("when"), (*place, "when"))
            cases.append(Case(str(name), when, then or "continue", place))
        return Switch(**common, cases=tuple(cases))

    def set_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        value = body["set"]
        if not (isinstance(value, dict) and value) and not is_expression(value):
            hint = "Write keys and values, or an expression `${ … }`"
            self.wrong("shape", (*at, "set"), "`set` gives a mapping or an expression", hint)
        return Set(**common, value=value)

    def raise_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        here = (*at, "raise", "error")
        error = self.known(body["raise"], {"error"}, (*at, "raise")).get("error")
        if isinstance(error, str):
            error = self.named("errors", error, here)
        error = self.known(error, set(ERROR_KEYS), here)
        for key in ("type", "status"):
            if error and key not in error:
                self.wrong("shape", here, f"the error has no `{key}`", "Say `type` and `status`")
        return Raise(**common, error=error)

    def wait_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        return Wait(**common, duration=self.length(body["wait"], (*at, "wait")) or length("PT0S"))

    def emit_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        here = (*at, "emit", "event", "with")
        event = self.mapping(self.mapping(body["emit"], here[:-2]).get("event"), here[:-1])
        attributes = self.mapping(event.get("with"), here)
        if "type" not in attributes:
            self.wrong("shape", here, "the event has no `type`", "Such as com.example.done.v1")
        return Emit(**common, event=attributes)

    def run_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        run = self.mapping(body["run"], (*at, "run"))
        for kind, hint in refused.RUNS.items():
            if kind in run:
                message = f"`run.{kind}` is not used"
                self.wrong("not-in-profile", (*at, "run", kind), message, hint)
                return None
        here = (*at, "run", "workflow")
        found = self.known(run.get("workflow"), {"namespace", "name", "version", "input"}, here)
        if "name" not in found:
            self.wrong("shape", here, "it is not said which process to run", "Give its `name`")
        name = f"{found.get('namespace', 'default')}/{found.get('name', '')}"
        awaits = run.get("await", True) is not False
        return Run(**common, process=name, arguments=found.get("input"), awaits=awaits)

    def try_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        tasks = self.some_tasks(body["try"], (*at, "try"))
        if "catch" not in body:
            hint = "Say under `catch:` which errors, and what to do"
            self.wrong("shape", at, "the `try` catches nothing", hint)
        return Try(**common, tasks=tasks, catch=self.catch(body.get("catch"), (*at, "catch")))

    def catch(self, source: Any, at: Path) -> Catch:
        """What a `try` catches."""
        keys = {"errors", "as", "when", "exceptWhen", "retry", "do", "then"}
        found = self.known(source, keys, at)
        errors = self.known(found.get("errors"), {"with"}, (*at, "errors"))
        wanted = self.known(errors.get("with"), set(ERROR_KEYS), (*at, "errors", "with"))
        retry, tasks = found.get("retry"), found.get("do")
        if retry is not None and tasks is not None:
            hint = "Keep `retry`, and put a `try` with `do` around this one"
            message = "`retry` and `do` exclude each other: what comes after the last attempt?"
            self.wrong("retry-and-do", at, message, hint)
        if isinstance(retry, str):
            retry = self.named("retries", retry, (*at, "retry"))
        return Catch(
            errors=wanted,
            variable=self.variable(found.get("as", "error"), (*at, "as")),
            when=self.optional_text(found.get("when"), (*at, "when")),
            except_when=self.optional_text(found.get("exceptWhen"), (*at, "exceptWhen")),
            retry=self.retry(retry, (*at, "retry")) if retry is not None else None,
            tasks=self.tasks(tasks, (*at, "do")) if tasks is not None else None,
            then=self.directive(found.get("then"), (*at, "then")),
        )

    def retry(self, source: Any, at: Path) -> Retry:
        """A retry policy."""
        keys = {"when", "exceptWhen", "delay", "backoff", "limit", "jitter"}
        found = self.known(source, keys, at)
        ways: tuple[Backoff, ...] = ("constant", "linear", "exponential")
        backoff = self.known(found.get("backoff"), set(ways), (*at, "backoff"))
        limit = self.known(found.get("limit"), {"attempt", "duration"}, (*at, "limit"))
        each = self.known(limit.get("attempt"), {"count", "duration"}, (*at, "limit", "attempt"))
        jitter = self.known(found.get("jitter"), {"from", "to"}, (*at, "jitter"))
        if not limit:
            hint = "Add `limit: {attempt: {count: 5}}`"
            self.wrong("endless-retry", at, "nothing ends these retries", hint)
        return Retry(
            delay=self.length(found.get("delay", "PT0S"), (*at, "delay")) or length("PT0S"),
            backoff=next((way for way in ways if way in backoff), ways[0]),
            attempts=self.number(each.get("count"), (*at, "limit", "attempt", "count")),
            attempt_duration=self.length(
                each.get("duration"), (*at, "limit", "attempt", "duration")
            ),
            duration=self.length(limit.get("duration"), (*at, "limit", "duration")),
            jitter=(
                (
                    self.length(jitter.get("from"), (*at, "jitter", "from")) or length("PT0S"),
                    self.length(jitter.get("to"), (*at, "jitter", "to")) or length("PT0S"),
                )
                if jitter
                else None
            ),
            when=self.optional_text(found.get("when"), (*at, "when")),
            except_when=self.optional_text(found.get("exceptWhen"), (*at, "exceptWhen")),
        )

    def listen_(self, body: Body, at: Path, common: dict[str, Any]) -> Task | None:
        listen = self.known(body["listen"], {"to", "read"}, (*at, "listen"))
        each = self.known(
            body.get("foreach"), {"item", "at", "do", "output", "export"}, (*at, "foreach")
        )
        read = listen.get("read", "data")
        if read not in ("data", "envelope", "raw"):
            hint = suggestion(str(read), ("data", "envelope", "raw"))
            self.wrong("shape", (*at, "listen", "read"), f"events are not read as `{read}`", hint)
            read = "data"
        tasks = self.tasks(each.get("do"), (*at, "foreach", "do")) if each else None
        return Listen(
            **common,
            to=self.consumption(listen.get("to"), (*at, "listen", "to")),
            read=read,
            each=self.variable(each.get("item", "item"), (*at, "foreach", "item")),
            at=self.variable(each.get("at", "index"), (*at, "foreach", "at")),
            tasks=tasks,
            each_flow=self.flow(each, (*at, "foreach")),
        )

    def consumption(self, source: Any, at: Path, nested: bool = False) -> Any:
        """Which events are taken."""
        return consumption(self, source, at, nested)

    # Parts of tasks

    def flow(self, body: Body, at: Path) -> Flow:
        """The data flow of a task or process."""
        parts: dict[str, Any] = {}
        for key, transform in (("input", "from"), ("output", "as"), ("export", "as")):
            if key not in body:
                continue
            found = self.known(body[key], {"schema", transform}, (*at, key))
            parts[f"{key}_{transform}"] = found.get(transform)
            parts[f"{key}_schema"] = self.schema(found.get("schema"), (*at, key, "schema"))
        return Flow(**parts)

    def schema(self, source: Any, at: Path) -> Mapping[str, Any] | None:
        """A JSON Schema written in the process."""
        if source is None:
            return None
        found = self.known(source, {"format", "document", "resource"}, at)
        if "resource" in found:
            self.wrong(
                "not-in-profile", (*at, "resource"), "schemas are not fetched", refused.EXTERNAL
            )
        return self.mapping(found.get("document"), (*at, "document"))

    def timeout(self, source: Any, at: Path) -> Length | None:
        """How long something may take: written here, or by name."""
        if source is None:
            return None
        if isinstance(source, str):
            source = self.named("timeouts", source, at)
        found = self.known(source, {"after"}, at)
        return self.length(found.get("after"), (*at, "after")) if found else None

    def length(self, source: Any, at: Path) -> Length | None:
        """A duration, or the expression that gives one."""
        if source is None or is_expression(source):
            return cast(str | None, source)
        try:
            return length(source)
        except ValueError as error:
            hint = "Write `{days: 3}`, `P3D` or `PT2H`; years and months have no fixed length"
            self.wrong("duration", at, str(error), hint)
            return None

    def directive(self, source: Any, at: Path) -> str | None:
        """Where to go next; whether it exists is seen once the list is read."""
        return None if source is None else self.text(source, at)

    def check_targets(self, task: Task, names: set[str]) -> None:
        """Every `then` of a task names a task of its own list."""
        targets = [(task.then, (*task.path, "then"))]
        if isinstance(task, Switch):
            targets += [(case.then, (*case.path, "then")) for case in task.cases]
        if isinstance(task, Try):
            targets.append((task.catch.then, (*task.path, "catch", "then")))
        for target, at in targets:
            if target is not None and target not in DIRECTIVES and target not in names:
                hint = suggestion(target, names | set(DIRECTIVES))
                message = f"`then: {target}` names no task of this list"
                self.wrong("then-to-nowhere", at, message, hint)

    def named(self, kind: str, name: str, at: Path) -> Any:
        """What `use` defines under this name."""
        defined = self.mapping(self.use.get(kind), ("use", kind))
        if name not in defined:
            hint = suggestion(name, defined) if defined else f"Define it under `use.{kind}`"
            self.wrong("unknown-name", at, f"`use.{kind}` has no `{name}`", hint)
        return defined.get(name)

    # Values

    def mapping(self, source: Any, at: Path) -> dict[str, Any]:
        """A mapping; nothing counts as an empty one."""
        if source is None:
            return {}
        if not isinstance(source, dict):
            self.wrong("shape", at, "a mapping of keys to values belongs here", "")
            return {}
        return source

    def known(self, source: Any, keys: set[str], at: Path) -> dict[str, Any]:
        """A mapping with none but these keys."""
        found = self.mapping(source, at)
        for key in found:
            if key not in keys:
                self.unknown(key, keys, (*at, key))
        return found

    def unknown(self, key: Any, keys: Any, at: Path) -> None:
        """A key that has no meaning here."""
        self.wrong("unknown-key", at, f"`{key}` means nothing here", suggestion(str(key), keys))

    def text(self, source: Any, at: Path) -> str:
        """A text."""
        if not isinstance(source, str):
            self.wrong("shape", at, f"a text belongs here, not `{source}`", "Put it in quotes")
        return str(source)

    def optional_text(self, source: Any, at: Path) -> str | None:
        return None if source is None else self.text(source, at)

    def number(self, source: Any, at: Path) -> int | None:
        """A count of at least one."""
        if source is None:
            return None
        if isinstance(source, bool) or not isinstance(source, int) or source < 1:
            self.wrong("shape", at, f"a whole number of at least 1 belongs here, not `{source}`")
            return None
        return source
