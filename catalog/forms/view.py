"""What a renderer needs to draw a form, whatever draws it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from babel.numbers import format_decimal

from catalog.forms.activity import Nodes, active, inner_shapes, item_nodes, required
from catalog.forms.annotations import Context
from catalog.forms.decode import coded
from catalog.forms.display import Choices, country_choices, displayed, typed
from catalog.forms.evaluation import Evaluation, Watched
from catalog.forms.facts import Facts
from catalog.forms.moments import PARTS, fits, offset_choices, parted, zone_choices, zone_title
from catalog.forms.nodes import Answers, Shape, facts_of
from catalog.forms.regions import region_choices
from catalog.forms.rules import day_limit
from catalog.forms.spelling import country_of
from catalog.forms.walk import Path, Schema, pointer
from ground.errors import FieldError
from ground.messages import translate

if TYPE_CHECKING:
    from catalog.forms.form import Form


@dataclass(frozen=True, slots=True)
class OptionView:
    """One choice: `code` is what the HTML form posts."""

    value: Any
    code: str
    title: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class PartView:
    """One input of an answer that is asked for in parts: its `kind` is date, time, zone, offset.

    `fits` says whether an input for a day or a time can hold the text.
    """

    kind: str
    text: str
    choices: tuple[tuple[str, str], ...] = ()
    fits: bool = True


@dataclass(frozen=True, slots=True)
class FieldView:
    """One active field.

    `name` is its flat HTML name, `text` what its input holds, `display` what a reader sees (masked
    where asked). `fields` are the members of a group; `items` the fields of each item of a list and
    `blanks` those of further items: as many as are `missing`, and one more where there may be one.
    `minimum` and `maximum` are numbers, minor units, or ISO days; `scale` are the ends
    of a range in words. A field that `follows` has
    options, or a value, that depend on answers of the same page.
    """

    name: str
    pointer: str
    widget: str
    title: str
    description: str
    help: str
    required: bool
    value: Any
    text: str
    display: str
    error: str | None
    options: tuple[OptionView, ...] = ()
    autocomplete: str = ""
    inputmode: str = ""
    masked: bool = False
    read_only: bool = False
    multiple: bool = False
    currency: str = ""
    minimum: Any = None
    maximum: Any = None
    min_length: int | None = None
    max_length: int | None = None
    step: Any = None
    whole: bool = False
    scale: tuple[str, ...] = ()
    most: int | None = None
    accept: tuple[str, ...] = ()
    max_bytes: int | None = None
    follows: bool = False
    lookup: str = ""
    parts: tuple[PartView, ...] = ()
    fields: "tuple[FieldView, ...]" = ()
    items: "tuple[tuple[FieldView, ...], ...]" = ()
    blanks: "tuple[tuple[FieldView, ...], ...]" = ()
    missing: int = 0

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Code and title of each option."""
        return [(option.code, option.title) for option in self.options]

    @property
    def chosen(self) -> list[str]:
        """The codes of the options that are chosen."""
        return [option.code for option in self.options if option.chosen]


