"""What an expression reads, as far as its words tell."""

from itertools import pairwise

from catalog.expressions.nodes import free_variables
from catalog.expressions.parsing import parse
from catalog.expressions.tokens import Kind, Token, flat, tokenize


def names_read(source: str) -> set[str]:
    """The names of fields that the expression may read by name; rather too many than too few.

    Every `.name` counts, every text without interpolation (`["name"]`, `has("name")`) and every
    name that an object may begin an entry with. What is read without a name (`.[]`, `.[$key]`,
    `keys`) only `reads_whole` tells.
    """
    tokens = list(flat(tokenize(source)))
    names = {token.plain for token in tokens if token.plain is not None}
    for before, token in pairwise(tokens):
        if token.kind is Kind.NAME and before.text in ("{", ","):
            names.add(token.text)
    return names | {token.text for token in tokens if token.kind is Kind.FIELD}


def variables_read(source: str) -> frozenset[str]:
    """The variables that the expression reads and does not bind itself, without their `$`."""
    return free_variables(parse(source))


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
