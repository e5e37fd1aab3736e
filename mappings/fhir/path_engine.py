"""The full FHIRPath engine, for expressions that path.py does not compile."""

from collections.abc import Callable
from typing import Any

import fhirpathpy
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from mappings.fhir.path_nodes import Environment, Node, Nodes


def compile(expression: str) -> Callable[[Node, Environment], Nodes]:
    """Raises ValueError for what is no FHIRPath. The nodes it finds have no type."""
    try:
        found = fhirpathpy.compile(expression, models["r4"])
    except Exception as error:  # the parser's own exceptions have no common base
        raise ValueError("not a FHIRPath expression") from error

    def evaluate(node: Node, env: Environment) -> Nodes:
        start = node.value if node is env.resource else _typed(node)
        variables = {"resource": env.resource.value, "rootResource": env.root.value}
        return [Node(each, "") for each in found(start, variables)]

    return evaluate


def _typed(node: Node) -> Any:
    return ResourceNode.create_node(node.value, node.type)  # type: ignore[no-untyped-call]
