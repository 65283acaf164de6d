"""The catalog item: what a designer writes in `catalog_defs/<id>.yaml`, word for word.

Each field's description is the help that editors show and the hint of the loader's messages.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from babel import localedata
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from catalog.durations import BusinessTime, Duration
from catalog.problems import suggestion
from ground.business_time import Calendar, add, add_days

NAME = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
KEY = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
COUNTRY = r"^[A-Z]{2}$"
CURRENCY = r"^[A-Z]{3}$"

Language = Literal["en", "es", "pt"]
LANGUAGES: tuple[Language, ...] = ("en", "es", "pt")
"""The languages that every text of a definition is written in; files add further ones."""
Role = Literal["customer", "agent", "designer", "operator"]
Offer = Literal["newcomers", "nothing-found"]
"""Where an item is offered unasked."""

Name = Annotated[str, StringConstraints(pattern=NAME, max_length=60)]
Key = Annotated[str, StringConstraints(pattern=KEY, max_length=60)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Country = Annotated[str, StringConstraints(pattern=COUNTRY)]


def mistake(message: str, hint: str = "", at: Iterable[str | int] = ()) -> PydanticCustomError:
    """A designer's mistake; `at` is the path to it below the value being checked."""
    return PydanticCustomError("mistake", "{text}", {"text": message, "hint": hint, "at": [*at]})


def is_language(word: str) -> bool:
    """Whether a word is the code of a language, such as fr."""
    return word in LANGUAGES or (word.isalpha() and word.islower() and localedata.exists(word))


def in_every_language(texts: dict[str, str]) -> dict[str, str]:
    """The texts, if no language is missing or unknown."""
    for language in texts:
        if not is_language(language):
            hint = "Write the text in en, es and pt"
            raise mistake(f"`{language}` is not a language", hint, [language])
    missing = [language for language in LANGUAGES if language not in texts]
    if missing:
        raise mistake(
            f"the text is missing in {' and '.join(f'`{language}`' for language in missing)}",
            "Write it in en, es and pt",
        )
    return texts


Texts = Annotated[
    dict[str, Text],
    AfterValidator(in_every_language),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {language: {"type": "string", "minLength": 1} for language in LANGUAGES},
            "required": list(LANGUAGES),
            "additionalProperties": False,
        }
    ),
]


