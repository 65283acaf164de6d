"""How a call to another system goes wrong, in the error types of the Open Workflow DSL."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

ERRORS = "https://open-workflow-specification.org/spec/1.0.0/errors/"


@dataclass
class CallFailed(Exception):
    """A call outside has failed, as an RFC 7807 problem.

    `kind` is the last word of the problem's type: `communication`, `configuration`, `validation`,
    `runtime`. With `passing` the same call may succeed later, after `retry_after` if that is known.
    No text of it holds a secret.
    """

    kind: str
    status: int
    title: str
    detail: str
    passing: bool = False
    retry_after: timedelta | None = None

    def __str__(self) -> str:
        return f"{self.title}: {self.detail}"

    def problem(self) -> dict[str, Any]:
        """The error as processes catch it; its `instance` is the task's affair."""
        return {
            "type": f"{ERRORS}{self.kind}",
            "status": self.status,
            "title": self.title,
            "detail": self.detail,
        }


def misconfigured(title: str, detail: str) -> CallFailed:
    """The definition or this installation must be changed before the call can succeed."""
    return CallFailed("configuration", 400, title, detail)


def unanswered(status: int, title: str, detail: str, passing: bool = True) -> CallFailed:
    """The other system did not give an answer that can be used."""
    return CallFailed("communication", status, title, detail, passing)
