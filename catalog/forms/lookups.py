"""Answers that come from, or point at, something outside: a profile, a document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.forms.activity import Nodes, active, inner_shapes, item_nodes, settled
from catalog.forms.evaluation import readable
from catalog.forms.nodes import Answers, Shape, facts_of
from catalog.forms.walk import Path, pointer


@dataclass(frozen=True, slots=True)
class DocumentAnswer:
    """A document that an answer refers to; `max_bytes` is `None` where the form sets no limit."""

    pointer: str
    document_id: str
    types: tuple[str, ...]
    max_bytes: int | None


def prefilled(shape: Shape, profile: Mapping[str, Any]) -> Answers:
    """See `Form.prefill`."""
    answers: Answers = {}
    for name, nodes in shape.known.items():
        source = facts_of(nodes).rules.get("x-prefill")
        value = _from_profile(profile, source) if source else None
        if value is None:
            inner = (prefilled(below, profile) for below in inner_shapes(nodes))
            value = {key: found for one in inner for key, found in one.items()}
        if value not in ("", {}, []):
            answers[name] = value
    return answers


OWN_ACT = frozenset(("consent", "signature", "hidden", "file"))


def open_to_links(shape: Shape, answers: Answers) -> Answers:
    """See `Form.prefill_from`."""
    found: Answers = {}
    for name, value in answers.items():
        kept = _open(shape.known[name], value)
        if kept not in (None, {}, []):
            found[name] = kept
    return found


def _open(nodes: Nodes, value: Any) -> Any:
    every = [nodes, *((node,) for node in nodes)]
    for facts in map(facts_of, every):
        if facts.widget in OWN_ACT or facts.rules.get("readOnly") or "x-mask" in facts.rules:
            return None
    if isinstance(value, dict):
        inner: dict[str, Nodes] = {}
        for shape in inner_shapes(nodes):
            for name, more in shape.known.items():
                inner[name] = (*inner.get(name, ()), *more)
        kept = {name: _open(inner[name], one) for name, one in value.items() if name in inner}
        return {name: one for name, one in kept.items() if one is not None}
    if isinstance(value, list) and (items := item_nodes(nodes)):
        return [kept for one in value if (kept := _open(items, one)) not in (None, {})]
    return value


def _from_profile(profile: Mapping[str, Any], source: str) -> Any:
    value: Any = profile
    for step in source.removeprefix("profile.").split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def documents(shape: Shape, answers: Answers) -> list[DocumentAnswer]:
    """See `Form.documents`."""
    clean = settled(shape, readable(answers)[0])
    return list(_members((shape,), clean, ()))


def _members(shapes: tuple[Shape, ...], holds: Answers, path: Path) -> Iterable[DocumentAnswer]:
    for name, nodes in active(shapes, holds).items():
        if name in holds:
            yield from _documents(nodes, holds[name], (*path, name))


def _documents(nodes: Nodes, value: Any, path: Path) -> Iterable[DocumentAnswer]:
    if isinstance(value, dict):
        yield from _members(inner_shapes(nodes), value, path)
    elif isinstance(value, list) and (items := item_nodes(nodes)):
        for index, item in enumerate(value):
            yield from _documents(items, item, (*path, index))
    elif isinstance(value, str) and (accepted := facts_of(nodes).rules.get("x-document")):
        types = tuple(accepted.get("types", ()))
        yield DocumentAnswer(pointer(path), value, types, accepted.get("max_bytes"))