class Definition(BaseModel):
    """A part of a definition: frozen, and no key but the known ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Rule(Definition):
    """A description of people by any of role, country and customer segment."""

    roles: tuple[Role, ...] = ()
    """Roles: customer, agent, designer, operator."""
    countries: tuple[Country, ...] = ()
    """Countries of residence by their two-letter codes, such as ES."""
    segments: tuple[Name, ...] = ()
    """Customer segments, such as business."""


class Audience(Definition):
    """Who sees the item and may request it. What is denied is denied, even if it is allowed too."""

    allow: Rule = Rule(roles=("customer",))
    """People who match every list given here; a list left out admits everybody."""
    deny: Rule = Rule()
    """People who match any word given here are refused."""


class Stage(Definition):
    """A part of the way that the customer sees."""

    id: Name
    """A name for the stage, such as identity-check; the workflow uses the same."""
    title: Texts
    """What the customer reads."""
    usual: Duration
    """How long the stage usually lasts by the clock, such as P3D or PT2H."""
    shown: Literal["always", "when-reached"] = "always"
    """`when-reached` hides a stage that only some requests pass through until it begins."""


class ServiceLevel(Definition):
    """What the customer may count on, measured in business time."""

    calendar: Calendar
    """When the team works: time zone, hours by weekday, and whose public holidays it keeps."""
    targets: dict[Key, dict[Name, BusinessTime]] = Field(min_length=1)
    """Each target, such as first_response or resolution: a time by priority, with a `default`."""

    @model_validator(mode="after")
    def every_target_has_a_default(self) -> Self:
        for name, times in self.targets.items():
            if "default" not in times:
                raise mistake(
                    f"the target `{name}` has no `default`",
                    "Add the time that holds for a priority not named: `default: P2D`",
                    ["targets", name],
                )
        return self

    def target(self, name: str, priority: str = "default") -> BusinessTime | None:
        """The time for `priority`, or the default one; `None` if there is no such target."""
        times = self.targets.get(name, {})
        return times.get(priority, times.get("default"))

    def due(self, name: str, start: datetime, priority: str = "default") -> datetime | None:
        """The moment (UTC) at which a target that counts from `start` is missed."""
        within = self.target(name, priority)
        if within is None:
            return None
        return add(self.calendar, add_days(self.calendar, start, within.days), within.time)


class Free(Definition):
    """It costs nothing."""

    kind: Literal["free"]
    """free, fixed, computed or varies."""


class Fixed(Definition):
    """The same price for everybody."""

    kind: Literal["fixed"]
    """free, fixed, computed or varies."""
    amount: int = Field(gt=0)
    """The price in minor units: 1500 is fifteen euros."""
    currency: str = Field(pattern=CURRENCY)
    """The currency by its three-letter code, such as EUR."""
    per: Literal["once", "month"]
    """`once`, or `month` for a price that recurs."""


class Computed(Definition):
    """A price that depends on the answers and on the customer."""

    kind: Literal["computed"]
    """free, fixed, computed or varies."""
    by: Name
    """The name of the calculation, such as plan-upgrade-price."""


class Varies(Definition):
    """A price that depends on what is asked for; the form, or a question on the way, tells it."""

    kind: Literal["varies"]
    """free, fixed, computed or varies."""


Price = Annotated[Free | Fixed | Computed | Varies, Field(discriminator="kind")]


class CustomerCan(Definition):
    """What the customer can do while the request is under way."""

    withdraw_until: Name | None = None
    """The last stage in which the customer may withdraw; null for never."""
    amend_until: Name | None = None
    """The last stage in which the customer may change the answers; null for never."""
    message: bool = True
    """Whether the customer may write messages."""


class Example(Definition):
    """A set of valid answers, for documentation, tests and the API."""

    name: Name
    """A name for the example, such as move-within-town."""
    note: Text | None = None
    """What the example shows, in English."""
    answers: dict[str, Any]
    """The answers, as the form takes them.

    `today+14d` stands for a day, `option:my-subscriptions` for the first option of a data source.
    """


class CatalogItem(Definition):
    """One thing that customers can request."""

    id: Name
    """The name of the item in addresses and in the API; the file has the same name."""
    title: Texts
    """The name customers read, in en, es and pt."""
    summary: Texts
    """One sentence for lists, in en, es and pt."""
    description: Texts
    """What it is for, what is needed and what happens then, in en, es and pt."""
    category: Name
    """A category of categories.yaml."""
    icon: Name
    """The name of a Lucide icon, such as map-pin."""
    keywords: dict[Language, tuple[Word, ...]] = {}
    """Further words by which people search, by language."""
    offered: tuple[Offer, ...] = ()
    """Where it is offered unasked: to `newcomers`, or where a search has `nothing-found`."""
    audience: Audience = Audience()
    """Who sees the item and may request it; customers if left out."""
    in_person: bool = False
    """Whether only the customer may ask for it, and nobody who acts for them."""
    form: Name
    """The form to fill in: the name of a file in forms/, without `.json`."""
    workflow: Name | None = None
    """The workflow that carries the request; or `process`."""
    process: dict[str, Any] | Name | None = None
    """The process that carries the request: tasks under `do`, or a name of a file in processes/."""
    settings: dict[str, Any] = {}
    """What the workflow leaves to you: limits, deadlines, groups."""
    task_forms: tuple[Name, ...] = ()
    """Forms that the tasks of the workflow show, by the names of their files in forms/."""
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=30)
    """The stages that the customer sees, in order."""
    service_level: ServiceLevel | None = None
    """Targets in business time."""
    group: Name
    """The group of agents that does the work."""
    price: Price = Free(kind="free")
    """What it costs: `kind: free`, `fixed`, `computed` or `varies`."""
    customer_can: CustomerCan = CustomerCan()
    """What the customer can do while the request is under way."""
    examples: tuple[Example, ...] = Field(min_length=1)
    """Named sets of valid answers; each is checked against the form."""
    publish: Literal["auto", "review"] = "auto"
    """`auto` publishes every valid change by itself; `review` leaves it waiting."""

    @model_validator(mode="after")
    def names_are_used_once(self) -> Self:
        for part in ("stages", "examples"):
            names = [
                entry.id if isinstance(entry, Stage) else entry.name
                for entry in getattr(self, part)
            ]
            for index, name in repeated(names):
                key = "id" if part == "stages" else "name"
                raise mistake(
                    f"`{name}` is used twice in `{part}`",
                    "Give each its own name",
                    [part, index, key],
                )
        return self

    @model_validator(mode="after")
    def one_way_to_carry_it(self) -> Self:
        if (self.workflow is None) == (self.process is None):
            raise mistake(
                "an item is carried by a `workflow` or by a `process`, and by one of them",
                "Write `process:` and its tasks under `do:`, or `workflow:` and a name",
                ["workflow"] if self.workflow else ["id"],
            )
        return self

    @model_validator(mode="after")
    def limits_are_stages(self) -> Self:
        known = {stage.id for stage in self.stages}
        for limit in ("withdraw_until", "amend_until"):
            stage = getattr(self.customer_can, limit)
            if stage is not None and stage not in known:
                raise mistake(
                    f"there is no stage `{stage}`",
                    suggestion(stage, known),
                    ["customer_can", limit],
                )
        return self

    def form_names(self) -> tuple[str, ...]:
        """The item's form and those of its tasks, each once."""
        return tuple(dict.fromkeys((self.form, *self.task_forms)))


class Category(Definition):
    """A shelf of the catalog."""

    id: Name
    """A name for the category; items refer to it."""
    title: Texts
    """What customers read, in en, es and pt."""
    icon: Name
    """The name of a Lucide icon."""


class Categories(Definition):
    """The shelves of the catalog in the order they are shown: `catalog_defs/categories.yaml`."""

    categories: tuple[Category, ...] = Field(min_length=1)
    """The categories, in order."""

    @model_validator(mode="after")
    def names_are_used_once(self) -> Self:
        for index, name in repeated([category.id for category in self.categories]):
            raise mistake(
                f"the category `{name}` stands here twice",
                "Give each its own name",
                ["categories", index, "id"],
            )
        return self


def repeated(names: list[str]) -> Iterator[tuple[int, str]]:
    """Each name that has stood before, with its index."""
    seen: Counter[str] = Counter()
    for index, name in enumerate(names):
        if seen[name]:
            yield index, name
        seen[name] += 1