@dataclass(frozen=True, slots=True)
class PageView:
    """One page; an inactive one has no fields."""

    id: str
    title: str
    description: str
    active: bool
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One answered question in the review; `page` is where to change it."""

    pointer: str
    label: str
    value: str
    page: str


@dataclass(frozen=True, slots=True)
class FormView:
    """The form as it stands for these answers. `errors` are pointer and sentence, in order."""

    title: str
    description: str
    pages: tuple[PageView, ...]
    review: tuple[ReviewRow, ...]
    errors: tuple[tuple[str, str], ...]


def view(
    form: "Form",
    answers: Answers,
    language: str,
    errors: Iterable[FieldError],
    page: str | None,
    context: Context | None,
) -> FormView:
    """See `Form.view`."""
    wanted = {form.page(page).id} if page is not None else {known.id for known in form.pages}
    verdict = form.evaluate(answers, language, context=context, strict=False)
    sentences = {e.pointer: e.text or translate(language, e.key, e.params) for e in errors}
    maker = _Maker(form, verdict, sentences, language, context)
    members = maker.members((form.shape,), verdict.answers, ())
    fields = {field.name: field for field in members}
    shown = {known.id for known in verdict.pages}
    pages = tuple(
        PageView(
            known.id,
            known.text("title", language),
            known.text("description", language),
            known.id in shown,
            tuple(fields[n] for n in known.fields if n in fields and known.id in wanted),
        )
        for known in form.pages
    )
    rows = (
        row
        for known in form.pages
        for name in known.fields
        if name in fields
        for row in _rows(fields[name], known.id, "")
    )
    words = {**form.schema, **form.schema.get("x-i18n", {}).get(language, {})}
    title, description = str(words.get("title", "")), str(words.get("description", ""))
    return FormView(title, description, pages, tuple(rows), tuple(sentences.items()))


class _Maker:
    """Makes the views of fields for one set of answers, one language and one reader."""

    def __init__(
        self,
        form: "Form",
        verdict: Evaluation,
        sentences: Mapping[str, str],
        language: str,
        context: Context | None,
    ) -> None:
        self.form = form
        self.verdict = verdict
        self.sentences = sentences
        self.language = language
        self.context = context

    def members(
        self, shapes: tuple[Shape, ...], holds: Answers, path: Path
    ) -> tuple[FieldView, ...]:
        must = required(shapes, holds)
        return tuple(
            self.field(nodes, holds, (*path, name), holds.get(name), name in must)
            for name, nodes in active(shapes, holds).items()
        )

    def field(self, nodes: Nodes, holds: Answers, path: Path, value: Any, must: bool) -> FieldView:
        facts, language = facts_of(nodes), self.language
        if nodes[0].computed:
            value = self.verdict.computed.get(str(path[0]))
        country = country_of(facts, holds, self.verdict.answers)
        choices, reads = self.choices(facts, path, country)
        inner = value if isinstance(value, dict) else {}
        plain = facts.widget not in ("group", "list")
        return FieldView(
            name=".".join(map(str, path)),
            pointer=pointer(path),
            widget=facts.widget,
            title=facts.text("title", language) or str(path[-1]),
            description=facts.text("description", language),
            help=facts.text("x-help", language),
            required=must,
            value=value,
            text=typed(facts, value, language, country) if plain and not facts.many else "",
            display=displayed(facts, value, language, choices, country) if plain else "",
            error=self.sentences.get(pointer(path)),
            options=tuple(_option(choice, value) for choice in choices),
            masked="x-mask" in facts.rules,
            read_only=bool(path[0] in self.form.computed or facts.rules.get("readOnly")),
            follows=self.follows(reads or self.verdict.reads.get(str(path[0]), ()), path),
            parts=self.parts(facts, value),
            fields=self.members(inner_shapes(nodes), inner, path) if facts.type == "object" else (),
            **(self.items(facts, nodes, value, path) if facts.widget == "list" else {}),
            **self.limits(facts),
        )

    def follows(self, reads: Iterable[str], path: Path) -> bool:
        """Whether one of the answers read is asked on the same page as this field."""
        name = str(path[0])
        page = next((page for page in self.form.pages if name in page.fields), None)
        others = set(reads) - ({name} if len(path) == 1 else set())
        return page is not None and not others.isdisjoint(page.fields)

    def items(self, facts: Facts, nodes: Nodes, value: Any, path: Path) -> dict[str, Any]:
        """The fields of each item, and of more; an item that is no object is its own field."""
        inner = item_nodes(nodes)
        given = value if isinstance(value, list) else []
        most = facts.rules.get("maxItems")
        if not inner:
            return {}
        title = facts.text("title", self.language)
        rows = [self.item(inner, item, (*path, index), title) for index, item in enumerate(given)]
        missing = max(facts.rules.get("minItems", 1) or 1, len(given)) - len(given)
        room = missing + 1 if most is None else min(missing + 1, most - len(given))
        numbers = range(len(given), len(given) + max(room, 0))
        blanks = tuple(self.item(inner, None, (*path, index), title) for index in numbers)
        return {"items": tuple(rows), "blanks": blanks, "missing": missing}

    def item(self, nodes: Nodes, value: Any, path: Path, title: str) -> tuple[FieldView, ...]:
        shapes = inner_shapes(nodes)
        if not shapes:
            single = self.field(nodes, {}, path, value, value is not None)
            return (replace(single, title=f"{title} {int(path[-1]) + 1}"),)
        return self.members(shapes, value if isinstance(value, dict) else {}, path)

    def choices(self, facts: Facts, path: Path, country: str) -> tuple[Choices, Iterable[str]]:
        """Value and title of each option in the reader's language, and the answers they follow."""
        if facts.source and self.context is not None:
            watched = Watched(self.verdict.sound)
            return tuple(self.context.options(facts.source, watched)), watched.read
        if facts.widget == "country" and not facts.options:
            return country_choices(self.language), ()
        if facts.format == "region" and not facts.options:
            named = str(facts.rules.get("x-country"))
            beside = named not in self.form.shape.known and not named.isupper()
            return region_choices(country), {str(path[0]) if beside else named}
        return tuple((option.value, option.title(self.language)) for option in facts.options), ()

    def parts(self, facts: Facts, value: Any) -> tuple[PartView, ...]:
        """The inputs of a day with a time, or of a time with a zone."""
        if facts.format not in PARTS:
            return ()
        home = str(facts.rules.get("x-zone") or (self.context.zone if self.context else "UTC"))
        held = parted(facts.format, value, home)
        zone = held.get("zone") or home
        choices: dict[str, Choices] = {}
        if "zone" in PARTS[facts.format]:
            fixed = "x-zone" in facts.rules and zone == home
            own = ((home, zone_title(home, self.language)),)
            choices["zone"] = own if fixed else zone_choices(self.language, home, zone)
            held["zone"] = zone
        if "offset" in held:
            offset = held["offset"] or "+00:00"
            listed = offset_choices()
            known = offset in dict(listed)
            choices["offset"] = listed if known else ((offset, f"UTC{offset}"), *listed)
            held["offset"] = offset
        return tuple(
            PartView(kind, held.get(kind, ""), choices.get(kind, ()), fits(held, kind))
            for kind in PARTS[facts.format]
        )

    def limits(self, facts: Facts) -> dict[str, Any]:
        """What HTML says about an input besides its name and value."""
        rules = facts.rules
        document = rules.get("x-document") or rules.get("items", {}).get("x-document", {})
        return {
            "autocomplete": rules.get("x-autocomplete") or COMPLETED.get(facts.widget, ""),
            "inputmode": _inputmode(facts),
            "multiple": facts.many,
            "currency": facts.currency if facts.widget == "money" else "",
            "minimum": self.bound(rules, "minimum", "x-not-before"),
            "maximum": self.bound(rules, "maximum", "x-not-after"),
            "min_length": rules.get("minLength"),
            "max_length": rules.get("maxLength"),
            "step": rules.get("multipleOf"),
            "most": rules.get("maxItems") if facts.many else None,
            "whole": facts.type == "integer",
            "scale": self.scale(facts),
            "lookup": rules.get("x-lookup", ""),
            "accept": tuple(document.get("types", ())),
            "max_bytes": document.get("max_bytes"),
            **({"most": rules.get("maxItems")} if facts.widget == "file" else {}),
        }

    def scale(self, facts: Facts) -> tuple[str, ...]:
        """The ends of a range as people read them."""
        least, most = facts.rules.get("minimum"), facts.rules.get("maximum")
        if facts.widget != "range" or least is None or most is None:
            return ()
        return tuple(format_decimal(end, locale=self.language) for end in (least, most))

    def bound(self, rules: Schema, number: str, day: str) -> Any:
        if day in rules and self.context is not None:
            return day_limit(rules[day], self.context.today).isoformat()
        return rules.get(number)


