"""XAD, AD: an address. https://hl7.org/fhir/R4/datatypes.html#Address"""

from typing import Any

from mappings.v2.message import Field, Repetition
from mappings.v2_to_fhir.datatypes.dtm import moment
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.sender import Sender
from mappings.v2_to_fhir.tables import ADDRESS_TYPE, ADDRESS_USE

SAID = (1, 2, 3, 4, 5, 6, 9, 19)
"""The components without which there is no address."""


def address(node: Field | Repetition, sender: Sender) -> dict[str, Any] | None:
    if not any(node[number] for number in SAID):
        return None
    kind = token(node[7]).upper()
    street = node[1]
    return {
        "use": ADDRESS_USE.get(kind),
        "type": ADDRESS_TYPE.get(kind),
        "line": [text(street[1]), text(street[2]), text(street[3]), text(node[2]), text(node[19])],
        "city": text(node[3]),
        "district": text(node[9]),
        "state": text(node[4]),
        "postalCode": text(node[5]),
        "country": text(node[6]),
        "period": _valid(node, sender),
    }


def _valid(node: Field | Repetition, sender: Sender) -> dict[str, Any] | None:
    """XAD-13 and -14, in older versions XAD-12."""
    first, last = (node[13], node[14]) if node[13] or node[14] else (node[12][1], node[12][2])
    return {"start": moment(first, sender), "end": moment(last, sender)}
