"""What the inputs of steps are made of: their base, and types that say what a name names.

`x-names` in a JSON Schema tells the linter and editors which names may stand there.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from temporalio.exceptions import ApplicationError

from activities.outside import fault
from catalog.definitions import CURRENCY
from ground.messages import local, ref
from services.faults import CallFailed

DEFINED = "$defined"
"""Marks a text of the definition, by its place there; it is read when something is written."""


class Wants(BaseModel):
    """The input of a step: frozen, and no key but the known ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Facts(BaseModel):
    """The output of a step: small facts, never personal data."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def example(**given: Any) -> ConfigDict:
    """The configuration of an input that shows itself by an example, in docs and editors."""
    return ConfigDict(json_schema_extra={"examples": [given]})


def naming(kind: str) -> Any:
    """A field whose value is the name of something of this kind."""
    return Field(json_schema_extra={"x-names": kind})


Words = Annotated[str | dict[str, Any], naming("texts")]
"""A text for people: a message key, or the texts of a definition in en, es and pt."""
FormName = Annotated[str, naming("form")]
GroupName = Annotated[str, naming("group")]
SkillName = Annotated[str, naming("skill")]
StageName = Annotated[str, naming("stage")]
AnswerName = Annotated[str, naming("answer")]
"""An answer to the form of the request."""
FieldName = Annotated[str, naming("field")]
"""An answer to the form of the step itself."""
ComputedName = Annotated[str, naming("computed")]

Minor = Annotated[int, Field(gt=0)]
"""An amount in minor units: 1500 is fifteen euros."""
Currency = Annotated[str, Field(pattern=CURRENCY)]

Params = dict[str, Any]


def in_words(words: Words, values: Params | None = None) -> Params:
    """Words as a parameter of a message; `values` fill the `%(name)s` in them."""
    if isinstance(words, str):
        return ref(words, **(values or {}))
    if DEFINED in words:
        return words | ({"params": values} if values else {})
    return local(words, **(values or {}))


def moments(began: datetime, after: tuple[Any, ...]) -> list[datetime]:
    """The moments at which so much time has passed by the clock."""
    return [began + each for each in after]


def unfit(detail: str) -> ApplicationError:
    """The fault of a definition whose step cannot work with what it is given."""
    return fault(CallFailed("validation", 400, "The data does not fit the step", detail))
