"""The active answers, each written in the one way in which it is kept."""

from typing import Any

from catalog.forms.activity import Nodes, active, inner_shapes, item_nodes
from catalog.forms.nodes import Answers, Shape, facts_of
from catalog.forms.spelling import country_of, spelt


def tidied(shape: Shape, answers: Answers) -> Answers:
    """The answers with telephone numbers, IBANs, regions and moments as they are kept."""
    return _members((shape,), answers, answers)


def _members(shapes: tuple[Shape, ...], holds: Answers, answers: Answers) -> Answers:
    result = dict(holds)
    for name, nodes in active(shapes, holds).items():
        if name in holds and any(node.spelt for node in nodes):
            result[name] = _value(nodes, holds[name], holds, answers)
    return result


def _value(nodes: Nodes, value: Any, holds: Answers, answers: Answers) -> Any:
    if isinstance(value, dict):
        return _members(inner_shapes(nodes), value, answers)
    if isinstance(value, list):
        items = item_nodes(nodes)
        return [_value(items, item, holds, answers) for item in value] if items else value
    if not isinstance(value, str) or not nodes:
        return value
    facts = facts_of(nodes)
    return spelt(facts, value, country_of(facts, holds, answers))
