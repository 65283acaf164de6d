"""Random processes: valid ones, which end by themselves, and mutations of them, valid or not.

No two waits of a process last equally long, nor do any few of them together: so nothing in it
depends on which of two things at the same moment comes first.
"""

from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

from hypothesis import strategies as st

Tasks = list[dict[str, Any]]

PAY = {"call": "charge", "with": {"amount": 100, "currency": "EUR", "method": "invoice"}}
SAY = {"emit": {"event": {"with": {"type": "test.said", "source": "urn:test"}}}}
FAIL = {"raise": {"error": {"type": "https://x.test/random", "status": 500}}}
SAME_N = {"n": "${ .n // 0 }"}
MORE = {"set": {"n": "${ (.n // 0) + 1 }"}}
KEEP = {"export": {"as": "${ {n: (.n // 0), before: ($context.n // 0)} }"}}
SAME = {"output": {"as": "${ $input }"}}
RETRY = {"retry": {"delay": "PT11S", "limit": {"attempt": {"count": 2}}}}
LENGTHS = Random(7).sample(range(2, 100_000), 1_000)
DEEPEST = 3


class Drawing:
    """One process as it is drawn: its waits so far, and how often each effect may come at most."""

    def __init__(self, draw: Any) -> None:
        self.draw, self.names, self.most = draw, count(1), 0
        self.lengths = iter(LENGTHS)

    def one_of(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def tasks(self, depth: int, times: int) -> Tasks:
        """One to three tasks, which run at most so often, the effects in them counted."""
        return [self.named(depth, times) for _ in range(self.draw(st.integers(1, 3)))]

    def named(self, depth: int, times: int) -> dict[str, Any]:
        return {f"t{next(self.names)}": self.task(depth, times)}

    def task(self, depth: int, times: int) -> dict[str, Any]:
        """A task of any kind; composed ones no deeper than so."""
        simple = (self.pay, self.say, self.more, self.more, self.wait, self.fail)
        nested = (self.do, self.loop, self.circle, self.fork, self.race)
        composed = (*nested, self.attempt, self.choose)
        kinds = simple if depth == 0 else (*simple, *composed, *composed)
        make: Callable[[int, int], dict[str, Any]] = self.one_of(*kinds)
        made = make(depth - 1, times)
        if self.draw(st.integers(0, 5)) == 0:
            made = made | {"if": self.one_of("(.n // 0) < 2", "$context.n != 1")}
        if depth and self.draw(st.integers(0, 7)) == 0:
            made = made | {"timeout": {"after": self.length()}}
        return made

    def length(self) -> str:
        """How long a wait or a limit is."""
        return f"PT{next(self.lengths)}M"

    def pay(self, depth: int, times: int) -> dict[str, Any]:
        self.most += times
        return PAY | SAME

    def say(self, depth: int, times: int) -> dict[str, Any]:
        return SAY | SAME

    def more(self, depth: int, times: int) -> dict[str, Any]:
        kept: dict[str, Any] = self.one_of({}, KEEP)
        return MORE | kept

    def wait(self, depth: int, times: int) -> dict[str, Any]:
        return {"wait": self.length()}

    def fail(self, depth: int, times: int) -> dict[str, Any]:
        return FAIL | {"if": self.one_of("(.n // 0) == 1", "(.n // 0) > 2", "$context.n == 1")}

    def do(self, depth: int, times: int) -> dict[str, Any]:
        return {"do": self.tasks(depth, times)}

    def loop(self, depth: int, times: int) -> dict[str, Any]:
        items = self.one_of([1], [1, 2], [1, 2, 3])
        return {"for": {"in": items}, "do": self.tasks(depth, times * len(items))}

    def circle(self, depth: int, times: int) -> dict[str, Any]:
        """A loop by a jump back; it also ends when something inside it keeps something else."""
        rounds, name = self.one_of(1, 2, 3), f"r{next(self.names)}"
        begin = {"set": SAME_N, "export": {"as": f"${{ $context + {{{name}: 0}} }}"}}
        kept = f"${{ {{n: ($context.n // 0), {name}: ($context.{name} // 99)}} }}"
        inner = {"do": self.tasks(depth, times * rounds), **SAME, "export": {"as": kept}}
        counted = f"${{ $context + {{{name}: ($context.{name} + 1)}} }}"
        again = {"when": f"$context.{name} < {rounds}", "then": "inner"}
        return {
            "do": [
                {"begin": begin},
                {"inner": inner},
                {"count": {"set": SAME_N, "export": {"as": counted}}},
                {"back": {"switch": [{"again": again}]}},
            ]
        }

    def fork(self, depth: int, times: int) -> dict[str, Any]:
        return {"fork": {"branches": self.branches(depth, times)}, **SAME}

    def race(self, depth: int, times: int) -> dict[str, Any]:
        return {"fork": {"compete": True, "branches": self.branches(depth, times)}}

    def branches(self, depth: int, times: int) -> Tasks:
        """Branches that begin at different times: none wins by how fast an effect is."""
        return [
            {f"b{n}": {"do": [{"rest": self.wait(0, 1)}, *self.tasks(depth, times)]}}
            for n in range(self.one_of(2, 3))
        ]

    def attempt(self, depth: int, times: int) -> dict[str, Any]:
        tried = self.tasks(depth, times)
        kind = self.one_of("do", "retry", "nothing")
        caught = {"do": {"do": self.tasks(depth, times)}, "retry": RETRY, "nothing": {}}[kind]
        return {"try": tried, "catch": caught}

    def choose(self, depth: int, times: int) -> dict[str, Any]:
        chosen = [{"left": {"do": self.tasks(depth, times), "then": "exit"}}]
        rest = [{"right": {"do": self.tasks(depth, times)}}]
        when = self.one_of("(.n // 0) > 0", "$context.n == 1")
        cases = [{"yes": {"when": when, "then": "left"}}, {"no": {"then": "right"}}]
        return {"do": [{"which": {"switch": cases}}, *chosen, *rest]}


@st.composite
def processes(draw: Any) -> tuple[dict[str, Any], int]:
    """A process, and how often its effect may happen at most."""
    drawing = Drawing(draw)
    return {"do": drawing.tasks(DEEPEST, 1)}, drawing.most


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "${ . }", "${ .a", "end", "PT1H", "P1M", "\x00", "a/b", "é"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["do", "set", "with", "for", "in", "x", ""]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
WORDS = """
do set call with for in each at while fork branches compete switch when then try catch
errors retry delay limit attempt count duration backoff jitter from to listen one any all
until read correlate emit event wait raise error type status run workflow name await input
output export as schema document timeout after if metadata use functions retries timeouts
secrets schedule every cron on foreach item evaluate
"""
KEYS = WORDS.split()


@st.composite
def mutations(draw: Any) -> Any:
    """A valid process in which something was replaced, renamed, dropped or doubled."""
    process, _ = draw(processes())
    for _ in range(draw(st.integers(1, 4))):
        process = mutated(draw, process)
    return process


def mutated(draw: Any, value: Any) -> Any:
    """A value with one change somewhere in it."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 4)) == 0:
        return changed(draw, value)
    if isinstance(value, list):
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], mutated(draw, value[index]), *value[index + 1 :]]
    key = draw(st.sampled_from(sorted(value)))
    return value | {key: mutated(draw, value[key])}


def changed(draw: Any, value: Any) -> Any:
    """Something else in the place of a value."""
    if isinstance(value, dict):
        key = draw(st.sampled_from(KEYS))
        return draw(st.sampled_from([value | {key: draw(ANYTHING)}, {key: value}, {}]))
    if isinstance(value, list):
        return draw(st.sampled_from([value * 2, value[:-1], [value], draw(ANYTHING)]))
    return draw(ANYTHING)
