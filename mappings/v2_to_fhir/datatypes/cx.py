"""CX, EI, DLN: an identifier, always in a system. https://hl7.org/fhir/R4/datatypes.html#Identifier"""

import re
from typing import Any

from mappings.v2.message import Component, Field, Repetition
from mappings.v2_to_fhir.datatypes.dtm import day
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.extensions import CHECK_DIGIT
from mappings.v2_to_fhir.notation import Converter
from mappings.v2_to_fhir.sender import Sender, authority
from mappings.v2_to_fhir.tables import IDENTIFIER_TYPE, IDENTIFIER_TYPES, SSN

_MASKED = re.compile(r"(\d)\1{2}-?\1{2}-?\1{4}|123-?45-?6789|0{3}-?\d\d-?\d{4}|[xX*]{3}.*", re.ASCII)


def identifier(type: str = "", *, always: bool = False) -> Converter:
    """``type`` (table 0203) where CX-5 has none, or ``always``."""

    def convert(node: Field | Repetition, sender: Sender) -> dict[str, Any] | None:
        value = text(node[1])
        said = token(node[5])
        kind = type if always else IDENTIFIER_TYPES.get(said, said) or type
        if kind == "SS":
            return social_security(value)
        if not value:
            return None
        return {
            "extension": [{"url": CHECK_DIGIT, "valueString": text(node[2])}],
            "type": kind_of(kind),
            "system": authority(node[4], sender),
            "value": value,
            "period": {"start": day(node[7], sender), "end": day(node[8], sender)},
            "assigner": {"display": text(node[4][1]) or text(node[6][1])},
        }

    return convert


def ssn(node: Field, _: Sender) -> dict[str, Any] | None:
    """ST that is a social security number (PID-19)."""
    return social_security(text(node))


def social_security(value: str) -> dict[str, Any] | None:
    """999-99-9999 and its like stand for "none", and would make one person of many."""
    if not value or _MASKED.fullmatch(value):
        return None
    return {"type": kind_of("SS"), "system": SSN, "value": value}


def licence(node: Field, sender: Sender) -> dict[str, Any] | None:
    """DLN: the issuing state is the authority, a word or an HD."""
    if not (value := text(node[1])):
        return None
    system = authority(node[2], sender)
    return {"type": kind_of("DL"), "system": system, "value": value, "period": {"end": day(node[3], sender)}}


def entity(node: Field | Repetition | Component, sender: Sender) -> dict[str, Any] | None:
    """EI: namespace and universal id are components of its own."""
    if not (value := text(node[1])):
        return None
    return {"system": sender.system(text(node[2]), text(node[3]), text(node[4])), "value": value}


def kind_of(code: str) -> dict[str, Any] | None:
    return {"coding": [{"system": IDENTIFIER_TYPE, "code": code}]} if code else None
