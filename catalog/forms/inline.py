"""References resolved once: the rest of the engine sees a plain tree."""

from typing import Any

from catalog.forms.problems import FormInvalid, FormProblem
from catalog.forms.walk import Path, Schema, mapped, pointer, steps
from catalog.problems import suggestion

NOTES = frozenset(
    [
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
    ]
)
TRANSLATED = ("title", "description", "x-help", "x-error")


def inline(schema: Schema) -> Schema:
    """The schema with each `$ref` replaced by what it names, and without `$defs`.

    Annotations beside a `$ref` win over those of its target; other keywords beside it apply too.
    Raises `FormInvalid` for a reference to nowhere or in a circle.
    """
    whole: Schema = _Inliner(schema).tree(schema, (), ())
    return whole


class _Inliner:
    def __init__(self, root: Schema) -> None:
        self.root = root
        self.done: dict[str, Any] = {}

    def tree(self, schema: Any, path: Path, trail: tuple[str, ...]) -> Any:
        if not isinstance(schema, dict):
            return schema
        here = {k: v for k, v in schema.items() if k not in ("$ref", "$defs")}
        here = mapped(here, lambda sub, step: self.tree(sub, path + step, trail))
        if "$ref" not in schema:
            return here
        return combined(self.target(schema["$ref"], path, trail), here)

    def target(self, reference: str, path: Path, trail: tuple[str, ...]) -> Any:
        if reference in trail:
            circle = " → ".join((*trail[trail.index(reference) :], reference))
            raise FormInvalid(
                FormProblem(
                    pointer((*path, "$ref")),
                    f"the reference runs in a circle: {circle}",
                    "A form has an end: write a list of objects instead of nesting without limit.",
                )
            )
        if reference not in self.done:
            found, place = self.find(reference, path)
            self.done[reference] = self.tree(found, place, (*trail, reference))
        return self.done[reference]

    def find(self, reference: str, path: Path) -> tuple[Any, Path]:
        where: Any = self.root
        walked: list[str] = []
        for step in steps(reference) if reference.startswith("#/") else [reference]:
            known = where if isinstance(where, dict) else {}
            if step not in known:
                raise FormInvalid(
                    FormProblem(
                        pointer((*path, "$ref")),
                        f"the reference {reference} leads nowhere",
                        suggestion(step, known) if known else "References look like #/$defs/name.",
                    )
                )
            where = known[step]
            walked.append(step)
        return where, tuple(walked)


def combined(target: Any, here: Schema) -> Any:
    """What `$ref: target` means with the keywords `here` beside it."""
    if not here or not isinstance(target, dict):
        return target if not here else {"allOf": [target], **here}
    notes = {k: v for k, v in here.items() if k in NOTES or k.startswith("x-")}
    rules = {k: v for k, v in here.items() if k not in notes}
    noted = annotated(target, notes)
    return {**noted, "allOf": [*noted.get("allOf", ()), rules]} if rules else noted


def annotated(schema: Schema, notes: Schema) -> Schema:
    """`schema` with more annotations on top; a new text drops the translations of the old one."""
    result = {**schema, **notes}
    if "x-error" in schema and "x-error" in notes:
        result["x-error"] = {**schema["x-error"], **notes["x-error"]}
    old, new = schema.get("x-i18n", {}), notes.get("x-i18n", {})
    if not (old or new):
        return result
    replaced = {word for word in TRANSLATED if word in notes}
    result["x-i18n"] = {
        language: _overlay(old.get(language, {}), new.get(language, {}), replaced, notes)
        for language in {**old, **new}
    }
    return result


def _overlay(old: Schema, new: Schema, replaced: set[str], notes: Schema) -> Schema:
    kept = {k: v for k, v in old.items() if k not in replaced}
    if "x-error" in old:
        reworded = notes.get("x-error", {})
        kept["x-error"] = {k: v for k, v in old["x-error"].items() if k not in reworded}
    merged = {**kept, **new}
    if "x-error" in kept and "x-error" in new:
        merged["x-error"] = {**kept["x-error"], **new["x-error"]}
    return merged
