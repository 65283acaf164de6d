"""Errors as RFC 9457 problems, in the reader's language, for every way an answer can go wrong."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.headers import add_headers
from api.languages import JSON_PATHS, reader_language
from ground.errors import FieldError, Invalid, Refusal, TooManyTries, Unauthenticated, Unavailable
from ground.ids import new_id
from ground.messages import translate

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "tag:ventanilla.example,2025:"
"""What a problem's `type` begins with; the message key follows, for programs to compare."""
ErrorPage = Callable[[Request, "Problem"], Awaitable[Response]]


class FieldProblem(BaseModel):
    """What is wrong with one value."""

    pointer: str = Field(description="JSON pointer of the value", examples=["/answers/postal_code"])
    detail: str = Field(examples=["Enter a postal code such as 28013."])
    place: str = Field(
        "body",
        serialization_alias="in",
        description="Where the value was: body, query, path, header or cookie",
    )


class Problem(BaseModel):
    """An RFC 9457 problem: what went wrong, where, and what to do."""

    type: str = Field(examples=[f"{TYPE_PREFIX}common.not_found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is nothing here that you can see. Check the reference."])
    instance: str = Field(examples=["/api/requests/7K3M9-Q9XTB"])
    errors: list[FieldProblem] | None = None
    incident: str | None = Field(None, description="What to quote to support after a 500")


class BrokenRequest(Refusal):
    """What arrived is not HTTP or JSON as we can read it."""

    status = 400


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem."""
    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(Exception, on_unexpected)


async def on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return await answer(request, problem_of(request, error), headers_of(error))


async def on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return await on_refusal(request, BrokenRequest("api.broken_json"))
    refusal = Invalid([], "api.invalid_request")
    problem = problem_of(request, refusal)
    problem.errors = [field_of(reader_language(request), detail) for detail in details]
    return await answer(request, problem)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: no such route, wrong method, an unreadable body."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, Refusal):
        return await on_refusal(request, error.__cause__)
    known = {404: "api.no_route", 405: "api.wrong_method", 400: "api.broken_request"}
    refusal = Refusal(known.get(error.status_code, "api.refused"))
    problem = problem_of(request, refusal, error.status_code)
    return await answer(request, problem, dict(error.headers or {}))


async def on_unexpected(request: Request, error: Exception) -> Response:
    """A mistake of ours: the person gets a number to quote, the log gets the cause."""
    incident = new_id()
    log.error("incident %s at %s %s", incident, request.method, request.url.path, exc_info=error)
    problem = problem_of(request, Refusal("api.unexpected", incident=incident), 500)
    problem.incident = incident
    response = await answer(request, problem)
    # This answer leaves above the middleware that adds them to all others.
    add_headers(response.headers)
    return response


def problem_of(request: Request, error: Refusal, status: int | None = None) -> Problem:
    """A refusal as its reader sees it."""
    language = reader_language(request)
    code = status or error.status
    fields = error.fields if isinstance(error, Invalid) else None
    return Problem(
        type=TYPE_PREFIX + error.key,
        title=title_of(language, code),
        status=code,
        detail=translate(language, error.key, error.params),
        instance=request.url.path,
        errors=[told(language, field) for field in fields] if fields else None,
    )


def title_of(language: str, status: int) -> str:
    key = f"api.title_{status}"
    title = translate(language, key)
    return title if title != key else HTTPStatus(status).phrase


def told(language: str, field: FieldError) -> FieldProblem:
    text = field.text or translate(language, field.key, field.params)
    return FieldProblem(pointer=field.pointer, detail=text)


PYDANTIC_KEYS = {
    "missing": "api.field_missing",
    "string_too_short": "api.field_too_short",
    "string_too_long": "api.field_too_long",
    "too_short": "api.field_too_few",
    "too_long": "api.field_too_many",
    "greater_than_equal": "api.field_at_least",
    "less_than_equal": "api.field_at_most",
    "literal_error": "api.field_one_of",
    "enum": "api.field_one_of",
    "extra_forbidden": "api.field_unknown",
    "string_type": "api.field_text",
    "string_pattern_mismatch": "api.field_pattern",
    "dict_type": "api.field_object",
    "model_attributes_type": "api.field_object",
    "list_type": "api.field_list",
    "bool_type": "api.field_boolean",
    "bool_parsing": "api.field_boolean",
    "int_type": "api.field_integer",
    "int_parsing": "api.field_integer",
    "int_from_float": "api.field_integer",
    "date_from_datetime_parsing": "api.field_date",
    "date_parsing": "api.field_date",
    "datetime_from_date_parsing": "api.field_moment",
    "datetime_parsing": "api.field_moment",
    "timezone_aware": "api.field_moment",
}


def field_of(language: str, detail: dict[str, Any]) -> FieldProblem:
    """One validation error of the framework, in the reader's language."""
    place, *path = [str(part) for part in detail["loc"]]
    params = {name: str(value) for name, value in detail.get("ctx", {}).items()}
    key = PYDANTIC_KEYS.get(detail["type"], "api.field_invalid")
    return FieldProblem(
        pointer="".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path),
        detail=translate(language, key, params or None),
        place=place,
    )


def headers_of(error: Refusal) -> dict[str, str]:
    if isinstance(error, TooManyTries):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, Unavailable):
        return {"Retry-After": "2"}
    return {}


async def answer(
    request: Request, problem: Problem, headers: dict[str, str] | None = None
) -> Response:
    """The problem as JSON, or as a page where the portal answers and has one."""
    page: ErrorPage | None = getattr(request.app.state, "error_page", None)
    if page and not request.url.path.startswith(JSON_PATHS):
        response = await page(request, problem)
        response.headers.update(headers or {})
        return response
    return as_json(problem, reader_language(request), headers)


def as_json(problem: Problem, language: str, headers: dict[str, str] | None = None) -> Response:
    """The problem document itself."""
    return JSONResponse(
        problem.model_dump(by_alias=True, exclude_none=True),
        problem.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": language, "Cache-Control": "no-store", **(headers or {})},
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an endpoint that may refuse with these statuses."""
    return {status: declared(status) for status in statuses}


def declared(status: int) -> dict[str, Any]:
    title = title_of("en", status)
    example = {"type": f"{TYPE_PREFIX}common.not_found", "title": title, "status": status}
    example |= {"detail": "What was wrong, where, and what to do.", "instance": "/api/requests"}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": title,
        "content": {MEDIA_TYPE: {"schema": schema, "example": example}},
    }
