"""What a renderer needs to draw a form, whatever draws it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.forms.activity import Nodes, active, inner_shapes, item_nodes, required
from catalog.forms.annotations import Context
from catalog.forms.decode import coded
from catalog.forms.display import Choices, country_choices, displayed, typed
from catalog.forms.evaluation import Evaluation
from catalog.forms.facts import Facts
from catalog.forms.nodes import Answers, Shape, facts_of
from catalog.forms.rules import day_limit
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
class FieldView:
    """One active field.

    `name` is its flat HTML name, `text` what its input holds, `display` what a reader sees (masked
    where asked). `fields` are the members of a group; `items` the fields of each item of a list and
    `blank` those of one more. `minimum` and `maximum` are numbers, minor units, or ISO days.
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
    accept: tuple[str, ...] = ()
    max_bytes: int | None = None
    fields: "tuple[FieldView, ...]" = ()
    items: "tuple[tuple[FieldView, ...], ...]" = ()
    blank: "tuple[FieldView, ...]" = ()


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
        self.read_only = form.computed
        self.sound = verdict.sound
        self.computed = verdict.computed
        self.sentences = sentences
        self.language = language
        self.context = context

    def members(
        self, shapes: tuple[Shape, ...], holds: Answers, path: Path
    ) -> tuple[FieldView, ...]:
        must = required(shapes, holds)
        return tuple(
            self.field(nodes, holds.get(name), (*path, name), name in must)
            for name, nodes in active(shapes, holds).items()
        )

    def field(self, nodes: Nodes, value: Any, path: Path, must: bool) -> FieldView:
        facts, language = facts_of(nodes), self.language
        if nodes[0].computed:
            value = self.computed.get(str(path[0]))
        choices = self.choices(facts)
        items, blank = self.items(nodes, value, path) if facts.widget == "list" else ((), ())
        holds = value if isinstance(value, dict) else {}
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
            text=typed(facts, value, language) if plain and not facts.many else "",
            display=displayed(facts, value, language, choices) if plain else "",
            error=self.sentences.get(pointer(path)),
            options=tuple(_option(choice, value) for choice in choices),
            masked="x-mask" in facts.rules,
            read_only=bool(path[0] in self.read_only or facts.rules.get("readOnly")),
            fields=self.members(inner_shapes(nodes), holds, path) if facts.type == "object" else (),
            items=items,
            blank=blank,
            **self.limits(facts),
        )

    def items(
        self, nodes: Nodes, value: Any, path: Path
    ) -> tuple[tuple[tuple[FieldView, ...], ...], tuple[FieldView, ...]]:
        """The fields of each item, and of one more; an item that is no object is its own field."""
        inner = item_nodes(nodes)
        given = value if isinstance(value, list) else []
        if not inner:
            return (), ()
        rows = [self.item(inner, item, (*path, index)) for index, item in enumerate(given)]
        return tuple(rows), self.item(inner, None, (*path, len(given)))

    def item(self, nodes: Nodes, value: Any, path: Path) -> tuple[FieldView, ...]:
        shapes = inner_shapes(nodes)
        if not shapes:
            return (self.field(nodes, value, path, False),)
        return self.members(shapes, value if isinstance(value, dict) else {}, path)

    def choices(self, facts: Facts) -> Choices:
        """Value and title of each option in the reader's language."""
        if facts.source and self.context is not None:
            return tuple(self.context.options(facts.source, self.sound))
        if facts.widget == "country" and not facts.options:
            return country_choices(self.language)
        return tuple((option.value, option.title(self.language)) for option in facts.options)

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
            "accept": tuple(document.get("types", ())),
            "max_bytes": document.get("max_bytes"),
        }

    def bound(self, rules: Schema, number: str, day: str) -> Any:
        if day in rules and self.context is not None:
            return day_limit(rules[day], self.context.today).isoformat()
        return rules.get(number)


COMPLETED = {"email": "email", "tel": "tel"}


def _inputmode(facts: Facts) -> str:
    if facts.widget == "money":
        return "decimal" if facts.decimals else "numeric"
    if facts.widget == "number":
        return "numeric" if facts.type == "integer" else "decimal"
    return facts.widget if facts.widget in ("email", "tel") else ""


def _option(choice: tuple[Any, str], value: Any) -> OptionView:
    chosen = choice[0] in value if isinstance(value, list) else choice[0] == value
    return OptionView(choice[0], coded(choice[0]), choice[1], chosen)


def _rows(field: FieldView, page: str, within: str) -> Iterable[ReviewRow]:
    """The rows of a field, those inside groups and lists named with the group or the item."""
    if field.widget == "hidden":
        return
    for index, item in enumerate(field.items):
        for member in item:
            yield from _rows(member, page, f"{field.title} {index + 1}: ")
    for member in field.fields:
        yield from _rows(member, page, within)
    if field.display:
        yield ReviewRow(field.pointer, within + field.title, field.display, page)
