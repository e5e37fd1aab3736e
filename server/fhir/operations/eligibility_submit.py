"""CoverageEligibilityRequest/$submit.

https://hl7.org/fhir/R4/coverageeligibilityrequest-operation-submit.html"""

from mappings.fhir.json import Json, loads
from server.auth.gate import GatedStore
from server.claims.submission import Answered, submission
from server.eligibility.ask import ask

OWN = frozenset({"CoverageEligibilityResponse", "ExplanationOfBenefit", "InsurancePlan", "Coverage", "Patient"})
"""What a payer reads and writes in its own right to answer; who brings one of these needs the right to."""


def eligibility_submit(gated: GatedStore, body: Json) -> Json:
    """The CoverageEligibilityResponse. The same question under the same identifier gets the same one."""
    sent = submission(body, "CoverageEligibilityRequest")
    needs = (("create", "CoverageEligibilityRequest"),)
    try:
        entry = gated.submit(lambda snapshot: ask(snapshot, sent), needs=needs, own=OWN - sent.brings)
    except Answered as answered:
        return answered.response
    response: Json = loads(entry.reply)
    return response
