"""Claim/$submit. https://hl7.org/fhir/R4/claim-operation-submit.html"""

from mappings.fhir.json import Json, loads
from server.auth.gate import GatedStore
from server.claims.submission import Answered, submission
from server.claims.submit import submit

OWN = frozenset({"ClaimResponse", "ExplanationOfBenefit", "InsurancePlan", "Coverage", "Patient"})
"""What a payer reads and writes in its own right to judge a claim; who brings one of these needs the right to."""


def claim_submit(gated: GatedStore, body: Json) -> Json:
    """The ClaimResponse. The same claim again gets the same one; a claim that cannot be judged is not stored."""
    sent = submission(body, "Claim")
    try:
        entry = gated.submit(
            lambda snapshot: submit(snapshot, sent), needs=(("create", "Claim"),), own=OWN - sent.brings
        )
    except Answered as answered:
        return answered.response
    response: Json = loads(entry.reply)
    return response
