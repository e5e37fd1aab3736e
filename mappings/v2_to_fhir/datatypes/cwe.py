"""CWE, CE, CNE, IS: a code, its coding system, its alternates. https://hl7.org/fhir/R4/datatypes.html#CodeableConcept"""

from collections.abc import Mapping
from typing import Any

from mappings.v2.message import Component, Field, Repetition, Segment
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.notation import Converter, Unreadable
from mappings.v2_to_fhir.sender import Sender, code_system, v2_table
from mappings.v2_to_fhir.tables import Code, Codes

Coded = Field | Repetition | Component

TRIPLETS = ((1, 2, 3, 7), (4, 5, 6, 8), (10, 11, 12, 13))
"""Code, text, system, version: as sent, and up to two alternates."""

NO_CODES: Codes = {}


def concept(table: str = "", codes: Codes = NO_CODES) -> Converter:
    """``table``: of a code without a system; ``codes``: what its codes are in FHIR."""

    def convert(node: Coded, sender: Sender) -> dict[str, Any] | None:
        return codeable(node, sender, table, codes)

    return convert


def codeable(node: Coded, sender: Sender, table: str = "", codes: Codes = NO_CODES) -> dict[str, Any] | None:
    sent = TRIPLETS if node.raw.count(node.delimiters.component) > 2 else TRIPLETS[:1]  # noqa: PLR2004
    codings = [found for triplet in sent if (found := _coding(node, sender, triplet, table, codes))]
    words = text(node[9]) or text(node[2])
    return {"coding": codings, "text": words} if codings or words else None


def coding(table: str = "", codes: Codes = NO_CODES) -> Converter:
    def convert(node: Coded, sender: Sender) -> dict[str, Any] | None:
        return _coding(node, sender, TRIPLETS[0], table, codes)

    return convert


def code(codes: Mapping[str, str], default: str | None = None) -> Converter:
    """A FHIR code; ``default`` for a value that is not in the table, which is unreadable without."""

    def convert(node: Coded, _: Sender) -> str | Unreadable | None:
        if not (value := token(node[1])):
            return None
        return codes.get(value.upper(), default) or Unreadable("not in its table", "103")

    return convert


def words(node: Coded, _: Sender) -> str | None:
    """CWE as a string."""
    return text(node[9]) or text(node[2]) or text(node[1]) or None


def concept_of(code: Code, words: str = "") -> dict[str, Any]:
    return {"coding": [coding_of(code)], "text": words}


def coding_of(code: Code) -> dict[str, Any]:
    return {"system": code.system, "code": code.code, "display": code.display}


def valued(field: int, *codes: str) -> Any:
    """A condition: the field holds one of these codes."""

    def when(segment: Segment) -> bool:
        return token(segment[field][1]).upper() in codes

    return when


def _coding(
    node: Coded, sender: Sender, triplet: tuple[int, int, int, int], table: str, codes: Codes
) -> dict[str, Any] | None:
    value = token(node[triplet[0]])
    if not value:
        return None
    system = code_system(text(node[triplet[2]]), sender)
    own = v2_table(table) if table else None
    if value.upper() in codes and system in (None, own):
        return coding_of(codes[value.upper()])
    display, version = text(node[triplet[1]]), text(node[triplet[3]])
    return {"system": system or own, "version": version, "code": value, "display": display}
