"""In which form an answer is given. https://hl7.org/fhir/R4/http.html#mime-type, https://hl7.org/fhir/R4/http.html#parameters"""

import re

import msgspec

from server.fhir.exchange import Parameters, is_r4
from server.fhir.outcome import NotAcceptable

FHIR_JSON = "application/fhir+json"
JSON = "application/json"
FORMATS = {
    "json": FHIR_JSON,
    FHIR_JSON: FHIR_JSON,
    JSON: JSON,
    "text/json": FHIR_JSON,
    "application/json+fhir": FHIR_JSON,
}
ANY = frozenset({"*/*", "application/*", FHIR_JSON, "application/json+fhir"})
_NONE = re.compile(r";\s*q=0(\.0*)?\s*$")


def media_type(query: Parameters, accept: str | None) -> str:
    """``_format`` outweighs Accept. Raises NotAcceptable when it is not JSON that is wanted."""
    wanted = next((value for name, value in query if name == "_format"), None)
    if wanted is not None:
        # A + that was not encoded has become a space.
        return _known(wanted.partition(";")[0].strip().replace(" ", "+").lower())
    return _accepted(accept) if accept else FHIR_JSON


def _known(wanted: str) -> str:
    if wanted not in FORMATS:
        raise NotAcceptable("answers are given as application/fhir+json")
    return FORMATS[wanted]


def _accepted(accept: str) -> str:
    ranges = [each.partition(";")[0].strip().lower() for each in accept.split(",") if _is_meant(each)]
    if any(each in ANY for each in ranges):
        return FHIR_JSON
    if JSON in ranges or "text/json" in ranges:
        return JSON
    raise NotAcceptable("answers are given as application/fhir+json")


def _is_meant(range: str) -> bool:
    """Neither what is refused nor another version of FHIR."""
    return not _NONE.search(range) and is_r4(range)


def pretty(query: Parameters, body: bytes) -> bytes:
    """Indented for people when ``_pretty=true``; every number keeps its digits."""
    return msgspec.json.format(body, indent=2) if ("_pretty", "true") in query and body else body
