"""Scopes in plain words, for the person who is asked to grant them."""

import re
from urllib.parse import unquote

from server.auth.scopes import ResourceScope, Scope

KNOWN = {
    "*": "everything in the record",
    "AllergyIntolerance": "allergies",
    "CarePlan": "care plans",
    "CareTeam": "who takes care of the patient",
    "ChargeItem": "charges",
    "Claim": "claims",
    "ClaimResponse": "answers to claims",
    "Condition": "problems and diagnoses",
    "Coverage": "insurance",
    "CoverageEligibilityRequest": "questions about insurance",
    "CoverageEligibilityResponse": "answers about insurance",
    "DiagnosticReport": "reports of tests",
    "DocumentReference": "documents",
    "Encounter": "visits and stays",
    "ExplanationOfBenefit": "what insurance paid, and what is owed",
    "Immunization": "vaccinations",
    "MedicationRequest": "prescriptions",
    "Observation": "measurements and results",
    "Organization": "hospitals, practices and insurers",
    "Patient": "name, birth date, address and the like",
    "Practitioner": "doctors, nurses and others who treat",
    "PractitionerRole": "where doctors and nurses work",
    "Procedure": "procedures and operations",
    "RelatedPerson": "relatives and contacts",
    "ServiceRequest": "orders",
}
WORDS = {
    "openid": "Know that it is you",
    "profile": "Know your user name",
    "fhirUser": "Know who you are in the record",
    "launch": "Know where in the record it was opened",
    "launch/patient": "Know which patient it is for",
    "launch/encounter": "Know which visit it is for",
}
WHOSE = {"patient": "", "user": ", of every patient whom you may see", "system": ", of every patient"}
ACTIONS = (("rs", "see"), ("c", "add"), ("u", "change"), ("d", "delete"))
CATEGORY = "category=http://terminology.hl7.org/CodeSystem/"
PARTS = {
    "Condition": {
        f"{CATEGORY}condition-category|encounter-diagnosis": "diagnoses of visits",
        f"{CATEGORY}condition-category|problem-list-item": "the problem list",
        "category=http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern": "health concerns",
    },
    "Observation": {
        f"{CATEGORY}observation-category|laboratory": "laboratory results",
        f"{CATEGORY}observation-category|vital-signs": "vital signs",
        f"{CATEGORY}observation-category|social-history": "way of life, such as smoking",
        f"{CATEGORY}observation-category|survey": "answers to questionnaires",
    },
}
"""What a person can grant in place of all of a type. https://hl7.org/fhir/us/core/STU7/scopes.html"""


def words(scope: Scope, until: str) -> str:
    if not isinstance(scope, ResourceScope):
        lasting = {"offline_access": f"Keep this until {until}", "online_access": "Keep this while you are signed in"}
        return {**WORDS, **lasting}[scope]
    told = f"{done(scope.actions)} {of(scope.type)}"
    told += WHOSE[scope.context]
    return told + "".join(f", only {part(scope.type, each)}" for each in scope.params)


def done(actions: str) -> str:
    found = [word for letters, word in ACTIONS if set(letters) & set(actions)]
    text = f"{', '.join(found[:-1])} and {found[-1]}" if len(found) > 1 else found[0]
    return text[0].upper() + text[1:]


def of(type: str) -> str:
    """A type that has no words of its own is called as FHIR calls it."""
    return KNOWN.get(type) or re.sub(r"(?<!^)(?=[A-Z])", " ", type).lower()


def part(type: str, parameter: str) -> str:
    if known := PARTS.get(type, {}).get(parameter):
        return known
    name, _, value = parameter.partition("=")
    return f"where {name} is {unquote(value).rpartition('|')[2]}"


def parts(scope: Scope) -> list[tuple[ResourceScope, str]]:
    """Narrower scopes to choose instead, with their words."""
    if not isinstance(scope, ResourceScope) or scope.params:
        return []
    of_type = PARTS.get(scope.type, {}).items()
    return [
        (ResourceScope(scope.context, scope.type, scope.actions, (param,)), f"{done(scope.actions)} {told}")
        for param, told in of_type
    ]
