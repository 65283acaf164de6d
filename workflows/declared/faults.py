"""Errors of declared processes, as RFC 7807 problems.

The types are those of the DSL, which spells their addresses in several ways.
"""

import json
import re
from typing import Any

STANDARD = "https://open-workflow-specification.org/spec/1.0.0/errors/"
SPELLINGS = re.compile(
    r"^https?://(?:www\.)?(?:open-workflow-specification\.org|serverlessworkflow\.io)"
    r"/(?:spec/[\d.]+/errors|dsl/errors/types|errors/types|errors)/(?P<name>[a-z-]+)$"
)
OURS = "https://ventanilla.dev/errors/"
REFUSED, FAILED = f"{OURS}refused", f"{OURS}failed"

STATUS = {
    "configuration": 400,
    "validation": 400,
    "expression": 400,
    "authentication": 401,
    "authorization": 403,
    "timeout": 408,
    "communication": 500,
    "runtime": 500,
}
TITLES = {
    "configuration": "The process is not configured rightly",
    "validation": "The data does not fit its schema",
    "expression": "The expression could not be evaluated",
    "authentication": "The system did not accept who we are",
    "authorization": "The system does not allow this",
    "timeout": "It took too long",
    "communication": "The system could not be reached, or refused",
    "runtime": "Something went wrong",
}


class Fault(Exception):
    """An error that the process may catch: `problem` has type, status, title, detail, instance."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or problem.get("type"))
        self.problem = {key: value for key, value in problem.items() if value is not None}

    @classmethod
    def standard(cls, name: str, detail: str, instance: str | None = None) -> "Fault":
        """One of the DSL's own errors."""
        return cls(
            {
                "type": f"{STANDARD}{name}",
                "status": STATUS[name],
                "title": TITLES[name],
                "detail": detail,
                "instance": instance,
            }
        )

    @classmethod
    def refused(cls, key: str, params: dict[str, Any], failed: bool = False) -> "Fault":
        """A step's refusal: a message key, and its parameters as JSON."""
        detail = json.dumps(params, ensure_ascii=False, sort_keys=True) if params else None
        kind = FAILED if failed else REFUSED
        return cls({"type": kind, "status": 409, "title": key, "detail": detail})

    @property
    def ends_request(self) -> bool:
        """Whether its customer is to read why, as opposed to a mistake in the process."""
        return self.problem.get("type") in (REFUSED, FAILED)

    def at(self, pointer: str) -> "Fault":
        """The same with the task that it came from, unless that is known."""
        self.problem.setdefault("instance", pointer)
        return self

    def matches(self, wanted: dict[str, Any]) -> bool:
        """Whether each member named in `wanted` is as it says there."""
        return all(same(key, value, self.problem.get(key)) for key, value in wanted.items())


class Circling(Fault):
    """The process goes in circles. No process catches this: it would only go on."""

    def __init__(self) -> None:
        super().__init__(
            Fault.standard("runtime", "The process goes in circles without waiting.").problem
        )


def same(key: str, wanted: Any, found: Any) -> bool:
    """Whether two members are equal; the spellings of a standard type count as one."""
    if key == "type" and isinstance(found, str) and isinstance(wanted, str):
        return plain(wanted) == plain(found)
    return bool(wanted == found)


def plain(kind: str) -> str:
    """A standard type by its name alone, any other as it is."""
    spelt = SPELLINGS.match(kind)
    return spelt["name"] if spelt and spelt["name"] in STATUS else kind
