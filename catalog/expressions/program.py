"""The program that libjq runs: written anew from the tree that was judged.

So nothing reaches libjq that our own reading of the expression did not see, and the operators that
could lose digits or blow up (`"x" * 1000000000`) become functions that refuse to.
"""

import json
from collections.abc import Iterable

from catalog.expressions.limits import LARGEST_EXACT, LARGEST_RESULT
from catalog.expressions.nodes import (
    Array,
    Binary,
    Bind,
    Call,
    Each,
    Identity,
    If,
    Index,
    Literal,
    Negate,
    Node,
    Object,
    Pipe,
    Slice,
    Text,
    Try,
    Variable,
)

GUARDS = f"""
def __exact: if type == "number" and (. <= {LARGEST_EXACT} and . >= -{LARGEST_EXACT} | not)
  then error("A number became larger than {LARGEST_EXACT}") else . end;
def __refused($sign): error("`\\($sign)` needs two numbers, and got \\(.[0]) and \\(.[1])");
def __plus(a; b): a + b | __exact;
def __minus(a; b): b as $b | a as $a | [$a, $b | type] |
  if . == ["number", "number"] then $a - $b | __exact else __refused("-") end;
def __times(a; b): b as $b | a as $a | [$a, $b | type] |
  if . == ["number", "number"] then $a * $b | __exact
  elif . == ["object", "object"] then $a * $b else __refused("*") end;
def __over(a; b): b as $b | a as $a | [$a, $b | type] |
  if . != ["number", "number"] then __refused("/")
  elif $b == 0 then error("Division by zero") else $a / $b | __exact end;
def __rest(a; b): b as $b | a as $a | [$a, $b | type] |
  if . != ["number", "number"] then __refused("%")
  elif ($b | trunc) == 0 then error("Division by zero") else $a % $b end;
def __key: if type == "array" then error("A key cannot be an array") else . end;
def __sum: reduce .[] as $value (null; __plus(.; $value));
def __fits: . as $result | reduce .. as $value (0;
  . + ($value | if type == "string" then length + 1 else 1 end)
  | if . > {LARGEST_RESULT} then error("The result is too large") else . end) | $result;
"""
OPERATORS = {"+": "__plus", "-": "__minus", "*": "__times", "/": "__over", "%": "__rest"}
REWRITTEN = {
    "add/0": "__sum",
    "add/1": "([{0}] | __sum)",
    "tonumber/0": "(tonumber | __exact)",
}


def program(node: Node, variables: Iterable[str], *, large: bool) -> str:
    """jq that takes `{"s": state, "v": {name: value}}`; `large` where the result may be."""
    bound = "".join(f"$__e.v.{name} as ${name} | " for name in sorted(variables))
    fits = " | __fits" if large else ""
    return f"{GUARDS} . as $__e | {bound}$__e.s | {written(node)}{fits}"


def written(node: Node) -> str:
    """`node` in jq, with parentheses around everything that has parts."""
    match node:
        case Identity():
            return "."
        case Literal(value):
            return json.dumps(value, ensure_ascii=False)
        case Variable(name):
            return f"${name}"
        case Index(target, key, optional):
            inside = written(key) if isinstance(key, Literal) else f"{written(key)} | __key"
            return f"({_base(target)}[{inside}]{_mark(optional)})"
        case Slice(target, start, end, optional):
            ends = ":".join(written(part) if part else "" for part in (start, end))
            return f"({_base(target)}[{ends}]{_mark(optional)})"
        case Each(target, optional):
            return f"({_base(target)}[]{_mark(optional)})"
        case Try(body, handler):
            caught = f" catch {written(handler)}" if handler else ""
            return f"(try {written(body)}{caught})"
        case Array(body):
            return f"[{written(body) if body else ''}]"
        case Object(entries):
            inside = ", ".join(f"({written(key)}): {written(value)}" for key, value in entries)
            return f"{{{inside}}}"
        case Text(form, parts):
            return _text(form, parts)
        case Call(name, arguments):
            return _call(name, [written(argument) for argument in arguments])
        case Negate(value):
            return f"(-{written(value)})"
        case Binary(operator, left, right):
            return _binary(operator, written(left), written(right))
        case Pipe(left, right):
            return f"({written(left)} | {written(right)})"
        case Bind(value, name, body):
            return f"({written(value)} as ${name} | {written(body)})"
        case If(condition, yes, no):
            return f"(if {written(condition)} then {written(yes)} else {written(no)} end)"
    raise TypeError(node)


def _base(target: Node) -> str:
    return "." if isinstance(target, Identity) else f"({written(target)})"


def _mark(optional: bool) -> str:
    return "?" if optional else ""


def _text(form: str, parts: tuple[str | Node, ...]) -> str:
    inside = "".join(
        json.dumps(part, ensure_ascii=False)[1:-1]
        if isinstance(part, str)
        else f"\\({written(part)})"
        for part in parts
    )
    return f'(@{form} "{inside}")'


def _call(name: str, arguments: list[str]) -> str:
    rewritten = REWRITTEN.get(f"{name}/{len(arguments)}")
    if rewritten:
        return rewritten.format(*arguments)
    return f"{name}({'; '.join(arguments)})" if arguments else name


def _binary(operator: str, left: str, right: str) -> str:
    if guard := OPERATORS.get(operator):
        return f"{guard}({left}; {right})"
    return f"({left} {operator} {right})"
