"""Errors that people can act on: a message key, its parameters and an HTTP status.

Services raise them, the API renders them as RFC 9457 problems, pages as sentences.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar


class Refusal(Exception):
    """A rule of the house says no; `key` and `params` tell the person why and what to do."""

    status: ClassVar[int] = 422

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params


class NotFound(Refusal):
    """There is no such thing, or it is not yours to see."""

    status = 404


class Unauthenticated(Refusal):
    """Nobody is signed in, or the session has ended."""

    status = 401


class Forbidden(Refusal):
    """Signed in, but this role may not do this."""

    status = 403


class Conflict(Refusal):
    """Too late or twice: the thing has moved on since it was last seen."""

    status = 409


class TooLarge(Refusal):
    """More bytes than the limit that the message names."""

    status = 413


class UnsupportedType(Refusal):
    """A kind of content that is not accepted here."""

    status = 415


class TooManyTries(Refusal):
    """Slow down; `retry_after` is in seconds."""

    status = 429

    def __init__(self, key: str, retry_after: int, **params: Any) -> None:
        super().__init__(key, retry_after=retry_after, **params)
        self.retry_after = retry_after


class Unavailable(Refusal):
    """Something we depend on does not answer just now."""

    status = 503


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one answer.

    `pointer` is the JSON pointer of the answer (`/address/postal_code`), `message` is either a key
    with `params`, or, where the form's author wrote one, the finished `text` in the reader's
    language.
    """

    pointer: str
    key: str
    params: dict[str, Any] = field(default_factory=dict)
    text: str | None = None


class Invalid(Refusal):
    """Answers that a form does not accept, field by field."""

    def __init__(self, fields: list[FieldError], key: str = "forms.invalid", **params: Any) -> None:
        super().__init__(key, count=len(fields), **params)
        self.fields = fields
