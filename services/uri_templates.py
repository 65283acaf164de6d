"""URI templates (RFC 6570, level 1): `{name}` is replaced by the value of that name, encoded."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from services.faults import CallFailed, misconfigured

EXPRESSION = re.compile(r"\{([^{}]*)\}")
NAME = re.compile(r"\w(\w|\.)*")
ELSEWHERE = (".", "..")
"""Segments that would lead to another path."""


def expand(template: str, values: Mapping[str, Any]) -> str:
    """The URI of a template. Raises `CallFailed` for a name without a fitting value."""

    def value_of(found: re.Match[str]) -> str:
        name = found[1]
        if not NAME.fullmatch(name):
            raise misconfigured("no URI template", f"{{{name}}} is more than a name in braces")
        return encoded(name, values.get(name))

    return EXPRESSION.sub(value_of, template)


def encoded(name: str, value: Any) -> str:
    """A value as it stands in a URI. Raises `CallFailed`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return quote(str(value), safe="")
    if not isinstance(value, str) or not value or value in ELSEWHERE:
        raise CallFailed(
            "validation", 400, "value missing in URI", f"{{{name}}} needs a text or a number"
        )
    return quote(value, safe="")
