"""HL7's tables as FHIR's codes. A code that is not here is handed on as it is, in its v2 table's own system.

Measure: the concept maps of https://hl7.org/fhir/uv/v2mappings."""

from collections.abc import Mapping
from typing import NamedTuple


class Code(NamedTuple):
    code: str
    system: str
    display: str = ""


Codes = Mapping[str, Code]

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_PRIORITY = "http://terminology.hl7.org/CodeSystem/v3-ActPriority"
ARRANGEMENT = "http://terminology.hl7.org/CodeSystem/encounter-special-arrangements"
CONTACT_ROLE = "http://terminology.hl7.org/CodeSystem/v2-0131"
COVERAGE_CLASS = "http://terminology.hl7.org/CodeSystem/coverage-class"
DIAGNOSIS_ROLE = "http://terminology.hl7.org/CodeSystem/diagnosis-role"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
LANGUAGE = "urn:ietf:bcp:47"
LOCATION_TYPE = "http://terminology.hl7.org/CodeSystem/location-physical-type"
MARITAL_STATUS = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
PROVIDER_ROLE = "http://terminology.hl7.org/CodeSystem/v2-0443"
RACE = "urn:oid:2.16.840.1.113883.6.238"
RELATIONSHIP = "http://terminology.hl7.org/CodeSystem/v2-0063"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
SERVICE_TYPE = "http://terminology.hl7.org/CodeSystem/service-type"
SUBSCRIBER_RELATIONSHIP = "http://terminology.hl7.org/CodeSystem/subscriber-relationship"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"

SSN = "http://hl7.org/fhir/sid/us-ssn"
NPI = "http://hl7.org/fhir/sid/us-npi"
ICD_9_CM = "http://hl7.org/fhir/sid/icd-9-cm"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
SNOMED = "http://snomed.info/sct"

AUTHORITIES: Mapping[str, str] = {
    "USSSA": SSN,
    "2.16.840.1.113883.4.1": SSN,
    "2.16.840.1.113883.4.6": NPI,
}
"""Authorities that have one system everywhere: https://hl7.org/fhir/R4/identifier-registry.html"""

CODE_SYSTEMS: Mapping[str, str] = {
    "C4": CPT,
    "CPT": CPT,
    "CPT4": CPT,
    "CPT-4": CPT,
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "CDCREC": RACE,
    "HCPCS": HCPCS,
    "HCPC": HCPCS,
    "HPC": HCPCS,
    "I9": ICD_9_CM,
    "I9C": ICD_9_CM,
    "I9CDX": ICD_9_CM,
    "ICD9": ICD_9_CM,
    "ICD-9-CM": ICD_9_CM,
    "I10": ICD_10_CM,
    "I10C": ICD_10_CM,
    "ICD10": ICD_10_CM,
    "ICD-10": ICD_10_CM,
    "ICD10CM": ICD_10_CM,
    "ICD-10-CM": ICD_10_CM,
    "I10P": "http://www.cms.gov/Medicare/Coding/ICD10",
    "LN": "http://loinc.org",
    "LOINC": "http://loinc.org",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "NUBC": "https://www.nubc.org/CodeSystem/RevenueCodes",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "SCT": SNOMED,
    "SNM": SNOMED,
    "UCUM": "http://unitsofmeasure.org",
}
"""Table 0396: names of coding systems in CWE-3."""

IDENTIFIER_TYPES: Mapping[str, str] = {"MRN": "MR"}
"""Table 0203, and what every other sender calls it."""

SEX: Mapping[str, str] = {"F": "female", "M": "male", "O": "other", "U": "unknown", "A": "other", "N": "other"}
"""Table 0001."""

MARITAL: Codes = {
    "A": Code("L", MARITAL_STATUS, "Legally Separated"),
    "B": Code("U", MARITAL_STATUS, "unmarried"),
    "C": Code("C", MARITAL_STATUS, "Common Law"),
    "D": Code("D", MARITAL_STATUS, "Divorced"),
    "E": Code("L", MARITAL_STATUS, "Legally Separated"),
    "G": Code("T", MARITAL_STATUS, "Domestic partner"),
    "I": Code("I", MARITAL_STATUS, "Interlocutory"),
    "M": Code("M", MARITAL_STATUS, "Married"),
    "N": Code("A", MARITAL_STATUS, "Annulled"),
    "O": Code("OTH", NULL_FLAVOR, "Other"),
    "P": Code("T", MARITAL_STATUS, "Domestic partner"),
    "R": Code("T", MARITAL_STATUS, "Domestic partner"),
    "S": Code("S", MARITAL_STATUS, "Never Married"),
    "T": Code("NAVU", NULL_FLAVOR, "Not available"),
    "U": Code("UNK", NULL_FLAVOR, "Unknown"),
    "W": Code("W", MARITAL_STATUS, "Widowed"),
}
"""Table 0002."""

CLASS: Codes = {
    "E": Code("EMER", ACT_CODE, "emergency"),
    "I": Code("IMP", ACT_CODE, "inpatient encounter"),
    "O": Code("AMB", ACT_CODE, "ambulatory"),
    "P": Code("PRENC", ACT_CODE, "pre-admission"),
}
"""Table 0004."""

CLASS_STATUS: Mapping[str, str] = {"P": "planned", "U": "unknown"}
"""Table 0004: what a class says of a visit's status where the event says nothing; every other is in progress."""

