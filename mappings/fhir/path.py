"""FHIRPath compiled to closures: ``compile("Claim.item.encounter")(claim)`` is what the path finds.

What R4's search parameters and invariants use is compiled here, a microsecond or two a step; what is richer goes to
fhirpathpy, whose results have no types. Nodes know their type, which for a choice (``value``) only the path can tell.

http://hl7.org/fhirpath/N1/"""

from collections.abc import Callable
from functools import cache
from typing import Any

from mappings.fhir.path_functions import FUNCTIONS, Evaluator
from mappings.fhir.path_grammar import (
    Call,
    Item,
    Literal,
    Name,
    NotFhirPath,
    NotPlain,
    Operation,
    Step,
    Tree,
    Variable,
    parse,
)
from mappings.fhir.path_nodes import Environment, Node, Nodes, children, is_a, resource_type
from mappings.fhir.path_operators import EMPTY, OPERATORS, boolean

UCUM = Node("http://unitsofmeasure.org", "uri")


class Path:
    """A compiled expression."""

    __slots__ = ("_evaluate", "expression")

    def __init__(self, expression: str, evaluate: Callable[[Node, Environment], Nodes]) -> None:
        self.expression = expression
        self._evaluate = evaluate

    def __call__(self, resource: Any) -> list[Any]:
        """The values found in a resource, in order; what has only extensions has no value."""
        return [node.value for node in self.nodes(resource) if node.value is not None]

    def nodes(self, resource: Any) -> Nodes:
        """The values found, each with its type."""
        return self.within(environment(resource))

    def within(self, environment: Environment) -> Nodes:
        """``nodes`` of a resource that many paths are asked of."""
        return self._evaluate(environment.resource, environment)

    def at(self, node: Node, resource: Any, root: Any) -> Nodes:
        """From a node within a resource, which a root contains (or itself)."""
        within, outer = Node(resource, resource_type(resource)), Node(root, resource_type(root))
        return self._evaluate(node, Environment(node, within, outer))


def environment(resource: Any) -> Environment:
    node = Node(resource, resource_type(resource))
    return Environment(node, node, node)


@cache
def compile(expression: str) -> Path:
    """Raises NotFhirPath, a ValueError."""
    try:
        tree = parse(expression)
        if (names := _descent(tree)) and names[0][0].isupper():
            return Path(expression, _descending(*names))
        evaluator = compiled(tree)
    except NotPlain:
        if "atches" in expression:
            raise NotFhirPath("the engine has no bound for regular expressions") from None
        from mappings.fhir import path_engine  # noqa: PLC0415 (a parser of its own to load, which few need)

        return Path(expression, path_engine.compile(expression))
    return Path(expression, lambda node, env: evaluator((node,), (node,), env))


def is_plain(expression: str) -> bool:
    """Whether an expression is one, and one that is compiled here, whose results have types."""
    try:
        compiled(parse(expression))
    except (NotPlain, NotFhirPath):
        return False
    return True


def _descent(tree: Tree) -> tuple[str, ...]:
    """The names of a path that goes from child to child, as nine of ten search parameters do; of others, nothing."""
    match tree:
        case Name(name):
            return (name,)
        case Step(left, Name(name)) if above := _descent(left):
            return (*above, name)
    return ()


def _descending(type: str, *names: str) -> Callable[[Node, Environment], Nodes]:
    """What the closures of the single steps would find, without one closure calling another."""

    def evaluate(node: Node, _: Environment) -> Nodes:
        nodes = [node] if is_a(node.type, type) else []
        for name in names:
            nodes = [child for node in nodes for child in children(node, name)]
        return nodes

    return evaluate


def compiled(tree: Tree) -> Evaluator:
    """Raises NotPlain, NotFhirPath."""
    match tree:
        case Literal(value):
            evaluator = _constant(() if value is None else (Node(value, _literal_type(value)),))
        case Variable(name):
            evaluator = _variable(name)
        case Name(name):
            evaluator = _child(name)
        case Step(left, right):
            evaluator = _step(compiled(left), compiled(right))
        case Item(left, number):
            evaluator = _item(compiled(left), number)
        case Call(name, arguments):
            evaluator = _call(name, arguments)
        case Operation(operator, left, right):
            evaluator = _operation(operator, left, right)
    return evaluator


def _constant(nodes: Nodes) -> Evaluator:
    return lambda *_: nodes


def _literal_type(value: Any) -> str:
    return {bool: "boolean", int: "integer", str: "string"}.get(type(value), "decimal")


def _variable(name: str) -> Evaluator:
    variables: dict[str, Evaluator] = {
        "$this": lambda _, this, __: this,
        "%context": lambda _, __, env: (env.context,),
        "%resource": lambda _, __, env: (env.resource,),
        "%rootResource": lambda _, __, env: (env.root,),
        "%ucum": _constant((UCUM,)),
    }
    if name not in variables:
        raise NotPlain
    return variables[name]


def _child(name: str) -> Evaluator:
    if name[0].isupper():
        return lambda nodes, *_: [node for node in nodes if is_a(node.type, name)]
    return lambda nodes, *_: [child for node in nodes for child in children(node, name)]


def _step(left: Evaluator, right: Evaluator) -> Evaluator:
    return lambda nodes, this, env: right(left(nodes, this, env), this, env)


def _item(left: Evaluator, number: int) -> Evaluator:
    return lambda nodes, this, env: left(nodes, this, env)[number : number + 1]


def _call(name: str, arguments: tuple[Tree, ...]) -> Evaluator:
    if name in ("as", "ofType", "is"):
        return _typed("is" if name == "is" else "as", arguments[0])
    if name == "htmlChecks":
        return _constant((Node(True, "boolean"),))  # narrative.py
    if name == "hasExtension":
        return _step(_call("extension", arguments), _call("exists", ()))
    if name not in FUNCTIONS:
        raise NotPlain
    try:
        return FUNCTIONS[name](*map(compiled, arguments))
    except TypeError:
        raise NotFhirPath(f"{name} takes other arguments") from None


def _typed(operator: str, type: Tree) -> Evaluator:
    wanted = _type_name(type)
    if operator == "is":
        return lambda nodes, *_: boolean(is_a(nodes[0].type, wanted)) if nodes else EMPTY
    return lambda nodes, *_: [node for node in nodes if is_a(node.type, wanted)]


def _type_name(tree: Tree) -> str:
    match tree:
        case Name(name):
            return name
        case Step(Name("FHIR" | "System"), Name(name)):
            return name
    raise NotFhirPath("a type is missing")


def _operation(operator: str, left: Tree, right: Tree) -> Evaluator:
    if operator in ("is", "as"):
        return _step(compiled(left), _typed(operator, right))
    if operator not in OPERATORS:
        raise NotPlain
    function, a, b = OPERATORS[operator], compiled(left), compiled(right)
    return lambda nodes, this, env: function(a(nodes, this, env), b(nodes, this, env))
