"""The order in which each function of the durable code issues commands, read from its source.

A function's fingerprint is the list of what it awaits, in the order of the text, with the branches
and loops around it. Run this module to write the current fingerprints.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from tests.workflows.counter import ROOT

FILE = Path(__file__).parent / "fingerprints.json"
MODULES = ROOT / "workflows"
BLOCKS = {
    ast.If: "if",
    ast.While: "while",
    ast.For: "for",
    ast.Try: "try",
    ast.ExceptHandler: "except",
    ast.IfExp: "if",
    ast.ListComp: "for",
}


def compute() -> dict[str, list[str]]:
    """The fingerprint of every function that awaits anything, by module and name."""
    found = {}
    for path in sorted(MODULES.rglob("*.py")):
        module = path.relative_to(MODULES).with_suffix("").as_posix()
        for name, function in functions(ast.parse(path.read_text())):
            if commands := list(awaited(function)):
                found[f"{module}:{name}"] = commands
    return found


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """Every async function with its qualified name."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", child
        if isinstance(child, ast.ClassDef | ast.AsyncFunctionDef | ast.FunctionDef):
            yield from functions(child, f"{prefix}{child.name}.")
        else:
            yield from functions(child, prefix)


def awaited(node: ast.AST) -> Iterator[str]:
    """What is awaited below a node, in the order of the text."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.AsyncFunctionDef | ast.FunctionDef):
            continue
        inner = list(awaited(child))
        if isinstance(child, ast.Await):
            inner.append(called(child.value))
        if type(child) in BLOCKS and inner:
            yield f"{BLOCKS[type(child)]}("
            yield from inner
            yield ")"
        else:
            yield from inner


def called(value: ast.expr) -> str:
    """An awaited call with its first argument, the effect: `self.act(billing.charge)`."""
    if not isinstance(value, ast.Call):
        return ast.unparse(value)
    first = ast.unparse(value.args[0]) if value.args else ""
    return f"{ast.unparse(value.func)}({first.splitlines()[0] if first else ''})"


if __name__ == "__main__":
    FILE.write_text(json.dumps(compute(), indent=2) + "\n")
