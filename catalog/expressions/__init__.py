"""Expressions of declared processes: a frozen, bounded profile of jq."""

from catalog.expressions.engine import Jq
from catalog.expressions.errors import ExpressionError
from catalog.expressions.reading import names_read, reads_whole, variables_read
from catalog.expressions.values import Engine, evaluate_all, is_expression, source_of

__all__ = [
    "Engine",
    "ExpressionError",
    "Jq",
    "evaluate_all",
    "is_expression",
    "names_read",
    "reads_whole",
    "source_of",
    "variables_read",
]
