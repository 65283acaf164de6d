"""The texts of a request's definition, put in where its process refers to them.

A workflow carries pointers, so that histories hold no translations; they are replaced when an
effect writes what people read.
"""

from typing import Any

from sqlmodel import Session

from catalog.processes.texts import DEFINED, at
from ground.messages import local
from services import catalog
from store.requests import Request


def with_texts(session: Session, request: Request, value: Any) -> Any:
    """`value` with the request's own texts, in every language, in the place of pointers to them."""
    if not refers(value):
        return value
    source = catalog.version(session, request.version).item_source
    return replaced(value, source)


def refers(value: Any) -> bool:
    """Whether there is a pointer anywhere in `value`."""
    if isinstance(value, dict):
        return DEFINED in value or any(map(refers, value.values()))
    return isinstance(value, list | tuple) and any(map(refers, value))


def replaced(value: Any, source: Any) -> Any:
    if isinstance(value, dict) and DEFINED in value:
        return local(at(source, value[DEFINED]), **value.get("params", {}))
    if isinstance(value, dict):
        return {key: replaced(inner, source) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(inner, source) for inner in value]
    return value
