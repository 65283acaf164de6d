"""What only shows once a form is compiled: pages, names, defaults, and conditions in a circle."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from catalog.forms.facts import Facts
from catalog.forms.form import Form
from catalog.forms.formats import is_valid
from catalog.forms.lint_fields import field_problems
from catalog.forms.nodes import Node, Shape, facts_of
from catalog.forms.plain import stripped
from catalog.forms.problems import FormProblem
from catalog.forms.rules import day_limit
from catalog.forms.walk import Path, Schema, pointer
from catalog.problems import suggestion

Reads = frozenset[Path]
#: A shape, what the conditions around it read, and whether there are any.
Entry = tuple[Shape, Reads, bool]
#: One place where a property is described, with the same two about it.
Mention = tuple[Node, Reads, bool]
Graph = dict[Path, Reads]


def tree_problems(form: Form) -> Iterator[FormProblem]:
    """The problems of a compiled form."""
    yield from _page_problems(form)
    walker = _Walker()
    walker.visit([(form.shape, frozenset(), False)], ())
    yield from walker.problems
    circle = _circle(walker.graph)
    if circle:
        names = " → ".join(".".join(map(str, path)) for path in circle)
        yield FormProblem(
            _place(circle[0]),
            f"whether these fields are shown depends on each other in a circle: {names}",
            "Let one of them depend on an answer that is always asked.",
            "form-circle",
        )


def _page_problems(form: Form) -> Iterator[FormProblem]:
    seen: dict[str, str] = {}
    ids: set[str] = set()
    for number, page in enumerate(form.pages):
        if page.id in ids:
            place = pointer(("x-pages", number, "id"))
            yield FormProblem(place, f"two pages have the id {page.id}")
        ids.add(page.id)
        for index, name in enumerate(page.fields):
            place = pointer(("x-pages", number, "fields", index))
            if name not in form.shape.known:
                hint = suggestion(name, form.shape.known)
                yield FormProblem(place, f"the form has no field {name}", hint)
            elif name in seen:
                yield FormProblem(place, f"{name} is also on the page {seen[name]}")
            seen[name] = page.id
    for name in form.shape.known:
        if name not in seen:
            place = pointer(("properties", name))
            yield FormProblem(place, f"{name} is on no page", "Add it to the fields of a page.")


class _Walker:
    def __init__(self) -> None:
        self.problems: list[FormProblem] = []
        self.graph: Graph = {}
        self.known: set[Path] = set()

    def visit(self, entries: list[Entry], base: Path) -> None:
        """Check one object, all of its schemas together, and what lies below it."""
        found = _mentions(entries, base)
        self.check_names(entries, found, base)
        self.known |= {(*base, name) for name in found}
        for name, mentions in found.items():
            path = (*base, name)
            shown = [m for m in mentions if m[0].titled] or mentions
            if all(guarded for _, _, guarded in shown):
                self.graph[path] = frozenset().union(*(reads for _, reads, _ in shown))
            self.check_field(tuple(node for node, _, _ in mentions), path)
            self.descend(mentions, path)

    def descend(self, mentions: list[Mention], path: Path) -> None:
        inner = [(n.shape, reads, guarded) for n, reads, guarded in mentions if n.shape is not None]
        if inner:
            self.visit(inner, path)
        items = [(n.items, reads, guarded) for n, reads, guarded in mentions if n.items is not None]
        if items:
            nodes = tuple(node for node, _, _ in items)
            self.check_default(nodes, (*path, "*"))
            for message, hint in field_problems(facts_of(nodes), nodes):
                self.say((*path, "*"), message, hint)
            self.descend(items, (*path, "*"))

    def say(self, path: Path, message: str, hint: str = "") -> None:
        self.problems.append(FormProblem(_place(path), message, hint))

    def check_names(self, entries: list[Entry], known: Iterable[str], base: Path) -> None:
        for shape, _, _ in entries:
            required = shape.required.union(*(names for _, names in shape.sometimes_required))
            wanted = dict.fromkeys(required, "is required")
            for index in range(len(shape.conditions)):
                first = (path[len(base)] for path in _reads(shape, index, base))
                wanted |= {str(name): "decides a condition" for name in first}
            for name, why in wanted.items():
                if known and name not in known and not shape.open:
                    message = f"{name} {why}, but is no field here"
                    self.say(base, message, suggestion(name, known))
                elif any(node.computed for node in shape.known.get(name, ())):
                    message = f"{name} {why}, but it is computed and no answer"
                    self.say((*base, name), message, "Use the answers it is computed from.")

    def check_field(self, nodes: tuple[Node, ...], path: Path) -> None:
        facts = facts_of(nodes)
        if not facts.rules.get("title") and facts.widget != "hidden":
            self.say(path, "the field has no title", 'Add "title", in every language.')
        if facts.widget == "money" and facts.type != "integer":
            self.say(
                path, "an amount of money is not an integer", "Use minor units: 1250 is 12.50."
            )
        if "x-computed" in facts.rules and len(path) > 1:
            self.say(path, "a computed value is inside another field", "Move it to the top level.")
        for message, hint in field_problems(facts, nodes):
            self.say(path, message, hint)
        self.check_country(facts, path)
        if facts.rules.get("readOnly") and "*" in path:
            self.say(path, "nobody could send this item back", "Leave readOnly out in lists.")
        if "enum" in facts.rules and facts.type == "string":
            hint = 'Write "oneOf": [{"const": …, "title": …}].'
            self.say(path, "people would read the bare values of this enum", hint)
        for keyword in ("x-not-before", "x-not-after"):
            self.check_day(facts.rules, keyword, path)
        self.check_default(nodes, path)

    def check_country(self, facts: Facts, path: Path) -> None:
        """Where `x-country` names a field, there has to be one, beside this one or on top."""
        named = str(facts.rules.get("x-country", ""))
        beside = {where[-1] for where in self.known if where[:-1] in (path[:-1], ())}
        if named and not named.isupper() and named not in beside:
            hint = suggestion(named, map(str, beside))
            self.say(path, f"x-country names {named}, but there is no such field", hint)

    def check_day(self, rules: Schema, keyword: str, path: Path) -> None:
        if keyword not in rules:
            return
        if rules.get("format") not in ("date", "date-time"):
            self.say(path, f"{keyword} needs a date", 'Add "format": "date".')
        rule = rules[keyword]
        if not _is_day(rule):
            self.say(path, f"{keyword} names a day that does not exist: {rule}")

    def check_default(self, nodes: tuple[Node, ...], path: Path) -> None:
        for node in nodes:
            if node.has_default and not is_valid(stripped(node.schema), node.default):
                message = f"the default {node.default!r} is not a valid answer"
                self.say(path, message, "Give one that the field accepts, or leave it out.")


def _mentions(entries: list[Entry], base: Path) -> dict[str, list[Mention]]:
    """Every place that describes a property of the object."""
    found: dict[str, list[Mention]] = {}
    for shape, reads, guarded in entries:
        for name, nodes in shape.always.items():
            found.setdefault(name, []).extend((node, reads, guarded) for node in nodes)
        for guard, name, node in (*shape.sometimes, *shape.refining):
            own = reads.union(*(_reads(shape, index, base) for index, _ in guard))
            found.setdefault(name, []).append((node, own, guarded or bool(guard)))
    return found


def _is_day(text: str) -> bool:
    try:
        day_limit(text, date(2000, 1, 1))
    except (ValueError, OverflowError):
        return False
    return True


def _place(path: Path) -> str:
    steps: list[str | int] = []
    for step in path:
        steps += ["items"] if step == "*" else ["properties", step]
    return pointer(tuple(steps))


def _reads(shape: Shape, index: int, base: Path) -> Reads:
    return frozenset(base + path for path in paths_read(shape.conditions[index].schema))


def paths_read(rule: Any) -> set[Path]:
    """Each property that a condition looks at, as a path from the object it is about."""
    if not isinstance(rule, dict):
        return set()
    found: set[Path] = {(name,) for name in rule.get("required", ())}
    for name, sub in rule.get("properties", {}).items():
        found |= {(name,)} | {(name, *path) for path in paths_read(sub)}
    inner = [rule[word] for word in ("not", "if", "then", "else") if word in rule]
    for word in ("allOf", "anyOf", "oneOf"):
        inner += rule.get(word, [])
    return found.union(*map(paths_read, inner))


def _circle(graph: Graph) -> list[Path]:
    """One circle of fields whose visibility depends on each other, or an empty list."""
    follows = {
        path: [other for other in graph if any(read[: len(other)] == other for read in reads)]
        for path, reads in graph.items()
    }
    finished: set[Path] = set()

    def search(path: Path, trail: list[Path]) -> list[Path]:
        if path in trail:
            return [*trail[trail.index(path) :], path]
        if path in finished:
            return []
        for following in follows[path]:
            circle = search(following, [*trail, path])
            if circle:
                return circle
        finished.add(path)
        return []

    return next((circle for path in graph if (circle := search(path, []))), [])
