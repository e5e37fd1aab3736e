"""Patient/$member-match: which member another payer means, by who they are and by the coverage they had.

https://hl7.org/fhir/us/davinci-hrex/STU1/OperationDefinition-member-match.html"""

from collections.abc import Iterator, Sequence

from mappings.fhir.json import Json, dumps, loads
from mappings.fhir.moments import date_range
from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.operations.parameters import Parameter, arguments
from server.fhir.outcome import Invalid, Issue, Unprocessable
from server.fhir.search.date import written
from server.fhir.search.escapes import escaped
from server.fhir.search.parse import conditions
from server.identity.likeness import SAME, birth_date, family_name, gender, given_name, identifiers
from server.store.entry import Version
from server.store.query import Search, equals, term

MEMBER_MATCH = (
    Parameter("MemberPatient", "Patient", required=True),
    Parameter("CoverageToMatch", "Coverage", required=True),
    Parameter("CoverageToLink", "Coverage"),
    Parameter("Consent", "Consent", required=True),
)
MEMBER = ("MB", "UMB")
"""Kinds of identifier (table 0203) that a payer knows its members by."""

CANDIDATES = 100


def member_match(gated: GatedStore, request: Request) -> Answer:
    """The member's identifier and resource. Raises Unprocessable where there is not exactly one."""
    given = arguments(request, MEMBER_MATCH)
    patient, coverage = given.one("MemberPatient"), given.one("CoverageToMatch")
    local(patient, given.one("Consent"), coverage)
    consented(given.one("Consent"), written(request.now))
    found = [each for each in members(gated, patient, request) if covered(gated, each, coverage)]
    if len(found) != 1:
        raise Unprocessable(f"{'no member' if not found else 'more than one member'} matches what was sent")
    return Answer(200, dumps(matched(found[0])))


def local(patient: Json, consent: Json, coverage: Json) -> None:
    """Raises Invalid unless consent and coverage are the patient's who was sent along."""
    own = f"Patient/{patient.get('id')}"
    for name, each in (("Consent", consent.get("patient")), ("CoverageToMatch", coverage.get("beneficiary"))):
        if not isinstance(each, dict) or each.get("reference") != own:
            raise Invalid(Issue(f"{name} has to refer to MemberPatient", "Parameters.parameter", "value"))


def consented(consent: Json, now: str) -> None:
    """Raises Unprocessable for a consent that allows nothing today."""
    provision = consent.get("provision", {})
    period = provision.get("period", {})
    if consent.get("status") != "active" or provision.get("type", "permit") != "permit":
        raise Unprocessable(Issue("the consent does not permit this", "Consent", "forbidden"))
    if ("end" in period and date_range(period["end"])[1] < now) or (
        "start" in period and now < date_range(period["start"])[0]
    ):
        raise Unprocessable(Issue("the consent is not in force now", "Consent.provision.period", "forbidden"))


def members(gated: GatedStore, patient: Json, request: Request) -> Iterator[Version]:
    """Patients of the same birth date, name and gender, whose numbers do not say otherwise."""
    born, families = patient.get("birthDate"), [each["family"] for each in patient.get("name", ()) if "family" in each]
    if not (born and families):
        raise Unprocessable(Issue("a family name and a birth date are needed", "Patient", "required"))
    asked = (("birthdate", born), ("family", ",".join(map(escaped, families))))
    where = conditions("Patient", asked, now=request.now)
    for each in gated.search(Search("Patient", where, limit=CANDIDATES)).versions:
        if is_same(patient, loads(each.body or b"{}")):
            yield each


def is_same(one: Json, other: Json) -> bool:
    exact = all(agrees(one, other) == SAME for agrees in (birth_date, family_name, given_name))
    return exact and all(agrees(one, other) in {None, SAME} for agrees in (gender, identifiers))


def covered(gated: GatedStore, member: Version, asked: Json) -> bool:
    """Whether the member has, or had, the coverage."""
    where = equals(term("beneficiary", str(member.key)))
    found = gated.search(Search("Coverage", where, limit=CANDIDATES)).versions
    return any(numbers(asked) & numbers(loads(each.body or b"{}")) for each in found)


def numbers(coverage: Json) -> set[str]:
    """By whatever name a coverage is known: payers say the member's number here or there."""
    named = (each.get("value") for each in coverage.get("identifier", ()))
    return {each for each in (coverage.get("subscriberId"), *named) if each}


def matched(member: Version) -> Json:
    """https://hl7.org/fhir/us/davinci-hrex/STU1/StructureDefinition-hrex-parameters-member-match-out.html"""
    identifier = member_identifier(loads(member.body or b"{}").get("identifier", ()))
    reference = {"name": "MemberId", "valueReference": {"reference": str(member.key)}}
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": "MemberIdentifier", "valueIdentifier": identifier}, reference],
    }


def member_identifier(known: Sequence[Json]) -> Json:
    """Raises Unprocessable for a member without a number: there would be nothing to tell."""
    kinds = {code: each for each in reversed(known) for code in codes(each)}
    found = next((kinds[code] for code in MEMBER if code in kinds), next(iter(known), None))
    if found is None:
        raise Unprocessable("the member has no identifier here")
    return found


def codes(identifier: Json) -> Iterator[str]:
    return (each["code"] for each in identifier.get("type", {}).get("coding", ()) if "code" in each)
