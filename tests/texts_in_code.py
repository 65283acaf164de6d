"""Which messages the code and the pages ask for, read from their syntax trees."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from jinja2 import Environment, nodes

from ground import errors
from ground.messages import catalogue
from workflows.request import Refused

ROOT = Path(__file__).parent.parent
HOLE = "{}"
OTHERS_USE = frozenset({"visible", "retry_after"})
"""Keyword arguments of the calls below that are no parameters of the message."""


@dataclass(frozen=True)
class Mention:
    """A place that names a message; each `{}` of the key stands for what is known at run time.

    `params` are the parameters it gives, where they stand there one by one.
    """

    place: str
    key: str
    params: frozenset[str] | None = None


@cache
def code() -> dict[Path, ast.Module]:
    """The syntax tree of each of our modules, tests and migrations left out."""
    folders = sorted(init.parent for init in ROOT.glob("*/__init__.py"))
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    texts = [path for path in files if "migrations" not in path.parts]
    return {path: ast.parse(path.read_text()) for path in [*texts, *sorted(ROOT.glob("*.py"))]}


@cache
def refusing() -> frozenset[str]:
    """The errors that carry a message key first."""
    found: list[type] = [errors.Refusal, Refused]
    for one in found:
        found += one.__subclasses__()
    return frozenset(one.__name__ for one in found) - {"Invalid"}


@cache
def mentions() -> list[Mention]:
    """Every mention of a message."""
    in_code = (one for path, tree in code().items() for one in in_module(path, tree))
    return [*in_code, *in_portal(), *in_templates()]


def in_module(path: Path, tree: ast.Module) -> Iterator[Mention]:
    """The mentions of one module."""
    form = re.compile(rf"({'|'.join(domains())})\.[a-z0-9_.{{}}-]+")
    aside = {id(part) for node in ast.walk(tree) for part in parts_of_others(node)}
    given = {id(call.args[0]): params for call, params in telling(tree)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and id(node) not in aside:
            for key in texts(node):
                if form.fullmatch(key) and not key.endswith(".html"):
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield Mention(place, key, given.get(id(node)))


def domains() -> set[str]:
    """The first words of all keys."""
    return {key.partition(".")[0] for key in catalogue("en")}


def parts_of_others(node: ast.AST) -> Iterator[ast.AST]:
    """Texts inside an f-string, which are read with it, and names of columns."""
    if isinstance(node, ast.JoinedStr):
        yield from (part for value in node.values for part in ast.walk(value))
    if isinstance(node, ast.keyword) and node.arg == "foreign_key":
        yield node.value


def telling(tree: ast.Module) -> Iterator[tuple[ast.Call, frozenset[str] | None]]:
    """Each call that takes a key first and its parameters by name, with the names it gives."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
        if name == "ref" or name == "say" or name in refusing():
            by_name = [keyword.arg for keyword in call.keywords]
            listed = frozenset(arg for arg in by_name if arg) - OTHERS_USE
            if "retry_after" in by_name or name == "TooManyTries":
                listed |= {"retry_after"}
            yield call, None if None in by_name else listed


def texts(node: ast.expr) -> set[str]:
    """What an expression may be, with `{}` for whatever is known at run time only."""
    if isinstance(node, ast.Constant):
        return {str(node.value)} if isinstance(node.value, str) else {HOLE}
    if isinstance(node, ast.JoinedStr):
        return {"".join(parts) for parts in product(*map(texts, node.values))}
    if isinstance(node, ast.FormattedValue):
        return texts(node.value)
    if isinstance(node, ast.IfExp):
        return texts(node.body) | texts(node.orelse)
    return {HOLE}


def in_portal() -> Iterator[Mention]:
    """What the code of pages asks for: `words.text("sign_in")` is `portal.sign_in`."""
    for path, tree in code().items():
        if path.is_relative_to(ROOT / "portal"):
            for call in ast.walk(tree):
                if is_text_of_portal(call):
                    assert isinstance(call, ast.Call)
                    params = frozenset(one.arg for one in call.keywords if one.arg)
                    for key in texts(call.args[0]) - {HOLE}:
                        place = f"{path.relative_to(ROOT)}:{call.lineno}"
                        yield Mention(place, f"portal.{key}", params)


def is_text_of_portal(node: ast.AST) -> bool:
    """Whether this asks `Words` for a text; fields of forms have texts too, by two arguments."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "text"
        and len(node.args) == 1
    )


def in_templates() -> Iterator[Mention]:
    """What the pages ask for: `t("sign_in")` is `portal.sign_in`."""
    environment = Environment()
    for path in sorted((ROOT / "portal" / "templates").glob("*.html")):
        for call in environment.parse(path.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t":
                params = frozenset(keyword.key for keyword in call.kwargs)
                for key in template_texts(call.args[0]):
                    place = f"{path.relative_to(ROOT)}:{call.lineno}"
                    yield Mention(place, f"portal.{key}", params)


def template_texts(node: nodes.Node) -> set[str]:
    """The same as `texts`, of a template's expression."""
    if isinstance(node, nodes.Const):
        return {str(node.value)}
    if isinstance(node, nodes.Concat):
        return {"".join(parts) for parts in product(*map(template_texts, node.nodes))}
    if isinstance(node, nodes.CondExpr):
        branches: Iterable[nodes.Node] = filter(None, (node.expr1, node.expr2))
        return {text for branch in branches for text in template_texts(branch)}
    return {HOLE}


def values_of(keyword: str, folder: str) -> set[str]:
    """The texts that calls in one folder give to a keyword argument, with `{}` for holes."""
    trees = (tree for path, tree in code().items() if path.is_relative_to(ROOT / folder))
    return {
        text
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == keyword
        for text in texts(node.value)
        if text != HOLE
    }
