"""What people may do, by their role: no app that acts for a person gets further than the person.

Each right is a type and what may be done to it, in the letters of SMART's scopes."""

from dataclasses import dataclass, replace
from functools import lru_cache

from server.auth.scopes import ResourceScope, Scope, Word, narrow, parse


@dataclass(frozen=True, slots=True)
class Role:
    """``own``: only the person's own record (the patient compartment), and whom it names."""

    title: str
    rights: str
    own: bool = False


DIRECTORY = "Organization.rs Practitioner.rs PractitionerRole.rs Location.rs HealthcareService.rs InsurancePlan.rs"
VISITS = "Patient.rs Encounter.rs Account.rs Coverage.rs RelatedPerson.rs"
CODING = "Condition.rs Procedure.rs Observation.rs DiagnosticReport.rs DocumentReference.rs ServiceRequest.rs"
MONEY = "ChargeItem.rs Claim.rs ClaimResponse.rs ExplanationOfBenefit.rs PaymentReconciliation.rs PaymentNotice.rs"
ELIGIBILITY = "CoverageEligibilityRequest.crs CoverageEligibilityResponse.rs"

ROLES = {
    "registration": Role(
        "Registration",
        f"Patient.crus RelatedPerson.crus Coverage.crus Encounter.crus Account.crus {ELIGIBILITY} {DIRECTORY}",
    ),
    "coder": Role("Coder", f"{VISITS} {CODING} Condition.cu Procedure.cu ChargeItem.cu Claim.u {MONEY} {DIRECTORY}"),
    "biller": Role(
        "Biller",
        f"{VISITS} {MONEY} {ELIGIBILITY} Claim.cu Coverage.u Account.u PaymentNotice.c Task.crus Communication.crs "
        f"CommunicationRequest.rs Condition.rs Procedure.rs {DIRECTORY}",
    ),
    "supervisor": Role("Billing supervisor", "*.rs Patient.u Coverage.cud Account.cu ChargeItem.cu Claim.cud Task.cud"),
    "payer": Role(
        "Payer",
        f"Patient.rs Coverage.crus Claim.rs ClaimResponse.crus ExplanationOfBenefit.crus InsurancePlan.crus "
        f"{ELIGIBILITY} CommunicationRequest.crus Task.crus {DIRECTORY}",
    ),
    "practitioner": Role(
        "Practitioner",
        "*.rs Patient.u Encounter.cu Condition.cu Procedure.cu Observation.cu MedicationRequest.cu ServiceRequest.cu "
        "AllergyIntolerance.cu Immunization.cu CarePlan.cu CareTeam.cu Goal.cu DiagnosticReport.cu "
        "DocumentReference.cu QuestionnaireResponse.cu Task.cu Communication.cu",
    ),
    "patient": Role("Patient", "*.rs", own=True),
    "support-1": Role("Support, first line", f"Patient.rs Encounter.rs {DIRECTORY}"),
    "support-2": Role("Support, second line", f"{VISITS} {MONEY} {ELIGIBILITY} {DIRECTORY}"),
    "support-3": Role("Support, third line", "*.rs"),
    "administrator": Role("Administrator", "*.cruds"),
    "auditor": Role("Auditor", "AuditEvent.rs Provenance.rs Consent.rs Patient.rs"),
}


@lru_cache(maxsize=64)
def rights(role: str) -> tuple[ResourceScope, ...]:
    """Of the context in which they hold: ``patient`` for one's own record, ``system`` for all that the tenant has."""
    found = ROLES[role]
    context = "patient" if found.own else "system"
    written = parse(" ".join(f"{context}/{each}" for each in found.rights.split()))
    return tuple(each for each in written if isinstance(each, ResourceScope))


@lru_cache(maxsize=1024)
def narrowed(scopes: tuple[Scope, ...], role: str) -> tuple[Scope, ...]:
    """Of the scopes that need a person, those which somebody of this role can give to an app."""
    words = [each for each in scopes if isinstance(each, Word)]
    mine = [replace(each, context=context) for each in rights(role) for context in ("user", "patient")]
    return narrow(scopes, (*words, *mine))
