"""What changed between two versions of an item: for customers, staff, and requests under way."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel

from catalog.definitions import CatalogItem
from catalog.durations import format_duration
from catalog.processes.model import Call, Process, Task
from catalog.processes.parsing import parse
from catalog.versions import Version
from studio.lint.rules.money import AMOUNT

Side = Literal["customers", "staff", "requests"]
FORM_WORDS = ("title", "description", "x-help")
SHOWN = 60
"""Characters of a value that a line shows."""


class Change(BaseModel):
    """One change, whom it concerns, and in how far."""

    side: Side
    what: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.what}: new{f', {short(self.after)}' if self.after is not None else ''}"
        if self.after is None:
            return f"{self.what}: gone, it was {short(self.before)}"
        start = same(line(self.before), line(self.after))
        return f"{self.what}: {short(self.before, start)} → {short(self.after, start)}"


def line(value: Any) -> str:
    """A value on one line."""
    return " ".join(str(value).split())


def same(before: str, after: str) -> int:
    """How many characters two long lines begin with alike, to a whole word; 0 for short ones."""
    if max(len(before), len(after)) <= SHOWN:
        return 0
    pairs = enumerate(zip(before, after, strict=False))
    differs = next((place for place, (one, other) in pairs if one != other), 0)
    return before.rfind(" ", 0, differs) + 1


def short(value: Any, start: int = 0) -> str:
    """A value on one short line, from some character on."""
    text = f"{'…' if start else ''}{line(value)[start:]}"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def difference(old: Version, new: Version) -> list[Change]:
    """Every change that somebody would notice, customers' first."""
    found = [
        *texts(old.item, new.item),
        *offers(old.item, new.item),
        *stages(old.item, new.item),
        *forms(old, new),
        *fulfilment(old.item, new.item),
        *process(old, new),
    ]
    order = ("customers", "staff", "requests")
    return sorted(found, key=lambda change: order.index(change.side))


def compared(side: Side, what: str, before: Any, after: Any) -> Iterator[Change]:
    """What has changed, each part of it by its path."""
    parts = named_parts(before), named_parts(after)
    if not all(parts):
        if before != after:
            yield Change(side=side, what=what, before=before, after=after)
        return
    for key in dict.fromkeys([*parts[0], *parts[1]]):
        yield from compared(side, f"{what} {key}", parts[0].get(key), parts[1].get(key))
    orders = [[key for key in one if all(key in part for part in parts)] for one in parts]
    if isinstance(before, list) and orders[0] != orders[1]:
        ends = (", ".join(order) for order in orders)
        yield from compared(side, f"{what}, order", *ends)


