"""What an expression reads, as far as its words tell."""

from catalog.expressions.tokens import Kind, Token, flat, tokenize


def names_read(source: str) -> set[str]:
    """The names of fields that the expression may read by name; more rather than fewer.

    Every `.name`, every text without interpolation and every name before a colon or in an object
    counts. What it reads without a name (`.[]`, `.[$key]`, `keys`) `reads_whole` tells.
    """
    names: set[str] = set()
    for token in flat(tokenize(source)):
        if token.kind in (Kind.FIELD, Kind.NAME, Kind.VARIABLE):
            names.add(token.text)
        elif token.plain is not None:
            names.add(token.plain)
    return names


def variables_read(source: str) -> set[str]:
    """The variables named anywhere, without their `$`; those that it binds itself too."""
    return {token.text for token in flat(tokenize(source)) if token.kind is Kind.VARIABLE}


def reads_whole(source: str, variable: str) -> bool:
    """Whether `$variable` stands anywhere without the name of a field right behind it."""
    return _reads_whole(tokenize(source), variable)


def _reads_whole(tokens: tuple[Token, ...], variable: str) -> bool:
    inner = (part for token in tokens for part in token.parts if not isinstance(part, str))
    return any(
        token.kind is Kind.VARIABLE and token.text == variable and not _names_field(tokens[i + 1 :])
        for i, token in enumerate(tokens)
    ) or any(_reads_whole(part, variable) for part in inner)


def _names_field(after: tuple[Token, ...]) -> bool:
    """Whether what follows a variable is `.name`, `."name"`, `["name"]` or `.["name"]`."""
    rest = after[1:] if after and after[0].text == "." else after
    if after and after[0].kind is Kind.FIELD:
        return True
    if rest is not after and rest and rest[0].plain is not None:
        return True
    return (
        len(rest) > 2 and (rest[0].text, rest[2].text) == ("[", "]") and rest[1].plain is not None
    )
