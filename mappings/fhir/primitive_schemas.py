"""R4's primitive types as JSON Schemas of the values they ordinarily have; primitives.py has all that they may have.

Texts that begin with a letter of ASCII, years after 999, URLs without international letters. The patterns are for an
engine without look-around, and short ones are fast: where a text has no bad character is said apart from how it begins.

https://hl7.org/fhir/R4/datatypes.html#primitive"""

from collections.abc import Mapping
from typing import Any

from mappings.fhir.primitives import LIMIT, MONTH, TIME, ZONE
from mappings.fhir.r4 import tables

YEAR = "[1-9][0-9]{3}"
DAY = rf"{YEAR}-(?:{MONTH}-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
UUID = "uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
OID = r"oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"
URN = f"urn:(?:[0-9a-np-tv-z][!-~]*|{UUID}|{OID})"

BILLING = (
    "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication",
    "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudicationDiscriminator",
    "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBClaimDiagnosisType",
    "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType",
    "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBPayerAdjudicationStatus",
    "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBSupportingInfoType",
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://www.ama-assn.org/go/cpt",
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "https://www.cms.gov/Medicare/Coding/place-of-service-codes",
    "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set",
    "https://www.nubc.org/CodeSystem/RevenueCodes",
    "https://x12.org/codes/claim-adjustment-reason-codes",
    "https://x12.org/codes/remittance-advice-remark-codes",
)
"""Code systems that a bill in the United States is full of, and R4's package does not name."""

ID = "[A-Za-z0-9.-]{1,64}"

HIGHEST = 2**31 - 1
NO_NUMBER = ["array", "boolean", "null", "object", "string"]


def text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


STRING = {**text("[!-~][^\u0000-\u0008\u000b\u000c\u000e-\u001f]*"), "maxLength": LIMIT}
URI = text(f"(?:[!-TV-tv-~]|[Uu][!-QS-qs-~])[!-~]*|{URN}")

PRIMITIVES: Mapping[str, Mapping[str, Any]] = {
    "base64Binary": text("(?:[0-9A-Za-z+/]{4})+(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?"),
    "boolean": {"type": "boolean"},
    "canonical": URI,
    "code": text("[!-~]+(?: [!-~]+)*"),
    "date": text(f"(?:{YEAR}(?:-{MONTH})?|{DAY})"),
    "dateTime": text(f"(?:{YEAR}(?:-{MONTH})?|{DAY}(?:T{TIME}{ZONE})?)"),
    "decimal": {"not": {"type": NO_NUMBER}},  # of what size, json.py says: asking a Decimal takes long
    "id": text(ID),
    "instant": text(f"{DAY}T{TIME}{ZONE}"),
    "integer": {"type": "integer", "minimum": -HIGHEST - 1, "maximum": HIGHEST},
    "markdown": STRING,
    "oid": text(f"urn:{OID}"),
    "positiveInt": {"type": "integer", "minimum": 1, "maximum": HIGHEST},
    "string": STRING,
    "time": text(TIME),
    "unsignedInt": {"type": "integer", "minimum": 0, "maximum": HIGHEST},
    "uri": URI,
    "url": URI,
    "uuid": text(f"urn:{UUID}"),
}

ABSOLUTE = text(f"https?:[!-~]+|{URN}")
STRICTER: Mapping[str, Mapping[str, Any]] = {
    "Bundle.entry.fullUrl": ABSOLUTE,
    "Coding.system": {
        "anyOf": [
            {"enum": [*tables.code_systems(), *BILLING]},
            text(f"https:[!-~]+|http://(?:[!-gi-~]|hl7\\.org/fhir/[!-UW-~]|h[!-km-~])[!-~]*|{URN}"),
        ]
    },
    "Extension.url": ABSOLUTE,
    "Identifier.system": ABSOLUTE,
    "Reference.reference": text('[!"$-~][!-~]*'),
}
"""By element, as in stated.py. That a text is one of many is known faster than what it looks like. A reference to what
is contained is not ordinary."""


def reference(targets: tuple[str, ...]) -> dict[str, Any]:
    """A literal reference to one of these types, or one that does not tell."""
    literal = rf"(?:https?://[!-~]+/)?(?:{'|'.join(targets)})/{ID}(?:/_history/{ID})?"
    return text(f"{literal}|{URN}")
