"""https://hl7.org/fhir/R4/http.html#read"""

from server.auth.gate import GatedStore
from server.fhir import subset
from server.fhir.exchange import Answer, Request, unchanged, validators
from server.store.entry import Version


def read(gated: GatedStore, request: Request) -> Answer:
    """The newest version, as it is stored. Raises NotFound, Gone."""
    return shown(request, gated.read(request.type, request.id))


def shown(request: Request, version: Version) -> Answer:
    headers = validators(version)
    if unchanged(request, version):
        return Answer(304, headers=headers, version=version)
    return Answer(200, subset.shown(request.query, version.body), headers, version)
