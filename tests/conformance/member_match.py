"""What another payer asks with: who a member is, by which coverage, and the member's consent.

https://hl7.org/fhir/us/davinci-hrex/STU1/StructureDefinition-hrex-parameters-member-match-in.html"""

from mappings.fhir.json import Json, dumps

HREX = "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
TWIN = "causeway-twin"
"""The number of the coverage that two members of ``resources/pdex_payer_server.json`` have."""


def member_match(family: str, given: str, gender: str, born: str, number: str) -> str:
    """Parameters for the member of this name with the coverage ``number``."""
    patient = {
        "resourceType": "Patient",
        "id": "asked",
        "meta": {"profile": [f"{HREX}/hrex-patient-demographics"]},
        "identifier": [{"type": coded("v2-0203", "MB"), "system": "urn:causeway:conformance:old-payer", "value": "1"}],
        "name": [{"family": family, "given": [given]}],
        "gender": gender,
        "birthDate": born,
    }
    resources = {
        "MemberPatient": patient,
        "CoverageToMatch": coverage("asked-coverage", number),
        "CoverageToLink": coverage("new-coverage", "urn:causeway:conformance:new"),
        "Consent": consent(),
    }
    parameters = [{"name": name, "resource": resource} for name, resource in resources.items()]
    profile = {"profile": [f"{HREX}/hrex-parameters-member-match-in"]}
    return dumps({"resourceType": "Parameters", "meta": profile, "parameter": parameters}).decode()


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": f"{TERMINOLOGY}/{system}", "code": code}]}


def coverage(id: str, number: str) -> Json:
    return {
        "resourceType": "Coverage",
        "id": id,
        "meta": {"profile": [f"{HREX}/hrex-coverage"]},
        "identifier": [{"system": "urn:causeway:conformance:coverages", "value": number}],
        "status": "active",
        "subscriberId": number,
        "beneficiary": {"reference": "Patient/asked"},
        "payor": [{"display": "The payer before"}],
    }


def consent() -> Json:
    return {
        "resourceType": "Consent",
        "id": "asked-consent",
        "meta": {"profile": [f"{HREX}/hrex-consent"]},
        "status": "active",
        "scope": coded("consentscope", "patient-privacy"),
        "category": [coded("v3-ActCode", "IDSCL")],
        "patient": {"reference": "Patient/asked"},
        "performer": [{"reference": "Patient/asked"}],
        "sourceReference": {"reference": "https://causeway.test/consents/1"},
        "policy": [{"uri": f"{HREX}-hrex-consent.html#regular"}],
        "provision": {
            "type": "permit",
            "period": {"start": "2024-01-01", "end": "2099-12-31"},
            "actor": [actor("performer", "1234567893"), actor("IRCP", "1992999999")],
            "action": [coded("consentaction", "disclose")],
        },
    }


def actor(role: str, npi: str) -> Json:
    system = "provenance-participant-type" if role == "performer" else "v3-ParticipationType"
    identifier = {"system": "http://hl7.org/fhir/sid/us-npi", "value": npi}
    return {"role": coded(system, role), "reference": {"identifier": identifier, "display": role}}


ONE = member_match("Dexter882", "Patty408", "female", "1980-01-15", "97531")
NONE = member_match("Nobody", "Nora", "female", "1980-01-15", "97531")
SEVERAL = member_match("Twin", "Tess", "female", "1990-02-03", TWIN)