RELATIONS: Codes = {
    "SEL": Code("ONESELF", ROLE_CODE, "self"),
    "SPO": Code("SPS", ROLE_CODE, "spouse"),
    "DOM": Code("SIGOTHR", ROLE_CODE, "significant other"),
    "CHD": Code("CHILD", ROLE_CODE, "child"),
    "GCH": Code("GRNDCHILD", ROLE_CODE, "grandchild"),
    "NCH": Code("NCHILD", ROLE_CODE, "natural child"),
    "SCH": Code("STPCHLD", ROLE_CODE, "step child"),
    "FCH": Code("CHLDFOST", ROLE_CODE, "foster child"),
    "PAR": Code("PRN", ROLE_CODE, "parent"),
    "MTH": Code("MTH", ROLE_CODE, "mother"),
    "FTH": Code("FTH", ROLE_CODE, "father"),
    "GRP": Code("GRPRN", ROLE_CODE, "grandparent"),
    "EXF": Code("EXT", ROLE_CODE, "extended family member"),
    "SIB": Code("SIB", ROLE_CODE, "sibling"),
    "BRO": Code("BRO", ROLE_CODE, "brother"),
    "SIS": Code("SIS", ROLE_CODE, "sister"),
    "FND": Code("FRND", ROLE_CODE, "unrelated friend"),
    "EMR": Code("E", CONTACT_ROLE, "Employer"),
    "EMC": Code("C", CONTACT_ROLE, "Emergency Contact"),
    "UNK": Code("U", CONTACT_ROLE, "Unknown"),
    "OTH": Code("O", CONTACT_ROLE, "Other"),
}
"""Table 0063: who somebody is to the patient."""

INSURED_IS: Mapping[str, str] = {
    "SEL": "self",
    "SPO": "spouse",
    "DOM": "common",
    "PAR": "child",
    "MTH": "child",
    "FTH": "child",
    "GRD": "other",
    "GRP": "other",
    "CHD": "parent",
    "NCH": "parent",
    "SCH": "parent",
    "FCH": "parent",
    "EMR": "other",
    "OTH": "other",
    "UNK": "other",
}
"""Table 0063, turned round: IN1-17 says who the insured is to the patient, Coverage.relationship who the patient is to
the insured. HL7 maps it without turning it."""

PATIENT_IS: Mapping[str, str] = {
    "01": "self",
    "02": "spouse",
    "03": "child",
    "04": "child",
    "05": "child",
    "06": "child",
    "07": "other",
    "08": "other",
    "09": "other",
    "10": "child",
    "11": "other",
    "12": "other",
    "13": "other",
    "14": "other",
    "15": "injured",
    "16": "other",
    "17": "child",
    "18": "parent",
    "19": "other",
}
"""Table 0344: IN2-72, which does say who the patient is to the insured."""

NAME_USE: Mapping[str, str] = {
    "BAD": "old",
    "D": "usual",
    "L": "official",
    "M": "maiden",
    "MSK": "anonymous",
    "N": "nickname",
    "NAV": "temp",
    "R": "official",
    "TEMP": "temp",
}
"""Table 0200."""

ADDRESS_USE: Mapping[str, str] = {"BA": "old", "BI": "billing", "C": "temp", "B": "work", "H": "home", "O": "work"}
ADDRESS_TYPE: Mapping[str, str] = {"M": "postal", "SH": "postal"}
"""Table 0190."""

TELECOM_USE: Mapping[str, str] = {"PRN": "home", "WPN": "work", "PRS": "mobile"}
"""Table 0201."""

TELECOM_SYSTEM: Mapping[str, str] = {
    "PH": "phone",
    "CP": "phone",
    "FX": "fax",
    "BP": "pager",
    "MD": "other",
    "SAT": "other",
    "TDD": "other",
    "TTY": "other",
    "INTERNET": "email",
    "X.400": "email",
}
"""Table 0202. HL7 maps CP to the use ``mobile``; a system it needs as well, since it has a value (cpt-2)."""

SPECIAL_ARRANGEMENT: Codes = {"A2": Code("wheel", ARRANGEMENT, "Wheelchair")}
"""Table 0009."""

SERVICES: Codes = {
    "MED": Code("382", SERVICE_TYPE, "Medical Services"),
    "URO": Code("222", SERVICE_TYPE, "Urology"),
}
"""Table 0069."""

URGENCY: Codes = {
    "1": Code("EM", ACT_PRIORITY, "emergency"),
    "2": Code("UR", ACT_PRIORITY, "urgent"),
    "3": Code("EL", ACT_PRIORITY, "elective"),
}
"""Table 0217."""

DIAGNOSIS_USE: Codes = {"A": Code("AD", DIAGNOSIS_ROLE, "Admission diagnosis")}
"""Table 0052. W and F have no counterpart and stay what they are."""

CERTAINTY: Mapping[str, str] = {"A": "provisional", "W": "provisional", "F": "confirmed"}
"""Table 0052 as Condition.verificationStatus, of which HL7 maps nothing."""

OMB_RACES = frozenset({"1002-5", "2028-9", "2054-5", "2076-8", "2106-3", "2131-1"})
OMB_ETHNICITIES = frozenset({"2135-2", "2186-5"})
"""https://hl7.org/fhir/us/core/ValueSet-omb-race-category.html: other codes of the same system are details."""

CHARGES: Mapping[str, int] = {"CG": 1, "CR": -1, "CD": -1}
"""Table 0017: what is charged, and what is taken back. ``CR`` is not HL7's, and every second sender's."""
PAYMENTS = frozenset({"PY", "AJ", "CO"})
"""Table 0017: payment, adjustment, co-payment. None of them is a charge."""
