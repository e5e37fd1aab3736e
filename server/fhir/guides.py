"""What the implementation guides of the United States add to R4's rows: search parameters, profiles, what a server is.

US Core 3.1.1 to 8.0.0 (http://hl7.org/fhir/us/core), CARIN Blue Button 2.0.0 (http://hl7.org/fhir/us/carin-bb), and
Da Vinci's PDex 2.0.0 (http://hl7.org/fhir/us/davinci-pdex) and PAS 2.0.1 (http://hl7.org/fhir/us/davinci-pas)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mappings.fhir.r4.tables import SearchParameter

US_CORE = "http://hl7.org/fhir/us/core"
C4BB = "http://hl7.org/fhir/us/carin-bb"
PDEX = "http://hl7.org/fhir/us/davinci-pdex"
HREX = "http://hl7.org/fhir/us/davinci-hrex"
PAS = "http://hl7.org/fhir/us/davinci-pas"

INSTANTIATES = (
    f"{US_CORE}/CapabilityStatement/us-core-server",
    f"{C4BB}/CapabilityStatement/c4bb",
    f"{PDEX}/CapabilityStatement/pdex-server",
)

RACE, ETHNICITY = f"{US_CORE}/StructureDefinition/us-core-race", f"{US_CORE}/StructureDefinition/us-core-ethnicity"
IDENTITY = f"{US_CORE}/StructureDefinition/us-core-genderIdentity"
ASSERTED = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"


class Added(NamedTuple):
    """A search parameter of a guide, by the URL of its definition."""

    type: str
    parameter: SearchParameter
    definition: str


def _added(type: str, code: str, kind: str, expression: str, definition: str, *target: str) -> Added:
    return Added(type, SearchParameter(code, kind, expression, target), definition)


# fmt: off
PARAMETERS: Sequence[Added] = (
    _added("CareTeam", "role", "token", "CareTeam.participant.role",
           f"{US_CORE}/SearchParameter/us-core-careteam-role"),
    _added("Condition", "asserted-date", "date", f"Condition.extension.where(url = '{ASSERTED}').value",
           f"{US_CORE}/SearchParameter/us-core-condition-asserted-date"),
    _added("Encounter", "discharge-disposition", "token", "Encounter.hospitalization.dischargeDisposition",
           f"{US_CORE}/SearchParameter/us-core-encounter-discharge-disposition"),
    _added("Goal", "description", "token", "Goal.description",
           f"{US_CORE}/SearchParameter/us-core-goal-description"),
    _added("Patient", "ethnicity", "token",
           f"Patient.extension.where(url = '{ETHNICITY}').extension.value.ofType(Coding)",
           f"{US_CORE}/SearchParameter/us-core-ethnicity"),
    _added("Patient", "gender-identity", "token", f"Patient.extension.where(url = '{IDENTITY}').value",
           f"{US_CORE}/SearchParameter/us-core-patient-gender-identity"),
    _added("Patient", "race", "token", f"Patient.extension.where(url = '{RACE}').extension.value.ofType(Coding)",
           f"{US_CORE}/SearchParameter/us-core-race"),
    _added("ExplanationOfBenefit", "billable-period-start", "date", "ExplanationOfBenefit.billablePeriod.start",
           f"{C4BB}/SearchParameter/explanationofbenefit-billable-period-start"),
    _added("ExplanationOfBenefit", "insurer", "reference", "ExplanationOfBenefit.insurer",
           f"{C4BB}/SearchParameter/explanationofbenefit-insurer", "Organization"),
    _added("ExplanationOfBenefit", "service-date", "date",
           "ExplanationOfBenefit.billablePeriod | ExplanationOfBenefit.item.serviced",
           f"{C4BB}/SearchParameter/explanationofbenefit-service-date"),
    _added("ExplanationOfBenefit", "service-start-date", "date",
           "ExplanationOfBenefit.billablePeriod.start | ExplanationOfBenefit.item.serviced.ofType(date)"
           " | ExplanationOfBenefit.item.serviced.ofType(Period).start",
           f"{C4BB}/SearchParameter/explanationofbenefit-service-start-date"),
    _added("ExplanationOfBenefit", "type", "token", "ExplanationOfBenefit.type",
           f"{C4BB}/SearchParameter/explanationofbenefit-type"),
    _added("ExplanationOfBenefit", "use", "token", "ExplanationOfBenefit.use",
           f"{PDEX}/SearchParameter/explanationofbenefit-use"),
)

PROFILES: Mapping[str, Mapping[str, str]] = {
    f"{US_CORE}/StructureDefinition/us-core-": {
        "AllergyIntolerance": "allergyintolerance",
        "CarePlan": "careplan",
        "CareTeam": "careteam",
        "Condition": "condition condition-encounter-diagnosis condition-problems-health-concerns",
        "Coverage": "coverage",
        "Device": "implantable-device",
        "DiagnosticReport": "diagnosticreport-lab diagnosticreport-note",
        "DocumentReference": "documentreference adi-documentreference",
        "Encounter": "encounter",
        "Goal": "goal",
        "Immunization": "immunization",
        "Location": "location",
        "Medication": "medication",
        "MedicationDispense": "medicationdispense",
        "MedicationRequest": "medicationrequest",
        "Observation": "average-blood-pressure blood-pressure bmi body-height body-temperature body-weight"
        " care-experience-preference head-circumference heart-rate observation-adi-documentation"
        " observation-clinical-result observation-lab observation-occupation observation-pregnancyintent"
        " observation-pregnancystatus observation-screening-assessment observation-sexual-orientation pulse-oximetry"
        " respiratory-rate simple-observation smokingstatus treatment-intervention-preference vital-signs",
        "Organization": "organization",
        "Patient": "patient",
        "Practitioner": "practitioner",
        "PractitionerRole": "practitionerrole",
        "Procedure": "procedure",
        "Provenance": "provenance",
        "QuestionnaireResponse": "questionnaireresponse",
        "RelatedPerson": "relatedperson",
        "ServiceRequest": "servicerequest",
        "Specimen": "specimen",
    },
    f"{US_CORE}/StructureDefinition/": {
        "Observation": "head-occipital-frontal-circumference-percentile pediatric-bmi-for-age"
        " pediatric-weight-for-height",
    },
    "http://hl7.org/fhir/StructureDefinition/": {"Observation": "vitalsigns"},
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-": {
        "Questionnaire": "questionnaire",
        "QuestionnaireResponse": "questionnaireresponse",
    },
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-": {"Subscription": "subscription"},
    f"{HREX}/StructureDefinition/hrex-": {"Coverage": "coverage"},
    f"{C4BB}/StructureDefinition/C4BB-": {
        "Coverage": "Coverage",
        "ExplanationOfBenefit": "ExplanationOfBenefit ExplanationOfBenefit-Inpatient-Institutional"
        " ExplanationOfBenefit-Oral ExplanationOfBenefit-Outpatient-Institutional ExplanationOfBenefit-Pharmacy"
        " ExplanationOfBenefit-Professional-NonClinician",
        "Organization": "Organization",
        "Patient": "Patient",
        "Practitioner": "Practitioner",
        "RelatedPerson": "RelatedPerson",
    },
    f"{PDEX}/StructureDefinition/pdex-": {
        "Device": "device",
        "ExplanationOfBenefit": "priorauthorization",
        "MedicationDispense": "medicationdispense",
        "Provenance": "provenance",
    },
    f"{PAS}/StructureDefinition/profile-": {
        "Claim": "claim claim-inquiry claim-update",
        "ClaimResponse": "claimresponse claiminquiryresponse",
        "CommunicationRequest": "communicationrequest",
        "Coverage": "coverage",
        "DeviceRequest": "devicerequest",
        "Encounter": "encounter",
        "Location": "location",
        "MedicationRequest": "medicationrequest",
        "NutritionOrder": "nutritionorder",
        "Organization": "insurer requestor",
        "Patient": "beneficiary subscriber",
        "Practitioner": "practitioner",
        "PractitionerRole": "practitionerrole",
        "ServiceRequest": "servicerequest",
        "Task": "task",
    },
}
"""By the beginning of their URLs, and by type, how they go on."""
# fmt: on


def parameters(type: str) -> Mapping[str, SearchParameter]:
    """What a type can be searched by besides what R4 has, by code."""
    return {each.parameter.code: each.parameter for each in PARAMETERS if each.type == type}


def definitions(type: str) -> Mapping[str, str]:
    """By code, where a guide says what its parameter means."""
    return {each.parameter.code: each.definition for each in PARAMETERS if each.type == type}


def profiles(type: str) -> Iterator[str]:
    """The URLs of the profiles of a type."""
    for beginning, types in PROFILES.items():
        yield from (beginning + each for each in types.get(type, "").split())
