"""The parts of the documentation that are made from the code.

`.venv/bin/python -m tests.reference` writes them into the files again; a test tells when to.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml
from pydantic import AwareDatetime, BaseModel, TypeAdapter

from activities.effects import USUAL
from catalog import definitions, yaml12
from catalog.definitions import CatalogItem, Categories
from catalog.durations import BusinessTime, Duration
from catalog.expressions import functions
from catalog.forms import annotations
from catalog.forms.facts import WIDGETS
from catalog.forms.formats import CHECKED
from catalog.loader import Sources
from catalog.processes import refused
from catalog.search_words import SearchWords
from ground.search_attributes import ALL
from services.form_data import COMPUTED, OPTION_SOURCES
from settings import ROOT
from studio.lint.known import SAID_BY_OTHERS
from studio.lint.rule import all_rules
from workflows.registry import definition_registry
from workflows.steps import Step, all_steps, inputs

DOCS = ROOT / "docs"
STAR = r" \*"
BEGIN, END = "<!-- from the code: {} -->", "<!-- end of what is from the code -->"

TYPES: tuple[tuple[Any, str], ...] = (
    (inputs.Words, "texts, or a message key"),
    (inputs.FormName, "name of a form"),
    (inputs.GroupName, "name of a group"),
    (inputs.SkillName, "name of a skill"),
    (inputs.StageName, "name of a stage"),
    (inputs.AnswerName, "name of an answer"),
    (inputs.FieldName, "name of an answer"),
    (inputs.ComputedName, "name of a calculation"),
    (inputs.Minor, "amount in minor units"),
    (inputs.Currency, "currency code"),
    (AwareDatetime, "moment"),
    (datetime, "moment"),
    (date, "day"),
    (definitions.Texts, "text in en, es, pt"),
    (definitions.Name, "name"),
    (definitions.Key, "key"),
    (definitions.Text, "text"),
    (definitions.Word, "word"),
    (definitions.Country, "country code"),
    (Duration, "duration"),
    (timedelta, "duration"),
    (BusinessTime, "business time"),
    (Decimal, "decimal"),
    (str, "text"),
    (int, "whole number"),
    (bool, "true or false"),
    (Any, "anything"),
    (NoneType, "null"),
)


def type_words(hint: Any) -> str:
    """A type as a designer understands it."""
    for known, words in TYPES:
        if hint == known:
            return words
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return type_words(args[0])
    if origin is Literal:
        return " or ".join(f"`{word}`" for word in args)
    if origin in (Union, UnionType):
        return " or ".join(map(type_words, args))
    if origin in (tuple, list, frozenset, set):
        return f"list of {type_words(args[0])}"
    if origin is dict:
        return f"{type_words(args[1])} for each {type_words(args[0])}"
    if inspect.isclass(hint) and issubclass(hint, Enum):
        return " or ".join(f"`{one.value}`" for one in hint)
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return hint.__name__
    return str(getattr(hint, "__name__", hint))


def models_in(hint: Any) -> list[type[BaseModel]]:
    """The models that a type mentions, in order."""
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return [hint]
    return [model for arg in get_args(hint) for model in models_in(arg)]


def models_below(top: type[BaseModel]) -> list[type[BaseModel]]:
    """A model and those of its fields, each once, in the order a reader meets them."""
    found = [top]
    for model in found:
        for hint in hints_of(model):
            found += [inner for inner in models_in(hint) if inner not in found]
    return found


def hints_of(model: type[BaseModel]) -> list[Any]:
    """The types of what a designer writes."""
    shown = model.model_json_schema(by_alias=False).get("properties", {})
    hints = get_type_hints(model, include_extras=True)
    return [hint for name, hint in hints.items() if name in shown]


def default_words(model: type[BaseModel], name: str) -> str:
    """What holds when a key is left out."""
    field = model.model_fields[name]
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}, [], frozenset()):
        return ""
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    plain = TypeAdapter(type(value)).dump_python(value, mode="json")
    return f"`{plain}`"


def table_of(model: type[BaseModel]) -> list[str]:
    """The keys of one model as a Markdown table."""
    hints, fields = get_type_hints(model, include_extras=True), model.model_fields
    if not fields:
        return []
    rows = [["key", "what", "default", "meaning"], ["---"] * 4]
    shown = model.model_json_schema(by_alias=False)["properties"]
    for name, field in fields.items():
        if name not in shown:
            continue  # The interpreter fills it in, not a designer.
        meaning = " ".join((field.description or "").split())
        rows.append([f"`{name}`", type_words(hints[name]), default_words(model, name), meaning])
    explained = any(field.description for field in fields.values())
    return [f"| {' | '.join(row if explained else row[:3])} |" for row in rows]


def section(model: type[BaseModel], heading: str) -> list[str]:
    """One model with its own description."""
    words = inspect.cleandoc(model.__doc__ or "")
    return [heading, "", words, "", *table_of(model), ""]


def item_keys() -> str:
    """Every key of a catalog item, of the categories and of the search words."""
    found = [m for top in (CatalogItem, Categories, SearchWords) for m in models_below(top)]
    return "\n".join(
        line for model in dict.fromkeys(found) for line in section(model, f"#### {model.__name__}")
    )


def workflow_settings() -> str:
    """The settings of every workflow."""
    registry, lines, told = definition_registry(), [], set[type[BaseModel]]()
    for name, model in sorted(registry.workflow_settings.items()):
        if model is None:
            continue
        lines += section(model, f"#### `workflow: {name}`")
        if stages := registry.workflow_stages.get(name):
            lines += [f"Stages: {', '.join(f'`{stage}`' for stage in sorted(stages))}.", ""]
        for inner in models_below(model)[1:]:
            if inner not in told:
                told.add(inner)
                lines += section(inner, f"##### {inner.__name__}")
    return "\n".join(lines)


def form_annotations() -> str:
    """The keywords of forms beyond JSON Schema, from the table in `annotations.py`."""
    _, _, text = inspect.cleandoc(annotations.__doc__ or "").partition("\n===")
    body = text.split("\n===")[1].partition("\n")[2]
    rows: list[list[str]] = []
    for line in body.splitlines():
        cells = [line[:16].strip(), line[17:29].strip(), line[30:].strip()]
        if cells[0]:
            rows.append(cells)
        else:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
    lines = ["| keyword | on | meaning |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def form_words() -> str:
    """Widgets, formats, data sources and computed values by name."""
    return "\n".join(
        [
            f"- Widgets: {listed(sorted(WIDGETS))}.",
            f"- Formats that are checked: {listed(sorted(CHECKED))}.",
            "- Data sources for `x-options`:",
            *named(OPTION_SOURCES),
            "- Values for `x-computed`:",
            *named(COMPUTED),
        ]
    )


def listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def named(functions: dict[str, Any]) -> list[str]:
    return [f"  - `{name}`: {first_line(work)}" for name, work in sorted(functions.items())]


def first_line(work: Callable[..., Any]) -> str:
    """The first sentence of a function's documentation."""
    return " ".join(inspect.cleandoc(work.__doc__ or "").split("\n\n")[0].split())