def named_parts(value: Any) -> Mapping[str, Any]:
    """The parts of a mapping, or of a list of which each element is one named mapping."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list) and all(isinstance(one, dict) and len(one) == 1 for one in value):
        found = {name: part for one in value for name, part in one.items()}
        return found if len(found) == len(value) else {}
    return {}


def texts(old: CatalogItem, new: CatalogItem) -> Iterator[Change]:
    """What the item says of itself, by language."""
    for part in ("title", "summary", "description"):
        before, after = getattr(old, part), getattr(new, part)
        for language in before:
            what = f"{part} in {language}"
            yield from compared("customers", what, before[language], after.get(language))


def offers(old: CatalogItem, new: CatalogItem) -> Iterator[Change]:
    """Price, audience, and what the customer can do meanwhile."""
    for part in ("category", "price", "audience", "in_person", "service_level"):
        before, after = (plain(getattr(item, part)) for item in (old, new))
        yield from compared("customers", part.replace("_", " "), before, after)
    for part in ("withdraw_until", "amend_until", "message"):
        before, after = (getattr(item.customer_can, part) for item in (old, new))
        yield from compared("customers", f"can {part.replace('_', ' ')}", before, after)


def plain(value: Any) -> Any:
    """A part of a definition as JSON."""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def stages(old: CatalogItem, new: CatalogItem) -> Iterator[Change]:
    """The stages, their names and their usual durations."""
    before = {stage.id: stage for stage in old.stages}
    after = {stage.id: stage for stage in new.stages}
    for name in [*before, *(each for each in after if each not in before)]:
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            title = (was or now).title["en"]  # type: ignore[union-attr]
            ends = (title, None) if now is None else (None, title)
            yield Change(side="customers", what=f"stage {name}", before=ends[0], after=ends[1])
            continue
        yield from compared("customers", f"stage {name}", was.title["en"], now.title["en"])
        usual = (format_duration(was.usual), format_duration(now.usual))
        yield from compared("customers", f"usual time of {name}", *usual)


def forms(old: Version, new: Version) -> Iterator[Change]:
    """The questions of each form: new ones, those that are gone, those that are put otherwise."""
    for name in sorted({*old.forms, *new.forms}):
        side: Side = "customers" if name in (old.item.form, new.item.form) else "staff"
        if name not in old.forms or name not in new.forms:
            ends = ("asked", None) if name not in new.forms else (None, "asked")
            yield Change(side=side, what=f"form {name}", before=ends[0], after=ends[1])
            continue
        yield from questions(side, name, old, new)


def questions(side: Side, name: str, old: Version, new: Version) -> Iterator[Change]:
    """What changed in one form."""
    before, after = old.form(name).shape.known, new.form(name).shape.known
    for field in [*before, *(each for each in after if each not in before)]:
        what = f"question {field} of {name}"
        if field not in after or field not in before:
            title = ((before.get(field) or after[field])[0].facts.rules).get("title", field)
            ends = (title, None) if field not in after else (None, title)
            yield Change(side=side, what=what, before=ends[0], after=ends[1])
            continue
        was, now = before[field][0].facts.rules, after[field][0].facts.rules
        for key in sorted({*was, *now} - {"x-i18n"}):
            yield from compared(side, f"{what}, {key}", was.get(key), now.get(key))
    needed = [set(version.form(name).shape.required) for version in (old, new)]
    yield from compared(side, f"required answers of {name}", *(sorted(each) for each in needed))


def fulfilment(old: CatalogItem, new: CatalogItem) -> Iterator[Change]:
    """Who does the work, and what the process is given; what it costs concerns customers."""
    yield from compared("staff", "group", old.group, new.group)
    before, after = (dict(leaves(item.settings, ())) for item in (old, new))
    for path in sorted({*before, *after}):
        is_fee = any(AMOUNT.fullmatch(key) for key in path)
        what = f"{'amount' if is_fee else 'setting'} {'.'.join(path)}"
        side: Side = "customers" if is_fee else "staff"
        yield from compared(side, what, before.get(path), after.get(path))
    yield from compared("staff", "carried by", carrier(old), carrier(new))


def leaves(value: Any, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting that holds no others, by its path."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*at, str(key)))
    else:
        yield at, value


def carrier(item: CatalogItem) -> str:
    return f"the workflow {item.workflow}" if item.workflow else "a declared process"


def process(old: Version, new: Version) -> Iterator[Change]:
    """Tasks of the process: new, gone, changed; they concern requests from now on."""
    before, after = tasks_of(old), tasks_of(new)
    for pointer in [*before, *(each for each in after if each not in before)]:
        was, now = before.get(pointer), after.get(pointer)
        what = f"task {(was or now).name}"  # type: ignore[union-attr]
        if was is None or now is None:
            ends = (pointer, None) if now is None else (None, pointer)
            yield Change(side="requests", what=what, before=ends[0], after=ends[1])
            continue
        for key in sorted({*was.source, *now.source} - INSIDE):
            one, other = was.source.get(key), now.source.get(key)
            yield from compared("requests", f"{what}, {key}", one, other)
        yield from charged(was, now)


def charged(was: Task, now: Task) -> Iterator[Change]:
    """What a task that takes or gives money asks of customers, where that is written in it."""
    if isinstance(was, Call) and isinstance(now, Call) and {was.function, now.function} <= MONEY:
        amounts = (task.arguments.get("amount") for task in (was, now))
        yield from compared("customers", f"amount of {now.name}", *amounts)


MONEY = frozenset(("charge", "quote", "refund"))
INSIDE = frozenset({"do", "try", "catch", "fork"})
"""Keys of a task that hold other tasks, which are compared by themselves."""


def tasks_of(version: Version) -> Mapping[str, Task]:
    """The tasks of a version's process by their names, which stay when others come between."""
    source = version.item_source.get("process")
    if not isinstance(source, Mapping):
        return {}
    found: Process = parse(source)[0]
    return {named(task): task for task in found.every_task()}


def named(task: Task) -> str:
    """The path of a task by names alone, without its numbers in lists."""
    return "/".join(str(part) for part in task.path if isinstance(part, str))
