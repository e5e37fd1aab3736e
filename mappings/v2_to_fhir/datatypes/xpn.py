"""XPN: a person's name. https://hl7.org/fhir/R4/datatypes.html#HumanName"""

from typing import Any

from mappings.v2.message import Field, Repetition
from mappings.v2_to_fhir.datatypes.dtm import moment
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.notation import Converter
from mappings.v2_to_fhir.sender import Sender
from mappings.v2_to_fhir.tables import NAME_USE


def human_name(use: str = "") -> Converter:
    """``use`` where XPN-7 says none."""

    def convert(node: Field | Repetition, sender: Sender) -> dict[str, Any] | None:
        family = text(node[1][1])
        given = [text(node[2]), text(node[3])]
        if not (family or any(given)):
            return None
        return {
            "use": NAME_USE.get(token(node[7]).upper()) or use,
            "family": family,
            "given": given,
            "prefix": [text(node[5])],
            "suffix": [text(node[4]), text(node[6]), text(node[14])],
            "period": _valid(node, sender),
        }

    return convert


def full_name(node: Field | Repetition, _: Sender) -> str | None:
    """XPN as a string."""
    return " ".join(filter(None, (text(node[2]), text(node[3]), text(node[1][1])))) or None


def spelling(node: Field | Repetition) -> str:
    """A name as far as it tells one person of a family from another."""
    return " ".join((text(node[1][1]), text(node[2]))).casefold().strip()


def _valid(node: Field | Repetition, sender: Sender) -> dict[str, Any] | None:
    """XPN-12 and -13, in older versions XPN-10."""
    if node[12] or node[13]:
        return {"start": moment(node[12], sender), "end": moment(node[13], sender)}
    if node[10]:
        start, end = node[10][1], node[10][2]
        return {"start": moment(start, sender), "end": moment(end, sender)}
    return None
