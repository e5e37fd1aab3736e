"""XCN: a practitioner, known by number and authority. https://hl7.org/fhir/R4/practitioner.html"""

from typing import Any

from mappings.v2.message import Field, Repetition
from mappings.v2_to_fhir.datatypes.cx import kind_of
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.draft import Draft, Identity
from mappings.v2_to_fhir.notation import Converter
from mappings.v2_to_fhir.sender import Sender, authority, v2_table
from mappings.v2_to_fhir.tables import NAME_USE, NPI, Code

Person = Draft | dict[str, Any]


def practitioner(node: Field | Repetition, sender: Sender) -> Person | None:
    """One without a number is only a name: nobody could tell them from the next."""
    name = _name(node)
    if not (value := text(node[1])):
        return {"display": display(name)} if name else None
    kind = token(node[13])
    system = NPI if kind == "NPI" else authority(node[9], sender)
    degree = {"coding": [{"system": v2_table("0360"), "code": token(node[7])}]} if node[7] else None
    body = {
        "resourceType": "Practitioner",
        "identifier": [{"type": kind_of(kind), "system": system, "value": value}],
        "name": [name],
        "qualification": [{"code": degree}],
    }
    return Draft(Identity.of("Practitioner", system, value), body, stub=True)


def participant(role: Code) -> Converter:
    """Encounter.participant."""

    def convert(node: Field | Repetition, sender: Sender) -> dict[str, Any] | None:
        person = practitioner(node, sender)
        coding = {"system": role.system, "code": role.code, "display": role.display}
        return {"type": [{"coding": [coding]}], "individual": person} if person else None

    return convert


def display(name: dict[str, Any]) -> str:
    return " ".join(filter(None, (*name["prefix"], *name["given"], name["family"], *name["suffix"])))


def _name(node: Field | Repetition) -> dict[str, Any] | None:
    family, given = text(node[2][1]), [text(node[3]), text(node[4])]
    if not (family or any(given)):
        return None
    return {
        "use": NAME_USE.get(token(node[10]).upper()),
        "family": family,
        "given": given,
        "prefix": [text(node[6])],
        "suffix": [text(node[5]), text(node[21])],
    }
