"""DLD: where a patient was discharged to. https://hl7.org/fhir/R4/encounter-definitions.html#Encounter.hospitalization"""

from mappings.v2.message import Field
from mappings.v2_to_fhir.datatypes.cwe import codeable, words
from mappings.v2_to_fhir.datatypes.st import token
from mappings.v2_to_fhir.draft import Draft, Identity
from mappings.v2_to_fhir.sender import Sender


def discharged_to(node: Field, sender: Sender) -> Draft | None:
    """A kind of place (table 0113) of which there is one for each sender, not one for each discharge."""
    code, kind = token(node[1]), codeable(node[1], sender, "0113")
    if kind is None:
        return None
    body = {"resourceType": "Location", "name": words(node[1], sender), "mode": "kind", "type": [kind]}
    return Draft(Identity.among("Location", sender.authority, "discharged to", code), body, stub=True)
