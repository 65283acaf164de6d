"""libjq behind two methods."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jq
import orjson

from catalog.expressions.errors import ExpressionError
from catalog.expressions.reading import variables_read
from catalog.expressions.tokens import Kind, flat, tokenize

LARGEST = 16_384
"""Bytes of JSON that an expression may work on, and give."""

REFUSED = frozenset(
    (
        *("def", "reduce", "foreach", "label", "import", "include", "module", "range", "repeat"),
        *("recurse", "while", "until", "limit", "env", "input", "inputs", "debug", "stderr", "now"),
        *("halt", "halt_error", "localtime", "strflocaltime", "input_filename", "walk", "error"),
        *("combinations", "get_search_list", "input_line_number", "modulemeta", "infinite", "nan"),
    )
)


class Jq:
    """Checks and evaluates expressions; safe to share between threads."""

    def check(self, source: str) -> None:
        """Compile `source`; raises `ExpressionError`."""
        for token in flat(tokenize(source)):
            hidden = token.kind is Kind.VARIABLE and token.text in ("ENV", "__loc__")
            if hidden or token.text == ".." or (token.kind is Kind.NAME and token.text in REFUSED):
                raise ExpressionError(f"`{token}` is not allowed.", "", token.position)
        _compiled(source, frozenset(variables_read(source)))

    def evaluate(self, source: str, state: Any, variables: Mapping[str, Any]) -> Any:
        """The first value that `source` gives, None where it gives none."""
        names = variables_read(source) & variables.keys()
        envelope = {"v": {name: variables[name] for name in names}, "s": state}
        text = orjson.dumps(envelope, option=orjson.OPT_STRICT_INTEGER)
        if len(text) > LARGEST:
            raise ExpressionError(f"The values have {len(text)} bytes; {LARGEST} are allowed.")
        try:
            return next(iter(_compiled(source, frozenset(names)).input_text(text.decode())), None)
        except ValueError as error:
            raise ExpressionError(f"`{source}` cannot be evaluated: {error}.") from None


@lru_cache(4096)
def _compiled(source: str, names: frozenset[str]) -> Any:
    bound = "".join(f"$__e.v.{name} as ${name} | " for name in sorted(names))
    try:
        return jq.compile(f". as $__e | {bound}$__e.s | ({source})")
    except ValueError as error:
        raise ExpressionError(f"`{source}` is no expression: {error}.") from None