def search_attributes() -> str:
    """What the Temporal UI can search by."""
    source = (ROOT / "ground" / "search_attributes.py").read_text()
    meanings = dict(re.findall(r'for_\w+\("(\w+)"\)\n"""(.*?)"""', source, re.DOTALL))
    lines = ["| search attribute | type | what |", "| --- | --- | --- |"]
    for key in ALL:
        kind = key.indexed_value_type.name.title()
        lines.append(f"| `{key.name}` | {kind} | {' '.join(meanings[key.name].split())} |")
    return "\n".join(lines)


def steps() -> str:
    """The steps that a process can call."""
    lines = ["| step | what it does |", "| --- | --- |"]
    rows = (f"| `{name}` | {step.summary} |" for name, step in all_steps().items())
    return "\n".join([*lines, *rows])


def step_pages() -> str:
    """Every step with what it takes and answers, how it is undone, and an example."""
    return "\n".join(line for step in all_steps().values() for line in step_page(step))


def step_page(step: Step[Any, Any, Any]) -> list[str]:
    """One step."""
    wants, result = step.wants, models_in(step.result)
    return [
        *(f"### {step.name}", "", step.summary, "", first_line(wants), ""),
        *(table_of(wants) or ["It takes nothing."]),
        *("", "Output:", ""),
        *(table_of(result[0]) if result else [type_words(step.result)]),
        *("", f"- Who acts: {step.permission}.", f"- Undo: {undo_words(step)}"),
        *(f"- What fails is tried {one}." for one in patience_words(step)),
        "",
        *("```yaml", *example_of(step), "```", ""),
    ]


def patience_words(step: Step[Any, Any, Any]) -> list[str]:
    """How effects of a step are tried again, where that is another way than usual."""
    return sorted({str(one.patience) for one in step.effects if one.patience != USUAL})


def undo_words(step: Step[Any, Any, Any]) -> str:
    """How what a step does is taken back."""
    if not step.has_effect:
        return "nothing lasts that would have to be taken back."
    undos = [undo.summary for effect in step.effects for undo in effect.undo]
    return " ".join(undos) or "none; what has been done stays."


