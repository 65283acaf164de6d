"""Which fields count for these answers, to a fixpoint; hidden ones are pruned, defaults come in."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from catalog.forms.nodes import Answers, Guard, Node, Shape

Shapes = tuple[Shape, ...]
Nodes = tuple[Node, ...]


def active(shapes: Shapes, answers: Answers) -> dict[str, Nodes]:
    """The properties that count while the object holds `answers`, each with its active schemas."""
    if len(shapes) == 1 and not (shapes[0].sometimes or shapes[0].refining):
        return shapes[0].always
    titled = frozenset().union(*(shape.titled for shape in shapes))
    result: dict[str, Nodes] = {}
    refining: list[tuple[str, Nodes]] = []
    for shape in shapes:
        truths = shape.truths(answers)
        entries = list(shape.always.items())
        entries += [(n, (node,)) for guard, n, node in shape.sometimes if _passes(guard, truths)]
        for name, nodes in entries:
            if name in titled and name not in shape.titled:
                refining.append((name, nodes))
            else:
                result[name] = result[name] + nodes if name in result else nodes
        refining += [(n, (node,)) for guard, n, node in shape.refining if _passes(guard, truths)]
    for name, nodes in refining:
        if name in result:
            result[name] += nodes
    return result


def required(shapes: Shapes, answers: Answers) -> frozenset[str]:
    """The properties that must be there while the object holds `answers`."""
    names = frozenset().union(*(shape.required for shape in shapes))
    for shape in shapes:
        if shape.sometimes_required:
            truths = shape.truths(answers)
            guarded = (more for guard, more in shape.sometimes_required if _passes(guard, truths))
            names = names.union(*guarded)
    return names


def _passes(guard: Guard, truths: list[bool]) -> bool:
    return all(truths[index] is wanted for index, wanted in guard)


def is_open(shapes: Shapes) -> bool:
    """Whether the object may hold properties that no schema names."""
    return any(shape.open for shape in shapes) or not any(shape.known for shape in shapes)


def inner_shapes(nodes: Nodes) -> Shapes:
    """The shapes of a property whose value is an object."""
    return tuple(node.shape for node in nodes if node.shape is not None)


def item_nodes(nodes: Nodes) -> Nodes:
    """The places of the items of a property whose value is a list."""
    return tuple(node.items for node in nodes if node.items is not None)


def settled(shape: Shape, raw: Answers) -> Answers:
    """The answers of the active fields, defaults included.

    A condition sees only answers that count themselves. Every round starts from all that was given,
    so that an answer returns when what hid it turns out to be hidden. Forms whose conditions run in
    a circle (the linter refuses them) may have no such point: from there on answers only leave.
    """
    shapes = (shape,)
    current = raw
    for _ in range(_depth(shape)):
        following = _kept(shapes, raw, current, True)
        if following == current:
            return following
        current = following
    while True:
        following = _kept(shapes, current, current, False)
        if following == current:
            return following
        current = following


def _depth(shape: Shape) -> int:
    """More rounds than any chain of conditions without a circle can need."""
    inner = (n for nodes in shape.known.values() for n in nodes)
    return 2 + len(shape.conditions) + sum(_node_depth(node) for node in inner)


def _node_depth(node: Node) -> int:
    if node.shape is not None:
        return _depth(node.shape)
    return _node_depth(node.items) if node.items is not None else 0


def _kept(shapes: Shapes, raw: Answers, current: Answers, defaults: bool) -> Answers:
    result: Answers = {}
    for name, nodes in active(shapes, current).items():
        if nodes[0].computed:
            continue
        if name in raw:
            value = raw[name]
        elif defaults and any(n.has_default for n in nodes):
            value = deepcopy(next(n.default for n in nodes if n.has_default))
        else:
            continue
        if isinstance(value, (dict, list)) and any(n.inner for n in nodes):
            value = _kept_inside(nodes, value, current.get(name), defaults)
        result[name] = value
    if is_open(shapes):
        known = {name for shape in shapes for name in shape.known}
        result.update((name, value) for name, value in raw.items() if name not in known)
    return result


def _kept_inside(nodes: Nodes, raw: Any, current: Any, defaults: bool) -> Any:
    if isinstance(raw, dict):
        shapes = inner_shapes(nodes)
        if not shapes:
            return raw
        return _kept(shapes, raw, current if isinstance(current, dict) else raw, defaults)
    if isinstance(raw, list):
        items = item_nodes(nodes)
        now = current if isinstance(current, list) and len(current) == len(raw) else raw
        pairs = zip(raw, now, strict=True)
        return [_kept_inside(items, item, seen, defaults) for item, seen in pairs]
    return raw


def unknown(
    shapes: Shapes, answers: Answers, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], frozenset[str]]]:
    """Each answer that no branch of the form knows, with the names known beside it."""
    known: dict[str, Nodes] = {}
    for shape in shapes:
        for name, nodes in shape.known.items():
            known[name] = (*known.get(name, ()), *nodes)
    closed = not is_open(shapes)
    for name, value in answers.items():
        if name in known:
            if isinstance(value, (dict, list)) and not known[name][0].computed:
                yield from _unknown_inside(known[name], value, (*path, name))
        elif closed:
            yield (*path, name), frozenset(known)


def _unknown_inside(
    nodes: Nodes, value: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], frozenset[str]]]:
    if isinstance(value, dict):
        shapes = inner_shapes(nodes)
        if shapes:
            yield from unknown(shapes, value, path)
    elif isinstance(value, list):
        items = item_nodes(nodes)
        for index, item in enumerate(value):
            yield from _unknown_inside(items, item, (*path, index))
