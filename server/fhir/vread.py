"""https://hl7.org/fhir/R4/http.html#vread"""

from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.outcome import NotFound
from server.fhir.read import shown

LONGEST = 18
"""Digits of a version; more would be none that was ever written."""


def vread(gated: GatedStore, request: Request) -> Answer:
    """One version. Raises NotFound; Gone when that version is a deletion."""
    if not (request.version.isascii() and request.version.isdecimal() and len(request.version) <= LONGEST):
        raise NotFound("there is no such version")
    return shown(request, gated.vread(request.type, request.id, int(request.version)))
