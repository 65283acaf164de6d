"""From the tokens of an expression to its tree.

Our profile of jq: paths, operators, objects and arrays, `if`, `try`, `$name` bindings, and the
functions of `catalog.expressions.functions`. Where jq's own grammar is ambiguous to a reader, as
with `1 + .a as $x | …`, parentheses are asked for.
"""

from dataclasses import replace
from functools import lru_cache

from catalog.expressions.errors import ExpressionError
from catalog.expressions.functions import refuse_format, refuse_function
from catalog.expressions.limits import LARGEST_EXACT, MOST_KEPT, MOST_LINKED, MOST_NESTED
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
from catalog.expressions.tokens import Kind, Token, tokenize

POWERS = {
    **{",": 1, "//": 2, "or": 3, "and": 4},
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 5),
    **dict.fromkeys(("+", "-"), 6),
    **dict.fromkeys(("*", "/", "%"), 7),
}
"""How strongly operators bind; the pipe binds weakest."""

ASSIGNMENTS = frozenset(("=", "|=", "+=", "-=", "*=", "/=", "%=", "//="))
KEYWORDS = {
    "def": "An expression defines no functions.",
    "reduce": "Write `[.items[] | …] | add`.",
    "foreach": "Write a task `for`.",
    "label": "Write `first(…)`.",
    "break": "Write `first(…)`.",
    "import": "An expression reads no files.",
    "include": "An expression reads no files.",
    "module": "An expression is no module.",
    **dict.fromkeys(("then", "elif", "else", "end", "as", "catch", "and", "or"), ""),
}


@lru_cache(MOST_KEPT)
def parse(source: str) -> Node:
    """The tree of `source`; raises `ExpressionError`."""
    tree = _Parser(tokenize(source), len(source)).whole()
    level: list[Node] = [tree]
    for _ in range(MOST_LINKED):
        level = [child for node in level for child in node.children]
    if level:
        raise ExpressionError(
            "The expression is too long a chain.", "Divide it among several tasks."
        )
    return tree


