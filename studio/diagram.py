"""A process as a picture: tasks from top to bottom, decisions, people by group, waits, undo paths.

Graphviz lays it out, as a program of its own; the colours are style sheet rules, so that they
follow the reader's light or dark screen.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalog.processes.model import (
    CONTINUE,
    END,
    Call,
    Do,
    For,
    Fork,
    Listen,
    Process,
    Raise,
    Switch,
    Task,
    Try,
    Wait,
)
from ground.messages import translate

PROGRAM = "graphviz-pure"
PATIENCE_SECONDS = 20
EMPTY: Mapping[str, Any] = {}
SETTING = re.compile(r"\s*\$\{\s*\$settings((?:\.\w+)+)\s*\}\s*")
LABEL = re.compile(r'<text [^>]*font-size="10\.00"[^>]*>.*?</text>\n', re.DOTALL)
"""The text of an edge; no other text is so small."""
WIDEST = 28
"""Characters in a line of a label."""
STYLE = """
  :root { color-scheme: light dark; }
  text { font-family: system-ui, sans-serif; fill: #1b1f24; }
  .node text { font-size: 11.5px; }
  .labels text { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; }
  .node path, .node polygon, .node ellipse { fill: #ffffff; stroke: #57606a; }
  .node.people path, .node.people polygon { fill: #e7f0ff; stroke: #2f6fd0; }
  .node.wait path, .node.wait polygon { fill: #fff6dd; stroke: #9a6700; }
  .node.end polygon, .node.end ellipse, .node.end path { fill: #eef1f4; }
  .node.fault path, .node.fault polygon { fill: #ffebe9; stroke: #cf222e; }
  .edge path { fill: none; stroke: #57606a; } .edge polygon { fill: #57606a; stroke: #57606a; }
  .edge.undo path { stroke: #cf222e; } .edge.undo polygon { fill: #cf222e; stroke: #cf222e; }
  .cluster polygon, .cluster path { fill: none; stroke: #afb8c1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .labels text { stroke: #1c2327; }
    .node path, .node polygon, .node ellipse { fill: #161b22; stroke: #8b949e; }
    .node.people path, .node.people polygon { fill: #10233f; stroke: #58a6ff; }
    .node.wait path, .node.wait polygon { fill: #2e2408; stroke: #d29922; }
    .node.end polygon, .node.end ellipse, .node.end path { fill: #21262d; }
    .node.fault path, .node.fault polygon { fill: #3a1216; stroke: #ff7b72; }
    .edge path { stroke: #8b949e; } .edge polygon { fill: #8b949e; stroke: #8b949e; }
    .edge.undo path { stroke: #ff7b72; } .edge.undo polygon { fill: #ff7b72; stroke: #ff7b72; }
    .cluster polygon, .cluster path { stroke: #484f58; }
  }
"""


def diagram(process: Process, language: str, settings: Mapping[str, Any] = EMPTY) -> str:
    """The process as SVG, with titles in a language. Raises `RuntimeError` if it has no layout.

    `settings` are the item's, in which groups may be named.
    """
    return styled(laid_out(Drawing(language, settings).draw(process)))


def laid_out(dot: str) -> str:
    """What Graphviz makes of a graph."""
    program = Path(sys.executable).with_name(PROGRAM)
    ran = subprocess.run(
        [str(program), "-Tsvg"],
        input=dot.encode(),
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"the diagram could not be laid out: {ran.stderr.decode()}")
    return ran.stdout.decode()


def styled(svg: str) -> str:
    """The picture with our style sheet, of whatever size its place has."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r' (fill|stroke)="[^"]*"', "", body)
    body = re.sub(r'^<svg width="(\d+)pt" height="(\d+)pt"', r'<svg width="\1" height="\2"', body)
    labels = "".join(LABEL.findall(body))
    # Drawn last, so that no line crosses them.
    end = body.rindex("</g>")
    body = f'{LABEL.sub("", body[:end])}<g class="labels">\n{labels}</g>\n{body[end:]}'
    first = body.index(">") + 1
    return f"{body[:first]}\n<style>{STYLE}</style>{body[first:]}"


@dataclass
class Ends:
    """Where a part of the drawing is entered, and the loose ends by which it is left."""

    entry: str
    exits: list[tuple[str, str]] = field(default_factory=list)
    """Node and label of each edge that still has to lead somewhere."""


class Drawing:
    """Lines of a graph, while a process is walked through."""

    def __init__(self, language: str, settings: Mapping[str, Any]) -> None:
        self.language, self.settings = language, settings
        self.lines: list[str] = []

    def draw(self, process: Process) -> str:
        """The whole graph."""
        self.lines += [
            "digraph process {",
            'graph [rankdir=TB, nodesep=0.35, ranksep=0.4, pad=0.15, bgcolor="transparent"]',
            'node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=12, '
            'margin="0.24,0.09", height=0.35]',
            'edge [fontname="sans-serif", fontsize=10, arrowsize=0.7]',
        ]
        self.node("start", self.say("studio.start"), "end", "shape=ellipse")
        self.node("end", self.say("studio.end"), "end", "shape=ellipse")
        ends = self.tasks(process.tasks, "end")
        self.edge("start", ends.entry)
        self.join(ends.exits, "end")
        return "\n".join([*self.lines, "}"])

    # Parts

    def tasks(self, tasks: tuple[Task, ...], outer_end: str) -> Ends:
        """A list of tasks, each leading to the next or where it says."""
        drawn = [self.task(task) for task in tasks]
        places = {task.name: ends.entry for task, ends in zip(tasks, drawn, strict=True)}
        if not drawn:
            return Ends(outer_end)
        leaving: list[tuple[str, str]] = []
        for index, (task, ends) in enumerate(zip(tasks, drawn, strict=True)):
            following = drawn[index + 1].entry if index + 1 < len(drawn) else None
            ways = [(task.then, exit) for exit in ends.exits]
            if isinstance(task, Switch):
                ways += [(case.then, (ends.entry, spelt(case.name))) for case in task.cases]
            for then, (node, label) in ways:
                goal = "end" if then == END else places.get(then or "")
                if goal is None and then in (None, CONTINUE):
                    goal = following
                if goal:
                    self.edge(node, goal, label)
                else:
                    leaving.append((node, label))
        return Ends(drawn[0].entry, leaving)

    def task(self, task: Task) -> Ends:
        """One task with what is inside it."""
        match task:
            case Do():
                return self.cluster(task, task.tasks)
            case For():
                return self.loop(task)
            case Fork():
                return self.fork(task)
            case Try():
                return self.attempt(task)
            case Raise():
                return self.single(task, "fault", exits=False)
            case Switch():
                default = any(case.when is None for case in task.cases)
                return self.single(task, "decision", exits=not default, more="shape=diamond")
            case Wait() | Listen():
                return self.single(task, "wait")
            case Call() if task.function == "wait-until":
                return self.single(task, "wait")
        return self.single(task, "people" if self.group(task) else "")

    def single(self, task: Task, kind: str, exits: bool = True, more: str = "") -> Ends:
        """A task without others inside."""
        name = task.pointer
        lines = [self.title(task)]
        if group := self.group(task):
            lines.append(group)
        self.node(name, "\n".join(lines), kind, more)
        return Ends(name, [(name, "")] if exits else [])

    def cluster(self, task: Task, tasks: tuple[Task, ...]) -> Ends:
        """Tasks inside of another, in a frame."""
        self.frame(task)
        ends = self.tasks(tasks, "end")
        self.lines.append("}")
        return ends

    def frame(self, task: Task) -> None:
        """Begin a frame with the task's title."""
        self.lines.append(f'subgraph "cluster{task.pointer}" {{ label="{quoted(self.title(task))}"')
        self.lines.append('fontname="sans-serif"; fontsize=11; labeljust=l; style=rounded')

    def loop(self, task: For) -> Ends:
        """A loop: its last tasks lead back to its first."""
        self.frame(task)
        ends = self.tasks(task.tasks, "end")
        for node, label in ends.exits:
            self.edge(node, ends.entry, label or self.say("studio.for_each"), "constraint=false")
        self.lines.append("}")
        return ends

    def fork(self, task: Fork) -> Ends:
        """Branches side by side, between two bars."""
        name = task.pointer
        self.node(name, self.title(task), "")
        exits: list[tuple[str, str]] = []
        for branch in task.branches:
            ends = self.task(branch)
            self.edge(name, ends.entry)
            exits += ends.exits
        return Ends(name, exits or [(name, "")])

    def attempt(self, task: Try) -> Ends:
        """A `try` in its frame, and the way of a caught error."""
        self.frame(task)
        ends = self.tasks(task.tasks, "end")
        self.lines.append("}")
        exits = list(ends.exits)
        if task.catch.tasks:
            caught = self.tasks(task.catch.tasks, "end")
            kind = "undo" if undoes(task.catch.tasks) else ""
            self.edge(ends.entry, caught.entry, self.say("studio.on_error"), "style=dashed", kind)
            exits += caught.exits
        elif task.catch.retry:
            label = self.say("studio.retry")
            self.edge(ends.entry, ends.entry, label, "style=dashed")
        return Ends(ends.entry, exits)

    # Lines

    def node(self, name: str, label: str, kind: str, more: str = "") -> None:
        """One node."""
        attributes = f'label="{quoted(label)}", class="{kind}"{", " + more if more else ""}'
        self.lines.append(f'"{name}" [{attributes}]')

    def edge(self, start: str, end: str, label: str = "", more: str = "", kind: str = "") -> None:
        """One arrow."""
        # Spaces keep labels apart that stand side by side.
        shown = f" {quoted(label)} " if label else ""
        attributes = f'label="{shown}", class="{kind}"{", " + more if more else ""}'
        self.lines.append(f'"{start}" -> "{end}" [{attributes}]')

    def join(self, exits: list[tuple[str, str]], node: str) -> None:
        """Lead loose ends to a node."""
        for start, label in exits:
            self.edge(start, node, label)

    # Words

    def title(self, task: Task) -> str:
        """What the task does, in words: its title, or its name."""
        title = task.metadata.get("title")
        if isinstance(title, dict):
            return str(title.get(self.language) or title.get("en") or task.name)
        return spelt(task.name)

    def group(self, task: Task) -> str:
        """Who has to act: a group of staff, or the customer."""
        if not isinstance(task, Call):
            return ""
        deciders = self.setting(task.arguments.get("deciders"))
        if isinstance(deciders, dict):
            return str(self.setting(deciders.get("group", "")))
        if task.function in ("ask-customer", "collect-document", "offer"):
            return self.say("studio.customer")
        return ""

    def setting(self, value: Any) -> Any:
        """A value, looked up where it is no more than the name of a setting."""
        named = SETTING.fullmatch(value) if isinstance(value, str) else None
        if named is None:
            return value
        found: Any = self.settings
        for part in named[1].split(".")[1:]:
            found = found.get(part, {}) if isinstance(found, Mapping) else {}
        return found

    def say(self, key: str) -> str:
        return translate(self.language, key)


def spelt(name: str) -> str:
    """A name as words."""
    return name.replace("-", " ")


def undoes(tasks: tuple[Task, ...]) -> bool:
    """Whether one of the tasks takes back what was done."""
    return any(isinstance(task, Call) and task.function == "undo" for task in tasks)


def quoted(text: str) -> str:
    """A label in lines of readable length."""
    return "\\n".join(
        line.replace("\\", "\\\\").replace('"', '\\"')
        for part in text.split("\n")
        for line in wrapped(part)
    )


def wrapped(text: str) -> Iterator[str]:
    """A text in lines of at most so many characters, broken at spaces."""
    line = ""
    for word in text.split():
        if line and len(line) + len(word) + 1 > WIDEST:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line
