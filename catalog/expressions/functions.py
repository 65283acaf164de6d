"""The functions of jq that an expression may call, what each costs, and why the others are out.

An allow-list: libjq holds Python's lock while it runs, so nothing is in that could run for long,
that depends on the machine or that tells its secrets.
"""

from dataclasses import dataclass
from enum import Enum

from catalog.expressions.errors import ExpressionError
from catalog.problems import suggestion


class Shape(Enum):
    """How a function comes to its result."""

    VALUES = "from its input and each value of its arguments"
    PAIRS = "by comparing all of its input with all of its argument"
    JOINED = "from its input, with its argument between the elements"
    EACH = "by applying its argument to each element"
    FILTER = "its input, or nothing"
    SELECT = "its input, once for each value of its argument"
    GATHER = "from all values that its argument gives"
    DELETE = "its input without the paths that its argument gives"
    JUDGED = "by applying its second argument to each value of the first"


@dataclass(frozen=True)
class Cost:
    """What a call takes, in units of work, and makes; `catalog.expressions.work` adds it up.

    `fixed` is for each call, `scan` for each unit of size that it reads. Its result has `growth`
    units for each of those.
    """

    shape: Shape
    fixed: float = 1.0
    scan: float = 0.0
    growth: float = 0.0


def _costs(
    shape: Shape, names: str, fixed: float = 1, scan: float = 0, growth: float = 0
) -> dict[str, Cost]:
    return dict.fromkeys(names.split(), Cost(shape, fixed, scan, growth))


FUNCTIONS = {
    **_costs(Shape.VALUES, "not/0 type/0 toboolean/0 has/1 in/1 utf8bytelength/0"),
    **_costs(Shape.VALUES, "floor/0 ceil/0 round/0 trunc/0 abs/0 fabs/0"),
    **_costs(Shape.VALUES, "tonumber/0 fromdate/0 todate/0", fixed=10),
    **_costs(Shape.VALUES, "fromdateiso8601/0 todateiso8601/0", fixed=10),
    **_costs(Shape.VALUES, "startswith/1 endswith/1 length/0", scan=1),
    **_costs(Shape.VALUES, "any/0 all/0", fixed=2, scan=3),
    **_costs(Shape.VALUES, "first/0 last/0", growth=1),
    **_costs(Shape.VALUES, "ltrimstr/1 rtrimstr/1 trimstr/1", fixed=4, scan=1, growth=1),
    **_costs(Shape.VALUES, "trim/0 ltrim/0 rtrim/0", scan=1, growth=1),
    **_costs(Shape.VALUES, "ascii_downcase/0 ascii_upcase/0", fixed=10, scan=70, growth=1),
    **_costs(Shape.VALUES, "reverse/0 keys/0 min/0 max/0", fixed=2, scan=4, growth=1),
    **_costs(Shape.VALUES, "sort/0 unique/0", fixed=2, scan=10, growth=1),
    **_costs(Shape.VALUES, "add/0", fixed=4, scan=10, growth=1),
    **_costs(Shape.VALUES, "to_entries/0 from_entries/0", fixed=4, scan=16, growth=4),
    **_costs(Shape.VALUES, "tostring/0 tojson/0", scan=2, growth=3),
    **_costs(Shape.VALUES, "split/1", scan=8, growth=16),
    **_costs(Shape.JOINED, "join/1", fixed=4, scan=25, growth=1),
    **_costs(Shape.PAIRS, "contains/1 inside/1 index/1 rindex/1", scan=1),
    **_costs(Shape.EACH, "map/1", fixed=2, scan=1, growth=1),
    **_costs(Shape.EACH, "map_values/1", fixed=2, scan=12, growth=1),
    **_costs(Shape.EACH, "any/1 all/1", fixed=2, scan=3),
    **_costs(Shape.EACH, "sort_by/1 min_by/1 max_by/1", fixed=4, scan=4, growth=1),
    **_costs(Shape.EACH, "group_by/1 unique_by/1 INDEX/1", fixed=4, scan=6, growth=2),
    **_costs(Shape.EACH, "with_entries/1", fixed=8, scan=8, growth=4),
    **_costs(Shape.FILTER, "values/0 nulls/0 booleans/0 numbers/0 strings/0"),
    **_costs(Shape.FILTER, "arrays/0 objects/0 scalars/0 iterables/0"),
    **_costs(Shape.SELECT, "select/1"),
    **_costs(Shape.GATHER, "first/1 last/1", fixed=2, growth=1),
    **_costs(Shape.GATHER, "isempty/1", fixed=2),
    **_costs(Shape.GATHER, "IN/1", fixed=2, scan=2),
    **_costs(Shape.GATHER, "add/1", fixed=4, scan=10, growth=1),
    **_costs(Shape.GATHER, "empty/0"),
    **_costs(Shape.DELETE, "del/1", fixed=6, scan=0.1, growth=1),
    **_costs(Shape.JUDGED, "any/2 all/2", fixed=2),
}
"""By name and number of arguments."""

