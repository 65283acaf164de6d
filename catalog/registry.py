"""What the floors above offer to definitions: the loader takes it as an argument."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from catalog.definitions import CatalogItem
    from catalog.forms import Form
    from catalog.processes.findings import Finding
    from catalog.processes.model import Process

    MoreChecks = Callable[
        [CatalogItem, Mapping[str, Any], Mapping[str, Form], Sequence[Process]],
        Sequence[Sequence[Finding]],
    ]


@dataclass(frozen=True)
class StepType:
    """What definitions may know of a step that a process can call.

    `model` is what its input is validated by, and `input_schema` and `output_schema` are the JSON
    Schemas of what it takes and answers. `undoable` says that every effect of it can be taken back.
    """

    name: str
    summary: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any]
    has_effect: bool
    undoable: bool
    model: type[BaseModel]


@dataclass(frozen=True)
class Registry:
    """The names a definition may use.

    `workflow_settings` maps each workflow to the model of its settings (`None`: any mapping goes).
    `workflow_stages` are the stages that a workflow enters, which its items must list.
    `option_sources` and `computed` are names of lists and of values that a form may ask for.
    `steps` are those that a declared process can call, by name.
    `groups` and `icons` are not checked where they are `None`.
    `more_checks` finds further errors in the processes of an item that is right otherwise;
    `more_code` are the files of its code, which a release may change.
    """

    workflow_settings: Mapping[str, type[BaseModel] | None] = field(default_factory=dict)
    workflow_stages: Mapping[str, frozenset[str]] = field(default_factory=dict)
    option_sources: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    groups: frozenset[str] | None = None
    icons: frozenset[str] | None = None
    steps: Mapping[str, StepType] = field(default_factory=dict)
    more_checks: "MoreChecks | None" = None
    more_code: tuple[str, ...] = ()
