"""What the floors above offer to definitions: the loader takes it as an argument."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel


@dataclass(frozen=True)
class Registry:
    """The names a definition may use.

    `workflow_settings` maps each workflow to the model of its settings (`None`: any mapping goes).
    `workflow_stages` are the stages that a workflow enters, which its items must list.
    `option_sources` and `computed` are names of lists and of values that a form may ask for.
    `groups` and `icons` are not checked where they are `None`.
    """

    workflow_settings: Mapping[str, type[BaseModel] | None] = field(default_factory=dict)
    workflow_stages: Mapping[str, frozenset[str]] = field(default_factory=dict)
    option_sources: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    groups: frozenset[str] | None = None
    icons: frozenset[str] | None = None
