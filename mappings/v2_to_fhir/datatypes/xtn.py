"""XTN: a telephone number or an e-mail address, in the old way (one string) or the new (its parts).

https://hl7.org/fhir/R4/datatypes.html#ContactPoint"""

from typing import Any

from mappings.v2.message import Field, Repetition
from mappings.v2_to_fhir.datatypes.dtm import moment
from mappings.v2_to_fhir.datatypes.nm import positive
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.notation import Converter
from mappings.v2_to_fhir.sender import Sender
from mappings.v2_to_fhir.tables import TELECOM_SYSTEM, TELECOM_USE

INTERNET = frozenset({"INTERNET", "X.400"})


def contact_point(use: str = "") -> Converter:
    """``use`` where XTN-2 says none."""

    def convert(node: Field | Repetition, sender: Sender) -> dict[str, Any] | None:
        equipment = token(node[3]).upper()
        value = _address(node) if equipment in INTERNET else _number(node)
        if not value:
            return None
        return {
            "system": _system(equipment, value),
            "value": value,
            "use": _use(node, equipment) or use,
            "rank": positive(node[18], sender),
            "period": {"start": moment(node[13], sender), "end": moment(node[14], sender)},
        }

    return convert


def _address(node: Field | Repetition) -> str:
    return text(node[4]) or text(node[1])


def _number(node: Field | Repetition) -> str:
    """Whole as it is dialled (XTN-12, -1), else put together of its parts."""
    return text(node[12]) or (_parts(node) if node[7] else text(node[1]) or text(node[4]))


def _parts(node: Field | Repetition) -> str:
    country, area, local, extension = (text(node[number]) for number in (5, 6, 7, 8))
    parts = (country and f"+{country.lstrip('+')}", area, local, extension and f"X{extension}")
    return " ".join(filter(None, parts))


def _system(equipment: str, value: str) -> str:
    if equipment in TELECOM_SYSTEM:
        return TELECOM_SYSTEM[equipment]
    return "email" if "@" in value else "phone"


def _use(node: Field | Repetition, equipment: str) -> str | None:
    said = token(node[2]).upper()
    return TELECOM_USE.get(said) or ("mobile" if equipment == "CP" and not said else None)
