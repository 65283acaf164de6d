"""Where an answer stands in the form: what describes it, what people call it, what comes first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from catalog.forms.activity import Nodes, active, inner_shapes, item_nodes, required
from catalog.forms.facts import Facts
from catalog.forms.nodes import Answers, Shape, facts_of
from catalog.forms.walk import Path

NOTHING = Facts({}, "object", "group")
LAST = 1_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """One answer's place. `counts`: it is active. `order` sorts places the way people read them."""

    path: Path
    nodes: Nodes
    value: Any
    label: str = ""
    order: tuple[int, ...] = ()
    counts: bool = True

    @property
    def facts(self) -> Facts:
        """What people see of it."""
        return facts_of(self.nodes) if self.nodes else NOTHING


def locate(
    shape: Shape, answers: Answers, path: Path, ranks: Mapping[str, int], language: str
) -> Place:
    """The place of `path` while the form holds `answers`; `ranks` orders the top-level fields."""
    place = Place((), (), answers)
    shapes: tuple[Shape, ...] = (shape,)
    for step in path:
        if isinstance(step, int):
            place = _item(place, step)
        else:
            place = _property(place, shapes, step, ranks, language)
        shapes = inner_shapes(place.nodes)
    return place


def _item(place: Place, index: int) -> Place:
    items = place.value if isinstance(place.value, list) else []
    return Place(
        (*place.path, index),
        item_nodes(place.nodes),
        items[index] if index < len(items) else None,
        f"{place.label} {index + 1}",
        (*place.order, index),
        place.counts,
    )


def _property(
    place: Place, shapes: tuple[Shape, ...], name: str, ranks: Mapping[str, int], language: str
) -> Place:
    holds = place.value if isinstance(place.value, dict) else {}
    now = active(shapes, holds)
    known = {key: nodes for shape in shapes for key, nodes in shape.known.items()}
    order = ranks if not place.path else {key: rank for rank, key in enumerate(known)}
    below = Place(
        (*place.path, name),
        now.get(name, known.get(name, ())),
        holds.get(name),
        order=(*place.order, order.get(name, LAST)),
        counts=place.counts and name in now,
    )
    title = below.facts.text("title", language) or name
    in_list = place.path and isinstance(place.path[-1], int)
    return replace(below, label=f"{place.label}: {title}" if in_list else title)


def missing(place: Place, ranks: Mapping[str, int], language: str) -> list[Place]:
    """The places to fill when `place` is required but absent: for a group, its required fields."""
    shapes = inner_shapes(place.nodes)
    names = required(shapes, {}) if shapes else frozenset()
    if not names:
        return [place]
    empty = replace(place, value={})
    inner = (_property(empty, shapes, name, ranks, language) for name in sorted(names))
    return [found for below in inner if below.counts for found in missing(below, ranks, language)]
