"""What FHIR has no element for. https://hl7.org/fhir/R4/extensibility.html"""

from typing import Any

from mappings.v2_to_fhir.notation import Converter, Row
from mappings.v2_to_fhir.sender import Sender


def extension(field: int, url: str, type: str, converter: Converter) -> Row:
    """The row of a field that becomes an extension; ``type`` as in ``value[x]``."""

    def convert(node: Any, sender: Sender) -> dict[str, Any]:
        return {"url": url, f"value{type}": converter(node, sender)}

    return Row(field, "extension", convert, many=True, part=url)
