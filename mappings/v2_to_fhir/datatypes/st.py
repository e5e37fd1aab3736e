"""ST, TX, FT, IS, ID: text."""

import re
from typing import Any

from mappings.v2.message import Node
from mappings.v2_to_fhir.notation import Converter, Unreadable
from mappings.v2_to_fhir.sender import Sender

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
NULL = '""'
_YES_NO = {"Y": True, "N": False}


def text(node: Node) -> str:
    """Without what FHIR's strings cannot hold: https://hl7.org/fhir/R4/datatypes.html#string

    A null is never a value, in whatever guise."""
    value = node.text
    bare = value if value.isprintable() else _CONTROL.sub("", value).strip()
    return "" if bare == NULL else bare


def string(node: Node, _: Sender) -> str | None:
    return text(node) or None


def token(node: Node) -> str:
    """A code: no blanks around it, and single ones in it."""
    return " ".join(text(node).split())


def yes_no(node: Node, _: Sender) -> bool | Unreadable | None:
    """Table 0136."""
    if not (value := token(node).upper()):
        return None
    return _YES_NO[value] if value in _YES_NO else Unreadable("neither Y nor N", "103")


def constant(value: Any) -> Converter:
    """What a field says by being there."""
    return lambda _node, _sender: value
