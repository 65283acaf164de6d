"""The language of an answer.

A program says in each call what it wants; a browser always says something, so on pages what the
person has chosen goes before it.
"""

from fastapi import Request

from ground.messages import DEFAULT_LANGUAGE, languages

JSON_PATHS = ("/api/", "/health/")
LANGUAGE_COOKIE = "ventanilla_language"


def accepted_language(header: str) -> str | None:
    """The best of our languages in an `Accept-Language` header; None if it names none of them.

    A region counts as its language (`pt-BR` is `pt`); `*` and languages of weight 0 choose nothing.
    """
    ranked = sorted(weighed(header), key=lambda choice: -choice[0])
    return next((name for weight, name in ranked if weight > 0 and name in languages()), None)


def weighed(header: str) -> list[tuple[float, str]]:
    """The header's choices as (weight, language); what cannot be read weighs nothing."""
    choices = []
    for part in header.split(","):
        tag, *options = [piece.strip() for piece in part.split(";")]
        weight = 1.0
        for option in options:
            if option.startswith("q="):
                weight = weight_of(option.removeprefix("q="))
        choices.append((weight, tag.split("-")[0].lower()))
    return choices


def weight_of(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def reader_language(request: Request) -> str:
    """The language to answer this request in; knows the account once somebody has asked for it."""
    viewer = getattr(request.state, "viewer", None)
    account = viewer.language if viewer else None
    asked = accepted_language(request.headers.get("accept-language", ""))
    if request.scope["path"].startswith(JSON_PATHS):
        return asked or account or DEFAULT_LANGUAGE
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    ranked = (chosen, account, asked)
    return next((one for one in ranked if one in languages()), DEFAULT_LANGUAGE)
