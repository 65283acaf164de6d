"""Which events a listener or a schedule takes, as the DSL writes it."""

from typing import TYPE_CHECKING, Any, Literal

from catalog.processes.model import Consumption, Filter, Path

if TYPE_CHECKING:
    from catalog.processes.parsing import Reader


def consumption(reader: "Reader", source: Any, at: Path, nested: bool = False) -> Consumption:
    """One, any or all of some events. Only `any` has an `until`, and an `until` has none."""
    keys = {"one", "any", "all"} | (set() if nested else {"until"})
    found = reader.known(source, keys, at)
    modes: list[Literal["one", "any", "all"]] = [m for m in ("one", "any", "all") if m in found]
    if len(modes) != 1:
        hint = "Write one of `one`, `any`, `all`"
        reader.wrong("shape", at, "it is not said which events are meant", hint)
        return Consumption("any")
    mode = modes[0]
    listed = [found["one"]] if mode == "one" else found[mode]
    if not isinstance(listed, list):
        reader.wrong("shape", (*at, mode), "the events are a list", "Begin each with `- with:`")
        listed = []
    paths = [(*at, "one")] if mode == "one" else [(*at, mode, n) for n in range(len(listed))]
    filters = tuple(one(reader, each, path) for each, path in zip(listed, paths, strict=True))
    until = found.get("until")
    if until is not None and mode != "any":
        reader.wrong("shape", (*at, "until"), "only `any` has an `until`", "Leave it out")
    if isinstance(until, dict):
        ends = consumption(reader, until, (*at, "until"), nested=True)
        return Consumption(mode, filters, until_events=ends)
    condition = reader.optional_text(until, (*at, "until"))
    return Consumption(mode, filters, until_condition=condition)


def one(reader: "Reader", source: Any, at: Path) -> Filter:
    """Which events one filter means."""
    found = reader.known(source, {"with", "correlate"}, at)
    attributes = reader.mapping(found.get("with"), (*at, "with"))
    if not attributes:
        hint = "Give at least their `type`"
        reader.wrong("shape", (*at, "with"), "it is not said which events are meant", hint)
    correlate = {}
    for name, how in reader.mapping(found.get("correlate"), (*at, "correlate")).items():
        here = (*at, "correlate", name)
        known = reader.known(how, {"from", "expect"}, here)
        if "from" not in known:
            reader.wrong("shape", here, "there is no `from`", "Such as `from: .data.roomId`")
        else:
            reader.text(known["from"], (*here, "from"))
        correlate[name] = known
    return Filter(attributes, correlate)