def example_of(step: Step[Any, Any, Any]) -> list[str]:
    """The example of a step as a task of a process."""
    extra = step.wants.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    [given] = extra["examples"]
    lines = [line for key, value in given.items() for line in plain_yaml(key, value)]
    inputs = ["    with:", *(f"      {line}" for line in lines)] if lines else []
    return ["- example:", f"    call: {step.name}", *inputs]


def plain_yaml(key: str, value: Any) -> list[str]:
    """One key with its value; the innermost lists and mappings on one line each."""
    style = None if isinstance(value, dict | list) else False
    text = yaml.safe_dump(
        {key: value}, allow_unicode=True, sort_keys=False, default_flow_style=style, width=1000
    )
    return str(text).rstrip().splitlines()


def step_parts() -> str:
    """The models inside the inputs and outputs of steps, each once."""
    tops = [
        model for step in all_steps().values() for model in (step.wants, *models_in(step.result))
    ]
    inner = [model for top in tops for model in models_below(top)[1:] if model not in tops]
    found = sorted(dict.fromkeys(inner), key=lambda model: model.__name__)
    return "\n".join(line for model in found for line in section(model, f"### {model.__name__}"))


def lint_rules() -> str:
    """What lint finds, by the names of its rules."""
    rows = {one.name: (one.severity, "lint", one.words) for one in all_rules().values()}
    # One rule may speak for both: the loader finds what is in items and forms.
    rows |= {
        name: ("error", "the loader", words)
        for name, words in SAID_BY_OTHERS.items()
        if name not in rows
    }
    lines = ["| rule | severity | said by | what it finds |", "| --- | --- | --- | --- |"]
    table = (f"| `{name}` | {' | '.join(row)} |" for name, row in sorted(rows.items()))
    return "\n".join([*lines, *table])


def expression_functions() -> str:
    """What an expression may call."""
    names = listed(sorted(functions.NAMES))
    formats = listed(f"@{name}" for name in sorted(functions.FORMATS))
    return f"The functions are {names}, and the formats {formats}."


def refused_functions() -> str:
    """The functions of jq that an expression may not call, and what to write instead."""
    by_hint: dict[str, list[str]] = {}
    for name, hint in functions.REFUSED.items():
        by_hint.setdefault(hint, []).append(name)
    lines = ["| not | but |", "| --- | --- |"]
    return "\n".join(
        [*lines, *(f"| {listed(names)} | {hint} |" for hint, names in by_hint.items())]
    )


def left_out() -> str:
    """What the DSL has and we have not, and what to use instead."""
    kinds = {"call: {}": refused.CALLS, "run: {}": refused.RUNS, "use.{}": refused.USES}
    rows = [(kind.format(n), hint) for kind, some in kinds.items() for n, hint in some.items()]
    rows += [*refused.KEYS.items(), ("schema.resource", refused.EXTERNAL)]
    lines = ["| not | but |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `{word}` | {hint}. |" for word, hint in rows)])


def catalog_items() -> str:
    """What can be requested, by category; those that a Python workflow carries have a star."""
    folder = ROOT / "catalog_defs"
    sources = Sources(folder, ROOT / "forms", definition_registry())
    items = [CatalogItem.model_validate(read(folder / file)) for file in sources.definitions]
    lines = ["| category | items |", "| --- | --- |"]
    for category in Categories.model_validate(read(folder / "categories.yaml")).categories:
        titles = sorted(
            item.title["en"] + STAR * bool(item.workflow)
            for item in items
            if item.category == category.id
        )
        lines.append(f"| {category.title['en']} | {', '.join(titles)} |")
    return "\n".join(lines)


def read(path: Path) -> Any:
    return yaml12.read(path.read_bytes()).value


PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "../README.md": {"the catalog": catalog_items},
    "designers.md": {
        "keys of a catalog item": item_keys,
        "settings of the workflows": workflow_settings,
        "keywords of forms": form_annotations,
        "words of forms": form_words,
    },
    "processes.md": {
        "functions of expressions": expression_functions,
        "refused in expressions": refused_functions,
        "left out of the DSL": left_out,
    },
    "lint.md": {"rules of lint": lint_rules},
    "operators.md": {"search attributes": search_attributes},
    "developers.md": {"steps": steps},
    "steps.md": {"steps": step_pages, "parts of inputs": step_parts},
}


def renewed(file: str) -> str:
    """The text of a document with its parts from the code as they are now."""
    text = (DOCS / file).read_text()
    for name, make in PARTS[file].items():
        begin = BEGIN.format(name)
        before, found, rest = text.partition(begin)
        if not found:
            raise ValueError(f"docs/{file} lacks {begin}")
        _, _, after = rest.partition(END)
        text = f"{before}{begin}\n\n{make().strip()}\n\n{END}{after}"
    return text


if __name__ == "__main__":
    for document in PARTS:
        (DOCS / document).write_text(renewed(document))
