"""The code systems of a judged claim, and what their codes say in a billing clerk's words.

https://x12.org/codes, https://terminology.hl7.org, https://hl7.org/fhir/us/carin-bb/terminology.html"""

from collections.abc import Mapping
from typing import Any

CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
RARC = "https://x12.org/codes/remittance-advice-remark-codes"
GROUP = "https://x12.org/codes/claim-adjustment-group-codes"

ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
C4BB_ADJUDICATION = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication"
C4BB_DISCRIMINATOR = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudicationDiscriminator"
C4BB_PAYMENT_STATUS = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBPayerAdjudicationStatus"
C4BB_SUPPORTING_INFO = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBSupportingInfoType"
C4BB_IDENTIFIER = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType"

BENEFIT_CATEGORY = "http://terminology.hl7.org/CodeSystem/ex-benefitcategory"
BENEFIT_UNIT = "http://terminology.hl7.org/CodeSystem/benefit-unit"
BENEFIT_TERM = "http://terminology.hl7.org/CodeSystem/benefit-term"
COST_TYPE = "http://terminology.hl7.org/CodeSystem/coverage-copay-type"
CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
PRIORITY = "http://terminology.hl7.org/CodeSystem/processpriority"
COVERAGE_CLASS = "http://terminology.hl7.org/CodeSystem/coverage-class"
CARE_TEAM_ROLE = "http://terminology.hl7.org/CodeSystem/claimcareteamrole"

CLAIM_ERROR = "urn:causeway:claim-error"
"""Why a claim or an eligibility request cannot be judged: the codes are in the errors' own places."""

ERROR_PATH = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-errorPath"
"""R4's ClaimResponse.error cannot say where; Da Vinci's extension can."""

CARC_TEXT: Mapping[str, str] = {
    "1": "Deductible",
    "2": "Coinsurance",
    "3": "Copay",
    "16": "Something needed to judge the line is missing or wrong",
    "18": "Same service billed before",
    "26": "Service before the coverage began",
    "27": "Service after the coverage ended",
    "29": "Filed too late",
    "31": "Patient is not insured under this coverage",
    "45": "Above the agreed fee",
    "94": "Agreed fee is above the charge",
    "96": "Excluded by the plan",
    "109": "Billed to the wrong payer",
    "110": "Billed before the service was given",
    "204": "Not a benefit of this plan",
}

RARC_TEXT: Mapping[str, str] = {
    "M51": "The procedure code is missing or not usable",
    "M52": "The date of service is missing",
    "M53": "The number of units is missing or not above zero",
    "N130": "See the plan's list of benefits and exclusions",
}

GROUP_TEXT: Mapping[str, str] = {
    "CO": "Written off by agreement",
    "OA": "Other adjustment",
    "PR": "Patient owes",
}


def coding(system: str, code: str, display: str | None = None) -> dict[str, str]:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(system: str, code: str, text: str | None = None) -> dict[str, Any]:
    return {"coding": [coding(system, code)], **({"text": text} if text else {})}


def adjustment_reason(group: str, carc: str, remark: str | None) -> dict[str, Any]:
    """The CARC first, then its group, then the remark code if there is one."""
    codings = [coding(CARC, carc, CARC_TEXT[carc]), coding(GROUP, group, GROUP_TEXT[group])]
    return {"coding": codings + ([coding(RARC, remark, RARC_TEXT[remark])] if remark else [])}