class _Parser:
    """Reads the tokens of one expression from left to right."""

    def __init__(self, tokens: tuple[Token, ...], end: int, nested: int = 0) -> None:
        self.tokens = tokens
        self.end = end
        self.nested = nested
        self.at = 0

    def whole(self) -> Node:
        """All of the tokens as one expression."""
        node = self._pipe()
        if self.at < len(self.tokens):
            raise self._unexpected()
        return node

    # What stands next

    @property
    def _next(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _is(self, text: str, kind: Kind = Kind.SIGN) -> bool:
        token = self._next
        return token is not None and token.kind is kind and token.text == text

    def _accept(self, text: str, kind: Kind = Kind.SIGN) -> bool:
        found = self._is(text, kind)
        self.at += found
        return found

    def _expect(self, text: str, kind: Kind = Kind.SIGN) -> None:
        if not self._accept(text, kind):
            raise self._unexpected(f"Expected `{text}` here.")

    def _take(self, kind: Kind) -> Token | None:
        token = self._next
        if token is None or token.kind is not kind:
            return None
        self.at += 1
        return token

    def _unexpected(self, hint: str = "") -> ExpressionError:
        token = self._next
        if token is None:
            return ExpressionError("The expression ends too early.", hint, self.end)
        hints = {
            "?//": "Put a space between `?` and `//`.",
            "..": "Name the path, such as `.items[].price`.",
            "::": "There are no modules.",
            **dict.fromkeys(ASSIGNMENTS, "Write `. + {name: …}`; to compare, write `==`."),
            "as": "Put what stands before `as` in parentheses; `$name` follows it.",
        }
        return ExpressionError(
            f"`{token}` is not allowed here.", hints.get(token.text, hint), token.position
        )

    # From what binds weakest to what binds strongest

    def _pipe(self, power: int = 1) -> Node:
        self._deeper()
        node = self._element(power)
        while self._accept("|"):
            node = Pipe(node, self._element(power))
        self.nested -= 1
        return node

    def _deeper(self) -> None:
        self.nested += 1
        if self.nested > MOST_NESTED:
            place = self._next.position if self._next else self.end
            raise ExpressionError("The expression is nested too deep.", "Divide it.", place)

    def _element(self, power: int) -> Node:
        if self._is("-"):
            return self._operators(power, self._operand())
        value = self._path()
        if power > 1 or not self._accept("as", Kind.NAME):
            return self._operators(power, value)
        name = self._take(Kind.VARIABLE)
        if name is None:
            raise self._unexpected("Write `as $name`, and take the parts from `$name`.")
        self._expect("|")
        return Bind(value, _variable(name).name, self._pipe(power))

    def _operand(self) -> Node:
        return Negate(self._path()) if self._accept("-") else self._path()

    def _operators(self, power: int, left: Node) -> Node:
        """`left` with all that follows it and binds at least as strongly as `power`."""
        while (operator := self._operator()) and POWERS[operator] >= power:
            self.at += 1
            strength = POWERS[operator]
            left = Binary(operator, left, self._operators(strength + 1, self._operand()))
            if strength == POWERS["=="] and POWERS.get(self._operator() or "") == strength:
                raise self._unexpected("Put one of the comparisons in parentheses.")
        return left

    def _operator(self) -> str | None:
        token = self._next
        if token is None or token.text not in POWERS:
            return None
        expected = Kind.NAME if token.text in ("and", "or") else Kind.SIGN
        return token.text if token.kind is expected else None

    # Paths

    def _path(self) -> Node:
        # `?` forgives the part of a path right before it, but all of what parentheses hold.
        forgivable = self._is(".") or (self._next is not None and self._next.kind is Kind.FIELD)
        node = self._term()
        while True:
            if self._accept("?"):
                if forgivable and isinstance(node, Index | Slice | Each):
                    node = replace(node, optional=True)
                else:
                    node = Try(node, None)
                forgivable = False
            elif suffixed := self._suffix(node):
                node, forgivable = suffixed, True
            else:
                return node

    def _suffix(self, target: Node) -> Node | None:
        """`target` with the name or bracket that follows it, if one does."""
        if token := self._take(Kind.FIELD):
            return Index(target, Literal(token.text))
        if self._accept("."):
            if token := self._take(Kind.STRING):
                return Index(target, self._text(token, "text"))
            if not self._is("["):
                raise self._unexpected("A dot is followed by a name, a text or a bracket.")
        return self._bracket(target) if self._accept("[") else None

    def _bracket(self, target: Node) -> Node:
        if self._accept("]"):
            return Each(target)
        start = None if self._is(":") else self._pipe()
        if start is not None and self._accept("]"):
            return Index(target, start)
        self._expect(":")
        end = None if start is not None and self._is("]") else self._pipe()
        self._expect("]")
        return Slice(target, start, end)

    # Terms

    def _term(self) -> Node:
        token = self._next
        if token is None:
            raise self._unexpected()
        self.at += 1
        match token.kind:
            case Kind.FIELD:
                return Index(Identity(), Literal(token.text))
            case Kind.NUMBER:
                return Literal(_number(token))
            case Kind.STRING:
                return self._text(token, "text")
            case Kind.FORMAT:
                return self._format(token)
            case Kind.VARIABLE:
                return _variable(token)
            case Kind.NAME:
                return self._name(token)
            case Kind.SIGN:
                return self._sign(token)

    def _sign(self, token: Token) -> Node:
        if token.text == "(":
            node = self._pipe()
            self._expect(")")
            return node
        if token.text == "[":
            body = None if self._is("]") else self._pipe()
            self._expect("]")
            return Array(body)
        if token.text == "{":
            return self._object()
        if token.text == ".":
            string = self._take(Kind.STRING)
            return Index(Identity(), self._text(string, "text")) if string else Identity()
        self.at -= 1
        raise self._unexpected()

    def _name(self, token: Token) -> Node:
        constants = {"null": None, "true": True, "false": False}
        if token.text in constants:
            return Literal(constants[token.text])
        if token.text == "if":
            return self._if()
        if token.text == "try":
            self._deeper()
            body = self._path()
            handler = self._path() if self._accept("catch", Kind.NAME) else None
            self.nested -= 1
            return Try(body, handler)
        if token.text in KEYWORDS:
            self.at -= 1
            raise self._unexpected(KEYWORDS[token.text])
        arguments: list[Node] = []
        if self._accept("("):
            arguments.append(self._pipe())
            while self._accept(";"):
                arguments.append(self._pipe())
            self._expect(")")
        refuse_function(token.text, len(arguments), token.position)
        return Call(token.text, tuple(arguments))

    def _if(self) -> Node:
        condition = self._pipe()
        self._expect("then", Kind.NAME)
        yes = self._pipe()
        no: Node = Identity()
        if self._accept("elif", Kind.NAME):
            self._deeper()
            no = self._if()
            self.nested -= 1
            return If(condition, yes, no)
        if self._accept("else", Kind.NAME):
            no = self._pipe()
        self._expect("end", Kind.NAME)
        return If(condition, yes, no)

    def _object(self) -> Node:
        entries: list[tuple[Node, Node]] = []
        while not self._accept("}"):
            entries.append(self._entry())
            if not self._is("}"):
                self._expect(",")
        return Object(tuple(entries))

    def _entry(self) -> tuple[Node, Node]:
        if variable := self._take(Kind.VARIABLE):
            return Literal(variable.text), _variable(variable)
        name = self._take(Kind.NAME)
        string = None if name else self._take(Kind.STRING)
        key: Node
        if name:
            key = Literal(name.text)
        elif string:
            key = self._text(string, "text")
        else:
            self._expect("(")
            key = self._pipe()
            self._expect(")")
            self._expect(":")
            return key, self._pipe(POWERS["//"])
        if self._accept(":"):
            return key, self._pipe(POWERS["//"])
        return key, Index(Identity(), key)

    def _format(self, token: Token) -> Node:
        refuse_format(token.text, token.position)
        if string := self._take(Kind.STRING):
            return self._text(string, token.text)
        return Call(f"@{token.text}", ())

    def _text(self, token: Token, written: str) -> Node:
        if token.plain is not None:
            return Literal(token.plain)
        parts = tuple(
            part
            if isinstance(part, str)
            else _Parser(part, token.position + len(token.text), self.nested).whole()
            for part in token.parts
        )
        return Text(written, parts)


def _variable(token: Token) -> Variable:
    if token.text.startswith("__") or token.text == "ENV":
        raise ExpressionError(
            f"There is no variable `{token}`.",
            "What an item is set to stands in `$settings`.",
            token.position,
        )
    return Variable(token.text)


def _number(token: Token) -> float:
    value = float(token.text)
    if value > LARGEST_EXACT:
        raise ExpressionError(
            f"The number {token} is too large: above {LARGEST_EXACT} jq loses digits.",
            "Write it as a text.",
            token.position,
        )
    return int(value) if value.is_integer() else value
