"""Which events a listener or a schedule takes, as the DSL writes it."""

from typing import Literal

from catalog.processes.model import Consumption, Filter
from catalog.processes.source import Node


def consumption(node: Node, nested: bool = False) -> Consumption:
    """One, any or all of some events. Only `any` has an `until`, and an `until` has none."""
    found = node.known("one", "any", "all", *(() if nested else ("until",)))
    modes: list[Literal["one", "any", "all"]] = [m for m in ("one", "any", "all") if m in found]
    if len(modes) != 1:
        hint = "Write one of `one`, `any`, `all`"
        node.wrong("shape", "it is not said which events are meant", hint)
        return Consumption("any")
    mode = modes[0]
    listed = found.at(mode)
    meant = (
        [listed]
        if mode == "one"
        else listed.elements("the events are a list", "Begin each with `- with:`")
    )
    filters = tuple(map(one, meant))
    until = found.at("until")
    if until.value is not None and mode != "any":
        until.wrong("shape", "only `any` has an `until`", "Leave it out")
    if isinstance(until.value, dict):
        return Consumption(mode, filters, until_events=consumption(until, nested=True))
    return Consumption(mode, filters, until_condition=until.optional_text())


def one(node: Node) -> Filter:
    """Which events one filter means."""
    found = node.known("with", "correlate")
    attributes = found.at("with").mapping()
    if not attributes.value:
        attributes.wrong(
            "shape", "it is not said which events are meant", "Give at least their `type`"
        )
    correlate = {}
    for name, how in found.at("correlate").entries():
        known = how.known("from", "expect")
        if "from" in known:
            known.at("from").text()
        else:
            how.wrong("shape", "there is no `from`", "Such as `from: .data.roomId`")
        correlate[name] = known.value
    return Filter(attributes.value, correlate)