COMPLETED = {"email": "email", "tel": "tel", "url": "url", "signature": "name"}


def _inputmode(facts: Facts) -> str:
    if facts.widget == "money":
        return "decimal" if facts.decimals else "numeric"
    if facts.type in ("integer", "number") and facts.widget in ("number", "range", "text"):
        if _below_zero(facts.rules):
            return ""  # the keys of a telephone for digits have no minus sign
        return "numeric" if facts.type == "integer" else "decimal"
    return facts.widget if facts.widget in ("email", "tel", "url") else ""


def _below_zero(rules: Schema) -> bool:
    least = rules.get("minimum", rules.get("exclusiveMinimum"))
    return least is None or least < 0


def _option(choice: tuple[Any, str], value: Any) -> OptionView:
    chosen = choice[0] in value if isinstance(value, list) else choice[0] == value
    return OptionView(choice[0], coded(choice[0]), choice[1], chosen)


def _rows(field: FieldView, page: str, within: str) -> Iterable[ReviewRow]:
    """The rows of a field, those inside groups and lists named with the group or the item."""
    if field.widget == "hidden":
        return
    for index, item in enumerate(field.items):
        for member in item:
            single = member.name == f"{field.name}.{index}"
            label = within if single else f"{field.title} {index + 1}: "
            yield from _rows(member, page, label)
    for member in field.fields:
        yield from _rows(member, page, within)
    if field.display:
        yield ReviewRow(field.pointer, within + field.title, field.display, page)