FORMATS = {
    **_costs(Shape.VALUES, "text json uri csv base64 base64d", fixed=2, scan=2, growth=3),
    **_costs(Shape.VALUES, "html", fixed=2, scan=2, growth=6),
}
"""Behind an `@`: how a value is written as text, alone or for the interpolations of a text."""

NAMES = frozenset(name.partition("/")[0] for name in FUNCTIONS)


def _reasons(hint: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), hint)


REFUSED = {
    **_reasons(
        "The time is in `$now`; write `fromdate` and `todate` to count with it.",
        "now localtime gmtime mktime strptime strftime strflocaltime",
    ),
    **_reasons("What an item is set to stands in `$settings`.", "env"),
    **_reasons(
        "An expression sees `.` and its variables, and nothing else.",
        "input inputs input_filename input_line_number debug stderr halt halt_error modulemeta"
        " get_search_list get_prog_origin get_jq_origin builtins have_decnum have_literal_numbers",
    ),
    **_reasons(
        "Write `.items[]`, `map(…)` or `.items[:3]`; a task `for` repeats tasks.",
        "range repeat recurse until while limit skip nth combinations walk transpose bsearch",
    ),
    **_reasons(
        "Name the path, such as `.items[].price`.",
        "path paths getpath setpath delpaths pick tostream fromstream truncate_stream flatten"
        " keys_unsorted JOIN fromjson",
    ),
    **_reasons(
        "A form checks patterns; here write `startswith`, `endswith`, `contains` or `split`.",
        "test match capture scan splits sub gsub indices explode implode",
    ),
    **_reasons("Write a task `raise`.", "error"),
    **_reasons("Write a format such as `@json`.", "format"),
    **_reasons(
        "Results would differ between machines; write `+ - * / %`, `floor`, `round` or `ceil`.",
        "acos acosh asin asinh atan atan2 atanh cbrt copysign cos cosh drem erf erfc exp exp10"
        " exp2 expm1 fdim fma fmax fmin fmod frexp gamma hypot j0 j1 jn ldexp lgamma lgamma_r log"
        " log10 log1p log2 logb modf nearbyint nextafter nexttoward pow remainder rint scalb"
        " scalbln significand sin sinh sqrt tan tanh tgamma y0 y1 yn",
    ),
    **_reasons(
        "Numbers are finite here.",
        "finites infinite isfinite isinfinite isnan isnormal nan normals",
    ),
}
"""The other functions of libjq, with what to write instead."""


def refuse_function(name: str, arguments: int, position: int) -> None:
    """Raise `ExpressionError` unless the function is among those allowed."""
    if f"{name}/{arguments}" in FUNCTIONS:
        return
    if name in NAMES:
        raise ExpressionError(
            f"`{name}` does not take {_counted(arguments)}.",
            f"It takes {' or '.join(_counted(count) for count in _arities(name))}.",
            position,
        )
    if name in REFUSED:
        raise ExpressionError(f"`{name}` is not allowed.", REFUSED[name], position)
    raise ExpressionError(f"There is no function `{name}`.", suggestion(name, NAMES), position)


def refuse_format(name: str, position: int) -> None:
    """Raise `ExpressionError` unless texts may be written in this format."""
    if name not in FORMATS:
        raise ExpressionError(f"`@{name}` is not allowed.", suggestion(name, FORMATS), position)


def _arities(name: str) -> list[int]:
    return sorted(int(key.split("/")[1]) for key in FUNCTIONS if key.split("/")[0] == name)


def _counted(arguments: int) -> str:
    return {0: "no argument", 1: "1 argument"}.get(arguments, f"{arguments} arguments")
