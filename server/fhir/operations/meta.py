"""https://hl7.org/fhir/R4/resource-operation-meta.html"""

from mappings.fhir.json import dumps, loads
from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request


def meta(gated: GatedStore, request: Request) -> Answer:
    """The profiles, tags and labels of one resource."""
    body = loads(gated.read(request.type, request.id).body or b"{}")
    parameter = {"name": "return", "valueMeta": body["meta"]}
    return Answer(200, dumps({"resourceType": "Parameters", "parameter": [parameter]}))
