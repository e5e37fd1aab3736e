"""The full FHIRPath engine, for expressions that path.py does not compile."""

from collections.abc import Callable
from typing import Any

import fhirpathpy
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from mappings.fhir.path_grammar import NotFhirPath
from mappings.fhir.path_nodes import Environment, Node, Nodes


def compile(expression: str) -> Callable[[Node, Environment], Nodes]:
    """Raises NotFhirPath, and so does evaluating where a value is not what the expression takes. Nodes have no type."""
    try:
        found = fhirpathpy.compile(expression, models["r4"])
    except Exception as error:  # the engine's exceptions have no base of their own
        raise NotFhirPath("the engine cannot read it") from error

    def evaluate(node: Node, env: Environment) -> Nodes:
        start = node.value if node is env.resource else _typed(node)
        variables = {"resource": env.resource.value, "rootResource": env.root.value}
        try:
            return [Node(each, "") for each in found(start, variables)]
        except Exception as error:
            raise NotFhirPath("the engine cannot evaluate it") from error

    return evaluate


def _typed(node: Node) -> Any:
    return ResourceNode.create_node(node.value, node.type)  # type: ignore[no-untyped-call]
