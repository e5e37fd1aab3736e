"""FHIRPath's grammar: text to a tree of expressions. http://hl7.org/fhirpath/N1/#grammar"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


class NotPlain(Exception):
    """FHIRPath that this grammar does not cover: dates, quantities, signs, computed indexes."""


class NotFhirPath(ValueError):
    """Text that is no FHIRPath at all."""

    def __init__(self, what: str) -> None:
        super().__init__(f"not a FHIRPath expression: {what}")


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, a number or a boolean; None for ``{}``."""

    value: str | int | bool | Decimal | None


@dataclass(frozen=True, slots=True)
class Name:
    """A child, or at the start of a path the type that the path is for."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable:
    """``$this`` or ``%resource``."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function on what stands before it."""

    name: str
    arguments: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Step:
    """``left.right``"""

    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class Item:
    """``left[number]``"""

    left: "Tree"
    number: int


@dataclass(frozen=True, slots=True)
class Operation:
    """``left operator right``"""

    operator: str
    left: "Tree"
    right: "Tree"


Tree: TypeAlias = Literal | Name | Variable | Call | Step | Item | Operation

PRECEDENCE = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "!=", "~", "!~"),
    ("<=", ">=", "<", ">"),
    ("|",),
    ("is", "as"),
    ("+", "-", "&"),
    ("*", "/", "div", "mod"),
)
"""Loosest first."""

DEPTH = 50

_tokens = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?)|(?P<variable>[$%]\w+|%`[^`]+`)
    |(?P<name>`[^`]+`|[A-Za-z_]\w*)|(?P<operator><=|>=|!=|!~|[-+*/&|=<>~().,\[\]{}]))""",
    re.VERBOSE,
)
_escapes = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


def parse(expression: str) -> Tree:
    """Raises NotPlain, NotFhirPath."""
    reader = _Reader(expression)
    tree = reader.operation(0)
    if reader.kind:
        raise NotPlain if isinstance(tree, Literal) else NotFhirPath("something is left over")
    return tree


class _Reader:
    """Reads tokens one by one; ``kind`` is empty at the end."""

    def __init__(self, expression: str) -> None:
        self._text = expression.strip()
        self._at = 0
        self._depth = 0
        self.kind = ""
        self.symbol = ""
        self.next()

    def next(self) -> str:
        """The token that was, after moving to the next."""
        passed = self.symbol
        if self._at == len(self._text):
            self.kind = self.symbol = ""
            return passed
        found = _tokens.match(self._text, self._at)
        if not found or not found.lastgroup:
            raise NotPlain if self._text.startswith("@", self._at) else NotFhirPath("an unknown symbol")
        self.kind, self.symbol, self._at = found.lastgroup, found[found.lastgroup], found.end()
        return passed

    def expect(self, symbol: str) -> None:
        if self.next() != symbol:
            raise NotFhirPath(f"{symbol} is missing")

    def operation(self, level: int) -> Tree:
        if level == len(PRECEDENCE):
            return self.path()
        left = self.operation(level + 1)
        while self.kind in ("operator", "name") and self.symbol in PRECEDENCE[level]:
            left = Operation(self.next(), left, self.operation(level + 1))
        return left

    def path(self) -> Tree:
        self._depth += 1
        if self._depth > DEPTH:
            raise NotFhirPath("nested too deeply")
        tree = self.term()
        while self.symbol in (".", "["):
            tree = Step(tree, self.invocation()) if self.next() == "." else self.item(tree)
        self._depth -= 1
        return tree

    def item(self, tree: Tree) -> Tree:
        number = self.next()
        if not number.isdecimal() or self.symbol != "]":
            raise NotPlain
        self.next()
        return Item(tree, int(number))

    def term(self) -> Tree:
        kind = self.kind
        if kind == "name":
            return Literal(self.next() == "true") if self.symbol in ("true", "false") else self.invocation()
        if kind == "string":
            return Literal(re.sub(r"\\(.)", lambda found: _escapes.get(found[1], found[1]), self.next()[1:-1]))
        if kind == "number":
            text = self.next()
            return Literal(Decimal(text) if "." in text else int(text))
        if kind == "variable":
            return Variable(self.next().replace("`", ""))
        return self.enclosed()

    def enclosed(self) -> Tree:
        if self.symbol == "{":
            self.next()
            self.expect("}")
            return Literal(None)
        if self.symbol in ("+", "-"):
            raise NotPlain
        self.expect("(")
        tree = self.operation(0)
        self.expect(")")
        return tree

    def invocation(self) -> Tree:
        if self.kind != "name":
            raise NotFhirPath("a name is missing")
        name = self.next().strip("`")
        if self.symbol != "(":
            return Name(name)
        self.next()
        arguments: list[Tree] = []
        while self.symbol != ")":
            if arguments:
                self.expect(",")
            arguments.append(self.operation(0))
        self.expect(")")
        return Call(name, tuple(arguments))
