"""How much an expression may be, read, do and give.

Nothing can stop libjq once it runs, and all of Python waits for it meanwhile.
"""

MOST_CHARACTERS = 2_000

MOST_INTERPOLATIONS = 4
"""How deep texts may stand in the interpolations of texts."""

MOST_NESTED = 24
"""How deep parentheses, brackets, bindings and the like may be nested."""

MOST_LINKED = 80
"""How many steps the tree may go down, which long chains of operators do too."""

LARGEST_EXACT = 2**53 - 1
"""jq counts in doubles: integers above this lose their last digits."""

LARGEST_STATE = 16_384
"""Bytes of JSON that the state and the variables that are read may have together."""

LARGEST_RESULT = 16_384
"""Bytes of JSON that a result may have."""

MOST_WORK = 250_000
"""Units of work that an expression may be at most, by our estimate: a tenth of a second."""

USUAL_SIZE = 16
"""Units of a state for which every expression must be fit: one for a single value; see `work`."""

MOST_KEPT = 4_096
"""Expressions that are kept parsed, and compiled."""
