"""A form's conveniences said in plain JSON Schema, so that any validator reaches the same verdict.

A page's `when` becomes an `if` around the fields of that page; a `oneOf` of objects becomes one
`if` per branch on its discriminator. What follows (activity, pruning, errors) knows neither.
"""

from typing import Any

from catalog.forms.walk import Schema, mapped

IN_PLACE_MANY = ("allOf", "anyOf", "oneOf")
IN_PLACE_ONE = ("then", "else")
TEXTS = frozenset(
    [
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
        "$schema",
        "$id",
    ]
)


def desugared(schema: Schema) -> Schema:
    """The inlined schema with page conditions and discriminated branches written as `if`."""
    gates = {
        name: page["when"]
        for page in schema.get("x-pages", ())
        if "when" in page
        for name in page["fields"]
    }
    whole: Schema = _branched(schema)
    return _gated(whole, gates) if gates else whole


def stripped(schema: Any) -> Any:
    """Only what a validator needs: no texts, no annotations."""
    if not isinstance(schema, dict):
        return schema
    kept = {k: v for k, v in schema.items() if k not in TEXTS and not k.startswith("x-")}
    return mapped(kept, lambda sub, _: stripped(sub))


def discriminator(branches: list[Any]) -> str | None:
    """The property whose value tells the branches apart, if there is one."""
    if len(branches) < 2 or not all(isinstance(branch, dict) for branch in branches):
        return None
    for name in branches[0].get("properties", {}):
        told = [_values(branch.get("properties", {}).get(name)) for branch in branches]
        flat = [repr(value) for values in told for value in values]
        if all(told) and len(flat) == len(set(flat)):
            return str(name)
    return None


def _values(schema: Any) -> list[Any]:
    if not isinstance(schema, dict):
        return []
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _branched(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    result = mapped(schema, lambda sub, _: _branched(sub))
    for keyword in ("oneOf", "anyOf"):
        branches = result.get(keyword, [])
        name = discriminator(branches)
        if name is not None and (keyword == "oneOf" or _all_require(name, branches)):
            del result[keyword]
            result["allOf"] = [*result.get("allOf", ()), *_cases(name, branches)]
    return result


def _all_require(name: str, branches: list[Schema]) -> bool:
    return all(name in branch.get("required", ()) for branch in branches)


def _cases(name: str, branches: list[Schema]) -> list[Schema]:
    options: list[Schema] = []
    cases: list[Schema] = []
    for branch in branches:
        telling = branch["properties"][name]
        texts = {k: v for k, v in telling.items() if k not in ("const", "enum", "type")}
        options += [{**texts, "const": value} for value in _values(telling)]
        others = {k: v for k, v in branch["properties"].items() if k != name}
        match = {"enum": _values(telling)}
        cases.append(
            {
                "if": {"properties": {name: match}, "required": [name]},
                "then": {**branch, "properties": others},
            }
        )
    return [{"properties": {name: {"oneOf": options}}, "required": [name]}, *cases]


def _gated(schema: Any, gates: Schema) -> Any:
    """`schema` for the whole form, where a field with a gate counts only while its `when` holds."""
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    for keyword in IN_PLACE_MANY:
        if keyword in result:
            result[keyword] = [_gated(sub, gates) for sub in result[keyword]]
    for keyword in IN_PLACE_ONE:
        if keyword in result:
            result[keyword] = _gated(result[keyword], gates)
    extra = _gated_members(result, gates) + _gated_dependents(result, gates)
    if "dependentSchemas" in result:
        result["dependentSchemas"] = {
            name: _gated(sub, gates) for name, sub in result["dependentSchemas"].items()
        }
    if extra:
        result["allOf"] = [*result.get("allOf", ()), *extra]
    return result


def _gated_members(schema: Schema, gates: dict[str, Any]) -> list[Schema]:
    """Move gated properties and requirements out of `schema`, changed in place, into `if`s."""
    properties, required = schema.get("properties", {}), schema.get("required", [])
    moved = [name for name in gates if name in properties or name in required]
    if not moved:
        return []
    schema["properties"] = {k: v for k, v in properties.items() if k not in gates}
    schema["required"] = [name for name in required if name not in gates]
    return [
        {
            "if": gates[name],
            "then": {
                "properties": {name: properties[name]} if name in properties else {},
                "required": [name] if name in required else [],
            },
        }
        for name in moved
    ]


def _gated_dependents(schema: Schema, gates: dict[str, Any]) -> list[Schema]:
    dependents = schema.get("dependentRequired", {})
    moved = [(name, want) for name, wants in dependents.items() for want in wants if want in gates]
    if not moved:
        return []
    schema["dependentRequired"] = {
        name: [want for want in wants if want not in gates] for name, wants in dependents.items()
    }
    return [
        {"dependentSchemas": {name: {"if": gates[want], "then": {"required": [want]}}}}
        for name, want in moved
    ]
