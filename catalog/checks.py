"""What a definition must get right beyond its shape: names that exist, limits that fit."""

from collections.abc import Iterator
from typing import Any

from babel.numbers import is_currency

from catalog.definitions import CatalogItem, Computed, Fixed
from catalog.explain import Mistake, Path, check
from catalog.forms.formats import countries
from catalog.problems import suggestion
from catalog.registry import Registry


def check_item(
    item: CatalogItem, stem: str, categories: frozenset[str] | None, registry: Registry
) -> Iterator[Mistake]:
    """Every mistake in an item of the right shape; categories that are `None` are not checked."""
    if item.id != stem:
        yield Mistake(
            ("id",),
            f"the item `{item.id}` stands in a file named `{stem}.yaml`",
            f"Write `id: {stem}`, or rename the file to `{item.id}.yaml`",
        )
    if categories is not None:
        yield from known("category", item.category, categories, ("category",))
    yield from known("Lucide icon", item.icon, registry.icons, ("icon",))
    yield from known("group", item.group, registry.groups, ("group",))
    if item.workflow is not None:
        yield from known("workflow", item.workflow, registry.workflow_settings, ("workflow",))
    yield from check_stages(item, registry)
    yield from check_audience(item)
    yield from check_price(item, registry)


def known(kind: str, name: str, names: Any, path: Path) -> Iterator[Mistake]:
    """A mistake if `name` is none of `names`; `None` means that anything goes."""
    if names is not None and name not in names:
        yield Mistake(path, f"there is no {kind} `{name}`", suggestion(name, names))


def check_stages(item: CatalogItem, registry: Registry) -> Iterator[Mistake]:
    """The stages that the workflow enters are all there."""
    listed = {stage.id for stage in item.stages}
    entered = registry.workflow_stages.get(item.workflow or "", frozenset())
    for stage in sorted(entered - listed):
        yield Mistake(
            ("stages",),
            f"the workflow `{item.workflow}` enters the stage `{stage}`, which is not listed",
            f"Add a stage with `id: {stage}`",
        )


def check_audience(item: CatalogItem) -> Iterator[Mistake]:
    """Countries exist."""
    for side in ("allow", "deny"):
        for index, country in enumerate(getattr(item.audience, side).countries):
            yield from known(
                "country", country, countries(), ("audience", side, "countries", index)
            )


def check_price(item: CatalogItem, registry: Registry) -> Iterator[Mistake]:
    """The currency or the calculation exists."""
    if isinstance(item.price, Computed):
        yield from known("computed value", item.price.by, registry.computed, ("price", "by"))
    elif isinstance(item.price, Fixed) and not is_currency(item.price.currency):
        yield Mistake(
            ("price", "currency"),
            f"there is no currency `{item.price.currency}`",
            "Write the three-letter code of ISO 4217, such as EUR",
        )


def checked_settings(item: CatalogItem, registry: Registry) -> tuple[dict[str, Any], list[Mistake]]:
    """The settings as the workflow's model completes them, so that a version keeps its defaults."""
    model = registry.workflow_settings.get(item.workflow or "")
    if model is None:
        return item.settings, []
    settings, mistakes = check(model, item.settings, ("settings",))
    return (settings.model_dump(mode="json") if settings else item.settings), mistakes
